import JSON
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
  func beginStream(_ type: String) {
    write("HTTP/1.1 200 OK\r\ncontent-type: \(type)\r\nconnection: close\r\n\r\n")
  }
}

/// What a client gets of a model's stream.
actor Heard {
  private(set) var events: [ModelEvent] = []
  func add(_ event: ModelEvent) { events.append(event) }
  var text: String { events.map { if case .text(let text) = $0 { text } else { "" } }.joined() }
}

/// The chaos that every provider's client must stand: a right answer or one error, within the time.
/// One after the other: each case has a client thread and a server of its own.
@Suite(.serialized) struct ProviderChaosTests {
  private struct Outcome {
    var events: [ModelEvent]
    var text: String
    var error: ModelError?
    var requests: [RawRequest]
    var attempts: Int { requests.count }
  }

  private func run(
    _ provider: ProviderCase, within time: Duration = .seconds(120),
    _ serve: @escaping @Sendable (SocketConnection, _ attempt: Int) -> Void
  ) async throws -> Outcome {
    let server = try FaultyProvider(serve)
    var retry = RetryPolicy()
    retry.base = .milliseconds(2)
    let model = provider.model(server.base, HTTPClient(), retry)
    let heard = Heard()
    var failure: ModelError?
    do {
      try await model.stream(
        ModelRequest(
          settings: ModelSettings(name: Self.modelName(provider)), system: "S",
          messages: [.user("q")]),
        until: .now + time
      ) { await heard.add($0) }
    } catch let error as ModelError {
      failure = error
    }
    return Outcome(
      events: await heard.events, text: await heard.text, error: failure, requests: server.requests)
  }

  private static func modelName(_ provider: ProviderCase) -> String {
    provider.name == "Bedrock" ? "m:0" : "m"
  }

  private static func stream(
    _ provider: ProviderCase, _ connection: SocketConnection, _ bytes: [UInt8]
  ) {
    connection.beginStream(provider.contentType)
    connection.write(bytes)
    connection.close()
  }

