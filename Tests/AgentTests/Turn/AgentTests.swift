import JSON
import Testing

@testable import Agent

/// An agent on doubles with one tool, `look`, that finds a source called 語.
struct TestAgent {
  let store = MemoryStore()
  var profile = Self.patient
  var knowledge: Knowledge?

  /// Enough time for a machine that runs many tests at once.
  private static var patient: Profile {
    var profile = Profile(name: "p", title: "P", instructions: "Be exact.", tools: ["look"])
    profile.limits.duration = .seconds(300)
    return profile
  }

  static let look = Tool(
    name: "look", description: "Looks.",
    parameters: [
      "type": "object", "required": ["n"], "properties": ["n": ["type": "integer"]],
    ]
  ) { invocation in
    ToolResult(
      ["n": invocation.arguments["n"] ?? .null],
      sources: [Source(source: "test/語", title: "語", type: "kanji")])
  }

  @discardableResult
  func answer(
    _ model: any Model, _ receiver: Receiver, text: String = "What is 語?",
    key: MessageKey = .test(), conversation: ConversationID? = nil,
    within time: Duration = .seconds(300),
    watch: @escaping @Sendable () async -> TurnInterruption = Agent.undisturbed
  ) async throws -> TurnReport {
    let agent = Agent(
      profile: profile, model: model, tools: [Self.look], knowledge: knowledge, store: store,
      now: { Timestamp(milliseconds: 1_000) })
    let question = try Question(
      caller: .ana, key: key, text: MessageText(text), conversation: conversation)
    return await agent.answer(question, until: .now + time, watch: watch) {
      try await receiver.take($0)
    }
  }
}

@Suite struct AgentTurnTests {
  private let test = TestAgent()
  private let receiver = Receiver()

