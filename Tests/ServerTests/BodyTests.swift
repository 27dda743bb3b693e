import Server
import Support
import Testing

@Suite struct RequestBodyTests {
  @Test(arguments: [false, true])
  func `streams a big body that is never held in memory`(isChunked: Bool) async throws {
    let largest = Shared(0)
    try await TestServer(
      { $0.limits.body = 1 << 30 },
      handler: { request in
        var count = 0
        var sum = 0
        do {
          for try await chunk in request.body {
            count += chunk.count
            if chunk.first == 1, chunk.last == 1 { sum += chunk.count }
            let size = chunk.count
            await largest.change { $0 = max($0, size) }
          }
        } catch {
          return text(500, "\(error)")
        }
        return text(200, "\(count) \(sum)")
      }
    ).run { port async throws in
      let client = try Client(port: port)
      let part = [UInt8](repeating: 1, count: 65_536)
      let count = 512
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\n")
      if isChunked {
        try await client.send("Transfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<count {
          try await client.send(Array("10000\r\n".utf8) + part + [13, 10])
        }
        try await client.send("0\r\n\r\n")
      } else {
        try await client.send("Content-Length: \(count * part.count)\r\n\r\n")
        for _ in 0..<count { try await client.send(part) }
      }
      let total = count * part.count
      #expect(try await client.receiveAnswer().text == "\(total) \(total)")
      #expect(await largest.value <= 256 * 1_024 + 128 * 1_024)
    }
  }

  @Test func `stops a client that is faster than the handler`() async throws {
    let mayRead = Shared(false)
    try await TestServer(
      { $0.limits.body = 1 << 30 },
      handler: { request in
        try? await eventually { await mayRead.value }
        let count = try? await request.body.collect(upTo: 1 << 30).count
        return text(200, "\(count ?? -1)")
      }
    ).run { port async throws in
      let client = try Client(port: port)
      let total = 64 * 1_048_576
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
      let sent = Shared(0)
      async let sending: Void = {
        let part = [UInt8](repeating: 2, count: 1_048_576)
        for _ in 0..<64 {
          try await client.send(part)
          await sent.change { $0 += part.count }
        }
      }()
      // The kernel's buffers take some; the rest has to wait.
      try await Task.sleep(for: .milliseconds(300))
      #expect(await sent.value < total / 2)
      await mayRead.change { $0 = true }
      #expect(try await client.receiveAnswer().text == "\(total)")
      try await sending
    }
  }

  @Test func `reads bytes that come one at a time`() async throws {
    try await TestServer(handler: sample).run { port async throws in
      let client = try Client(port: port)
      let request =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"
        + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"
      for byte in request.utf8 { try await client.send([byte]) }
      #expect(try await client.receiveAnswer().text == "hello world")
      #expect(try await client.receiveAnswer().text == "ok")
    }
  }

  @Test func `tells the handler when the client leaves inside the body`() async throws {
    let failure = Shared<String?>(nil)
    try await TestServer(handler: { request in
      do {
        _ = try await request.body.collect(upTo: 1 << 20)
      } catch {
        await failure.change { $0 = "\(error)" }
      }
      return text(200, "")
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
      client.endSending()
      try await eventually { await failure.value != nil }
      #expect(await failure.value == "disconnected")
    }
  }

  @Test func `ends a read whose task is cancelled`() async throws {
    try await TestServer(handler: { request in
      let isCancelled = await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          do {
            _ = try await request.body.collect(upTo: 1 << 20)
            return false
          } catch {
            return error is CancellationError
          }
        }
        try? await Task.sleep(for: .milliseconds(20))
        group.cancelAll()
        return await group.next() ?? false
      }
      return text(isCancelled ? 200 : 500, "")
    }).run { port async throws in
      let client = try Client(port: port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
      #expect(try await client.receiveAnswer().status == 200)
    }
  }

  @Test func `closes the connection when the handler leaves the body unread`() async throws {
    try await TestServer(handler: { _ in text(403, "no") }).run { port async throws in
      let client = try Client(port: port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
      async let sending = client.send([UInt8](repeating: 0, count: 1_000_000))
      let answer = try await client.receiveAnswer()
      #expect(answer.status == 403)
      #expect(answer["Connection"] == "close")
      _ = try await sending
    }
  }
}
