import Network
import Support
import Synchronization
import Testing

@testable import Agent

/// A provider on the loopback that does something else at each request.
final class FaultyProvider: Sendable {
  let server: SocketServer

  init(_ serve: @escaping @Sendable (SocketConnection, _ attempt: Int) -> Void) throws {
    let count = Mutex(0)
    let log = RequestLog()
    server = try SocketServer { connection in
      while let request = connection.request() {
        log.add(request)
        let attempt = count.withLock { count in
          count += 1
          return count
        }
        serve(connection, attempt)
      }
    }
    self.log = log
  }

  deinit { server.stop() }

  private final class RequestLog: Sendable {
    private let requests = Mutex<[RawRequest]>([])
    func add(_ request: RawRequest) { requests.withLock { $0.append(request) } }
    var all: [RawRequest] { requests.withLock { $0 } }
  }

  private let log: RequestLog
  var requests: [RawRequest] { log.all }
  var base: String { "http://127.0.0.1:\(server.port)" }
}

extension SocketConnection {
  /// The head of a streamed answer without a length: it ends with the connection.
  func beginStream() {
    write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
  }
}

/// What a client gets of a model's stream.
actor Heard {
  private(set) var events: [ModelEvent] = []
  func add(_ event: ModelEvent) { events.append(event) }
  var text: String { events.map { if case .text(let text) = $0 { text } else { "" } }.joined() }
}

/// The chaos that every provider's client must stand: a right answer or one error, within the time.
@Suite struct OpenAIChaosTests {
  private static let answer = [
    #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
    #"data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
    #"data: {"choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
    #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
    "data: [DONE]",
  ]
  private static let whole = answer.joined(separator: "\n\n") + "\n\n"
  private static let half = answer.prefix(2).joined(separator: "\n\n") + "\n\n"

  private struct Outcome {
    var text: String
    var error: ModelError?
    var attempts: Int
  }

  private func run(
    within time: Duration = .seconds(120),
    _ serve: @escaping @Sendable (SocketConnection, _ attempt: Int) -> Void
  ) async throws -> Outcome {
    let provider = try FaultyProvider(serve)
    var retry = RetryPolicy()
    retry.base = .milliseconds(2)
    let model = HTTPModel(
      OpenAI(base: provider.base + "/v1", key: { "k" }), model: "m", client: HTTPClient(),
      retry: retry)
    let heard = Heard()
    var failure: ModelError?
    do {
      try await model.stream(
        ModelRequest(settings: ModelSettings(), system: "S", messages: [.user("q")]),
        until: .now + time
      ) { await heard.add($0) }
    } catch let error as ModelError {
      failure = error
    }
    return Outcome(text: await heard.text, error: failure, attempts: provider.requests.count)
  }

  private static func stream(_ connection: SocketConnection, _ text: String) {
    connection.beginStream()
    connection.write(text)
    connection.close()
  }

  @Test func `reads a whole answer`() async throws {
    let outcome = try await run { connection, _ in Self.stream(connection, Self.whole) }
    #expect(outcome.text == "Hello")
    #expect(outcome.error == nil)
    #expect(outcome.attempts == 1)
  }

  @Test func `reads an answer byte by byte`() async throws {
    let outcome = try await run { connection, _ in
      connection.beginStream()
      for byte in Self.whole.utf8 { connection.write([byte]) }
      connection.close()
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.error == nil)
  }

  @Test func `sends what the provider wants`() async throws {
    let provider = try FaultyProvider { connection, _ in Self.stream(connection, Self.whole) }
    let model = HTTPModel(
      OpenAI(base: provider.base + "/v1/", key: { "secret-key" }), model: "m", client: HTTPClient())
    #expect(model.name == "openai/m")
    try await model.stream(
      ModelRequest(settings: ModelSettings(name: "m"), system: "S", messages: [.user("q")]),
      until: .now + .seconds(10)
    ) { _ in }
    let request = try #require(provider.requests.first)
    #expect(request.method == "POST")
    #expect(request.target == "/v1/chat/completions")
    #expect(request.header("authorization") == "Bearer secret-key")
    #expect(request.header("content-type") == "application/json")
  }