  @Test(arguments: ProviderCase.all)
  func `reads a whole answer`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      Self.stream(provider, connection, provider.whole)
    }
    #expect(outcome.error == nil)
    #expect(outcome.text == "Hello")
    #expect(outcome.events.last == .finish(.stop))
    let usage = outcome.events.compactMap { event in
      if case .usage(let usage) = event { usage } else { nil }
    }
    #expect(usage.last?.input == 7)
    #expect(usage.last?.output == 2)
    #expect(outcome.requests.map(\.target) == [provider.target])
  }

  @Test(arguments: ProviderCase.all)
  func `reads an answer byte by byte`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.beginStream(provider.contentType)
      for byte in provider.whole { connection.write([byte]) }
      connection.close()
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.error == nil)
  }

  @Test(arguments: ProviderCase.all)
  func `reads a tool call`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      Self.stream(provider, connection, provider.toolCall)
    }
    let calls = outcome.events.compactMap { event in
      if case .toolCall(let call) = event { call } else { nil }
    }
    #expect(calls.map(\.name) == ["look"])
    #expect(try calls.map { try JSONValue(parsing: $0.arguments) } == [["n": 14]])
    #expect(outcome.events.last == .finish(.toolCalls))
  }

  @Test(arguments: ProviderCase.all)
  func `says when an answer was cut`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      Self.stream(provider, connection, provider.cut)
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.events.last == .finish(.length))
  }

  @Test(arguments: ProviderCase.all)
  func `hands broken arguments on as they are, or refuses them`(
    provider: ProviderCase
  ) async throws {
    let outcome = try await run(provider) { connection, _ in
      Self.stream(provider, connection, provider.brokenCall)
    }
    let isBroken = outcome.events.contains { event in
      if case .toolCall(let call) = event { call.isBroken } else { false }
    }
    #expect(isBroken || outcome.error == .brokenCall)
  }

  @Test(arguments: ProviderCase.all, [500, 502, 503, 504, 529, 408, 409])
  func `tries again after a passing failure`(provider: ProviderCase, status: Int) async throws {
    let outcome = try await run(provider) { connection, attempt in
      if attempt < 3 {
        connection.respond(status, #"{"error":{"message":"overloaded"}}"#)
      } else {
        Self.stream(provider, connection, provider.whole)
      }
    }
    #expect(outcome.error == nil)
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 3)
  }

  @Test(arguments: ProviderCase.all)
  func `gives up after three attempts`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in connection.respond(503) }
    #expect(outcome.error == .unavailable(status: 503, message: "HTTP 503"))
    #expect(outcome.attempts == 3)
  }

  @Test(arguments: ProviderCase.all, [400, 401, 402, 403, 404, 413, 422])
  func `does not repeat what is wrong`(provider: ProviderCase, status: Int) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.respond(status, "<html>not what was expected")
    }
    #expect(outcome.attempts == 1)
    guard case .rejected(status, _, _)? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
  }

  @Test(arguments: ProviderCase.all)
  func `waits as long as a provider asks`(provider: ProviderCase) async throws {
    let start = ContinuousClock.now
    let body = #"{"error":{"code":429,"details":[{"retryDelay":"0.15s"}]}}"#
    let outcome = try await run(provider) { connection, attempt in
      if attempt == 1 {
        connection.respond(429, headers: ["retry-after-ms": "150"], body)
      } else {
        Self.stream(provider, connection, provider.whole)
      }
    }
    #expect(outcome.text == "Hello")
    #expect(start.duration(to: .now) >= .milliseconds(150))
  }

  @Test(arguments: ProviderCase.all)
  func `passes a long wait on`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.respond(429, headers: ["retry-after": "600"])
    }
    #expect(outcome.error == .throttled(retryAfter: .seconds(600)))
    #expect(outcome.attempts == 1)
  }

  @Test(arguments: ProviderCase.all)
  func `does not repeat when the money is spent`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.respond(429, headers: provider.spent.headers, provider.spent.body)
    }
    guard case .exhausted? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
    #expect(outcome.attempts == 1)
  }

  @Test(arguments: ProviderCase.all)
  func `reports that nobody listens`(provider: ProviderCase) async throws {
    // A port that nobody listens on any more.
    let base = try FaultyProvider { connection, _ in connection.close() }.base
    var retry = RetryPolicy()
    retry.base = .milliseconds(2)
    do {
      try await provider.model(base, HTTPClient(), retry).stream(
        ModelRequest(settings: ModelSettings(), system: "", messages: []),
        until: .now + .seconds(30)
      ) { _ in }
      Issue.record("no error")
    } catch ModelError.unreachable {}
  }

  @Test(arguments: ProviderCase.all)
  func `tries again when the connection ends before the first byte`(
    provider: ProviderCase
  ) async throws {
    let outcome = try await run(provider) { connection, attempt in
      if attempt == 1 {
        connection.reset()
      } else {
        Self.stream(provider, connection, provider.whole)
      }
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 2)
  }

  @Test(arguments: ProviderCase.all)
  func `tries again when a stream ends before any text`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, attempt in
      Self.stream(provider, connection, attempt == 1 ? provider.start : provider.whole)
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 2)
  }

  @Test(arguments: ProviderCase.all)
  func `never passes half an answer for a whole one`(provider: ProviderCase) async throws {
    let half = provider.start + provider.text
    for bytes in [half, provider.unfinished, half + provider.text.dropLast(3)] {
      let outcome = try await run(provider) { connection, _ in
        Self.stream(provider, connection, bytes)
      }
      #expect(outcome.text.hasPrefix("Hel"))
      #expect(outcome.error == .incomplete)
      #expect(outcome.attempts == 1)
      #expect(!outcome.events.contains { if case .finish = $0 { true } else { false } })
    }
  }

  @Test(arguments: ProviderCase.all)
  func `reports a connection that breaks in the middle`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.write(
        "HTTP/1.1 200 OK\r\ncontent-type: \(provider.contentType)\r\ncontent-length: 5000\r\n\r\n"
      )
      connection.write(provider.start + provider.text)
      connection.close()
    }
    #expect(outcome.text == "Hel")
    guard case .interrupted? = outcome.error else {
      Issue.record("\(String(describing: outcome.error))")
      return
    }
    #expect(outcome.attempts == 1)
  }

  @Test(arguments: ProviderCase.all)
  func `reports an event that cannot be read, at once`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      Self.stream(provider, connection, provider.start + provider.text + provider.malformed)
    }
    #expect(outcome.error?.isMalformed == true)
    #expect(outcome.attempts == 1)
  }

  @Test(arguments: ProviderCase.all)
  func `reports the provider's own error`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      Self.stream(provider, connection, provider.start + provider.text + provider.error)
    }
    #expect(outcome.error == .interrupted("boom"))
  }

  @Test(arguments: ProviderCase.all)
  func `tries again after an error before any text`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, attempt in
      Self.stream(
        provider, connection, attempt == 1 ? provider.start + provider.error : provider.whole)
    }
    #expect(outcome.text == "Hello")
    #expect(outcome.attempts == 2)
  }

  @Test(arguments: ProviderCase.all)
  func `takes a page instead of a stream for a failure`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.respond(200, "<html>Welcome to the proxy</html>")
    }
    #expect(outcome.text.isEmpty)
    #expect(outcome.error != nil)
  }

  @Test(arguments: ProviderCase.all)
  func `bounds an event without an end`(provider: ProviderCase) async throws {
    let outcome = try await run(provider) { connection, _ in
      connection.beginStream(provider.contentType)
      // For the event stream this is a length of 1.6 GB.
      let piece = "data: " + String(repeating: "x", count: 100_000)
      for _ in 0..<12 where !connection.write(piece) { return }
      connection.close()
    }
    #expect(outcome.error?.isMalformed == true)
  }

  @Test(arguments: ProviderCase.all)
  func `ends a silent stream at the deadline`(provider: ProviderCase) async throws {
    let outcome = try await run(provider, within: .milliseconds(300)) { connection, _ in
      connection.beginStream(provider.contentType)
      connection.write(provider.start + provider.text)
      connection.awaitClose()
    }
    #expect(outcome.error == .deadlineExceeded)
    #expect(outcome.attempts <= 1)
  }

  @Test(arguments: ProviderCase.all)
  func `ends the request when it is cancelled`(provider: ProviderCase) async throws {
    let closed = Mutex(false)
    let server = try FaultyProvider { connection, _ in
      connection.beginStream(provider.contentType)
      connection.write(provider.start + provider.text)
      connection.awaitClose()
      closed.withLock { $0 = true }
    }
    let model = provider.model(server.base, HTTPClient(), RetryPolicy())
    let heard = Heard()
    let task = Task {
      try await model.stream(
        ModelRequest(settings: ModelSettings(), system: "", messages: [.user("q")]),
        until: .now + .seconds(60)
      ) { await heard.add($0) }
    }
    try await eventually { await heard.text == "Hel" }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await eventually { closed.withLock { $0 } }
  }
}

