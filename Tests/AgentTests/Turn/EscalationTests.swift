import Cloud
import Testing

@testable import Agent

@Suite struct EscalationTests {
  private struct Talk {
    let conversations: StoredConversations
    var model = ScriptedModel([.text("A bird."), .finish()])
    var time: Int64 = 1_795_255_200_000

    func say(
      _ text: String, id: String, in conversation: ConversationID? = nil,
      admit: @escaping @Sendable (Caller) async throws -> Void = { _ in }
    ) async throws -> (Receiver, TurnReport) {
      var profile = Profile.zoo
      profile.limits.duration = .seconds(300)
      let agent = Agent(
        profile: profile, model: model, tools: [TestAgent.look], knowledge: nil,
        store: conversations, admit: admit, now: { [time] in Timestamp(milliseconds: time) })
      let question = Question(
        caller: .ana, key: MessageKey(caller: .ana, connection: "c", message: id),
        text: try MessageText(text), conversation: conversation)
      let receiver = Receiver()
      let report = await agent.answer(question, until: .now + .seconds(300)) {
        try await receiver.take($0)
      }
      return (receiver, report)
    }
  }

  private func run(_ body: @escaping @Sendable (Talk) async throws -> Void) async throws {
    try await withTables { store in
      try await body(
        Talk(
          conversations: StoredConversations(
            store, conversations: "martlet-conversations", turns: "martlet-turns")))
    }
  }

  @Test func `a person is called at once, and the model is quiet until it is asked back`()
    async throws
  {
    try await run { talk in
      let usedUp = { @Sendable (_: Caller) async throws in
        throw AgentError.budgetUsedUp(.user, .day, retryAfter: .seconds(60))
      }
      let (called, report) = try await talk.say(
        "I want to speak with a human", id: "m-1", admit: usedUp)
      let completion = try #require(called.completion)
      let id = completion.conversation
      #expect(completion.session == .escalated)
      #expect(report.session == .escalated)
      #expect(report.intent?.name == Intent.human)
      #expect(called.text.hasPrefix("I have asked a person"))
      #expect(report.usage == Usage())
      var waiting = try await talk.conversations.escalated(inTenant: "acme", limit: 10)
      #expect(waiting.elements.map(\.id) == [id])
      #expect(waiting.elements.first?.escalatedAt?.milliseconds == talk.time)
      #expect(try await talk.conversations.escalated(inTenant: "other", limit: 10).elements.isEmpty)

      // A day later it still waits.
      var later = talk
      later.time += 24 * 3_600_000
      let (noticed, _) = try await later.say("my order is late", id: "m-2", in: id)
      #expect(noticed.text.hasPrefix("Your message is kept"))
      #expect(noticed.completion?.session == nil)
      waiting = try await talk.conversations.escalated(inTenant: "acme", limit: 10)
      #expect(waiting.elements.first?.escalatedAt?.milliseconds == talk.time)
      #expect(waiting.elements.first?.sessions.map(\.turns) == [2])
      #expect(talk.model.requests.isEmpty)

      let (back, _) = try await later.say("back to the assistant", id: "m-3", in: id)
      #expect(back.completion?.session == .open)
      #expect(try await talk.conversations.escalated(inTenant: "acme", limit: 10).elements.isEmpty)
      let (answered, _) = try await later.say("what do penguins eat?", id: "m-4", in: id)
      #expect(answered.text == "A bird.")
      #expect(answered.completion?.agent == "zoo.birds")
      let session = try #require(
        try await talk.conversations.conversation(id, of: .ana)?.sessions.last)
      #expect(session.status == .open)
      #expect(session.intents == ["human": 2, "assistant": 1, "birds": 1])
      // What was said meanwhile is there for the model.
      #expect("\(try #require(talk.model.requests.first).messages)".contains("my order is late"))
    }
  }

  @Test func `whoever is asked hands back, or closes`() async throws {
    try await run { talk in
      for (number, status) in [Session.Status.open, .closed].enumerated() {
        let (called, _) = try await talk.say("人と話したい", id: "call-\(number)")
        let id = try #require(called.completion).conversation
        #expect(called.text.contains("担当者"))
        let now = Timestamp(milliseconds: talk.time)
        _ = try await talk.conversations.setSession(1, status, of: id, .ana, at: now)
        #expect(
          try await talk.conversations.escalated(inTenant: "acme", limit: 10).elements.isEmpty)
        let (answered, _) = try await talk.say("penguins?", id: "ask-\(number)", in: id)
        #expect(answered.text == "A bird.")
        let sessions = try await talk.conversations.conversation(id, of: .ana)?.sessions
        #expect(sessions?.last?.number == (status == .open ? 1 : 2))
        _ = try await talk.conversations.setSession(
          status == .open ? 1 : 2, .escalated, of: id, .ana, at: now)
        let (waits, _) = try await talk.say("and now?", id: "wait-\(number)", in: id)
        #expect(waits.text.hasPrefix("Your message is kept"))
        // A deleted conversation waits for nobody.
        #expect(try await talk.conversations.delete(id, of: .ana, at: now))
        #expect(
          try await talk.conversations.escalated(inTenant: "acme", limit: 10).elements.isEmpty)
      }
    }
  }

  @Test func `specialists answer with their own instructions and tools`() async throws {
    try await run { talk in
      let (_, report) = try await talk.say("what do salmon eat?", id: "m-1")
      #expect(report.specialist == "fish")
      let (bird, other) = try await talk.say("what do penguins eat?", id: "m-2")
      #expect(other.specialist == "birds")
      #expect(other.intent?.source == .lexical)
      let stored = try #require(bird.completion)
      let turn = try #require(
        try await talk.conversations.turn(stored.message, in: stored.conversation, of: .ana))
      #expect(turn.specialist == "birds")
      #expect(turn.intent?.name == "birds" && turn.intent?.source == .lexical)
      #expect(abs((turn.intent?.confidence ?? 0) - (other.intent?.confidence ?? 1)) < 0.006)
      let requests = talk.model.requests
      #expect(requests[0].system.hasPrefix("Be kind.\n\nYou know fish."))
      #expect(requests[1].system.hasPrefix("Be kind.\n\nYou know birds."))
      #expect(requests[1].tools.map(\.name) == ["look"])
    }
  }
}
