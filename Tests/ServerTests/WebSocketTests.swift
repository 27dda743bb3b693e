import Server
import Support
import Testing

/// A frame as a client sends it.
struct Frame {
  var opcode: UInt8
  var payload: [UInt8] = []
  var isFinal = true
  var isMasked = true
  var reserved: UInt8 = 0

  static func text(_ text: String) -> Frame { Frame(opcode: 1, payload: Array(text.utf8)) }
  static func close(_ code: Int, _ reason: String = "") -> Frame {
    Frame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8))
  }

  var bytes: [UInt8] {
    var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
    let mask: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case ..<126: bytes.append(mask | UInt8(payload.count))
    case ..<65_536:
      bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default:
      bytes.append(mask | 127)
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    guard isMasked else { return bytes + payload }
    let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    return bytes + key + payload.enumerated().map { $0.element ^ key[$0.offset % 4] }
  }
}

extension Client {
  static let upgrade =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

  /// Opens a WebSocket; frames can go right behind the request.
  static func webSocket(
    _ port: UInt16, headers: String = "", then frames: [Frame] = []
  )
    async throws -> Client
  {
    let client = try Client(port: port)
    let request = Array((upgrade + headers + "\r\n").utf8)
    try await client.send(request + frames.flatMap(\.bytes))
    let answer = try await client.receiveAnswer()
    guard answer.status == 101, answer["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    else { throw ClientError(description: answer.head) }
    return client
  }

  func send(_ frame: Frame) async throws {
    try await send(frame.bytes)
  }

  /// The next frame of the server; nil at the end.
  func receiveFrame() async throws -> Frame? {
    let head = try await receive(exactly: 2)
    guard head.count == 2 else { return nil }
    var length = Int(head[1] & 0x7f)
    if length > 125 {
      let bytes = try await receive(exactly: length == 126 ? 2 : 8)
      length = bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    let payload = length == 0 ? [] : try await receive(exactly: length)
    return Frame(
      opcode: head[0] & 15, payload: payload, isFinal: head[0] & 0x80 != 0,
      isMasked: head[1] & 0x80 != 0)
  }

  func receiveText() async throws -> String? {
    guard let frame = try await receiveFrame(), frame.opcode == 1 else { return nil }
    return String(decoding: frame.payload, as: UTF8.self)
  }

  /// Skips to the close frame and gives its code; 1006 when there is none.
  func receiveClose() async throws -> Int {
    while let frame = try await receiveFrame() {
      if frame.opcode == 8 {
        return frame.payload.count < 2 ? 1_005 : Int(frame.payload[0]) << 8 | Int(frame.payload[1])
      }
    }
    return 1_006
  }
}

@Suite struct WebSocketTests {
  @Test func `echoes text and binary, also what came behind the handshake`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try await Client.webSocket(port, then: [.text("early"), .text("birds")])
      #expect(try await client.receiveText() == "early")
      #expect(try await client.receiveText() == "birds")
      try await client.send(.text("食べる"))
      #expect(try await client.receiveText() == "食べる")
      try await client.send(Frame(opcode: 2, payload: [0, 255]))
      #expect(try await client.receiveFrame()?.payload == [0, 255])
      try await client.send(.text(""))
      #expect(try await client.receiveText() == "")
    }
  }

