import Glibc
import Network
import Support
import Synchronization
import Testing

/// Streamed answers, uploads, and everything that ends a transfer early.
@Suite(.timeLimit(.minutes(3))) struct StreamTests {
  private let client = HTTPClient()
  private var soon: ContinuousClock.Instant { .now + .seconds(60) }

  private func url(_ server: SocketServer) -> String { "http://127.0.0.1:\(server.port)/" }

  /// A flag that a server's thread sets.
  private final class Flag: Sendable {
    private let value = Mutex(0)
    func set(_ number: Int = 1) { value.withLock { $0 = number } }
    func add(_ number: Int) { value.withLock { $0 += number } }
    var number: Int { value.withLock { $0 } }
  }

  private static let chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  @Test func `hands out pieces as they come`() async throws {
    let gate = Flag()
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write(Self.chunkedHead + "3\r\none\r\n")
      while gate.number == 0 { usleep(1_000) }
      connection.write("3\r\ntwo\r\n0\r\n\r\n")
      connection.awaitClose()
    }
    defer { server.stop() }
    let response = try await client.stream(ClientRequest("GET", url(server)), deadline: soon)
    #expect(response.status == 200 && response.headers["transfer-encoding"] == "chunked")
    var body = response.body.makeAsyncIterator()
    #expect(try await body.next() == Array("one".utf8))
    gate.set()
    #expect(try await body.next() == Array("two".utf8))
    #expect(try await body.next() == nil)
    #expect(try await body.next() == nil)
  }

  @Test func `makes the sender wait for a slow reader`() async throws {
    var configuration = HTTPClientConfiguration()
    configuration.streamBuffer = 64 << 10
    let client = HTTPClient(configuration)
    let sent = Flag()
    let total = 64 << 20
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
      let piece = [UInt8](repeating: 7, count: 64 << 10)
      for _ in 0..<total / piece.count where connection.write(piece) { sent.add(piece.count) }
      connection.awaitClose()
    }
    defer { server.stop() }
    let response = try await client.stream(ClientRequest("GET", url(server)), deadline: soon)
    // What the sockets' own buffers hold, and ours; not the 64 MB.
    var before = -1
    try await eventually {
      defer { before = sent.number }
      try await Task.sleep(for: .milliseconds(100))
      return sent.number == before
    }
    #expect(sent.number < 32 << 20)
    var received = 0
    for try await piece in response.body {
      #expect(piece.count <= 80 << 10)
      received += piece.count
    }
    #expect(received == total)
  }

  @Test func `cancelling the reader ends the transfer at once`() async throws {
    let closed = Flag()
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write(Self.chunkedHead + "3\r\none\r\n")
      connection.awaitClose()
      closed.set()
    }
    defer { server.stop() }
    let response = try await client.stream(ClientRequest("GET", url(server)), deadline: soon)
    let read = Flag()
    let reader = Task {
      do {
        for try await _ in response.body { read.add(1) }
        return "ended"
      } catch {
        return "\(read.number) \(error)"
      }
    }
    try await eventually { read.number == 1 }
    reader.cancel()
    #expect(await reader.value == "1 cancelled")
    try await eventually { closed.number == 1 }
  }

  /// Handles of libcurl are used again.
  @Test func `what was paused when it ended does not hold up the next request`() async throws {
    var configuration = HTTPClientConfiguration()
    configuration.streamBuffer = 16 << 10
    let client = HTTPClient(configuration)
    let sent = Flag()
    let server = try SocketServer { connection in
      while let request = connection.request() {
        guard request.method == "GET" else {
          connection.respond(200, request.text)
          continue
        }
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
        let piece = [UInt8](repeating: 7, count: 64 << 10)
        while connection.write(piece) { sent.add(piece.count) }
        return
      }
    }
    defer { server.stop() }
    for round in 0..<3 {
      var response: StreamedResponse? = try await client.stream(
        ClientRequest("GET", url(server)), deadline: soon)
      #expect(response?.status == 200)
      var before = -1
      // Nobody reads: it pauses.
      try await eventually {
        defer { before = sent.number }
        try await Task.sleep(for: .milliseconds(100))
        return sent.number == before
      }
      response = nil
      let answer = try await client.send(
        ClientRequest("POST", url(server), body: .bytes(Array("round \(round)".utf8))),
        deadline: .now + .seconds(20))
      #expect(answer.body == Array("round \(round)".utf8))
    }
  }

  @Test func `dropping an answer ends the transfer`() async throws {
    let closed = Flag()
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write(Self.chunkedHead + "3\r\none\r\n")
      connection.awaitClose()
      closed.set()
    }
    defer { server.stop() }
    _ = try await client.stream(ClientRequest("GET", url(server)), deadline: soon)
    try await eventually { closed.number == 1 }
  }

  @Test func `cancelling before the head comes ends the transfer`() async throws {
    let asked = Flag()
    let closed = Flag()
    let server = try SocketServer { connection in
      _ = connection.request()
      asked.add(1)
      connection.awaitClose()
      closed.add(1)
    }
    defer { server.stop() }
    let (client, request, deadline) = (client, ClientRequest("GET", url(server)), soon)
    for isStreamed in [false, true] {
      let asking = Task {
        do throws(NetworkError) {
          if isStreamed {
            _ = try await client.stream(request, deadline: deadline)
          } else {
            _ = try await client.send(request, deadline: deadline)
          }
          return nil as NetworkError?
        } catch {
          return error
        }
      }
      try await eventually { asked.number == (isStreamed ? 2 : 1) }
      asking.cancel()
      #expect(await asking.value == .cancelled)
    }
    try await eventually { closed.number == 2 }
    let cancelled = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      await #expect(throws: NetworkError.cancelled) {
        try await client.send(request, deadline: deadline)
      }
    }
    await cancelled.value
  }

  @Test func `keeps the deadline, whatever the server does`() async throws {
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write(Self.chunkedHead)
      while connection.write("1\r\nx\r\n") { usleep(5_000) }
    }
    defer { server.stop() }
    let (client, request) = (client, ClientRequest("GET", url(server)))
    let start = ContinuousClock.now
    let error = await #expect(throws: NetworkError.self) {
      try await client.send(request, deadline: start + .milliseconds(300))
    }
    #expect((.milliseconds(295)...(.seconds(30))).contains(.now - start))
    guard case .deadlineExceeded(let received)? = error, received > 0 else {
      Issue.record("\(String(describing: error))")
      return
    }
    await #expect(throws: NetworkError.deadlineExceeded(received: 0)) {
      try await client.send(request, deadline: start)
    }
  }

  @Test func `a silent server is given up, before and between bytes`() async throws {
    let server = try SocketServer { connection in
      guard let request = connection.request() else { return }
      if request.target == "/some" { connection.write(Self.chunkedHead + "1\r\nx\r\n") }
      connection.awaitClose()
    }
    defer { server.stop() }
    for (path, isFirst) in [("none", true), ("some", false)] {
      var request = ClientRequest("GET", url(server) + path)
      request.timeouts.firstByte = isFirst ? .milliseconds(150) : .seconds(50)
      request.timeouts.idle = isFirst ? .seconds(50) : .milliseconds(150)
      let (client, deadline, sent) = (client, soon, request)
      let error = await #expect(throws: NetworkError.self) {
        try await client.send(sent, deadline: deadline)
      }
      guard case .idle(let received)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect((received == 0) == isFirst)
    }
  }

  @Test func `a reader's own pause is no silence of the server`() async throws {
    var configuration = HTTPClientConfiguration()
    configuration.streamBuffer = 16 << 10
    let client = HTTPClient(configuration)
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n")
      connection.write([UInt8](repeating: 1, count: 8_000_000))
      connection.awaitClose()
    }
    defer { server.stop() }
    var request = ClientRequest("GET", url(server))
    // Longer than a busy machine keeps the server's thread waiting.
    request.timeouts.idle = .seconds(1)
    let response = try await client.stream(request, deadline: soon)
    try await Task.sleep(for: .milliseconds(2_500))
    #expect(try await response.body.collect(upTo: 8_000_000).count == 8_000_000)
  }

  @Test func `tells a lost connection from a short answer`() async throws {
    let server = try SocketServer { connection in
      guard let request = connection.request() else { return }
      switch request.target {
      case "/close": break
      case "/reset": connection.reset()
      case "/short": connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
      case "/chunk": connection.write(Self.chunkedHead + "5\r\nab")
      default: connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")
      }
    }
    defer { server.stop() }
    let (client, base, deadline) = (client, url(server), soon)
    for path in ["close", "reset", "short", "chunk", "garbage"] {
      let error = await #expect(throws: NetworkError.self, "\(path)") {
        try await client.send(ClientRequest("GET", base + path), deadline: deadline)
      }
      switch (path, error) {
      case ("close", .connectionLost(0, _)?), ("reset", .connectionLost(0, _)?): break
      case ("short", .connectionLost(let count, _)?), ("chunk", .connectionLost(let count, _)?):
        #expect(count > 0)
      case ("garbage", .malformedResponse?): break
      default: Issue.record("\(path): \(String(describing: error))")
      }
      #expect(error?.isBeforeFirstByte == ["close", "reset"].contains(path))
    }
  }

  @Test func `takes no more than the limit`() async throws {
    let server = try SocketServer { connection in
      guard let request = connection.request() else { return }
      if request.target == "/head" {
        connection.write("HTTP/1.1 200 OK\r\n")
        while connection.write("X: " + String(repeating: "a", count: 1_000) + "\r\n") {}
      } else {
        connection.write(Self.chunkedHead)
        while connection.write("400\r\n" + String(repeating: "a", count: 1_024) + "\r\n") {}
      }
    }
    defer { server.stop() }
    let (client, base, deadline) = (client, url(server), soon)
    var request = ClientRequest("GET", base)
    request.responseLimit = 100_000
    let limited = request
    await #expect(throws: NetworkError.responseTooLarge(limit: 100_000)) {
      try await client.send(limited, deadline: deadline)
    }
    let stream = try await client.stream(limited, deadline: deadline)
    await #expect(throws: NetworkError.responseTooLarge(limit: 50_000)) {
      try await stream.body.collect(upTo: 50_000)
    }
    let error = await #expect(throws: NetworkError.self) {
      try await client.send(ClientRequest("GET", base + "head"), deadline: deadline)
    }
    switch error {
    case .malformedResponse?, .connectionLost?: break
    default: Issue.record("\(String(describing: error))")
    }
  }

  @Test func `a client that goes away ends what it carries`() async throws {
    let closed = Flag()
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write(Self.chunkedHead + "3\r\none\r\n")
      connection.awaitClose()
      closed.set()
    }
    defer { server.stop() }
    var client: HTTPClient? = HTTPClient()
    let response = try await client?.stream(ClientRequest("GET", url(server)), deadline: soon)
    client = nil
    try await eventually { closed.number == 1 }
    await #expect(throws: NetworkError.cancelled) { try await response?.body.collect(upTo: 10) }
  }

  @Test(arguments: [nil, 3_000_000])
  func `sends a streamed body`(length: Int?) async throws {
    let server = try SocketServer { connection in
      while let request = connection.request() {
        let isChunked = request.header("transfer-encoding") == "chunked"
        let sum = request.body.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
        connection.respond(200, "\(isChunked) \(request.body.count) \(sum)")
      }
    }
    defer { server.stop() }
    let made = Mutex(0)
    let next: @Sendable () async throws -> [UInt8]? = {
      try await Task.sleep(for: .milliseconds(1))
      return made.withLock { made in
        guard made < 30 else { return nil }
        made += 1
        return [UInt8](repeating: UInt8(made), count: 100_000)
      }
    }
    let sum = (1...30).flatMap { [Int](repeating: $0, count: 100_000) }
      .reduce(0) { ($0 &* 31 &+ $1) & 0xFFFF_FFFF }
    let response = try await client.send(
      ClientRequest("PUT", url(server), body: .stream(length: length, next: next)), deadline: soon)
    #expect(String(decoding: response.body, as: UTF8.self) == "\(length == nil) 3000000 \(sum)")
  }

  @Test func `a body that cannot be read fails the request`() async throws {
    struct Broken: Error {}
    let server = try SocketServer { connection in connection.awaitClose() }
    defer { server.stop() }
    let (client, base, deadline) = (client, url(server), soon)
    await #expect(throws: NetworkError.requestBodyFailed("Broken()")) {
      try await client.send(
        ClientRequest("PUT", base, body: .stream(length: nil) { throw Broken() }),
        deadline: deadline)
    }
  }

  @Test func `an answer before the body's end stops the upload`() async throws {
    let server = try SocketServer { connection in
      _ = connection.read()
      connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      connection.awaitClose()
    }
    defer { server.stop() }
    let response = try await client.send(
      ClientRequest(
        "PUT", url(server),
        body: .stream(length: nil) {
          try await Task.sleep(for: .milliseconds(2))
          return [UInt8](repeating: 0, count: 1_000)
        }), deadline: soon)
    #expect(response.status == 413)
  }
}
