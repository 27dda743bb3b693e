/// What a request's head must obey beyond llhttp's grammar.
enum HeadRules {
  static func refusal(of head: HTTPParser) -> HTTPRefusal? {
    let version = head.versionNumber
    guard version.major == 1, version.minor <= 1 else { return .versionUnknown }
    let headers = head.headers
    if let refusal = host(headers, head.version) ?? coding(headers, head) { return refusal }
    let method = head.method
    guard method != "CONNECT", method != "TRACE" else { return .methodNotAllowed }
    guard isTarget(head.target, method) else { return .malformed("the target is no path") }
    if headers.contains("Expect"), !isContinue(headers, head.version) { return .expectationUnknown }
    return upgrade(headers, head)
  }

  /// RFC 9112 §3.2: exactly one Host in HTTP/1.1, never two.
  private static func host(_ headers: HTTPHeaders, _ version: HTTPVersion) -> HTTPRefusal? {
    switch headers.count(of: "Host") {
    case 0: version == .http11 ? .malformed("the Host header is missing") : nil
    case 1: nil
    default: .malformed("more than one Host header")
    }
  }

  /// RFC 9112 §6.1 and §6.3: chunked alone, in HTTP/1.1, without a length beside it.
  private static func coding(_ headers: HTTPHeaders, _ head: HTTPParser) -> HTTPRefusal? {
    guard headers.count(of: "Content-Length") <= 1 else {
      return .malformed("more than one Content-Length")
    }
    let count = headers.count(of: "Transfer-Encoding")
    guard count > 0 else { return nil }
    guard !headers.contains("Content-Length") else {
      return .malformed("Content-Length beside Transfer-Encoding")
    }
    guard head.version == .http11 else { return .malformed("Transfer-Encoding in HTTP/1.0") }
    guard count == 1, let coding = headers["Transfer-Encoding"],
      HTTPHeaders.equal(coding.utf8, "chunked".utf8)
    else { return .transferCodingUnknown }
    return head.isChunked ? nil : .transferCodingUnknown
  }

  /// A path, an absolute http URL, or `*` for OPTIONS; no control and no byte beyond ASCII.
  private static func isTarget(_ target: [UInt8], _ method: String) -> Bool {
    guard let first = target.first, target.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      return false
    }
    if first == UInt8(ascii: "/") { return true }
    if target == [UInt8(ascii: "*")] { return method == "OPTIONS" }
    return HTTPHeaders.equal(target.prefix(7), "http://".utf8)
      || HTTPHeaders.equal(target.prefix(8), "https://".utf8)
  }

  private static func isContinue(_ headers: HTTPHeaders, _ version: HTTPVersion) -> Bool {
    guard version == .http11 else { return true }
    return headers["Expect"].map { HTTPHeaders.equal($0.utf8, "100-continue".utf8) } ?? true
  }

  /// RFC 6455 §4.2.1. An upgrade to anything else is not taken up, as RFC 9110 §7.8 allows.
  private static func upgrade(_ headers: HTTPHeaders, _ head: HTTPParser) -> HTTPRefusal? {
    guard headers.contains("Upgrade"), headers.list("Upgrade", contains: "websocket"),
      headers.list("Connection", contains: "upgrade")
    else { return nil }
    guard head.isGet, head.version == .http11 else {
      return .malformed("a WebSocket begins with GET and HTTP/1.1")
    }
    guard !head.isChunked, headers["Content-Length"] ?? "0" == "0" else {
      return .malformed("a WebSocket request has no body")
    }
    guard headers.count(of: "Sec-WebSocket-Version") == 1, headers["Sec-WebSocket-Version"] == "13"
    else { return .webSocketVersion }
    guard headers.count(of: "Sec-WebSocket-Key") == 1, let key = headers["Sec-WebSocket-Key"],
      isKey(key)
    else { return .malformed("Sec-WebSocket-Key is not 16 bytes of Base64") }
    return nil
  }

  /// Sixteen bytes of Base64: 22 characters and two equals signs.
  private static func isKey(_ key: String) -> Bool {
    let key = Array(key.utf8)
    return key.count == 24 && key.suffix(2) == [0x3d, 0x3d]
      && key.prefix(22).allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2f: true
        default: false
        }
      }
  }
}
