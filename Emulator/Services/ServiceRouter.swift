package import Server

/// One service of the endpoint: how its requests are known, and who answers them.
package struct EmulatedService: Sendable {
  package typealias Answer = @Sendable (HTTPRequest) async -> HTTPResponse

  /// As people call it, and as the health page shows it.
  package let name: String
  /// The service in the scope of a signature (`dynamodb`, `s3`, `execute-api`).
  package let signingNames: [String]
  /// How `X-Amz-Target` begins, for services that name their operations there.
  package let targets: [String]
  /// The first paths of requests that carry neither signature nor target.
  package let paths: [String]
  /// Anything else that only the service itself can tell, from path, query and host.
  package let matches: @Sendable (HTTPRequest) -> Bool
  package let answer: Answer

  package init(
    name: String, signingNames: [String] = [], targets: [String] = [], paths: [String] = [],
    matches: @escaping @Sendable (HTTPRequest) -> Bool = { _ in false },
    answer: @escaping Answer
  ) {
    self.name = name
    self.signingNames = signingNames
    self.targets = targets
    self.paths = paths
    self.matches = matches
    self.answer = answer
  }
}

/// The one endpoint of all services. It tells them apart as the SDKs' requests allow: by the scope of
/// the signature, then the target header, then path and host.
package struct ServiceRouter: Sendable {
  private let services: [EmulatedService]
  private let bySigningName: [String: EmulatedService]
  /// Answers what no service claims; S3 in practice, whose buckets are paths.
  private let fallback: EmulatedService?
  private let guardian = LoopbackGuard()

  package init(_ services: [EmulatedService], fallback: EmulatedService? = nil) {
    self.services = services + (fallback.map { [$0] } ?? [])
    self.fallback = fallback
    var byName: [String: EmulatedService] = [:]
    for service in self.services {
      for name in service.signingNames { byName[name] = service }
    }
    bySigningName = byName
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    if let refusal = guardian.refusal(of: request) { return refusal }
    let path = request.path
    if path.hasPrefix("/_martlet/") {
      guard let service = services.first(where: { $0.matches(request) }) else {
        return own(request, path)
      }
      return await service.answer(request)
    }
    switch route(request, path) {
    case .service(let service): return await service.answer(request)
    case .unknown(let name): return unknown(name)
    }
  }

  private enum Route {
    case service(EmulatedService)
    case unknown(String)
  }

  private func route(_ request: HTTPRequest, _ path: String) -> Route {
    if let scope = SignatureScope.service(of: request) {
      if let service = bySigningName[scope] { return .service(service) }
      return .unknown(scope)
    }
    if let target = request.headers["X-Amz-Target"] {
      let service = services.first { $0.targets.contains { target.hasPrefix($0) } }
      return service.map { .service($0) } ?? .unknown(target)
    }
    let service =
      services.first { $0.paths.contains { Self.begins(path, with: $0) } }
      ?? services.first { $0.matches(request) } ?? fallback
    return service.map { .service($0) } ?? .unknown(path)
  }

  /// Whether a path is `prefix` or lies below it.
  private static func begins(_ path: String, with prefix: String) -> Bool {
    guard path.hasPrefix(prefix) else { return false }
    let rest = path.dropFirst(prefix.count)
    return rest.isEmpty || rest.first == "/" || prefix.last == "/"
  }

  private func own(_ request: HTTPRequest, _ path: String) -> HTTPResponse {
    guard path == "/_martlet/health", request.method == "GET" || request.method == "HEAD" else {
      return HTTPResponse(status: 404, text: "martlet has no page \(path)\n")
    }
    let names = services.map { "\"\($0.name)\":\"available\"" }.joined(separator: ",")
    return HTTPResponse(
      status: 200, text: "{\"status\":\"healthy\",\"services\":{\(names)}}",
      type: "application/json")
  }

  /// An explicit error in a form that every SDK shows. Not 5xx, which they would try again.
  private func unknown(_ name: String) -> HTTPResponse {
    var text = "martlet has no service for '\(name)'; it has: "
    text += services.map(\.name).joined(separator: ", ")
    let escaped = text.unicodeScalars.map { scalar in
      scalar == "\"" || scalar == "\\" || scalar.value < 0x20 ? "?" : String(scalar)
    }
    return HTTPResponse(
      status: 400,
      text: "{\"__type\":\"UnknownServiceException\",\"message\":\"\(escaped.joined())\"}",
      type: "application/json", headers: ["x-amzn-ErrorType": "UnknownServiceException"])
  }
}

