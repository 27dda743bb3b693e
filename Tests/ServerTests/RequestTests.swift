import Server
import Support
import Testing

@Suite struct RequestTests {
  @Test func `answers many requests on one connection, also when they come at once`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try Client(port: port)
      for _ in 0..<3 {
        try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        #expect(try await client.receiveAnswer().text == "abc")
      }
      let many = (0..<500).map {
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \("\($0)".count)\r\n\r\n\($0)"
      }
      try await client.send(many.joined())
      for number in 0..<500 {
        #expect(try await client.receiveAnswer().text == "\(number)")
      }
    }
  }

  @Test func `gives the handler what was sent`() async throws {
    let seen = Shared<HTTPRequest?>(nil)
    try await TestServer(handler: { request in
      await seen.change { $0 = request }
      return text(200, "")
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send(
        "PATCH /a%2Fb/%E9?x=1&y=?2 HTTP/1.1\r\nhost: a\r\nX-Two:  1 \r\nx-two: 2\r\n\r\n")
      _ = try await client.receiveAnswer()
      let request = try #require(await seen.value)
      #expect(request.method == "PATCH")
      #expect(request.target == "/a%2Fb/%E9?x=1&y=?2")
      #expect(request.path == "/a%2Fb/%E9")
      #expect(request.query == "x=1&y=?2")
      #expect(request.headers.map(\.name) == ["host", "X-Two", "x-two"])
      #expect(request.headers.values(of: "X-TWO") == ["1", "2"])
      #expect(request.peer.address == "127.0.0.1")
    }
  }

  @Test(
    arguments: [
      ("/", "/", nil), ("/a?", "/a", ""), ("*", "*", nil), ("/a#b?c", "/a", nil),
      ("http://h/p?q", "/p", "q"), ("http://h", "/", nil), ("http://h?q", "/", "q"),
      ("HTTP://h:1/", "/", nil), ("/a?b#c", "/a", "b"),
    ] as [(String, String, String?)])
  func `splits a target`(target: String, path: String, query: String?) {
    let request = HTTPRequest(method: "GET", target: target)
    #expect(request.path == path)
    #expect(request.query == query)
  }

  @Test func `answers HEAD with the length and no body`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try Client(port: port)
      try await client.send("HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try await client.receiveAnswer(toHead: true)
      #expect(answer.status == 200)
      #expect(answer["Content-Length"] == "2")
      try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.receiveAnswer().text == "ok")
    }
  }

  @Test func `closes after HTTP/1.0 unless it is asked to keep alive`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let first = try Client(port: port)
      try await first.send("GET /health HTTP/1.0\r\n\r\n")
      let all = String(decoding: try await first.receiveAll(), as: UTF8.self)
      #expect(all.contains("Connection: close") && all.hasSuffix("ok"))
      let second = try Client(port: port)
      for _ in 0..<2 {
        try await second.send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try await second.receiveAnswer()["Connection"] == "keep-alive")
      }
    }
  }

  @Test func `says 100 when the handler wants the body, and not before`() async throws {
    let mayRead = Shared(false)
    try await TestServer(handler: { request in
      try? await eventually { await mayRead.value }
      return await sample(request)
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      await mayRead.change { $0 = true }
      #expect(try await client.receiveAnswer().status == 100)
      try await client.send("hello")
      #expect(try await client.receiveAnswer().text == "hello")
    }
  }

  @Test func `refuses without 100 when the handler does not read`() async throws {
    try await TestServer(handler: { _ in text(403, "no") }).run { port async throws in
      let client = try Client(port: port)
      try await client.send(
        "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      let answer = try await client.receiveAnswer()
      #expect(answer.status == 403)
      #expect(answer["Connection"] == "close")
      #expect(try await client.receiveAll().isEmpty)
    }
  }

  @Test func `reads the trailers of a chunked body`() async throws {
    try await TestServer(handler: { request in
      let body = (try? await request.body.collect(upTo: 100)) ?? []
      let trailers = await request.body.trailers
      return text(200, "\(body.count) \(trailers["X-Sum"] ?? "none")")
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
      try await client.send("0\r\nX-Sum: 42\r\n\r\n")
      #expect(try await client.receiveAnswer().text == "3 42")
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
      #expect(try await client.receiveAnswer().text == "1 none")
    }
  }

  @Test func `answers a client that only closed its sending half`() async throws {
    try await TestServer(handler: { request in
      try? await Task.sleep(for: .milliseconds(20))
      return await sample(request)
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send(
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      client.endSending()
      let all = String(decoding: try await client.receiveAll(), as: UTF8.self)
      #expect(all.matches(of: #/200 OK/#).count == 2)
    }
  }

  @Test func `runs handlers on the pool when asked`() async throws {
    let loop = try EventLoop()
    var configuration = ServerConfiguration()
    configuration.handlers = .pool
    let server = try await HTTPServer.start(configuration, on: loop) { request in
      text(loop.isCurrent ? 500 : 200, "")
    }
    let client = try Client(port: server.port)
    try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try await client.receiveAnswer().status == 200)
    await server.stop()
    loop.end()
  }
}
