import Foundation
import Server
import Support
import Testing

@Suite struct AnswerTests {
  private func answer(
    to request: String = "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    _ response: @escaping @Sendable () -> HTTPResponse
  ) async throws -> (Answer, isOpen: Bool) {
    var result: (Answer, isOpen: Bool)?
    try await TestServer({ $0.timeouts.idle = 60_000 }, handler: { _ in .response(response()) }).run
    { port async throws in
      let client = try Client(port: port)
      try await client.send(request)
      let first = try await client.receiveAnswer(toHead: request.hasPrefix("HEAD"))
      result = (first, try await !client.hasBytes(within: 50))
    }
    return try #require(result)
  }

  @Test func `sends chunks as they are written, and trailers behind them`() async throws {
    let (answer, isOpen) = try await answer {
      HTTPResponse(
        status: 200,
        body: .stream(length: nil) { writer in
          try await writer.write("one")
          try await writer.write("")
          try await writer.write("two")
          try await writer.setTrailers(["X-Sum": "6"])
        })
    }
    #expect(answer.text == "onetwo")
    #expect(answer.chunks == 2)
    #expect(answer.trailers == ["X-Sum: 6"])
    #expect(isOpen)
  }

  @Test func `sends a stream of known length as it is`() async throws {
    let (answer, isOpen) = try await answer {
      HTTPResponse(
        status: 200,
        body: .stream(length: 6) { writer in
          try await writer.write("one")
          try await writer.write("two")
        })
    }
    #expect(answer["Content-Length"] == "6")
    #expect(answer.text == "onetwo")
    #expect(isOpen)
  }

