import Crypto
import Server

/// Signature Version 2, which SDKs still use for presigned addresses when no region is set.
///
/// Source: Amazon S3 developer guide, "Signing and authenticating REST requests".
struct OlderSignature: Sendable {
  let accessKeyID: String
  /// In Base64.
  let signature: String
  /// Unix seconds at which a presigned address ends, as it was given; nil for a header.
  let expires: String?

  /// nil when the request carries none.
  init?(_ request: S3Request) {
    if let header = request.headers["Authorization"] {
      guard header.hasPrefix("AWS "), let colon = header.lastIndex(of: ":") else { return nil }
      accessKeyID = String(header[..<colon].dropFirst(4))
      signature = String(header[header.index(after: colon)...])
      expires = nil
      return
    }
    guard let key = request["AWSAccessKeyId"], let signature = request["Signature"] else {
      return nil
    }
    accessKeyID = key
    self.signature = signature
    expires = request["Expires"] ?? ""
  }

  /// What is signed.
  func stringToSign(_ request: S3Request, _ end: String = "") -> String {
    let headers = request.headers
    var lines = [request.method, headers["Content-MD5"] ?? "", headers["Content-Type"] ?? ""]
    lines.append(
      expires ?? (headers.contains("x-amz-date") ? "" : headers["Date"] ?? ""))
    var names: Set<String> = []
    for (name, _) in headers {
      let lower = name.lowercased()
      if lower.hasPrefix("x-amz-") { names.insert(lower) }
    }
    for name in names.sorted() {
      lines.append("\(name):\(headers.values(of: name).joined(separator: ","))")
    }
    return lines.joined(separator: "\n") + "\n" + resource(of: request, end)
  }

  private func resource(of request: S3Request, _ end: String) -> String {
    let bucket = request.isHostStyle ? "/" + (request.bucket ?? "") : ""
    let named = (request.http.query ?? "").split(separator: "&").compactMap { part -> String? in
      let name = part.prefix { $0 != "=" }
      guard Self.signed.contains(String(name)) else { return nil }
      guard name.count < part.count else { return String(name) }
      return name + "=" + (PercentEncoding.decode(String(part.dropFirst(name.count + 1))) ?? "")
    }
    let query = named.isEmpty ? "" : "?" + named.sorted().joined(separator: "&")
    return bucket + request.path + end + query
  }

  func isValid(for request: S3Request, secret: String) -> Bool {
    // A bucket's path may be signed with its slash at the end or without.
    let texts = [stringToSign(request)] + (request.key == nil ? [stringToSign(request, "/")] : [])
    return texts.contains { text in
      let code = HMAC<SHA1>.code(for: text, key: Array(secret.utf8))
      return isEqualInConstantTime(Base64.standard.encode(code), signature)
    }
  }

  private static let signed: Set<String> = [
    "accelerate", "acl", "analytics", "cors", "delete", "inventory", "lifecycle", "location",
    "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication",
    "requestPayment", "response-cache-control", "response-content-disposition",
    "response-content-encoding", "response-content-language", "response-content-type",
    "response-expires", "restore", "select", "select-type", "storageClass", "tagging", "torrent",
    "uploadId", "uploads", "versionId", "versioning", "versions", "website",
  ]
}
