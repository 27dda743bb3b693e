import Synchronization

/// Who signs. Printing a value shows the access key id alone.
package struct AWSCredentials: Sendable, Equatable, CustomStringConvertible {
  package let accessKeyID: String
  package let secretAccessKey: String
  /// Of temporary credentials.
  package let sessionToken: String?

  package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }

  package var description: String { "AWSCredentials(\(accessKeyID))" }
}

/// What a signature says about the body.
package enum SignedPayload: Sendable, Equatable {
  case bytes([UInt8])
  /// `UNSIGNED-PAYLOAD`: S3 alone allows it.
  case unsigned
  /// A `STREAMING-…` form: the chunks carry their own signatures or checksums.
  case streaming(String)

  /// The last line of the canonical request.
  package var hash: String {
    switch self {
    case .bytes(let bytes):
      bytes.isEmpty ? SignedPayload.emptyHash : Hex.encode(SHA256.digest(bytes))
    case .unsigned: "UNSIGNED-PAYLOAD"
    case .streaming(let form): form
    }
  }

  static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

/// Signs requests to one service in one region (AWS Signature Version 4).
package struct RequestSigning: Sendable {
  package static let algorithm = "AWS4-HMAC-SHA256"

  package let credentials: AWSCredentials
  package let region: String
  /// The name in the credential scope: `dynamodb`, `execute-api`, `s3`, …
  package let service: String
  var pathRule: CanonicalRequest.PathRule
  /// Whether `x-amz-content-sha256` is sent: S3 demands it.
  var sendsPayloadHash: Bool
  /// Whether the session token is added after signing.
  var omitsSessionToken = false

  package init(credentials: AWSCredentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
    pathRule = CanonicalRequest.PathRule(service: service)
    sendsPayloadHash = pathRule == .encodedOnce
  }

  /// The headers to add to `request`, which has to name its `Host`. All its headers are signed.
  package func headers(
    for request: SignableRequest, payload: SignedPayload, at time: SigningTime
  ) -> [SignableRequest.Header] {
    var signed = request
    var added: [SignableRequest.Header] = [("X-Amz-Date", time.text)]
    let hash = payload.hash
    if sendsPayloadHash { added.append(("X-Amz-Content-Sha256", hash)) }
    let token = credentials.sessionToken.map { ("X-Amz-Security-Token", $0) }
    if let token, !omitsSessionToken { added.append(token) }
    signed.headers += added
    if let token, omitsSessionToken { added.append(token) }
    let names = signedNames(of: signed)
    let text = CanonicalRequest.text(
      signed, signedHeaders: names, payloadHash: hash, pathRule: pathRule)
    let signer = signer(at: time)
    let signature = Hex.encode(signer.code(of: signer.stringToSign(text, at: time)))
    var value = ""
    value.reserveCapacity(320)
    for part in [
      Self.algorithm, " Credential=", credentials.accessKeyID, "/", signer.scope,
      ", SignedHeaders=", names.joined(separator: ";"), ", Signature=", signature,
    ] { value += part }
    added.append(("Authorization", value))
    return added
  }

  /// The query of a request that carries its signature, for whoever gets the URL.
  ///
  /// - Parameters:
  ///   - request: Its headers, `Host` among them, have to be sent as they are given here.
  ///   - expires: How many seconds the URL is good for, at the most 604,800.
  ///   - payload: What the body has to be; ``SignedPayload/unsigned`` for S3.
  ///   - time: When it becomes good.
  /// - Returns: The whole query, without the `?`.
  package func presignedQuery(
    for request: SignableRequest, expires: Int, payload: SignedPayload, at time: SigningTime
  ) -> String {
    var signed = request
    let names = signedNames(of: request)
    var parts = [
      ("X-Amz-Algorithm", Self.algorithm),
      ("X-Amz-Credential", credentials.accessKeyID + "/" + scope(at: time)),
      ("X-Amz-Date", time.text),
      ("X-Amz-Expires", String(expires)),
    ]
    let token = credentials.sessionToken.map { ("X-Amz-Security-Token", $0) }
    if let token, !omitsSessionToken { parts.append(token) }
    parts.append(("X-Amz-SignedHeaders", names.joined(separator: ";")))
    signed.query = RequestSigning.query(request.query, adding: parts)
    let text = CanonicalRequest.text(
      signed, signedHeaders: names, payloadHash: payload.hash, pathRule: pathRule)
    var last = [("X-Amz-Signature", Hex.encode(signature(of: text, at: time)))]
    if let token, omitsSessionToken { last.insert(token, at: 0) }
    return RequestSigning.query(signed.query, adding: last)
  }

  /// `20150830/us-east-1/dynamodb/aws4_request`.
  package func scope(at time: SigningTime) -> String { signer(at: time).scope }

  /// The signature of a form's policy, in hexadecimal. Source: Amazon S3 API reference,
  /// "Authenticating requests in browser-based uploads using POST".
  package func signature(ofPolicy text: String, at time: SigningTime) -> String {
    Hex.encode(signer(at: time).code(of: Array(text.utf8)))
  }

  func signature(of canonicalRequest: [UInt8], at time: SigningTime) -> [UInt8] {
    let signer = signer(at: time)
    return signer.code(of: signer.stringToSign(canonicalRequest, at: time))
  }

  func stringToSign(_ canonicalRequest: [UInt8], at time: SigningTime) -> String {
    String(decoding: signer(at: time).stringToSign(canonicalRequest, at: time), as: UTF8.self)
  }

  /// The key of a day.
  func key(at time: SigningTime) -> [UInt8] {
    var key = Array("AWS4".utf8) + Array(credentials.secretAccessKey.utf8)
    for part in [time.day, region, service, "aws4_request"] {
      key = HMAC<SHA256>.code(for: part, key: key)
    }
    return key
  }

  // MARK: What all requests of a day share

  private struct Signer: Sendable {
    let scope: String
    /// With the day's key.
    let mac: HMAC<SHA256>

    func code(of bytes: [UInt8]) -> [UInt8] {
      var mac = mac
      mac.update(bytes)
      return mac.finish()
    }

    func stringToSign(_ canonicalRequest: [UInt8], at time: SigningTime) -> [UInt8] {
      var text: [UInt8] = []
      text.reserveCapacity(192)
      for part in [
        RequestSigning.algorithm, "\n", time.text, "\n", scope, "\n",
        Hex.encode(SHA256.digest(canonicalRequest)),
      ] { text.append(contentsOf: part.utf8) }
      return text
    }
  }

  private struct SignerName: Hashable {
    let day: Int
    let service: String
    let region: String
    let secret: String
  }

  /// Deriving a key takes four codes, using it one.
  private static let signers = Mutex<[SignerName: Signer]>([:])
  /// More than a function's services have at a time.
  private static let keptSigners = 32

  private func signer(at time: SigningTime) -> Signer {
    let name = SignerName(
      day: time.seconds / 86_400, service: service, region: region,
      secret: credentials.secretAccessKey)
    if let known = Self.signers.withLock({ $0[name] }) { return known }
    let signer = Signer(
      scope: "\(time.day)/\(region)/\(service)/aws4_request", mac: HMAC(key: key(at: time)))
    Self.signers.withLock { signers in
      if signers.count >= Self.keptSigners { signers = [:] }
      signers[name] = signer
    }
    return signer
  }

  private func signedNames(of request: SignableRequest) -> [String] {
    var names: [String] = []
    for header in request.headers {
      let name = CanonicalRequest.lowercase(header.name)
      if !names.contains(name) { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func query(_ query: String, adding parts: [(String, String)]) -> String {
    let added = parts.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    return query.isEmpty ? added : query + "&" + added
  }
}
