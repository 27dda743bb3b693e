import Network
import Support
import Synchronization
import Testing

@testable import Agent

/// What a provider does wrong in a turn, and what the person gets to see of it.
struct TurnFault: Sendable, CustomTestStringConvertible {
  enum Expected: Sendable, Equatable {
    /// The whole answer, and no error.
    case answer(String, Completion.Finish = .complete)
    /// One error frame with this code.
    case error(String)
  }

  var name: String
  /// Serves one request; `attempt` counts from 1.
  var serve: @Sendable (ProviderCase, SocketConnection, _ attempt: Int) -> Void
  var expected: Expected
  /// What may have been seen of the answer before the error. Words that arrive together with the error
  /// are not passed on.
  var shown = ""
  /// Requests that the provider gets; nil: not checked.
  var attempts: Int?
  /// Of the turn.
  var time: Duration = .seconds(120)
  /// The provider is asked by TLS, and goes away when it has heard of it.
  var isClosedInHandshake = false

  var testDescription: String { name }
}

extension TurnFault {
  private static func answer(
    _ provider: ProviderCase, _ connection: SocketConnection, _ bytes: [UInt8]
  ) {
    connection.beginStream(provider.contentType)
    connection.write(bytes)
    connection.close()
  }

  /// Fails once (or `times`), then answers.
  private static func healing(
    _ name: String, times: Int = 1,
    _ fail: @escaping @Sendable (ProviderCase, SocketConnection) -> Void
  ) -> TurnFault {
    TurnFault(
      name: name,
      serve: { provider, connection, attempt in
        if attempt <= times {
          fail(provider, connection)
        } else {
          answer(provider, connection, provider.whole)
        }
      }, expected: .answer("Hello"), attempts: times + 1)
  }

  /// Answers each request with these bytes.
  private static func stream(
    _ name: String, _ expected: Expected, shown: String = "", attempts: Int? = 1,
    _ bytes: @escaping @Sendable (ProviderCase) -> [UInt8]
  ) -> TurnFault {
    TurnFault(
      name: name,
      serve: { provider, connection, _ in answer(provider, connection, bytes(provider)) },
      expected: expected, shown: shown,
      attempts: attempts)
  }

  private static let unavailable = Expected.error("model_unavailable")

  static let all = statuses + connections + streams + contents

  private static let statuses: [TurnFault] =
    [408, 409, 500, 502, 503, 504, 529].map { status in
      healing("\(status), then an answer") { _, connection in connection.respond(status) }
    }
    + [400, 401, 402, 403, 404, 413, 422, 302, 418].map { status in
      TurnFault(
        name: "\(status)",
        serve: { _, connection, _ in
          connection.respond(status, headers: ["location": "http://127.0.0.1:9/"], "<html>")
        }, expected: unavailable, attempts: 1)
    }
    + [
      TurnFault(
        name: "503 for ever", serve: { _, connection, _ in connection.respond(503) },
        expected: unavailable, attempts: 3),
      healing("429 with a short wait") { _, connection in
        connection.respond(429, headers: ["retry-after-ms": "20"])
      },
      TurnFault(
        name: "429 with a long wait",
        serve: { _, connection, _ in connection.respond(429, headers: ["retry-after": "600"]) },
        expected: .error("too_many_requests"), attempts: 1),
      TurnFault(
        name: "429, the money is spent",
        serve: { provider, connection, _ in
          connection.respond(429, headers: provider.spent.headers, provider.spent.body)
        }, expected: unavailable, attempts: 1),
    ]

