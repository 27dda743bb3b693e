import Network
import Support
import Testing

@Suite struct ServerSentEventsTests {
  private func read(_ pieces: [[UInt8]], limit: Int = 1 << 20) throws -> [ServerSentEvent] {
    var parser = ServerSentEvents(limit: limit)
    return try pieces.flatMap { try parser.receive($0) }
  }

  /// The examples of WHATWG HTML, 9.2.6, and the corners of its grammar.
  private static let cases: [(String, [ServerSentEvent])] = [
    ("data: YHOO\ndata: +2\ndata: 10\n\n", [.init(data: "YHOO\n+2\n10")]),
    (
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
      [.init(data: "first event", id: "1"), .init(data: "second event")]
    ),
    ("data\n\ndata\ndata\n\ndata:", [.init(data: ""), .init(data: "\n")]),
    ("data:test\n\ndata: test\n\n", [.init(data: "test"), .init(data: "test")]),
    ("event: a\ndata: 1\n\ndata: 2\n\n", [.init(name: "a", data: "1"), .init(data: "2")]),
    ("event: a\n\ndata: 2\n\n", [.init(data: "2")]),
    (
      "data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n",
      [.init(data: "a\nb"), .init(data: "c"), .init(data: "d")]
    ),
    ("\u{FEFF}data: bom\n\n\u{FEFF}data: no\n\n", [.init(data: "bom")]),
    (
      "id: 1\n\ndata: x\n\nid: a\u{0}b\ndata: y\n\n",
      [.init(data: "x", id: "1"), .init(data: "y", id: "1")]
    ),
    ("unknown: x\n:\ndata: 食べる\u{1F600}\n\n", [.init(data: "食べる\u{1F600}")]),
    ("retry: 1500\nretry: 1x\nretry:\n\n", []),
    ("\n\n\n", []), ("", []), ("data: no end", []),
  ]

  @Test func `reads the specification's examples`() throws {
    for (text, events) in Self.cases {
      #expect(try read([Array(text.utf8)]) == events, "\(text.debugDescription)")
    }
  }

  @Test func `does not care how the bytes are cut`() throws {
    for (text, events) in Self.cases {
      let bytes = Array(text.utf8)
      #expect(try read(bytes.map { [$0] }) == events, "\(text.debugDescription)")
      for cut in 0...bytes.count {
        let pieces = [Array(bytes[..<cut]), [], Array(bytes[cut...])]
        #expect(try read(pieces) == events, "\(text.debugDescription) cut at \(cut)")
      }
    }
  }

  @Test func `remembers the reconnection time`() throws {
    var parser = ServerSentEvents()
    _ = try parser.receive(Array("retry: 1500\nretry: 1x\n\n".utf8))
    #expect(parser.reconnection == .milliseconds(1_500))
  }

  @Test func `refuses an event over the limit, in one line or in many`() throws {
    #expect(throws: EventTooLong(limit: 100)) {
      try read([Array(("data: " + String(repeating: "a", count: 95)).utf8)], limit: 100)
    }
    #expect(throws: EventTooLong(limit: 100)) {
      try read([Array(String(repeating: "data: abc\n", count: 40).utf8)], limit: 100)
    }
    let fits = String(repeating: "data: abc\n", count: 20) + "\n"
    #expect(try read([Array(fits.utf8)], limit: 100).count == 1)
  }

  @Test(.timeLimit(.minutes(3))) func `comes from a streamed answer`() async throws {
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.respond(200, "data: 1\n\ndata: 2\n\ndata: [DONE]\n\n")
    }
    defer { server.stop() }
    let response = try await HTTPClient().stream(
      ClientRequest("GET", "http://127.0.0.1:\(server.port)/"), deadline: .now + .seconds(10))
    var data: [String] = []
    for try await event in response.events() { data.append(event.data) }
    #expect(data == ["1", "2", "[DONE]"])
  }
}
