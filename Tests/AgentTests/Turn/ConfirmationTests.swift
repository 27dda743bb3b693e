import Cloud
import JSON
import Synchronization
import Testing

@testable import Agent

/// An assistant with a tool that writes, over the tables of the emulator.
private struct Writing {
  let store: Store
  let conversations: StoredConversations
  let confirmations: StoredConfirmations
  let log = Log()
  var now = Timestamp(milliseconds: 1_795_255_200_000)

  final class Log: Sendable {
    let writes = Mutex<[ToolInvocation]>([])
    let audits = Mutex<[ToolAudit]>([])
    var count: Int { writes.withLock { $0.count } }
    var outcomes: [String] { audits.withLock { $0.map(\.outcome) } }
  }

  init(_ store: Store) {
    self.store = store
    conversations = StoredConversations(
      store, conversations: "martlet-conversations", turns: "martlet-turns")
    confirmations = StoredConfirmations(store, table: "martlet-claims")
  }

  private static let text = Argument.text("text", "What to write.", length: 1...20)

  private var write: Tool {
    Tool(
      name: "write", description: "Writes.", arguments: [Self.text], isReadOnly: false,
      consent: ToolConsent(
        isNeeded: { Self.text.value(in: $0) != "harmless" },
        summary: { arguments, _ in "Write “\(Self.text.value(in: arguments))”" })
    ) { [log] call in
      log.writes.withLock { $0.append(call) }
      return ToolResult(["written": .string(call[Self.text])])
    }
  }

  @discardableResult
  func say(
    _ text: String, _ model: ScriptedModel, id: String, in conversation: ConversationID? = nil,
    caller: Caller = .ana, decision: Decision? = nil, store: (any ConversationStore)? = nil
  ) async throws -> Receiver {
    var profile = Profile.zoo
    profile.limits.duration = .seconds(300)
    let agent = Agent(
      profile: profile, model: model, tools: [write, TestAgent.look], knowledge: nil,
      store: store ?? conversations, confirmations: confirmations, now: { now })
    var question = Question(
      caller: caller, key: MessageKey(caller: caller, connection: "c", message: id),
      text: try MessageText(text), conversation: conversation)
    question.decision = decision
    let receiver = Receiver()
    let audit = { @Sendable [log] (call: ToolAudit) in log.audits.withLock { $0.append(call) } }
    _ = await agent.answer(question, until: .now + .seconds(300), audit: audit) {
      try await receiver.take($0)
    }
    return receiver
  }

  /// Asks for something to be written; gives what is to be confirmed.
  func ask(_ id: String = "m-1") async throws -> Completion {
    let receiver = try await say("Write it, please.", Self.wishing, id: id)
    return try #require(receiver.completion)
  }