  @Test func `delimits a stream to HTTP/1.0 by the end`() async throws {
    try await TestServer(handler: { _ in
      .response(
        HTTPResponse(status: 200, body: .stream(length: nil) { try await $0.write("all") }))
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let all = String(decoding: try await client.receiveAll(), as: UTF8.self)
      #expect(all.hasSuffix("\r\n\r\nall"))
      #expect(!all.contains("chunked"))
    }
  }

  @Test(arguments: ["throws", "is too short", "is too long"])
  func `breaks the connection when a stream is incomplete`(how: String) async throws {
    try await TestServer(handler: { _ in
      .response(
        HTTPResponse(
          status: 200,
          body: .stream(length: how == "throws" ? nil : 4) { writer in
            try await writer.write("abc")
            if how == "throws" { throw CancellationError() }
            if how == "is too long" { try await writer.write("de") }
          }))
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      let all = String(decoding: try await client.receiveAll(), as: UTF8.self)
      #expect(!all.hasSuffix("0\r\n\r\n"))
      #expect(!all.hasSuffix("abcd"))
    }
  }

  @Test(arguments: [
    ("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "a\0"), ("X A", "a"), ("", "a"), ("X:", "a"),
    ("X-A", "a\u{7f}"), ("X-Ä", "a"),
  ])
  func `refuses a header that would break out of its line`(name: String, value: String) async throws
  {
    let (answer, _) = try await answer {
      HTTPResponse(status: 200, headers: [name: value], body: .bytes([1]))
    }
    #expect(answer.status == 500)
    #expect(answer["X-B"] == nil)
  }

  @Test func `keeps framing to itself`() async throws {
    let (answer, isOpen) = try await answer {
      HTTPResponse(
        status: 200,
        headers: [
          "content-length": "99", "Transfer-Encoding": "chunked", "X-Text": "caf\u{e9} 食",
          "Set-Cookie": "a=1", "set-cookie": "b=2",
        ], body: .bytes(Array("ab".utf8)))
    }
    #expect(answer.text == "ab")
    #expect(answer["Content-Length"] == "2")
    #expect(answer["X-Text"] == "caf\u{e9} 食")
    #expect(answer.head.contains("Set-Cookie: a=1\r\nset-cookie: b=2\r\n"))
    #expect(isOpen)
  }

  @Test func `closes when the handler says so`() async throws {
    let (answer, isOpen) = try await answer {
      HTTPResponse(status: 200, headers: ["Connection": "Close"])
    }
    #expect(answer["Connection"] == "close")
    #expect(!isOpen)
  }

  @Test(arguments: [204, 304])
  func `sends neither body nor length`(status: Int) async throws {
    let (answer, isOpen) = try await answer { HTTPResponse(status: status, body: .bytes([1, 2])) }
    #expect(answer.status == status)
    #expect(answer["Content-Length"] == nil)
    #expect(isOpen)
  }

  @Test func `sends a big body whole`() async throws {
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let (answer, isOpen) = try await answer { HTTPResponse(status: 200, body: .bytes(body)) }
    #expect(answer.body == body)
    #expect(isOpen)
  }

  @Test(arguments: [nil, 0..<1, 1_000..<200_000, 299_999..<400_000, 300_000..<300_001, 5..<5])
  func `sends a file or a part of it`(range: Range<Int>?) async throws {
    try await withTemporaryFolder { folder in
      let path = folder + "/file"
      let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
      try Data(content).write(to: URL(filePath: path))
      let file = try FileBody(path: path, range: range)
      // Once open, the file may go.
      try FileManager.default.removeItem(atPath: path)
      let (answer, isOpen) = try await answer { HTTPResponse(status: 200, body: .file(file)) }
      #expect(answer.body == Array(content[(range ?? 0..<300_000).clamped(to: 0..<300_000)]))
      #expect(file.size == 300_000)
      #expect(isOpen)
    }
  }

  @Test func `opens no folder and no missing file as a body`() {
    #expect(throws: ServerError.self) { try FileBody(path: "/tmp") }
    #expect(throws: ServerError.unreadable(path: "/no/such", code: 2)) {
      try FileBody(path: "/no/such")
    }
  }

  @Test func `stops a handler that is faster than its client`() async throws {
    let written = Shared(0)
    try await TestServer(handler: { _ in
      .response(
        HTTPResponse(
          status: 200,
          body: .stream(length: nil) { writer in
            for _ in 0..<1_024 {
              try await writer.write([UInt8](repeating: 0, count: 65_536))
              await written.change { $0 += 65_536 }
            }
          }))
    }).run { port async throws in
      let client = try Client(port: port, receiveBuffer: 65_536)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await Task.sleep(for: .milliseconds(300))
      #expect(await written.value < 32 * 1_048_576)
      #expect(try await client.receiveAnswer().body.count == 64 * 1_048_576)
    }
  }
}

@Suite struct DisconnectTests {
  @Test(arguments: ["closes", "resets", "ends sending"])
  func `cancels the handler of a client that leaves`(how: String) async throws {
    let state = Shared("waiting")
    try await TestServer(handler: { _ in
      await state.change { $0 = "called" }
      do {
        try await Task.sleep(for: .seconds(60))
      } catch {
        await state.change { $0 = "cancelled" }
      }
      return text(200, "late")
    }).run { port async throws in
      var client: Client? = try Client(port: port)
      try await client?.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { await state.value == "called" }
      switch how {
      case "closes": client = nil
      case "resets":
        client?.reset()
        client = nil
      default: client?.endSending()
      }
      try await eventually { await state.value == "cancelled" }
      if let client { #expect(try await client.receiveAnswer().text == "late") }
    }
  }

  @Test func `cancels a stream that waits`() async throws {
    let state = Shared("waiting")
    try await TestServer(handler: { _ in
      .response(
        HTTPResponse(
          status: 200,
          body: .stream(length: nil) { writer in
            try await writer.write("first")
            await state.change { $0 = "written" }
            do {
              try await Task.sleep(for: .seconds(60))
            } catch {
              await state.change { $0 = "cancelled" }
            }
          }))
    }).run { port async throws in
      var client: Client? = try Client(port: port)
      try await client?.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { await state.value == "written" }
      client = nil
      try await eventually { await state.value == "cancelled" }
    }
  }
}

@Suite struct StopTests {
  @Test func `lets a running request end and closes idle connections`() async throws {
    let loop = try EventLoop()
    let mayEnd = Shared(false)
    let isCalled = Shared(false)
    let server = try await HTTPServer.start(on: loop) { _ in
      await isCalled.change { $0 = true }
      try? await eventually { await mayEnd.value }
      return text(200, "done")
    }
    let busy = try Client(port: server.port)
    let idle = try Client(port: server.port)
    try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    try await eventually { await isCalled.value }
    async let stopped: Void = server.stop(within: .seconds(10))
    #expect(try await idle.receiveAll().isEmpty)
    await mayEnd.change { $0 = true }
    let answer = try await busy.receiveAnswer()
    #expect(answer.text == "done")
    #expect(answer["Connection"] == "close")
    await stopped
    #expect(throws: ClientError.self) { try Client(port: server.port) }
    loop.end()
  }

  @Test func `does not wait for ever`() async throws {
    let loop = try EventLoop()
    let isCancelled = Shared(false)
    let server = try await HTTPServer.start(on: loop) { _ in
      do {
        try await Task.sleep(for: .seconds(60))
      } catch {
        await isCancelled.change { $0 = true }
      }
      return text(200, "")
    }
    let client = try Client(port: server.port)
    try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    try await eventually { await server.connectionCount == 1 }
    let start = ContinuousClock.now
    await server.stop(within: .milliseconds(50))
    #expect(ContinuousClock.now < start + .seconds(5))
    try await eventually { await isCancelled.value }
    loop.end()
  }

  @Test func `opens the same port again at once`() async throws {
    let loop = try EventLoop()
    var configuration = ServerConfiguration()
    for _ in 0..<5 {
      let server = try await HTTPServer.start(configuration, on: loop, handler: sample)
      configuration.port = server.port
      let client = try Client(port: server.port)
      try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.receiveAnswer().status == 200)
      await server.stop()
    }
    loop.end()
  }

  @Test func `names the port that is taken`() async throws {
    let loop = try EventLoop()
    let first = try await HTTPServer.start(on: loop, handler: sample)
    let taken = ServerConfiguration(port: first.port)
    await #expect(
      throws: ServerError.cannotListen(address: "127.0.0.1", port: first.port, code: 98)
    ) {
      try await HTTPServer.start(taken, on: loop, handler: sample)
    }
    await first.stop()
    loop.end()
  }
}