  @Test(arguments: [500, 502, 503, 504, 529, 408, 409])
  func `tries again after a passing failure`(status: Int) async throws {
    let outcome = try await run { connection, attempt in
      if attempt < 3 {
        connection.respond(status, #"{"error":{"message":"overloaded"}}"#)
      } else {
        Self.stream(connection, Self.whole)
      }
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 3)
  }

  @Test func `gives up after three attempts`() async throws {
    let outcome = try await run { connection, _ in connection.respond(503) }
    #expect(outcome.error == .unavailable(status: 503, message: "HTTP 503"))
    #expect(outcome.attempts == 3)
  }

  @Test(arguments: [400, 401, 402, 403, 404, 413, 422])
  func `does not repeat what is wrong`(status: Int) async throws {
    let outcome = try await run { connection, _ in connection.respond(status) }
    #expect(outcome.attempts == 1)
    guard case .rejected(status, _, _)? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
  }

  @Test func `waits as long as a provider asks`() async throws {
    let start = ContinuousClock.now
    let outcome = try await run { connection, attempt in
      if attempt == 1 {
        connection.respond(429, headers: ["retry-after-ms": "150"])
      } else {
        Self.stream(connection, Self.whole)
      }
    }
    #expect(outcome.text == "Hello")
    #expect(start.duration(to: .now) >= .milliseconds(150))
  }

  @Test func `passes a long wait on`() async throws {
    let outcome = try await run { connection, _ in
      connection.respond(429, headers: ["retry-after": "600"])
    }
    #expect(outcome.error == .throttled(retryAfter: .seconds(600)))
    #expect(outcome.attempts == 1)
  }

  @Test func `does not repeat when the money is spent`() async throws {
    let outcome = try await run { connection, _ in
      connection.respond(429, #"{"error":{"message":"m","code":"insufficient_quota"}}"#)
    }
    #expect(outcome.error == .exhausted(code: "insufficient_quota"))
    #expect(outcome.attempts == 1)
  }

  @Test func `tries again when nobody listens`() async throws {
    // A port that nobody listens on any more.
    let base = try FaultyProvider { connection, _ in connection.close() }.base
    var retry = RetryPolicy()
    retry.base = .milliseconds(2)
    let model = HTTPModel(
      OpenAI(base: base, key: { nil }), model: "m", client: HTTPClient(), retry: retry)
    do {
      try await model.stream(
        ModelRequest(settings: ModelSettings(), system: "", messages: []),
        until: .now + .seconds(10)
      ) { _ in }
      Issue.record("no error")
    } catch ModelError.unreachable {}
  }

  @Test func `tries again when the connection ends before the first byte`() async throws {
    let outcome = try await run { connection, attempt in
      if attempt == 1 { connection.reset() } else { Self.stream(connection, Self.whole) }
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 2)
  }

  @Test func `tries again when a stream ends before any text`() async throws {
    let outcome = try await run { connection, attempt in
      Self.stream(connection, attempt == 1 ? Self.answer[0] + "\n\n" : Self.whole)
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 2)
  }

  @Test func `never repeats after text, nor passes half an answer for a whole one`() async throws {
    for end in [
      "", #"data: {"choices":[{"index":0,"delta":{"cont"#, "data: [DONE]\n\n", ": ping\n\n",
    ] {
      let outcome = try await run { connection, _ in Self.stream(connection, Self.half + end) }
      #expect(outcome.text == "Hel")
      #expect(outcome.error == .incomplete)
      #expect(outcome.attempts == 1)
    }
  }

  @Test func `reports a connection that breaks in the middle`() async throws {
    let outcome = try await run { connection, _ in
      connection.write(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n")
      connection.write(Self.half)
      connection.close()
    }
    #expect(outcome.text == "Hel")
    guard case .interrupted? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
    #expect(outcome.attempts == 1)
  }

  @Test func `reports an event that is not JSON, at once`() async throws {
    let outcome = try await run { connection, _ in
      Self.stream(connection, Self.half + "data: {nonsense\n\n")
    }
    guard case .malformed? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
    #expect(outcome.attempts == 1)
  }

  @Test func `reports an error event`() async throws {
    let outcome = try await run { connection, _ in
      Self.stream(
        connection,
        Self.half + #"data: {"error":{"message":"boom","type":"server_error"}}"# + "\n\n")
    }
    #expect(outcome.error == .interrupted("boom"))
  }

  @Test func `bounds an event without an end`() async throws {
    let outcome = try await run { connection, _ in
      connection.beginStream()
      let piece = "data: " + String(repeating: "x", count: 100_000)
      for _ in 0..<12 where !connection.write(piece) { return }
      connection.close()
    }
    guard case .malformed? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
  }

  @Test func `ends a silent stream at the deadline`() async throws {
    let outcome = try await run(within: .milliseconds(300)) { connection, _ in
      connection.beginStream()
      connection.write(Self.half)
      connection.awaitClose()
    }
    #expect(outcome.error == .deadlineExceeded)
    #expect(outcome.attempts <= 1)
  }

  @Test func `ends the request when it is cancelled`() async throws {
    let closed = Mutex(false)
    let provider = try FaultyProvider { connection, _ in
      connection.beginStream()
      connection.write(Self.half)
      connection.awaitClose()
      closed.withLock { $0 = true }
    }
    let model = HTTPModel(
      OpenAI(base: provider.base, key: { nil }), model: "m", client: HTTPClient())
    let heard = Heard()
    let task = Task {
      try await model.stream(
        ModelRequest(settings: ModelSettings(), system: "", messages: []),
        until: .now + .seconds(60)
      ) { await heard.add($0) }
    }
    try await eventually { await heard.text == "Hel" }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await eventually { closed.withLock { $0 } }
  }

  @Test func `reads an answer cut at any two places`() throws {
    let bytes = Array(Self.whole.utf8)
    var expected: [ModelEvent] = []
    for cut in stride(from: 0, through: bytes.count, by: 3) {
      var answer = OpenAI(base: "", key: { nil }).answer()
      let events =
        try answer.receive(Array(bytes[..<cut])) + answer.receive(Array(bytes[cut...]))
        + answer.end()
      if expected.isEmpty { expected = events }
      #expect(events == expected)
    }
    #expect(expected.last == .finish(.stop))
  }

  @Test func `stands every byte of an answer changed`() throws {
    let bytes = Array(Self.whole.utf8)
    for place in bytes.indices {
      var bad = bytes
      bad[place] ^= 0x21
      var answer = OpenAI(base: "", key: { nil }).answer()
      // An event or an error, but never a trap.
      _ = try? answer.receive(bad) + answer.end()
    }
  }
}