  @Test func `puts fragments together and answers pings between them`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try await Client.webSocket(port)
      try await client.send(Frame(opcode: 1, payload: [0xe9, 0xa3], isFinal: false))
      try await client.send(Frame(opcode: 9, payload: [7]))
      try await client.send(Frame(opcode: 0, payload: [0x9f], isFinal: true))
      let pong = try await client.receiveFrame()
      #expect(pong?.opcode == 10 && pong?.payload == [7])
      #expect(try await client.receiveText() == "食")
    }
  }

  @Test func `reads frames that come one byte at a time`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try await Client.webSocket(port)
      let long = String(repeating: "x", count: 300)
      for byte in Frame.text(long).bytes + Frame.text("b").bytes { try await client.send([byte]) }
      #expect(try await client.receiveText() == long)
      #expect(try await client.receiveText() == "b")
    }
  }

  @Test func `takes a frame of 32,768 bytes and a message of 131,072`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try await Client.webSocket(port)
      let part = [UInt8](repeating: 0x61, count: 32_768)
      try await client.send(Frame(opcode: 1, payload: part))
      #expect(try await client.receiveText()?.count == 32_768)
      for index in 0..<4 {
        try await client.send(Frame(opcode: index == 0 ? 1 : 0, payload: part, isFinal: index == 3))
      }
      #expect(try await client.receiveText()?.count == 131_072)
    }
  }

  static let broken: [(String, [Frame], Int)] = [
    ("a frame too long", [Frame(opcode: 1, payload: .init(repeating: 0x61, count: 32_769))], 1_009),
    (
      "a message too long",
      (0..<5).map {
        Frame(
          opcode: $0 == 0 ? 1 : 0, payload: .init(repeating: 0x61, count: $0 == 4 ? 1 : 32_768),
          isFinal: $0 == 4)
      }, 1_009
    ),
    ("a close of one byte", [Frame(opcode: 8, payload: [3])], 1_002),
    ("no mask", [Frame(opcode: 1, payload: [0x61], isMasked: false)], 1_002),
    ("no mask on nothing", [Frame(opcode: 1, payload: [], isMasked: false)], 1_002),
    ("no UTF-8", [Frame(opcode: 1, payload: [0xff])], 1_007),
    ("half a character", [Frame(opcode: 1, payload: [0xe9, 0xa3])], 1_007),
    ("a surrogate", [Frame(opcode: 1, payload: [0xed, 0xa0, 0x80])], 1_007),
    ("a reserved bit", [Frame(opcode: 1, payload: [0x61], reserved: 4)], 1_002),
    ("an unknown opcode", [Frame(opcode: 3, payload: [0x61])], 1_002),
    ("an unknown control", [Frame(opcode: 11, payload: [0x61])], 1_002),
    ("a continuation of nothing", [Frame(opcode: 0, payload: [0x61])], 1_002),
    ("a ping in pieces", [Frame(opcode: 9, payload: [0x61], isFinal: false)], 1_002),
    ("a long ping", [Frame(opcode: 9, payload: .init(repeating: 0, count: 126))], 1_002),
    (
      "a message in a message", [Frame(opcode: 1, payload: [0x61], isFinal: false), .text("b")],
      1_002
    ),
    ("the code 1005", [.close(1_005)], 1_002),
    ("the code 999", [.close(999)], 1_002),
    ("the code 5000", [.close(5_000)], 1_002),
    ("a reason without UTF-8", [Frame(opcode: 8, payload: [3, 0xe8, 0xff])], 1_007),
  ]

  @Test(arguments: broken.indices)
  func `closes on a broken rule with the code of the rule`(index: Int) async throws {
    let (name, frames, code) = Self.broken[index]
    let closing = Shared<WebSocketClose?>(nil)
    try await TestServer(handler: { _ in
      .webSocket(
        WebSocketUpgrade { socket in
          await echo(socket)
          let close = await socket.closing
          await closing.change { $0 = close }
        })
    }).run { port async throws in
      let client = try await Client.webSocket(port)
      for frame in frames { try? await client.send(frame) }
      #expect(try await client.receiveClose() == code, "\(name)")
      try await eventually { await closing.value != nil }
      #expect(await closing.value?.code == code, "\(name)")
    }
  }

  @Test(arguments: [(1_000, "bye"), (4_001, ""), (1_001, "weiter")])
  func `answers a close and tells the handler`(code: Int, reason: String) async throws {
    let closing = Shared<WebSocketClose?>(nil)
    try await TestServer(handler: { _ in
      .webSocket(
        WebSocketUpgrade { socket in
          await echo(socket)
          let close = await socket.closing
          await closing.change { $0 = close }
        })
    }).run { port async throws in
      let client = try await Client.webSocket(port)
      try await client.send(.close(code, reason))
      #expect(try await client.receiveClose() == code)
      #expect(try await client.receiveFrame() == nil)
      try await eventually { await closing.value != nil }
      #expect(
        await closing.value == WebSocketClose(code: code, reason: reason, isByPeer: true))
    }
  }

  @Test(arguments: ["closes without a code", "vanishes"])
  func `tells how a connection ended otherwise`(how: String) async throws {
    let closing = Shared<WebSocketClose?>(nil)
    try await TestServer(handler: { _ in
      .webSocket(
        WebSocketUpgrade { socket in
          await echo(socket)
          let close = await socket.closing
          await closing.change { $0 = close }
        })
    }).run { port async throws in
      var client: Client? = try await Client.webSocket(port)
      if how == "vanishes" { client = nil } else { try await client?.send(Frame(opcode: 8)) }
      try await eventually { await closing.value != nil }
      #expect(await closing.value?.code == (how == "vanishes" ? 1_006 : 1_005))
      _ = client
    }
  }

  @Test func `closes from the server's side`() async throws {
    let sendAfter = Shared<String?>(nil)
    try await TestServer(handler: { _ in
      .webSocket(
        WebSocketUpgrade { socket in
          await socket.close(code: 4_000, reason: String(repeating: "語", count: 100))
          do {
            try await socket.send(text: "late")
          } catch {
            await sendAfter.change { $0 = "\(error)" }
          }
        })
    }).run { port async throws in
      let client = try await Client.webSocket(port)
      let frame = try #require(try await client.receiveFrame())
      #expect(frame.opcode == 8 && frame.payload.prefix(2) == [0x0f, 0xa0])
      #expect(frame.payload.count == 2 + 123)
      try await client.send(.close(4_000))
      #expect(try await client.receiveFrame() == nil)
      try await eventually { await sendAfter.value == "disconnected" }
    }
  }

  @Test func `closes with 1000 when the handler returns and with 1001 when it stops`() async throws
  {
    try await TestServer(handler: { _ in .webSocket(WebSocketUpgrade { _ in }) }).run {
      port async throws in
      #expect(try await Client.webSocket(port).receiveClose() == 1_000)
    }
    let loop = try EventLoop()
    let server = try await HTTPServer.start(on: loop, handler: sample)
    let client = try await Client.webSocket(server.port)
    async let stopped: Void = server.stop(within: .seconds(5))
    #expect(try await client.receiveClose() == 1_001)
    try await client.send(.close(1_001))
    await stopped
    loop.end()
  }

  @Test(arguments: ["idle", "life", "frame"])
  func `ends a connection whose time is over`(limit: String) async throws {
    try await TestServer(
      {
        if limit == "idle" { $0.webSocket.idle = 100 }
        if limit == "life" { $0.webSocket.life = 100 }
        if limit == "frame" { $0.webSocket.partialFrame = 100 }
      }, handler: sample
    ).run { port async throws in
      let client = try await Client.webSocket(port)
      if limit == "frame" { try await client.send(Array(Frame.text("half").bytes.prefix(3))) }
      #expect(try await client.receiveClose() == (limit == "frame" ? 1_002 : 1_001))
    }
  }

  @Test func `waits for a client that does not read and stops one that sends too fast`()
    async throws
  {
    let sent = Shared(0)
    try await TestServer(handler: { _ in
      .webSocket(
        WebSocketUpgrade { socket in
          let text = String(repeating: "y", count: 30_000)
          for _ in 0..<1_000 {
            do {
              try await socket.send(text: text)
            } catch {
              return
            }
            await sent.change { $0 += 1 }
          }
        })
    }).run { port async throws in
      let client = try Client(port: port, receiveBuffer: 16_384)
      try await client.send(Client.upgrade + "\r\n")
      _ = try await client.receiveAnswer()
      try await Task.sleep(for: .milliseconds(200))
      #expect(await sent.value < 600)
      for _ in 0..<1_000 { #expect(try await client.receiveText()?.count == 30_000) }
      #expect(try await client.receiveClose() == 1_000)
    }
  }

  @Test func `answers with the subprotocol and headers of the handler`() async throws {
    try await TestServer(handler: { request in
      .webSocket(
        WebSocketUpgrade(subprotocol: "chat", headers: ["X-A": "b"]) { await echo($0) })
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send(Client.upgrade + "Sec-WebSocket-Protocol: chat, other\r\n\r\n")
      let answer = try await client.receiveAnswer()
      #expect(answer["Sec-WebSocket-Protocol"] == "chat")
      #expect(answer["X-A"] == "b")
    }
  }

  @Test(arguments: [
    ("POST /ws HTTP/1.1", "13", "dGhlIHNhbXBsZSBub25jZQ==", 400),
    ("GET /ws HTTP/1.0", "13", "dGhlIHNhbXBsZSBub25jZQ==", 400),
    ("GET /ws HTTP/1.1", "8", "dGhlIHNhbXBsZSBub25jZQ==", 426),
    ("GET /ws HTTP/1.1", "13", "short", 400),
    ("GET /ws HTTP/1.1", "13", "dGhlIHNhbXBsZSBub25jZQ=a", 400),
  ])
  func `refuses a bad upgrade`(line: String, version: String, key: String, status: Int) async throws
  {
    try await TestServer(handler: sample).run { port async throws in
      let client = try Client(port: port)
      try await client.send(
        "\(line)\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: \(version)\r\n\r\n")
      let answer = try await client.receiveAnswer()
      #expect(answer.status == status)
      if status == 426 { #expect(answer["Sec-WebSocket-Version"] == "13") }
    }
  }
}
