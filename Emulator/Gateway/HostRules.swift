import Server

/// Who may ask for what is for the developer alone: no page of another origin, and no name that
/// an attacker's DNS has pointed at this machine (DNS rebinding).
enum HostRules {
  static func allows(_ request: HTTPRequest, trusted: Set<String>) -> Bool {
    guard let host = request.headers["Host"], isLocal(host, trusted) else { return false }
    guard let origin = request.headers["Origin"] else { return true }
    guard let scheme = origin.firstRange(of: "://") else { return false }
    // A page on another local port is another program's; only our own may.
    return origin[scheme.upperBound...] == host
  }

  private static func isLocal(_ host: String, _ trusted: Set<String>) -> Bool {
    let name = name(of: host).lowercased()
    return name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]"
      || isLoopback(name) || trusted.contains(name)
  }

  private static func isLoopback(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func name(of host: String) -> Substring {
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return host[...end] }
    return host.prefix { $0 != ":" }
  }
}
