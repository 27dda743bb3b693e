import Server

/// Keeps web pages of other sites away: the emulator has no passwords, so only programs of this
/// machine and pages served from it may speak to it.
struct LoopbackGuard: Sendable {
  /// Origins of pages that may speak to the services all the same (`--cors`); `*` stands for all.
  var origins: [String] = []

  /// The answer to a request that must not be served; nil for all others.
  func refusal(of request: HTTPRequest) -> HTTPResponse? {
    // A name that was made to point here (DNS rebinding) still stands in the Host header.
    if let host = request.headers["Host"], !Self.isLoopback(authority: host) {
      return HTTPResponse(
        status: 403, text: "martlet answers to localhost only, not to '\(Self.shown(host))'\n")
    }
    return nil
  }

  /// The answer to a page of another site; nil for all other requests.
  func foreignPage(_ request: HTTPRequest) -> HTTPResponse? {
    // Browsers send `null` or a scheme and a host; what has another form comes from a program.
    guard let origin = request.headers["Origin"], origin == "null" || origin.contains("://"),
      !Self.isLoopback(origin: origin), !isAllowed(origin)
    else { return nil }
    return HTTPResponse(
      status: 403, text: "requests from pages of '\(Self.shown(origin))' are refused\n")
  }

  /// Whether the pages of an origin were let in on purpose.
  func isAllowed(_ origin: String) -> Bool {
    origins.contains { $0 == "*" || $0 == origin }
  }

  static func isLoopback(origin: String) -> Bool {
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