  private static let connections: [TurnFault] = [
    healing("reset before the first byte", times: 2) { _, connection in connection.reset() },
    TurnFault(
      name: "reset for ever", serve: { _, connection, _ in connection.reset() },
      expected: unavailable, attempts: 3),
    TurnFault(
      name: "closed in the TLS handshake", serve: { _, _, _ in }, expected: unavailable,
      isClosedInHandshake: true),
    healing("closed behind the head") { provider, connection in
      answer(provider, connection, [])
    },
    healing("reset before any text") { provider, connection in
      connection.beginStream(provider.contentType)
      connection.write(provider.start)
      connection.reset()
    },
    TurnFault(
      name: "closed before the length it promised",
      serve: { provider, connection, _ in
        connection.write(
          "HTTP/1.1 200 OK\r\ncontent-type: \(provider.contentType)\r\ncontent-length: 5000\r\n\r\n"
        )
        connection.write(provider.start + provider.text)
        connection.close()
      }, expected: unavailable, shown: "Hel", attempts: 1),
    TurnFault(
      name: "silent behind some text",
      serve: { provider, connection, _ in
        connection.beginStream(provider.contentType)
        connection.write(provider.start + provider.text)
        connection.awaitClose()
      }, expected: .error("deadline_exceeded"), shown: "Hel", time: .milliseconds(700)),
    TurnFault(
      name: "silent from the beginning", serve: { _, connection, _ in connection.awaitClose() },
      expected: .error("deadline_exceeded"), attempts: 1, time: .milliseconds(700)),
    TurnFault(
      name: "byte by byte",
      serve: { provider, connection, _ in
        connection.beginStream(provider.contentType)
        for byte in provider.whole { connection.write([byte]) }
        connection.close()
      }, expected: .answer("Hello"), attempts: 1),
    TurnFault(
      name: "drips past the deadline",
      serve: { provider, connection, _ in
        connection.beginStream(provider.contentType)
        connection.write(provider.start)
        while connection.write(provider.unknown) { connection.pause(milliseconds: 20) }
      }, expected: .error("deadline_exceeded"), time: .milliseconds(700)),
  ]

  private static let streams: [TurnFault] = [
    stream("whole", .answer("Hello")) { $0.whole },
    stream("cut between events", unavailable, shown: "Hel") { $0.start + $0.text },
    stream("cut inside an event", unavailable, shown: "Hel") {
      $0.start + $0.text + $0.text.dropLast(3)
    },
    stream("without its end marker", unavailable, shown: "Hello") { $0.unfinished },
    stream("an event that cannot be read", unavailable, shown: "Hel") {
      $0.start + $0.text + $0.malformed + $0.whole
    },
    stream("an event that cannot be read, before any text", unavailable) {
      $0.start + $0.malformed
    },
    stream("the provider's error", unavailable, shown: "Hel", attempts: nil) {
      $0.start + $0.text + $0.error
    },
    healing("the provider's error before any text") { provider, connection in
      answer(provider, connection, provider.start + provider.error)
    },
    TurnFault(
      name: "a page instead of a stream",
      serve: { _, connection, _ in connection.respond(200, "<html>Welcome to the proxy</html>") },
      expected: unavailable),
    TurnFault(
      name: "JSON instead of a stream",
      serve: { _, connection, _ in
        connection.respond(200, headers: ["content-type": "application/json"], "{\"ok\":true}")
      }, expected: unavailable),
    TurnFault(
      name: "an event without an end",
      serve: { provider, connection, _ in
        connection.beginStream(provider.contentType)
        let piece = "data: " + String(repeating: "x", count: 100_000)
        for _ in 0..<12 where !connection.write(piece) { return }
        connection.close()
      }, expected: unavailable, attempts: 1),
    stream("events of an unknown kind", .answer("Hello")) { $0.unknown + $0.whole + $0.unknown },
    stream("two end markers", .answer("Hello")) { $0.whole + $0.marker },
  ]

