import Server
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

  func allows(origin: String, method: String, headers wanted: [String]) -> Bool {
    origins.contains { Self.matches($0, origin) } && methods.contains(method)
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

extension S3 {
  /// Answers a browser's preflight by the bucket's rules.
  func preflight(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let origin = request.headers["Origin"] ?? ""
    let method = request.headers["Access-Control-Request-Method"] ?? ""
    guard !origin.isEmpty, !method.isEmpty else {
      throw S3Error("BadRequest", 400, "Insufficient information. Origin request header needed.")
    }
    let document = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return try table.setting(BucketSetting.cors.rawValue, of: bucket)
    }
    let names = (request.headers["Access-Control-Request-Headers"] ?? "")
      .split(separator: ",").map { String($0.filter { $0 != " " }) }
    let rules = try document.map { try CORSRule.all(in: try XMLElement.reading($0)) } ?? []
    let found = rules.first { $0.allows(origin: origin, method: method, headers: names) }
    guard let rule = found else {
      throw S3Error(
        "AccessForbidden", 403, "CORSResponse: This CORS request is not allowed.",
        [("Method", method), ("ResourceType", request.key == nil ? "BUCKET" : "OBJECT")])
    }
    var headers: HTTPHeaders = [
      "Access-Control-Allow-Origin": rule.origins.contains("*") ? "*" : origin,
      "Access-Control-Allow-Methods": rule.methods.joined(separator: ", "),
      "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    ]
    if !names.isEmpty {
      headers.append("Access-Control-Allow-Headers", names.joined(separator: ", "))
    }
    if !rule.exposed.isEmpty {
      headers.append("Access-Control-Expose-Headers", rule.exposed.joined(separator: ", "))
    }
    if let age = rule.age { headers.append("Access-Control-Max-Age", "\(age)") }
    return HTTPResponse(status: 200, headers: headers)
  }
}
