/// Where a server listens and what it allows a peer. Times are in milliseconds.
package struct ServerConfiguration: Sendable {
  /// Numeric IPv4 or IPv6 address.
  package var address = "127.0.0.1"
  /// 0 asks for a free port.
  package var port: UInt16 = 0
  package var backlog: Int32 = 1_024
  /// Further connections are answered 503.
  package var maximumConnections = 20_000
  /// Where handlers run.
  package var handlers = HandlerPlace.loop
  package var limits = HTTPLimits()
  package var timeouts = HTTPTimeouts()
  package var webSocket = WebSocketLimits()
  package var tls: TLSFiles?
  /// The answer to a request the server itself refuses; nil stands for a line of plain text.
  package var refusal: (@Sendable (HTTPRefusal) -> HTTPResponse)?

  package init(address: String = "127.0.0.1", port: UInt16 = 0) {
    self.address = address
    self.port = port
  }
}

/// Where a server's handlers run.
package enum HandlerPlace: Sendable {
  /// On the loop's thread: fastest, and must never block.
  case loop
  /// On the threads of Swift's global pool.
  case pool
}

/// Sizes in bytes. The defaults are API Gateway's where it states one.
package struct HTTPLimits: Sendable {
  package var target = 10_240
  package var headers = 65_536
  package var headerCount = 200
  /// Longer bodies are refused with 413.
  package var body = 10 * 1_048_576
  /// Up to this length a body is read before the handler is called.
  package var bufferedBody = 65_536
  /// Bytes kept for a handler that reads slower than its client sends.
  package var bodyBuffer = 256 * 1_024
  /// Bytes kept for a client that reads slower than the handler writes.
  package var outputBuffer = 256 * 1_024

  package init() {}
}

/// How long a peer may take, in milliseconds.
package struct HTTPTimeouts: Sendable {
  /// From the first byte of a request (or the connection) to the end of its headers.
  package var headers: Int64 = 20_000
  /// What a body may be late; every `bodyRate` bytes of it win a second back.
  package var body: Int64 = 30_000
  package var bodyRate: Int64 = 1_024
  /// Without a byte taken by the peer while we have some to send.
  package var write: Int64 = 30_000
  /// Between two requests on one connection.
  package var idle: Int64 = 75_000
  /// For the peer to close after we said that we do.
  package var linger: Int64 = 2_000
  /// After the peer has sent its last byte, before the handler is cancelled: time enough to
  /// answer a client that only closed its sending half.
  package var halfClosed: Int64 = 100

  package init() {}
}

/// What a WebSocket peer may send and how long it may stay. The defaults are API Gateway's quotas.
package struct WebSocketLimits: Sendable {
  /// Longer frames close the connection with 1009.
  package var frame = 32_768
  /// Longer messages close the connection with 1009.
  package var message = 131_072
  /// Bytes of messages that wait for the handler before reading stops.
  package var inbound = 262_144
  /// Bytes that wait for the peer before `send` waits.
  package var outbound = 262_144
  /// Milliseconds without a frame in either direction; then close with 1001.
  package var idle: Int64 = 600_000
  /// Milliseconds after which every connection is closed with 1001.
  package var life: Int64 = 7_200_000
  /// Milliseconds for the rest of a frame that has begun; then close with 1002.
  package var partialFrame: Int64 = 30_000
  /// Milliseconds for the peer to answer a close frame.
  package var close: Int64 = 2_000

  package init() {}
}

/// Certificate chain and private key in PEM files.
package struct TLSFiles: Sendable {
  package var certificate: String
  package var key: String

  package init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}

/// Why a server could not start or a connection could not go on.
package enum ServerError: Error, Equatable {
  /// A system call failed; `code` is its errno.
  case system(call: String, code: Int32)
  /// The address is not numeric, the port is taken or not ours to open.
  case cannotListen(address: String, port: UInt16, code: Int32)
  /// A certificate or key could not be used.
  case badCertificate(reason: String)
  /// The client is gone.
  case disconnected
  /// The client was too slow.
  case timedOut
  /// The body is longer than `limit` bytes.
  case bodyTooLong(limit: Int)
  /// The body breaks HTTP's framing.
  case malformedBody
  /// The body is read by two tasks at once.
  case bodyInUse
  /// A streamed answer was shorter or longer than its declared length.
  case wrongLength
  /// A file could not be read; `code` is its errno.
  case unreadable(path: String, code: Int32)
}