  private static let contents: [TurnFault] = [
    stream("an empty answer", unavailable) { $0.empty },
    stream("cut at the longest length", .answer("Hello", .length)) { $0.cut },
    stream("ended by the filter", .answer("Hello", .filtered)) { $0.filtered },
    TurnFault(
      name: "broken tool arguments, then an answer",
      serve: { provider, connection, attempt in
        answer(provider, connection, attempt == 1 ? provider.brokenCall : provider.whole)
      }, expected: .answer("Hello"), attempts: 2),
    TurnFault(
      name: "broken tool arguments again and again",
      serve: { provider, connection, _ in answer(provider, connection, provider.brokenCall) },
      expected: unavailable, attempts: 2),
    TurnFault(
      name: "a tool call, then an answer",
      serve: { provider, connection, attempt in
        answer(provider, connection, attempt == 1 ? provider.toolCall : provider.whole)
      }, expected: .answer("Hello"), attempts: 2),
    TurnFault(
      name: "a tool call, then nothing but failures",
      serve: { provider, connection, attempt in
        if attempt == 1 {
          answer(provider, connection, provider.toolCall)
        } else {
          connection.respond(500)
        }
      }, expected: unavailable, attempts: 4),
  ]
}

/// Each fault of each provider, through the provider's client and the whole turn: the person gets the
/// right answer or one error in time, and never a part of an answer for the whole.
@Suite(.serialized) struct TurnChaosTests {
  @Test func `there are enough faults`() {
    #expect(TurnFault.all.count >= 19)
    #expect(Set(TurnFault.all.map(\.name)).count == TurnFault.all.count)
  }

  /// The quick tier tries each fault with one provider, the whole one with all.
  private static let tried = TurnFault.all.enumerated().flatMap { place, fault in
    ProviderCase.all.enumerated().filter { number, _ in
      Project.runsEverything || number == place % ProviderCase.all.count
    }.map { ($1, fault) }
  }

  @Test(arguments: tried)
  func `a right answer or one error`(provider: ProviderCase, fault: TurnFault) async throws {
    let served = Mutex(0)
    let server = try FaultyProvider { connection, attempt in
      served.withLock { $0 += 1 }
      fault.serve(provider, connection, attempt)
    }
    let mute = try SocketServer { _ = $0.read() }
    defer { mute.stop() }
    var retry = RetryPolicy()
    retry.base = .milliseconds(2)
    let base = fault.isClosedInHandshake ? "https://127.0.0.1:\(mute.port)" : server.base
    var test = TestAgent()
    test.profile.model.name = provider.name == "Bedrock" ? "m:0" : "m"
    let receiver = Receiver()
    let start = ContinuousClock.now
    let report = try await test.answer(
      provider.model(base, HTTPClient(), retry), receiver, within: fault.time)
    #expect(start.duration(to: .now) < fault.time + .seconds(5))
    #expect(receiver.endings == 1)
    switch fault.expected {
    case .answer(let text, let finish):
      #expect(receiver.text == text)
      #expect(receiver.completion?.finish == finish)
      #expect(test.store.turns.map(\.answer) == [text])
    case .error(let code):
      #expect(receiver.failure?.code == code)
      #expect(fault.shown.hasPrefix(receiver.text))
      // What was shown is kept, but never as a whole answer.
      #expect(test.store.turns.map(\.answer) == (receiver.text.isEmpty ? [] : [receiver.text]))
      #expect(test.store.turns.allSatisfy { $0.status == .interrupted })
    }
    if fault.isClosedInHandshake { #expect(mute.accepted == 3) }
    if let attempts = fault.attempts { #expect(served.withLock { $0 } == attempts) }
    #expect(report.rounds > 0)
  }

  @Test(arguments: ProviderCase.all)
  func `nobody there`(provider: ProviderCase) async throws {
    // A port that nobody listens on any more.
    let base = try FaultyProvider { connection, _ in connection.close() }.base
    var retry = RetryPolicy()
    retry.base = .milliseconds(2)
    let receiver = Receiver()
    try await TestAgent().answer(provider.model(base, HTTPClient(), retry), receiver)
    #expect(receiver.failure?.code == "model_unavailable")
    #expect(receiver.endings == 1)
  }
}
