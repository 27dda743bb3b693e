/// How a handler accepts an upgrade.
package struct WebSocketUpgrade: Sendable {
  /// One of those the client offered, or none.
  package var subprotocol: String?
  /// Further fields of the 101 answer.
  package var headers: HTTPHeaders
  /// Runs for the connection's life; when it returns the connection is closed with 1000.
  package var serve: @Sendable (WebSocketConnection) async -> Void

  package init(
    subprotocol: String? = nil, headers: HTTPHeaders = [:],
    serve: @escaping @Sendable (WebSocketConnection) async -> Void
  ) {
    self.subprotocol = subprotocol
    self.headers = headers
    self.serve = serve
  }
}

package enum WebSocketMessage: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
}

/// How a WebSocket ended (RFC 6455 §7.1.5 and §7.1.6).
package struct WebSocketClose: Sendable, Equatable {
  /// 1005 when the peer's close frame had no code, 1006 when there was no close frame.
  package var code: Int
  package var reason: String
  /// True when the peer spoke first.
  package var isByPeer: Bool

  package init(code: Int, reason: String, isByPeer: Bool) {
    self.code = code
    self.reason = reason
    self.isByPeer = isByPeer
  }

  /// The connection broke without a close frame.
  static let lost = WebSocketClose(code: 1_006, reason: "", isByPeer: true)
}

/// An open WebSocket. Reading is for one task, sending and closing for any.
package struct WebSocketConnection: Sendable {
  let connection: Connection

  package var peer: Peer { connection.peer }

  /// The client's messages in order; ends when the connection does. A client that sends faster
  /// than they are taken is stopped.
  package var messages: Messages { Messages(connection: connection) }

  package struct Messages: AsyncSequence, AsyncIteratorProtocol, Sendable {
    package typealias Element = WebSocketMessage
    let connection: Connection

    package func makeAsyncIterator() -> Messages { self }

    /// The next message; nil at the end or when the task is cancelled.
    package func next() async -> WebSocketMessage? {
      await connection.nextMessage()
    }
  }

  /// Sends a text message; waits while the client is behind by more than the limit, throws
  /// `ServerError.disconnected` once the connection is closing.
  package func send(text: String) async throws {
    try await connection.send(text: text)
  }

  package func send(binary: [UInt8]) async throws {
    try await connection.send(binary: binary)
  }

  /// Begins to close; without effect when the connection closes already. `reason` is cut to the
  /// 123 bytes that a close frame can hold.
  package func close(code: Int = 1_000, reason: String = "") async {
    await connection.closeWebSocket(code: code, reason: reason)
  }

  /// How it ended; nil while it is open.
  package var closing: WebSocketClose? {
    get async { await connection.webSocketClose }
  }
}
