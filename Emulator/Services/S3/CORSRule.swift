package import Server
import Storage

/// A rule of a bucket's CORS configuration. Source: Amazon S3 user guide, "Elements of a CORS
/// configuration".
struct CORSRule: Sendable {
  var origins: [String]
  var methods: [String]
  var headers: [String]
  var exposed: [String]
  var age: Int?

  static func all(in xml: XMLElement) throws(S3Error) -> [CORSRule] {
    guard xml.name == "CORSConfiguration", (1...100).contains(xml.all("CORSRule").count) else {
      throw .malformedXML
    }
    var rules: [CORSRule] = []
    for element in xml.all("CORSRule") {
      let rule = CORSRule(
        origins: element.all("AllowedOrigin").map(\.text),
        methods: element.all("AllowedMethod").map(\.text),
        headers: element.all("AllowedHeader").map(\.text),
        exposed: element.all("ExposeHeader").map(\.text),
        age: element["MaxAgeSeconds"].flatMap { Int($0.text) })
      guard !rule.origins.isEmpty, !rule.methods.isEmpty else { throw .malformedXML }
      for method in rule.methods where !["GET", "PUT", "HEAD", "POST", "DELETE"].contains(method) {
        throw .invalidRequest(
          "Found unsupported HTTP method in CORS config. Unsupported method is \(method)")
      }
      rules.append(rule)
    }
    return rules
  }

  func allows(origin: String) -> Bool {
    origins.contains { Self.matches($0, origin) }
  }

  func allows(origin: String, method: String, headers wanted: [String]) -> Bool {
    allows(origin: origin) && methods.contains(method)
      && wanted.allSatisfy { name in
        headers.contains { Self.matches($0.lowercased(), name.lowercased()) }
      }
  }

  /// A pattern with at most one `*`.
  private static func matches(_ pattern: String, _ text: String) -> Bool {
    guard let star = pattern.firstIndex(of: "*") else { return pattern == text }
    let (start, end) = (pattern[..<star], pattern[pattern.index(after: star)...])
    return text.count >= start.count + end.count && text.hasPrefix(start) && text.hasSuffix(end)
  }
}

extension CORSRule {
  /// What an answer to a page of `origin` carries.
  func headers(for origin: String) -> HTTPHeaders {
    let isOpen = origins.contains("*")
    var found: HTTPHeaders = [
      "Access-Control-Allow-Origin": isOpen ? "*" : origin,
      "Access-Control-Allow-Methods": methods.joined(separator: ", "),
    ]
    if !exposed.isEmpty {
      found.append("Access-Control-Expose-Headers", exposed.joined(separator: ", "))
    }
    if let age { found.append("Access-Control-Max-Age", "\(age)") }
    if !isOpen { found.append("Access-Control-Allow-Credentials", "true") }
    found.append("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
    return found
  }
}

extension S3 {
  /// Answers a browser's preflight by the bucket's rules.
  func preflight(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let origin = request.headers["Origin"] ?? ""
    let method = request.headers["Access-Control-Request-Method"] ?? ""
    guard !origin.isEmpty else {
      throw S3Error(
        "BadRequest", 400, "Insufficient information. Origin request header needed.")
    }
    let names = (request.headers["Access-Control-Request-Headers"] ?? "")
      .split(separator: ",").map { String($0.filter { $0 != " " }) }
    let details = [
      ("Method", method.isEmpty ? "OPTIONS" : method),
      ("ResourceType", request.key == nil ? "BUCKET" : "OBJECT"),
    ]
    func forbidden(_ text: String) -> S3Error {
      S3Error("AccessForbidden", 403, "CORSResponse: " + text, details)
    }
    let isThere = try await database.lookUp {
      try ObjectTable(connection: $0).bucket(bucket) != nil
    }
    guard isThere else { throw forbidden("Bucket not found") }
    let rules = try await rules(of: bucket)
    guard !rules.isEmpty else { throw forbidden("CORS is not enabled for this bucket.") }
    guard !method.isEmpty else {
      throw S3Error("BadRequest", 400, "Invalid Access-Control-Request-Method: null")
    }
    guard
      let rule = rules.first(where: { $0.allows(origin: origin, method: method, headers: names) })
    else {
      throw forbidden(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request "
          + "method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
          + "whitelisted by the resource's CORS spec.")
    }
    var headers = rule.headers(for: origin)
    if !names.isEmpty {
      headers.append("Access-Control-Allow-Headers", names.joined(separator: ", ").lowercased())
    }
    return HTTPResponse(status: 200, headers: headers)
  }

  /// The rules of a bucket; none for a bucket that is not there.
  private func rules(of bucket: String) async throws -> [CORSRule] {
    let document = try await database.lookUp {
      try ObjectTable(connection: $0).setting(BucketSetting.cors.rawValue, of: bucket)
    }
    return try document.map { try CORSRule.all(in: try XMLElement.reading($0)) } ?? []
  }

  /// The answer with the headers that the bucket's rules give to the page that asks.
  func marked(_ response: HTTPResponse, _ request: S3Request) async -> HTTPResponse {
    guard let origin = request.headers["Origin"], request.method != "OPTIONS",
      let bucket = request.bucket,
      let rule = (try? await rules(of: bucket))?.first(where: {
        $0.allows(
          origin: origin,
          method: request.headers["Access-Control-Request-Method"] ?? request.method, headers: [])
      })
    else { return response }
    var response = response
    for (name, value) in rule.headers(for: origin) { response.headers.append(name, value) }
    return response
  }

  /// Whether the rules of the bucket that a request names let in its origin: whoever wrote them
  /// wanted pages of that origin to use the bucket.
  package func admits(_ request: HTTPRequest) async -> Bool {
    guard let origin = request.headers["Origin"], let parsed = try? S3Request(request),
      let bucket = parsed.bucket, let rules = try? await rules(of: bucket)
    else { return false }
    return rules.contains { $0.allows(origin: origin) }
  }
}