  @Test func `answers, stores, and says so`() async throws {
    let model = ScriptedModel([
      .text("Hel"), .text("lo."), .event(.usage(Usage(input: 7, output: 2))), .finish(),
    ])
    let report = try await test.answer(model, receiver)
    let key = MessageKey.test()
    let id = ConversationID(startedBy: key)
    #expect(receiver.events.first == .started(conversation: id, message: key.messageID))
    #expect(receiver.text == "Hello.")
    #expect(
      receiver.completion
        == Completion(
          conversation: id, message: key.messageID, finish: .complete, sources: [],
          usage: Usage(input: 7, output: 2), model: "scripted/1"))
    #expect(report.outcome == .completed(.complete))
    #expect(report.turn == 1)
    #expect(report.firstText != nil)
    let turn = try #require(test.store.turns.first)
    #expect(turn.answer == "Hello.")
    #expect(turn.question == "What is 語?")
    #expect(turn.status == .complete)
    #expect(turn.usage == Usage(input: 7, output: 2))
  }

  @Test func `a variant answers whom it is chosen for, and the turn records it`() async throws {
    var variant = test.profile
    variant.variant = "short"
    let agent = Agent(
      profile: test.profile, model: ScriptedModel([.text("standard"), .finish()]), tools: [],
      knowledge: nil, store: test.store,
      variants: [(variant, ScriptedModel([.text("short"), .finish()]))],
      choose: { $0.user == "ana" ? "short" : nil }, now: { Timestamp(milliseconds: 1_000) })
    for (user, asked, expected) in [
      ("ana", nil, "short"), ("bob", nil, "standard"), ("bob", "short", "short"),
      ("ana", Profile.standardVariant, "standard"), ("bob", "gone", "standard"),
    ] {
      let caller = Caller(user: user, tenant: "acme")
      let key = MessageKey(caller: caller, connection: "c", message: "\(user) \(asked ?? "")")
      var question = Question(caller: caller, key: key, text: try MessageText("?"))
      question.variant = asked
      let receiver = Receiver()
      let report = await agent.answer(question, until: .now + .seconds(300)) {
        try await receiver.take($0)
      }
      let recorded = expected == "short" ? "short" : nil
      #expect(receiver.text == expected)
      #expect(report.variant == recorded)
      #expect(receiver.completion?.variant == recorded)
      #expect(test.store.turns.first { $0.message == key.messageID }?.variant == recorded)
    }
  }

  @Test func `runs tools and goes on`() async throws {
    let model = ScriptedModel(
      [
        .text("Let me look."), .call("look", #"{"n":14}"#),
        .event(.usage(Usage(input: 5, output: 1))),
        .finish(.toolCalls),
      ],
      [.text("語 has 14."), .event(.usage(Usage(input: 8, output: 4))), .finish()])
    let report = try await test.answer(model, receiver)
    #expect(receiver.text == "Let me look.\n\n語 has 14.")
    #expect(receiver.steps.map(\.status) == [.running, .done])
    #expect(receiver.completion?.sources.map(\.source) == ["test/語"])
    #expect(receiver.completion?.usage == Usage(input: 13, output: 5))
    #expect(report.rounds == 2)
    #expect(report.tools.map(\.name) == ["look"])
    let call = ToolCall(id: "call-1", name: "look", arguments: #"{"n":14}"#)
    #expect(
      model.requests[1].messages.suffix(2) == [
        .assistant("Let me look.", calls: [call]),
        .toolResult(call: call, content: #"{"n":14}"#, isError: false),
      ])
  }

  @Test func `ends after the rounds allowed, in words`() async throws {
    let again = ScriptedModel([.call("look", #"{"n":1}"#), .finish(.toolCalls)])
    let report = try await test.answer(again, receiver)
    #expect(again.requests.count == 8)
    #expect(again.requests.map(\.mayCallTools) == Array(repeating: true, count: 7) + [false])
    #expect(receiver.failure?.code == "model_unavailable")
    #expect(receiver.endings == 1)
    #expect(report.rounds == 8)
  }

  @Test func `gives wrong arguments back, and broken ones only once`() async throws {
    let model = ScriptedModel(
      [.call("look", #"{"n":"x"}"#), .finish(.toolCalls)],
      [.call("look", "{\"n\":"), .finish(.toolCalls)], [.text("Sorry."), .finish()])
    try await test.answer(model, receiver)
    #expect(receiver.text == "Sorry.")
    for request in model.requests.dropFirst() {
      guard case .toolResult(_, let content, true)? = request.messages.last else {
        Issue.record("no error for the model")
        continue
      }
      #expect(content.contains("invalid_arguments"))
    }
    let hopeless = ScriptedModel([.call("look", "{\"n\":"), .finish(.toolCalls)])
    let other = Receiver()
    try await test.answer(hopeless, other, key: .test("m-2"))
    #expect(hopeless.requests.count == 2)
    #expect(other.failure?.code == "model_unavailable")
  }

  @Test func `refuses calls over the number allowed, each with a result`() async throws {
    let calls = (0..<20).map { ScriptedModel.Step.call("look", #"{"n":1}"#, id: "c\($0)") }
    let model = ScriptedModel(calls + [.finish(.toolCalls)], [.text("Done."), .finish()])
    try await test.answer(model, receiver)
    let results = model.requests[1].messages.filter {
      if case .toolResult = $0 { true } else { false }
    }
    #expect(results.count == 20)
    #expect(receiver.steps.filter { $0.status == .done }.count == 8)
  }

  @Test func `shows the model earlier turns of the conversation`() async throws {
    let model = ScriptedModel([.text("One."), .finish()], [.text("Two."), .finish()])
    try await test.answer(model, receiver, text: "first")
    let id = try #require(receiver.completion?.conversation)
    let report = try await test.answer(
      model, Receiver(), text: "second", key: .test("m-2"), conversation: id)
    #expect(report.turn == 2)
    #expect(
      model.requests[1].messages == [.user("first"), .assistant("One."), .user("second")])
  }

  @Test func `knows only the caller's own conversations`() async throws {
    let model = ScriptedModel([.text("x"), .finish()])
    try await test.answer(
      model, receiver, conversation: ConversationID("c-0123"))
    #expect(receiver.events == [.failed(.conversationNotFound)])
    #expect(model.requests.isEmpty)
    #expect(test.store.turns.isEmpty)
  }

  @Test func `answers a message delivered again from the store`() async throws {
    let model = ScriptedModel([.text("Once."), .finish()], [.text("Twice."), .finish()])
    try await test.answer(model, receiver)
    let again = Receiver()
    let report = try await test.answer(model, again)
    #expect(report.outcome == .repeated)
    #expect(again.text == "Once.")
    #expect(again.completion == receiver.completion)
    #expect(model.requests.count == 1)
    #expect(test.store.turns.count == 1)
  }

  @Test func `stores one turn for a message delivered twice at once`() async throws {
    let model = ScriptedModel([.wait(.milliseconds(20)), .text("Answer."), .finish()])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { _ = try? await test.answer(model, Receiver()) } }
    }
    #expect(test.store.turns.count == 1)
  }

  @Test func `gives the model what the knowledge says, within its bounds`() async throws {
    var builder = SegmentBuilder()
    try builder.add(
      Passage(id: "1", source: "s/1", title: "語", text: "語 means word & <speech>."))
    try builder.add(Passage(id: "2", source: "s/2", title: "x", text: "unrelated"))
    let bytes = try builder.file()
    var test = test
    test.knowledge = Knowledge(checkEvery: .seconds(60)) { _ in .init(bytes: bytes, tag: "1") }
    let model = ScriptedModel([.text("語 is word [1]."), .finish()])
    let report = try await test.answer(model, receiver, text: "What does 語 mean?")
    #expect(report.passages == 1)
    #expect(
      model.requests[0].system.contains(
        #"<passage id="1" source="s/1" title="語">語 means word &amp; &lt;speech&gt;.</passage>"#))
    #expect(receiver.completion?.sources.map(\.source) == ["s/1"])
  }

  @Test func `answers without knowledge when it cannot be had`() async throws {
    var test = test
    test.knowledge = Knowledge(
      checkEvery: .seconds(60), load: { _ in throw MemoryStore.Broken() })
    let report = try await test.answer(ScriptedModel([.text("Well."), .finish()]), receiver)
    #expect(report.passages == nil)
    #expect(receiver.text == "Well.")
  }
}

@Suite struct AgentFailureTests {
  private let test = TestAgent()
  private let receiver = Receiver()

  @Test(arguments: [
    (ModelError.unavailable(status: 503, message: "x"), "model_unavailable"),
    (.incomplete, "model_unavailable"), (.malformed("x"), "model_unavailable"),
    (.rejected(status: 401, code: nil, message: "key"), "model_unavailable"),
    (.throttled(retryAfter: .seconds(3)), "too_many_requests"),
    (.deadlineExceeded, "deadline_exceeded"),
  ])
  func `ends in one error, nothing stored, when nothing was said`(
    error: ModelError, code: String
  ) async throws {
    let report = try await test.answer(ScriptedModel([.fail(error)]), receiver)
    #expect(receiver.failure?.code == code)
    #expect(receiver.endings == 1)
    #expect(test.store.turns.isEmpty)
    #expect(report.turn == nil)
    #expect(receiver.failure?.userMessage.contains("key") == false)
  }

  @Test func `never passes a half answer for a whole one`() async throws {
    try await test.answer(ScriptedModel([.text("Half of"), .fail(.incomplete)]), receiver)
    #expect(receiver.text == "Half of")
    #expect(receiver.failure?.code == "model_unavailable")
    #expect(receiver.endings == 1)
    #expect(test.store.turns.first?.status == .interrupted)
    #expect(test.store.turns.first?.answer == "Half of")
  }

  @Test func `takes an empty answer for a failure`() async throws {
    try await test.answer(ScriptedModel([.text(" \n"), .finish()]), receiver)
    #expect(receiver.failure?.code == "model_unavailable")
    #expect(test.store.turns.isEmpty)
  }

  @Test func `ends at its deadline`() async throws {
    try await test.answer(
      ScriptedModel([.text("Slow"), .hang]), receiver, within: .milliseconds(80))
    #expect(receiver.failure == .deadlineExceeded)
    #expect(receiver.endings == 1)
    #expect(test.store.turns.first?.status == .interrupted)
  }

  @Test func `ends when it is asked to stop`() async throws {
    let model = ScriptedModel([.text("Half"), .hang])
    try await test.answer(model, receiver, watch: { .stopped })
    #expect(receiver.completion?.finish == .stopped)
    #expect(receiver.endings == 1)
  }

  @Test func `ends when nobody listens any more, and keeps what there is`() async throws {
    let model = ScriptedModel([.text("Half"), .hang])
    let receiver = receiver
    let report = try await test.answer(
      model, receiver,
      watch: {
        while receiver.text.isEmpty { await Task.yield() }
        return .gone
      })
    #expect(report.outcome == .disconnected)
    #expect(test.store.turns.map(\.answer) == ["Half"])
    #expect(test.store.turns.first?.status == .interrupted)
  }

  @Test func `stops the model when the receiver goes away, and keeps what there is`() async throws {
    let gone = Receiver(goneAfter: 2)
    let model = ScriptedModel([
      .text("First "), .wait(.milliseconds(30)), .text("second"), .hang,
    ])
    let report = try await test.answer(model, gone)
    #expect(report.outcome == .disconnected)
    #expect(test.store.turns.first?.status == .interrupted)
  }

  @Test func `cuts an endless answer and says so`() async throws {
    var test = test
    test.profile.limits.answer = 1_000
    let endless = [ScriptedModel.Step](repeating: .text("and so on "), count: 500)
    try await test.answer(ScriptedModel(endless + [.hang]), receiver)
    #expect(receiver.text.utf8.count == 1_000)
    #expect(receiver.completion?.finish == .length)
    #expect(test.store.turns.first?.status == .length)
  }

  @Test func `fails when the store does`() async throws {
    test.store.fail(MemoryStore.Broken())
    let model = ScriptedModel([.text("x"), .finish()])
    let report = try await test.answer(model, receiver)
    #expect(receiver.failure?.code == "internal_error")
    #expect(receiver.failure?.userMessage.contains("Broken") == false)
    #expect(report.outcome == .failed(.storeUnavailable(reason: "Broken()")))
    #expect(model.requests.isEmpty)
  }

  @Test func `keeps the turn and tells the client when the invocation is ended`() async throws {
    let task = Task { [test, receiver] in
      try await test.answer(ScriptedModel([.text("Said."), .hang]), receiver)
    }
    while receiver.events.count < 2 { await Task.yield() }
    task.cancel()
    let report = try await task.value
    #expect(report.outcome == .cancelled)
    #expect(receiver.endings == 1)
    #expect(test.store.turns.map(\.status) == [.interrupted])
  }

  @Test func `does not call an answer complete that a slow receiver did not get`() async throws {
    // Long enough that a busy machine has begun the answer when the time is over.
    let slow = Receiver(delay: .seconds(4))
    let pieces = (0..<400).map { ScriptedModel.Step.text("word\($0) ") }
    try await test.answer(ScriptedModel(pieces + [.finish()]), slow, within: .seconds(6))
    #expect(slow.failure == .deadlineExceeded)
    #expect(slow.completion == nil)
    #expect(test.store.turns.first?.status == .interrupted)
  }

  /// Whichever side is heard of first: the turn ends with the second one, not at its deadline.
  @Test func `ends as soon as both sides are through`() {
    var modelFirst = Generation.Sides()
    #expect(modelFirst.generated(.stopped) == nil)
    #expect(modelFirst.delivered(true, isCancelled: false) == .stopped)
    var receiverFirst = Generation.Sides()
    #expect(receiverFirst.delivered(true, isCancelled: false) == nil)
    #expect(receiverFirst.generated(.finished(.stop)) == .finished(.stop))
    var gone = Generation.Sides()
    #expect(gone.delivered(false, isCancelled: false) == .disconnected)
    #expect(gone.delivered(false, isCancelled: true) == .cancelled)
  }

  @Test func `gives a slow receiver all of it in fewer pieces`() async throws {
    let slow = Receiver(delay: .milliseconds(3))
    let pieces = (0..<400).map { ScriptedModel.Step.text("word\($0) ") }
    try await test.answer(ScriptedModel(pieces + [.finish()]), slow)
    #expect(slow.text == (0..<400).map { "word\($0) " }.joined())
    #expect(slow.events.count < 100)
    #expect(slow.completion != nil)
  }
}

@Suite struct KnowledgeTests {
  private actor Bucket {
    var file: Knowledge.File?
    var loads = 0
    func put(_ file: Knowledge.File?) { self.file = file }
    func load(_ tag: String?) throws -> Knowledge.File? {
      loads += 1
      guard let file else { throw MemoryStore.Broken() }
      return file.tag == tag ? nil : file
    }
  }

  private func file(_ text: String, tag: String) throws -> Knowledge.File {
    var builder = SegmentBuilder()
    try builder.add(Passage(id: text, source: text, title: text, text: text))
    return Knowledge.File(bytes: try builder.file(), tag: tag)
  }

  @Test func `loads once for many at once, and not again within its time`() async throws {
    let bucket = Bucket()
    await bucket.put(try file("one", tag: "1"))
    let knowledge = Knowledge(checkEvery: .seconds(60)) { try await bucket.load($0) }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try? await knowledge.current() } }
    }
    #expect(await bucket.loads == 1)
  }

  @Test func `takes a newer file, and keeps the old one while there is none`() async throws {
    let bucket = Bucket()
    await bucket.put(try file("one", tag: "1"))
    let knowledge = Knowledge(checkEvery: .zero) { try await bucket.load($0) }
    #expect(try await knowledge.current().index.segments[0].lexical.passages()[0].id == "one")
    await bucket.put(try file("two", tag: "2"))
    #expect(try await knowledge.current().index.segments[0].lexical.passages()[0].id == "two")
    await bucket.put(nil)
    let stale = try await knowledge.current()
    #expect(stale.isStale)
    #expect(stale.index.segments[0].lexical.passages()[0].id == "two")
    await bucket.put(Knowledge.File(bytes: [1, 2, 3], tag: "3"))
    #expect(try await knowledge.current().index.segments[0].lexical.passages()[0].id == "two")
  }

  @Test func `throws when there never was one, and tries again`() async throws {
    let bucket = Bucket()
    let knowledge = Knowledge(checkEvery: .seconds(60)) { try await bucket.load($0) }
    await #expect(throws: MemoryStore.Broken.self) { try await knowledge.current() }
    await bucket.put(try file("one", tag: "1"))
    #expect(try await knowledge.current().index.count == 1)
  }
}
