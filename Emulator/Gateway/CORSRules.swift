import Server
import Template

/// What the gateway itself says to browsers about other origins.
///
/// Source: API Gateway developer guide, "Configure CORS for HTTP APIs": a preflight is answered
/// without a route, and what the function says about it is replaced.
struct CORSRules: Sendable {
  private let cors: CORS

  init(_ cors: CORS) {
    self.cors = cors
  }

  /// The answer to a preflight request; nil when this is none.
  func preflight(_ request: HTTPRequest) -> HTTPResponse? {
    guard request.method == "OPTIONS", request.headers["Origin"] != nil,
      let method = request.headers["Access-Control-Request-Method"]
    else { return nil }
    var response = HTTPResponse(status: 204)
    guard let origin = allowed(request), allows(method, in: cors.methods) else { return response }
    response.headers.append("access-control-allow-origin", origin)
    if !cors.methods.isEmpty {
      response.headers.append("access-control-allow-methods", cors.methods.joined(separator: ","))
    }
    if !cors.headers.isEmpty {
      response.headers.append("access-control-allow-headers", cors.headers.joined(separator: ","))
    }
    if let maxAge = cors.maxAge {
      response.headers.append("access-control-max-age", String(maxAge))
    }
    addCommon(to: &response, origin: origin)
    return response
  }

  /// Puts the rules on an answer in place of the function's own.
  func apply(to response: inout HTTPResponse, for request: HTTPRequest) {
    for name in response.headers.map(\.name) where name.lowercased().hasPrefix("access-control-") {
      response.headers[name] = nil
    }
    guard let origin = allowed(request) else { return }
    response.headers.append("access-control-allow-origin", origin)
    if !cors.exposedHeaders.isEmpty {
      response.headers.append(
        "access-control-expose-headers", cors.exposedHeaders.joined(separator: ","))
    }
    addCommon(to: &response, origin: origin)
  }

  private func addCommon(to response: inout HTTPResponse, origin: String) {
    if cors.allowsCredentials {
      response.headers.append("access-control-allow-credentials", "true")
    }
    if origin != "*" { response.headers.append("vary", "origin") }
  }

  /// What to answer for the request's origin; nil when it may not read.
  private func allowed(_ request: HTTPRequest) -> String? {
    guard let origin = request.headers["Origin"] else { return nil }
    if cors.origins.contains("*") { return "*" }
    let isAllowed = cors.origins.contains { pattern in
      if pattern == origin { return true }
      // `https://*.example.com`, `http://*`: one star for anything.
      guard let star = pattern.firstIndex(of: "*") else { return false }
      let tail = pattern[pattern.index(after: star)...]
      return origin.utf8.count >= pattern.utf8.count - 1 && origin.hasPrefix(pattern[..<star])
        && origin.hasSuffix(tail)
    }
    return isAllowed ? origin : nil
  }

  private func allows(_ method: String, in methods: [String]) -> Bool {
    methods.contains("*") || methods.contains(method)
  }
}