  static var wishing: ScriptedModel {
    ScriptedModel(
      [.text("I will."), .call("write", #"{"text":"a b"}"#), .finish(.toolCalls)],
      [.text("never"), .finish()])
  }
  static var telling: ScriptedModel { ScriptedModel([.text("It is written."), .finish()]) }
}

@Suite struct ConfirmationTests {
  private func run(_ body: @escaping @Sendable (Writing) async throws -> Void) async throws {
    try await withTables { try await body(Writing($0)) }
  }

  @Test func `the turn ends with a question, and nothing is written`() async throws {
    try await run { test in
      let model = Writing.wishing
      let receiver = try await test.say("Write it, please.", model, id: "m-1")
      let completion = try #require(receiver.completion)
      let request = try #require(completion.confirmation)
      #expect(model.requests.count == 1)
      #expect(test.log.count == 0)
      #expect(test.log.outcomes == ["confirmation_requested"])
      #expect(request.id.utf8.count == 32)
      #expect(request.calls.map(\.summary) == ["Write “a b”"])
      #expect(request.calls.map(\.arguments) == [#"{"text":"a b"}"#])
      #expect(request.validUntil.milliseconds == test.now.milliseconds + Confirmation.life)
      #expect(receiver.steps.map(\.status) == [.waiting])
      #expect(receiver.text.hasPrefix("I will.\n\nBefore I do this"))
      let turn = try #require(
        try await test.conversations.turn(completion.message, in: completion.conversation, of: .ana)
      )
      #expect(turn.confirmation == request)
      #expect(turn.completion == completion)
      // The same message again asks the same thing again.
      let again = try await test.say("Write it, please.", Writing.wishing, id: "m-1")
      #expect(again.completion?.confirmation == request)
    }
  }

  @Test func `a yes writes exactly what was asked, once`() async throws {
    try await run { test in
      let asked = try await test.ask()
      let request = try #require(asked.confirmation)
      let model = Writing.telling
      let receiver = try await test.say(
        "Yes, please.", model, id: "m-2", in: asked.conversation,
        decision: Decision(request.id, isApproved: true))
      #expect(receiver.text == "It is written.")
      #expect(receiver.steps.map(\.status) == [.running, .done])
      let write = try #require(test.log.writes.withLock { $0.first })
      #expect(write.arguments == ["text": "a b"])
      #expect(write.idempotencyKey == "\(asked.message)#0")
      #expect(write.caller == .ana)
      let messages = try #require(model.requests.first?.messages)
      let call = ToolCall(id: "call-1", name: "write", arguments: #"{"text":"a b"}"#)
      #expect(
        messages.suffix(3) == [
          .user("Yes, please."), .assistant("", calls: [call]),
          .toolResult(call: call, content: #"{"written":"a b"}"#, isError: false),
        ])
      // Answered before: by the same message it is told again, by any other one refused.
      let again = try await test.say(
        "Yes, please.", Writing.telling, id: "m-2", in: asked.conversation,
        decision: Decision(request.id, isApproved: true))
      #expect(again.text == "It is written.")
      for isApproved in [true, false] {
        let other = try await test.say(
          "Yes.", Writing.telling, id: "m-3", in: asked.conversation,
          decision: Decision(request.id, isApproved: isApproved))
        #expect(other.failure == .confirmationDecided)
      }
      #expect(test.log.count == 1)
      #expect(test.log.outcomes == ["confirmation_requested", "ok"])
    }
  }

  @Test func `after a crash behind the write it is not made again`() async throws {
    try await run { test in
      let asked = try await test.ask()
      let request = try #require(asked.confirmation)
      let decision = Decision(request.id, isApproved: true)
      for fails in [true, false] {
        let broken = BrokenStore(test.conversations, fails: fails)
        let receiver = try await test.say(
          "Yes.", Writing.telling, id: "m-2", in: asked.conversation, decision: decision,
          store: broken)
        #expect((receiver.completion == nil) == fails)
      }
      #expect(test.log.count == 1)
    }
  }

  @Test func `a typed yes or no counts when it is nothing else and comes next`() async throws {
    try await run { test in
      for (number, (words, writes)) in [
        ("yes", 1), ("Yes, please!", 1), ("はい。", 1), ("no", 0), ("いいえ", 0),
      ].enumerated() {
        let before = test.log.count
        let asked = try await test.ask("ask-\(number)")
        let model = Writing.telling
        let receiver = try await test.say(
          words, model, id: "say-\(number)", in: asked.conversation)
        #expect(test.log.count - before == writes, "\(words)")
        #expect(model.requests.isEmpty == (writes == 0), "\(words)")
        #expect(receiver.completion != nil)
      }
      let asked = try await test.ask()
      let other = ScriptedModel([.text("Which one?"), .finish()])
      let before = test.log.count
      _ = try await test.say("yes, but later", other, id: "o-1", in: asked.conversation)
      _ = try await test.say("yes", other, id: "o-2", in: asked.conversation)
      #expect(test.log.count == before)
      // The model knows that it was not done.
      #expect("\(try #require(other.requests.first).messages)".contains("Not carried out"))
    }
  }

  @Test func `it is somebody's own, in one conversation, for ten minutes`() async throws {
    try await run { test in
      let asked = try await test.ask()
      let request = try #require(asked.confirmation)
      let decision = Decision(request.id, isApproved: true)
      let bob = Caller(user: "bob", tenant: "acme")
      #expect(try await test.confirmations.find(request.id, of: bob) == nil)
      #expect(try await test.confirmations.find(request.id, of: .ana) != nil)
      let stranger = try await test.say(
        "Yes.", Writing.telling, id: "m-5", caller: bob, decision: decision)
      #expect(stranger.failure == .confirmationNotFound)
      let elsewhere = try await test.say("Yes.", Writing.telling, id: "m-6", decision: decision)
      #expect(elsewhere.failure == .confirmationNotFound)
      for id in ["", "x", String(repeating: "0", count: 32), "#", request.id.uppercased() + "#"] {
        let unknown = try await test.say(
          "Yes.", Writing.telling, id: "u-\(id)", in: asked.conversation,
          decision: Decision(id, isApproved: true))
        #expect(unknown.failure == .confirmationNotFound)
      }
      var late = test
      late.now = request.validUntil
      let expired = try await late.say(
        "Yes.", Writing.telling, id: "m-7", in: asked.conversation, decision: decision)
      #expect(expired.text.contains("expired"))
      #expect(test.log.count == 0)
    }
  }

  @Test func `reading calls of the round are made, wrong and harmless ones do not ask`()
    async throws
  {
    try await run { test in
      let model = ScriptedModel(
        [
          .call("look", #"{"n":1}"#, id: "1"), .call("write", #"{"text":"a"}"#, id: "2"),
          .call("write", #"{"text":"b"}"#, id: "3"), .finish(.toolCalls),
        ], [.text("never"), .finish()])
      let receiver = try await test.say("Write both.", model, id: "m-1")
      #expect(
        receiver.completion?.confirmation?.calls.map(\.summary) == ["Write “a”", "Write “b”"])
      #expect(receiver.steps.filter { $0.status == .done }.map(\.name) == ["look"])
      let asked = try #require(receiver.completion)
      _ = try await test.say(
        "Yes.", Writing.telling, id: "m-2", in: asked.conversation,
        decision: Decision(try #require(asked.confirmation).id, isApproved: true))
      #expect(
        test.log.writes.withLock { $0.map(\.idempotencyKey) } == [
          "\(asked.message)#1", "\(asked.message)#2",
        ])
      let other = ScriptedModel(
        [
          .call("write", #"{"text":"harmless"}"#), .call("write", #"{"words":1}"#, id: "2"),
          .call("erase", "{}", id: "3"), .finish(.toolCalls),
        ], [.text("Done."), .finish()])
      let free = try await test.say("Write it.", other, id: "m-3")
      #expect(free.completion?.confirmation == nil)
      #expect(test.log.count == 3)
      #expect(
        test.log.outcomes.suffix(3).sorted() == ["invalid_arguments", "ok", "unknown_tool"])
    }
  }

  @Test func `without a place for questions there are no writing tools`() async throws {
    let write = Tool(name: "look", description: "", arguments: [], isReadOnly: false) { _ in
      ToolResult(.null)
    }
    var profile = Profile(name: "p", title: "P", instructions: "", tools: ["look"])
    profile.limits.duration = .seconds(300)
    let model = ScriptedModel([.text("No."), .finish()])
    let agent = Agent(
      profile: profile, model: model, tools: [write], knowledge: nil, store: MemoryStore(),
      now: { Timestamp(milliseconds: 1) })
    let question = Question(caller: .ana, key: .test(), text: try MessageText("Write."))
    _ = await agent.answer(question, until: .now + .seconds(300)) { _ in }
    #expect(model.requests.first?.tools.isEmpty == true)
  }

  @Test func `audits tell calls apart and keep their arguments to themselves`() {
    let call = ToolCall(id: "1", name: String(repeating: "n", count: 500), arguments: "secret 42")
    let audit = ToolAudit(call: call, key: "m#1", outcome: "ok", duration: .zero)
    #expect(audit.tool.utf8.count == 64)
    #expect(audit.argumentDigest.utf8.count == 32)
    #expect(!"\(audit)".contains("secret"))
    var other = call
    other.arguments = "secret 43"
    #expect(
      ToolAudit(call: other, key: "m#1", outcome: "ok", duration: .zero).argumentDigest
        != audit.argumentDigest)
  }
}

/// Loses turns on the way to the table.
private struct BrokenStore: ConversationStore {
  let store: StoredConversations
  let fails: Bool

  init(_ store: StoredConversations, fails: Bool) {
    self.store = store
    self.fails = fails
  }

  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    try await store.recent(id, of: caller, turns: turns)
  }

  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int {
    guard !fails else { throw MemoryStore.Broken() }
    return try await store.append(turn, of: caller, title: title)
  }
}