extension ModelError {
  fileprivate var isMalformed: Bool {
    if case .malformed = self { true } else { false }
  }
}

/// The streams as values: no sockets, every place.
@Suite struct ProviderStreamTests {
  private func check(_ bytes: [UInt8], _ make: () -> some ModelAnswer) throws {
    func read(_ pieces: [[UInt8]]) throws -> [ModelEvent] {
      var answer = make()
      var events: [ModelEvent] = []
      for piece in pieces { events += try answer.receive(piece) }
      return try events + answer.end()
    }
    let expected = try read([bytes])
    #expect(try read(bytes.map { [$0] }) == expected)
    for cut in bytes.indices {
      #expect(try read([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected)
    }
    for place in bytes.indices {
      var bad = bytes
      bad[place] ^= 0x21
      // Events or an error, but never a trap.
      _ = try? read([bad])
      var cutOff = make()
      _ = try? cutOff.receive(Array(bytes[..<place]))
    }
  }

  @Test(arguments: ProviderCase.all)
  func `reads a stream cut anywhere, and stands every byte changed`(provider: ProviderCase) throws {
    for bytes in [provider.whole, provider.toolCall, provider.cut] {
      switch provider.name {
      case "OpenAI": try check(bytes) { OpenAI(base: "", key: { nil }).answer() }
      case "Anthropic": try check(bytes) { Anthropic(key: { nil }).answer() }
      case "Gemini":
        try check(bytes) { Gemini(.key(base: "", version: "", key: { nil })).answer() }
      default: try check(bytes) { BedrockAnswer() }
      }
    }
  }
}
