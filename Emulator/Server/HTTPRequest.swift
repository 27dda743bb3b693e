/// A request as it came in, its framing already checked.
package struct HTTPRequest: Sendable {
  package var method: String
  /// The request target as sent: origin form, absolute form or `*`.
  package var target: String
  package var version: HTTPVersion
  package var headers: HTTPHeaders
  package var body: RequestBody
  package var peer: Peer

  package init(
    method: String, target: String, version: HTTPVersion = .http11, headers: HTTPHeaders = [:],
    body: RequestBody = .empty, peer: Peer = Peer(address: "127.0.0.1", port: 0)
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.headers = headers
    self.body = body
    self.peer = peer
  }

  /// The path as sent, still percent-encoded; begins with `/` unless the target is `*`.
  package var path: String {
    let rest = originForm
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    let path = rest[..<(end ?? rest.endIndex)]
    return path.isEmpty ? "/" : String(path)
  }

  /// What follows the first `?`, still percent-encoded; nil without a `?`.
  package var query: String? {
    let rest = originForm
    let end = rest.utf8.firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
    guard let mark = rest[..<end].utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
    return String(rest[rest.index(after: mark)..<end])
  }

  /// True for a GET that asks to become a WebSocket; the server has checked its key and version.
  package var wantsWebSocket: Bool {
    headers.list("Upgrade", contains: "websocket")
      && headers.list("Connection", contains: "upgrade")
  }

  /// The target without scheme and authority (RFC 9112 §3.2.2).
  private var originForm: Substring {
    let first = target.utf8.first
    guard first != UInt8(ascii: "/"), first != UInt8(ascii: "*"),
      let scheme = target.firstRange(of: "://")
    else { return target[...] }
    let rest = target[scheme.upperBound...]
    let start = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    return rest[(start ?? rest.endIndex)...]
  }
}

package enum HTTPVersion: Sendable, Equatable {
  case http10
  case http11
}

/// The other end of a connection.
package struct Peer: Sendable, Equatable {
  /// Numeric address.
  package var address: String
  package var port: UInt16

  package init(address: String, port: UInt16) {
    self.address = address
    self.port = port
  }
}