/// The service that a request was signed for (Signature Version 4, "credential scope"). Read byte by
/// byte: this runs for every request.
enum SignatureScope {
  static func service(of request: HTTPRequest) -> String? {
    if var header = request.headers["Authorization"] {
      return header.withUTF8 { bytes in
        bytes.starts(with: "AWS4-".utf8) ? service(in: bytes, behind: "Credential=") : nil
      }
    }
    guard var query = request.query else { return nil }
    return query.withUTF8 { service(in: $0, behind: "X-Amz-Credential=") }
  }

  /// The fourth part of `key/date/region/service/aws4_request`, whose slashes may be encoded. Keys may
  /// hold slashes, so the parts are counted from the end.
  private static func service(
    in bytes: UnsafeBufferPointer<UInt8>, behind marker: StaticString
  ) -> String? {
    guard var position = end(of: marker, in: bytes) else { return nil }
    // The places of the last slashes, each with the length of what stands for it.
    var slashes: [(start: Int, length: Int)] = []
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "&") || byte == 0x20 { break }
      let isEncoded =
        byte == UInt8(ascii: "%") && position + 2 < bytes.count
        && bytes[position + 1] == UInt8(ascii: "2") && bytes[position + 2] | 0x20 == 0x66
      let length = isEncoded ? 3 : 1
      if isEncoded || byte == UInt8(ascii: "/") { slashes.append((position, length)) }
      position += length
    }
    guard slashes.count >= 4 else { return nil }
    let (first, last) = (slashes[slashes.count - 2], slashes[slashes.count - 1])
    let name = bytes[(first.start + first.length)..<last.start]
    return String(decoding: name, as: UTF8.self).lowercased()
  }

  static func contains(_ marker: StaticString, in header: String) -> Bool {
    var header = header
    return header.withUTF8 { end(of: marker, in: $0) != nil }
  }

  private static func end(
    of marker: StaticString, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    let wanted = UnsafeBufferPointer(start: marker.utf8Start, count: marker.utf8CodeUnitCount)
    guard bytes.count >= wanted.count else { return nil }
    for start in 0...(bytes.count - wanted.count)
    where bytes[start] == wanted[0]
      && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
    {
      return start + wanted.count
    }
    return nil
  }
}

/// Keeps web pages of other sites away: the emulator has no passwords, so only programs of this
/// machine and pages served from it may speak to it.
struct LoopbackGuard: Sendable {
  /// The answer to a request that must not be served; nil for all others.
  func refusal(of request: HTTPRequest) -> HTTPResponse? {
    // A name that was made to point here (DNS rebinding) still stands in the Host header.
    if let host = request.headers["Host"], !Self.isLoopback(authority: host) {
      return HTTPResponse(
        status: 403, text: "martlet answers to localhost only, not to '\(Self.shown(host))'\n")
    }
    if let origin = request.headers["Origin"], !Self.isLoopback(origin: origin) {
      return HTTPResponse(
        status: 403, text: "requests from pages of '\(Self.shown(origin))' are refused\n")
    }
    return nil
  }

  private static func isLoopback(origin: String) -> Bool {
    for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
      return isLoopback(authority: String(origin.dropFirst(scheme.count)))
    }
    return false
  }

  /// `localhost`, a name below it, or an address of the loopback; with a port or without.
  static func isLoopback(authority: String) -> Bool {
    if authority.utf8.starts(with: "127.0.0.1:".utf8) || authority == "localhost" { return true }
    let name: Substring
    if authority.hasPrefix("[") {
      name = authority.dropFirst().prefix { $0 != "]" }
      return name == "::1"
    }
    name = authority.prefix { $0 != ":" }
    let lower = name.lowercased()
    if lower == "localhost" || lower.hasSuffix(".localhost") { return true }
    let parts = lower.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func shown(_ text: String) -> String {
    String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F }.prefix(200))
  }
}
