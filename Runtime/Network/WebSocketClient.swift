import CCurl
import Crypto
import Glibc

/// A WebSocket to a server, used by one thread that may wait: what a command line needs.
///
/// libcurl connects, with TLS and the certificate's check; the protocol on top is RFC 6455.
package final class WebSocketClient {
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case notThere(String)
    /// The server answered the handshake with another status than 101.
    case refused(status: Int, body: String)
    case malformed(String)
    case closed(code: Int)
    case deadlineExceeded

    package var description: String {
      switch self {
      case .notThere(let reason): reason
      case .refused(let status, let body): "refused with status \(status) \(body)"
      case .malformed(let what): "the server breaks the protocol: \(what)"
      case .closed(let code): "the server closed the connection (\(code))"
      case .deadlineExceeded: "no answer in time"
      }
    }
  }

  /// Longest answer to the handshake, in bytes.
  private static let longestHead = 64 * 1024

  private let easy: UnsafeMutableRawPointer
  private let deadline: ContinuousClock.Instant
  private var frames = WebSocketFrames()

  /// Connects to a `ws:` or `wss:` address.
  package init(
    _ address: String, headers: HeaderFields, trust: TrustStore = TrustStore(),
    deadline: ContinuousClock.Instant
  ) throws(Failure) {
    guard let url = Self.url(address), let host = Self.host(url) else {
      throw .notThere("\(address) is no address of a WebSocket")
    }
    guard martlet_curl_load() == 1, let easy = martlet_easy_init() else {
      throw .notThere(String(cString: martlet_curl_failure()))
    }
    self.easy = easy
    self.deadline = deadline
    try connect(url, trust)
    try shakeHands(url, host, headers)
  }

  deinit { martlet_easy_cleanup(easy) }

  package func send(_ text: String) throws(Failure) {
    try write(WebSocketFrames.text(text))
  }

  /// The next text message. Pings are answered on the way.
  package func receive() throws(Failure) -> String {
    while true {
      let message: WebSocketFrames.Message?
      do throws(WebSocketFrames.Violation) {
        message = try frames.next()
      } catch {
        throw .malformed("\(error)")
      }
      switch message {
      case .text(let text): return text
      case .ping(let payload): try write(WebSocketFrames.pong(payload))
      case .close(let code): throw .closed(code: code)
      case .binary, .pong: break
      case nil: frames.take(try read())
      }
    }
  }

  /// Says goodbye; the connection ends with this value.
  package func close() {
    try? write(WebSocketFrames.close(1000))
  }

  // MARK: - The handshake

  private static func url(_ address: String) -> String? {
    for (scheme, plain) in [("ws://", "http://"), ("wss://", "https://")]
    where address.hasPrefix(scheme) && address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      return plain + address.dropFirst(scheme.count)
    }
    return nil
  }

  private static func host(_ url: String) -> Substring? {
    let host = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last?
      .prefix { $0 != "/" && $0 != "?" }
    return host?.isEmpty == false ? host : nil
  }

  private func connect(_ url: String, _ trust: TrustStore) throws(Failure) {
    martlet_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    martlet_easy_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
    martlet_easy_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    martlet_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    martlet_easy_set_text(easy, CURLOPT_PROXY, "")
    if let folder = trust.folder() {
      martlet_easy_set_text(easy, CURLOPT_CAINFO, nil)
      martlet_easy_set_text(easy, CURLOPT_CAPATH, folder)
    }
    martlet_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, try remaining())
    martlet_easy_set_text(easy, CURLOPT_URL, url)
    let code = martlet_easy_perform(easy)
    guard code == CURLE_OK else { throw .notThere(String(cString: martlet_easy_text(code))) }
  }

  private func shakeHands(
    _ url: String, _ host: Substring, _ headers: HeaderFields
  ) throws(Failure) {
    let rest = url.dropFirst(url.hasPrefix("https") ? 8 : 7).dropFirst(host.count)
    let key = Base64.standard.encode(Random.bytes(16))
    var request = "GET \(rest.hasPrefix("/") ? "" : "/")\(rest) HTTP/1.1\r\nHost: \(host)\r\n"
    request += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    request += "Sec-WebSocket-Key: \(key)\r\n"
    for (name, value) in headers.fields { request += "\(name): \(value)\r\n" }
    try write(Array((request + "\r\n").utf8))
    var answer: [UInt8] = []
    var end: Int?
    while end == nil {
      guard answer.count <= Self.longestHead else { throw .malformed("an endless answer") }
      answer += try read()
      end = answer.indices.first { answer[$0...].starts(with: [13, 10, 13, 10]) }
    }
    let head = String(decoding: answer[..<(end ?? 0)], as: UTF8.self).split(separator: "\r\n")
    let body = answer[((end ?? 0) + 4)...]
    let words = head.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw .malformed("no HTTP")
    }
    guard status == 101 else {
      throw .refused(status: status, body: String(decoding: body.prefix(512), as: UTF8.self))
    }
    let expected = Base64.standard.encode(
      SHA1.digest(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
    guard head.contains(where: { Self.isAccept($0, expected) }) else {
      throw .malformed("it accepted another handshake")
    }
    frames.take(body)
  }

  private static func isAccept(_ line: Substring, _ expected: String) -> Bool {
    let parts = line.split(separator: ":", maxSplits: 1)
    return parts.count == 2 && parts[0].lowercased() == "sec-websocket-accept"
      && parts[1].drop { $0 == " " } == expected
  }

  // MARK: - Bytes

  private func write(_ bytes: [UInt8]) throws(Failure) {
    var sent = 0
    while sent < bytes.count {
      var count = 0
      let code = bytes.withUnsafeBytes {
        martlet_easy_send(easy, $0.baseAddress.map { $0 + sent }, $0.count - sent, &count)
      }
      sent += count
      if code == CURLE_AGAIN {
        try wait(for: POLLOUT)
      } else if code != CURLE_OK {
        throw .notThere(String(cString: martlet_easy_text(code)))
      }
    }
  }

  private func read() throws(Failure) -> [UInt8] {
    while true {
      var code = CURLE_OK
      let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
        code = martlet_easy_receive(easy, buffer.baseAddress, buffer.count, &count)
      }
      if code == CURLE_AGAIN {
        try wait(for: POLLIN)
      } else if code != CURLE_OK {
        throw .notThere(String(cString: martlet_easy_text(code)))
      } else if bytes.isEmpty {
        throw .closed(code: 1006)
      } else {
        return bytes
      }
    }
  }

  private func wait(for events: Int32) throws(Failure) {
    var entry = pollfd(fd: martlet_easy_socket(easy), events: Int16(events), revents: 0)
    _ = poll(&entry, 1, Int32(clamping: try remaining()))
  }

  /// Milliseconds.
  private func remaining() throws(Failure) -> Int {
    let left = Int((deadline - .now) / .milliseconds(1))
    guard left > 0 else { throw .deadlineExceeded }
    return left
  }
}
