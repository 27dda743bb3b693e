import COpenSSL

/// What a connection holds once it is a WebSocket.
struct WebSocketState {
  let codec: WebSocketCodec
  var inbound: [WebSocketMessage] = []
  var inboundStart = 0
  var inboundBytes = 0
  var reader: CheckedContinuation<WebSocketMessage?, Never>?
  /// How it ended, or is about to.
  var close: WebSocketClose?
}

extension Connection {
  /// Answers 101 and turns the connection into a WebSocket; nil when that cannot be.
  func accept(_ upgrade: WebSocketUpgrade, _ id: UInt64) -> WebSocketConnection? {
    guard let current = exchange, current.id == id, phase == .http else { return nil }
    guard let key = current.webSocketKey, upgrade.headers.isSafe, !isStopping,
      let codec = WebSocketCodec(server.configuration.webSocket)
    else {
      respond(HTTPRefusal.unsafeAnswer.response, id)
      return nil
    }
    var headers = upgrade.headers
    if let subprotocol = upgrade.subprotocol {
      headers["Sec-WebSocket-Protocol"] = subprotocol
    }
    guard headers.isSafe else {
      respond(HTTPRefusal.unsafeAnswer.response, id)
      return nil
    }
    var head = Array(
      """
      HTTP/1.1 101 Switching Protocols\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Accept: \(Self.accept(key))\r\n
      """.utf8)
    headers.write(to: &head)
    head.append(contentsOf: "\r\n".utf8)
    phase = .webSocket
    exchange = nil
    parser = nil
    webSocket = WebSocketState(codec: codec)
    let limits = server.configuration.webSocket
    deadlines = Deadlines()
    deadlines.read = loop.now + limits.idle
    deadlines.life = loop.now + limits.life
    append(head)
    pump()
    resumeInput()
    return WebSocketConnection(connection: self)
  }

  /// RFC 6455 §4.2.2: the key and a fixed text, hashed.
  private static func accept(_ key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    SHA1(text, text.count, &digest)
    var encoded = [UInt8](repeating: 0, count: 29)
    EVP_EncodeBlock(&encoded, digest, 20)
    return String(decoding: encoded.prefix(28), as: UTF8.self)
  }

  /// How it ended; nil while it is open.
  var webSocketClose: WebSocketClose? { webSocket?.close }

  var webSocketWantsInput: Bool {
    guard let webSocket else { return false }
    let limits = server.configuration.webSocket
    return webSocket.inboundBytes < limits.inbound && output.count <= limits.outbound
  }
}

// MARK: - In

extension Connection {
  func receiveFrames(_ bytes: UnsafeRawBufferPointer) {
    guard let codec = webSocket?.codec else { return }
    codec.receive(bytes)
    let limits = server.configuration.webSocket
    deadlines.read = loop.now + limits.idle
    if codec.isInsideFrame {
      deadlines.frame = min(deadlines.frame, loop.now + limits.partialFrame)
    } else {
      deadlines.frame = .max
    }
    takeMessages(codec)
    if let close = codec.peerClose ?? codec.failure, webSocket?.close == nil {
      endWebSocket(close)
    } else if codec.hasFailed, webSocket?.close == nil {
      endWebSocket(.lost)
    }
    sendFrames()
  }

  private func takeMessages(_ codec: WebSocketCodec) {
    guard !codec.messages.isEmpty, webSocket?.close == nil else { return }
    webSocket?.inboundBytes += codec.messageBytes
    webSocket?.inbound.append(contentsOf: codec.takeMessages())
    guard let reader = webSocket?.reader else { return }
    webSocket?.reader = nil
    reader.resume(returning: takeMessage())
  }

  private func takeMessage() -> WebSocketMessage? {
    guard let state = webSocket, state.inboundStart < state.inbound.count else { return nil }
    let message = state.inbound[state.inboundStart]
    webSocket?.inboundStart += 1
    switch message {
    case .text(let text): webSocket?.inboundBytes -= text.utf8.count + 64
    case .binary(let bytes): webSocket?.inboundBytes -= bytes.count + 64
    }
    if state.inboundStart + 1 == state.inbound.count {
      webSocket?.inbound = []
      webSocket?.inboundStart = 0
    }
    return message
  }

  /// The next message, nil at the end.
  func nextMessage() async -> WebSocketMessage? {
    if let message = takeMessage() {
      if phase == .webSocket { setInterest(1, true) }
      return message
    }
    guard let state = webSocket, state.close == nil, state.reader == nil, phase == .webSocket else {
      return nil
    }
    setInterest(1, true)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { webSocket?.reader = $0 }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.endReading() } }
    }
  }

  private func endReading() {
    guard let reader = webSocket?.reader else { return }
    webSocket?.reader = nil
    reader.resume(returning: nil)
  }

  /// Remembers how it ended, once, and ends the reading.
  func endWebSocket(_ close: WebSocketClose) {
    guard webSocket != nil else { return }
    if webSocket?.close == nil { webSocket?.close = close }
    endReading()
  }
}

// MARK: - Out

extension Connection {
  func send(text: String) async throws {
    var text = text
    let isSent = text.withUTF8 { queue($0, isText: true) }
    try await sent(isSent)
  }

  func send(binary: [UInt8]) async throws {
    try await sent(binary.withUnsafeBufferPointer { queue($0, isText: false) })
  }

  private func queue(_ bytes: UnsafeBufferPointer<UInt8>, isText: Bool) -> Bool {
    guard phase == .webSocket, let webSocket, webSocket.close == nil else { return false }
    return webSocket.codec.queue(bytes, isText: isText)
  }

  private func sent(_ isQueued: Bool) async throws {
    guard isQueued else { throw ServerError.disconnected }
    deadlines.read = loop.now + server.configuration.webSocket.idle
    sendFrames()
    try await waitForOutput()
  }

  /// Moves what the codec wants to say to the socket.
  private func sendFrames() {
    guard phase == .webSocket, let codec = webSocket?.codec else { return }
    if !codec.output.isEmpty {
      append(codec.output)
      codec.output = []
    }
    pump()
  }

  func closeWebSocket(code: Int, reason: String) {
    guard phase == .webSocket, let codec = webSocket?.codec, webSocket?.close == nil else { return }
    guard codec.queueClose(code: code, reason: reason) else { return }
    endWebSocket(WebSocketClose(code: code, reason: reason, isByPeer: false))
    deadlines.read = .max
    deadlines.frame = .max
    deadlines.life = .max
    deadlines.close = loop.now + server.configuration.webSocket.close
    setInterest(1, true)
    sendFrames()
  }

  /// All frames are sent: the end, when both sides have closed.
  func webSocketDrained() {
    guard let codec = webSocket?.codec else { return }
    if codec.isFinished {
      linger()
    } else if webSocketWantsInput {
      setInterest(1, true)
    }
  }

  func checkWebSocketDeadlines(_ now: Int64) {
    if now >= deadlines.frame {
      deadlines.frame = .max
      closeWebSocket(code: 1_002, reason: "frame not finished")
    } else if now >= deadlines.read || now >= deadlines.life {
      deadlines.read = .max
      deadlines.life = .max
      closeWebSocket(code: 1_001, reason: "Going away")
    }
  }
}
