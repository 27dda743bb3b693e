import Server
import Support
import Testing

@Suite struct LimitTests {
  private func status(_ request: String, port: UInt16) async throws -> Int {
    let client = try Client(port: port)
    try await client.send(request)
    return try await client.receiveAnswer().status
  }

  @Test func `takes a target of 10,240 bytes and refuses one more`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let path = "/" + String(repeating: "a", count: 10_239)
      #expect(try await status("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n", port: port) == 404)
      #expect(try await status("GET \(path)a HTTP/1.1\r\nHost: a\r\n\r\n", port: port) == 414)
    }
  }

  @Test func `takes 200 headers and refuses one more`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let lines = (0..<199).map { "X-\($0): 1\r\n" }.joined()
      #expect(
        try await status("GET /health HTTP/1.1\r\nHost: a\r\n\(lines)\r\n", port: port) == 200)
      #expect(
        try await status("GET /health HTTP/1.1\r\nHost: a\r\n\(lines)Y: 1\r\n\r\n", port: port)
          == 431)
    }
  }

  @Test func `refuses headers of more than 65,536 bytes in all`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let value = String(repeating: "v", count: 65_536 - "HostaX".count)
      #expect(
        try await status("GET /health HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n", port: port)
          == 200)
      #expect(
        try await status("GET /health HTTP/1.1\r\nHost: a\r\nX: \(value)v\r\n\r\n", port: port)
          == 431)
    }
  }

  @Test func `counts trailers and chunk extensions, too`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      let many = (0..<300).map { "X-\($0): 1\r\n" }.joined()
      let first = try await status("\(head)0\r\n\(many)\r\n", port: port)
      #expect([400, 431].contains(first))
      let long = String(repeating: "e", count: 70_000)
      let second = try await status("\(head)1;\(long)\r\na\r\n0\r\n\r\n", port: port)
      #expect([400, 431].contains(second))
    }
  }

  @Test func `refuses a body over the limit by its length and by its bytes`() async throws {
    try await TestServer({ $0.limits.body = 1_000 }, handler: sample).run { port async throws in
      let exact = String(repeating: "b", count: 1_000)
      let head = "POST /echo HTTP/1.1\r\nHost: a\r\n"
      #expect(try await status("\(head)Content-Length: 1000\r\n\r\n\(exact)", port: port) == 200)
      #expect(try await status("\(head)Content-Length: 1001\r\n\r\n", port: port) == 413)
      let client = try Client(port: port)
      try await client.send(
        "\(head)Transfer-Encoding: chunked\r\n\r\n3e8\r\n\(exact)\r\n1\r\nb\r\n")
      let answer = try await client.receiveAnswer()
      #expect(answer.status == 413 || answer.text.contains("bodyTooLong"))
      #expect(try await client.receiveAll().isEmpty)
    }
  }

  @Test func `answers 503 over the number of connections and serves again afterwards`() async throws
  {
    try await TestServer({ $0.maximumConnections = 2 }, handler: sample).run { port async throws in
      var clients = [try Client(port: port), try Client(port: port)]
      for client in clients {
        try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.receiveAnswer().status == 200)
      }
      let third = try Client(port: port)
      #expect(try await third.receiveAnswer().status == 503)
      clients.removeAll()
      try await eventually {
        try await status("GET /health HTTP/1.1\r\nHost: a\r\n\r\n", port: port) == 200
      }
    }
  }

  @Test func `answers in the configured shape`() async throws {
    try await TestServer(
      {
        $0.refusal = {
          HTTPResponse(status: $0.status, text: #"{"message":"no"}"#, type: "application/json")
        }
      }, handler: sample
    ).run { port async throws in
      let client = try Client(port: port)
      try await client.send("nonsense\r\n\r\n")
      let answer = try await client.receiveAnswer()
      #expect(answer.status == 400)
      #expect(answer.text == #"{"message":"no"}"#)
    }
  }
}

@Suite struct PatienceTests {
  @Test func `gives up on headers that do not end`() async throws {
    try await TestServer({ $0.timeouts.headers = 150 }, handler: sample).run { port async throws in
      let silent = try Client(port: port)
      let slow = try Client(port: port)
      try await slow.send("GET /health HTTP/1.1\r\nHost: ")
      #expect(try await slow.receiveAnswer().status == 408)
      #expect(try await silent.receiveAll().isEmpty)
    }
  }

  @Test func `gives up on a second request that trickles`() async throws {
    try await TestServer({ $0.timeouts.headers = 150 }, handler: sample).run { port async throws in
      let client = try Client(port: port)
      try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.receiveAnswer().status == 200)
      try await client.send("GET /hea")
      #expect(try await client.receiveAnswer().status == 408)
    }
  }

  @Test func `closes an idle connection`() async throws {
    try await TestServer({ $0.timeouts.idle = 100 }, handler: sample).run { port async throws in
      let client = try Client(port: port)
      try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.receiveAnswer().status == 200)
      #expect(try await client.receiveAll().isEmpty)
    }
  }

  @Test(arguments: [100, 200_000])
  func `gives up on a body that trickles`(length: Int) async throws {
    try await TestServer({ $0.timeouts.body = 200 }, handler: sample).run { port async throws in
      let client = try Client(port: port)
      try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
      let start = ContinuousClock.now
      while ContinuousClock.now < start + .seconds(10) {
        guard try await client.send("x") else { break }
        if try await client.hasBytes(within: 20) { break }
      }
      let answer = try await client.receiveAnswer()
      #expect(answer.status == 408 || answer.text.contains("timedOut"))
      #expect(ContinuousClock.now < start + .seconds(5))
    }
  }

  @Test func `leaves a client that does not read`() async throws {
    let ended = Shared<String?>(nil)
    try await TestServer(
      { $0.timeouts.write = 200 },
      handler: { _ in
        .response(
          HTTPResponse(
            status: 200,
            body: .stream(length: nil) { writer in
              do {
                while true { try await writer.write([UInt8](repeating: 0, count: 65_536)) }
              } catch {
                await ended.change { $0 = "\(error)" }
                throw error
              }
            }))
      }
    ).run { port async throws in
      let client = try Client(port: port, receiveBuffer: 4_096)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { await ended.value != nil }
      #expect(await ended.value == "disconnected")
    }
  }
}
