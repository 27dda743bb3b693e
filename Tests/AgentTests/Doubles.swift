import Synchronization
import Testing

@testable import Agent

extension Turn {
  static func test(
    _ number: Int, _ question: String, _ answer: String, message: String = "m"
  ) -> Turn {
    Turn(
      conversation: ConversationID(startedBy: .test()), number: number, message: message,
      question: question, answer: answer, status: .complete, sources: [], tools: [],
      usage: Usage(), assistant: "p", model: "test", askedAt: Timestamp(milliseconds: 1),
      answeredAt: Timestamp(milliseconds: 2))
  }
}

extension Caller {
  static let ana = Caller(user: "ana", tenant: "acme")
}

extension MessageKey {
  static func test(_ message: String = "m-1") -> MessageKey {
    MessageKey(caller: .ana, connection: "c-1", message: message)
  }
}

/// A model with written answers that keeps what it was asked.
final class ScriptedModel: Model {
  enum Step: Sendable {
    case event(ModelEvent)
    case wait(Duration)
    case fail(ModelError)
    /// Says nothing more until it is cancelled.
    case hang

    static func text(_ text: String) -> Step { .event(.text(text)) }
    static func call(_ name: String, _ arguments: String, id: String = "call-1") -> Step {
      .event(.toolCall(ToolCall(id: id, name: name, arguments: arguments)))
    }
    static func finish(_ reason: FinishReason = .stop) -> Step { .event(.finish(reason)) }
  }

  let name: String
  private let script: Mutex<[[Step]]>
  private let asked = Mutex<[ModelRequest]>([])

  /// One list of steps for each round; the last one is repeated.
  init(name: String = "scripted/1", _ rounds: [Step]...) {
    self.name = name
    script = Mutex(rounds)
  }

  var requests: [ModelRequest] { asked.withLock { $0 } }

  func stream(
    _ request: ModelRequest, until deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    asked.withLock { $0.append(request) }
    let steps = script.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
    for step in steps {
      try Task.checkCancellation()
      switch step {
      case .event(let event): try await receive(event)
      case .wait(let duration): try await Task.sleep(for: duration)
      case .fail(let error): throw error
      case .hang: try await Task.sleep(for: .seconds(3_600))
      }
    }
  }
}

/// Conversations in memory, with the same promises as the table.
final class MemoryStore: ConversationStore {
  struct Contents {
    var conversations: [String: Conversation] = [:]
    var turns: [String: [Turn]] = [:]
    var failure: (any Error)?
  }

  struct Broken: Error {}

  let contents = Mutex(Contents())

  private static func key(_ id: ConversationID, _ caller: Caller) -> String {
    "\(caller.owner)/\(id)"
  }

  func fail(_ error: (any Error)?) { contents.withLock { $0.failure = error } }
  var turns: [Turn] { contents.withLock { $0.turns.values.flatMap { $0 } } }

  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    try contents.withLock { contents in
      if let failure = contents.failure { throw failure }
      let key = Self.key(id, caller)
      guard let conversation = contents.conversations[key] else { return nil }
      return (conversation, contents.turns[key]?.suffix(turns) ?? [])
    }
  }

  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int {
    try contents.withLock { contents in
      if let failure = contents.failure { throw failure }
      let key = Self.key(turn.conversation, caller)
      if let before = contents.turns[key]?.first(where: { $0.message == turn.message }) {
        return before.number
      }
      var turn = turn
      turn.number = (contents.turns[key]?.count ?? 0) + 1
      contents.turns[key, default: []].append(turn)
      contents.conversations[key] = Conversation(
        id: turn.conversation, user: caller.user, tenant: caller.tenant,
        assistant: turn.assistant, title: title, turns: turn.number, createdAt: turn.askedAt,
        updatedAt: turn.answeredAt)
      return turn.number
    }
  }
}

/// Takes a turn's events; may refuse them or be slow.
final class Receiver: Sendable {
  struct Gone: Error {}

  private let received = Mutex<[TurnEvent]>([])
  private let limit: Int
  private let delay: Duration?

  init(goneAfter limit: Int = .max, delay: Duration? = nil) {
    self.limit = limit
    self.delay = delay
  }

  var events: [TurnEvent] { received.withLock { $0 } }

  func take(_ event: TurnEvent) async throws {
    if let delay { try await Task.sleep(for: delay) }
    try received.withLock { events in
      guard events.count < limit else { throw Gone() }
      events.append(event)
    }
  }

  /// The answer as the chunks make it; checks that their indexes have no gap.
  var text: String {
    var text = ""
    var next = 0
    for case .chunk(let index, let piece) in events {
      #expect(index == next)
      #expect(piece.utf8.count <= Outbox.longestChunk)
      next += 1
      text += piece
    }
    return text
  }

  var steps: [ToolStep] { events.compactMap { if case .tool(let step) = $0 { step } else { nil } } }

  var completion: Completion? {
    guard case .completed(let completion)? = events.last else { return nil }
    return completion
  }

  var failure: AgentError? {
    guard case .failed(let error)? = events.last else { return nil }
    return error
  }

  /// Events that end a turn.
  var endings: Int {
    events.filter { event in
      switch event {
      case .completed, .failed: true
      default: false
      }
    }.count
  }
}
