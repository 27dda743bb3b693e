import Cloud
import Events
import Support
import Testing

@testable import Agent

@Suite struct StoredConversationsTests {
  private func conversations(_ store: Store) -> StoredConversations {
    StoredConversations(
      store, conversations: "martlet-conversations", turns: "martlet-turns")
  }

  private func turn(
    _ message: String, of conversation: ConversationID, answer: String = "a", at time: Int64 = 1_000
  ) -> Turn {
    Turn(
      conversation: conversation, number: 0, message: message, question: "q \(message)",
      answer: answer, status: .complete,
      sources: [Source(source: "s/語", title: "語", type: "kanji")],
      tools: [ToolStep(number: 0, name: "look", arguments: "{}", status: .done)],
      usage: Usage(input: 3, output: 2, cachedInput: 1), assistant: "p", model: "m/1",
      askedAt: Timestamp(milliseconds: time), answeredAt: Timestamp(milliseconds: time + 5))
  }

  private let id = ConversationID(startedBy: .test())

  @Test func `gives turns back as they were`() async throws {
    try await withTables { store in
      let table = conversations(store)
      #expect(try await table.recent(id, of: .ana, turns: 5) == nil)
      #expect(try await table.append(turn("m1", of: id), of: .ana, title: "First") == 1)
      #expect(
        try await table.append(turn("m2", of: id, at: 9_000), of: .ana, title: "Second") == 2)
      let recent = try #require(try await table.recent(id, of: .ana, turns: 5))
      #expect(recent.turns.map(\.number) == [1, 2])
      var first = turn("m1", of: id)
      first.number = 1
      #expect(recent.turns[0] == first)
      var conversation = Conversation(
        id: id, user: "ana", tenant: "acme", assistant: "p", title: "First", turns: 2,
        usage: Usage(input: 6, output: 4, cachedInput: 2),
        createdAt: Timestamp(milliseconds: 1_000), updatedAt: Timestamp(milliseconds: 9_005))
      conversation.head = 2
      conversation.sessions = [
        Session(
          number: 1, status: .open, firstTurn: 1, turns: 2,
          usage: Usage(input: 6, output: 4, cachedInput: 2),
          startedAt: Timestamp(milliseconds: 1_000), lastAt: Timestamp(milliseconds: 9_005))
      ]
      #expect(recent.conversation == conversation)
      #expect(try await table.recent(id, of: .ana, turns: 1)?.turns.map(\.number) == [2])
    }
  }

  @Test func `what was read before a turn need not be so any more`() async throws {
    try await withTables { store in
      let table = conversations(store)
      let begun = try await table.create(
        title: nil, assistant: "p", metadata: [:], of: .ana, at: Timestamp(milliseconds: 500))
      let id = begun.id
      // Meanwhile the person gives it a title, and another message is answered.
      _ = try await table.change(
        id, of: .ana, ConversationChange(title: "Mine"), at: Timestamp(milliseconds: 600))
      #expect(
        try await table.append(turn("m1", of: id), of: .ana, title: "T", after: .found(begun)) == 1)
      #expect(
        try await table.append(turn("m2", of: id), of: .ana, title: "T", after: .found(begun)) == 2)
      #expect(
        try await table.append(turn("m1", of: id), of: .ana, title: "T", after: .found(begun)) == 1)
      let now = try #require(try await table.recent(id, of: .ana, turns: 5))
      #expect(now.conversation.title == "Mine")
      #expect(now.turns.map(\.message) == ["m1", "m2"])
      #expect(now.conversation.usage == Usage(input: 6, output: 4, cachedInput: 2))
      // A person's word about its session stands.
      _ = try await table.setSession(1, .closed, of: id, .ana, at: Timestamp(milliseconds: 700))
      let number = try await table.append(
        turn("m3", of: id), of: .ana, title: "T", after: .found(now.conversation))
      #expect(number == 3)
      let after = try #require(try await table.recent(id, of: .ana, turns: 1)).conversation
      #expect(after.sessions.last?.number == 2)
    }
  }

  @Test func `a conversation that was deleted meanwhile does not come back`() async throws {
    try await withTables { store in
      let table = conversations(store)
      _ = try await table.append(turn("m1", of: id), of: .ana, title: "T", after: .absent)
      let read = try #require(try await table.recent(id, of: .ana, turns: 5))
      _ = try await table.delete(id, of: .ana, at: Timestamp(milliseconds: 2_000))
      for before in [ConversationReading.found(read.conversation), .absent, .unread] {
        await #expect(throws: AgentError.conversationNotFound) {
          try await table.append(turn("m2", of: id), of: .ana, title: "T", after: before)
        }
      }
      #expect(try await table.recent(id, of: .ana, turns: 5) == nil)
    }
  }

  @Test func `who thought that there was no conversation yet finds the one that began`()
    async throws
  {
    try await withTables { store in
      let table = conversations(store)
      for (number, message) in ["m1", "m2", "m1"].enumerated() {
        let stored = try await table.append(
          turn(message, of: id), of: .ana, title: "T", after: .absent)
        #expect(stored == [1, 2, 1][number])
      }
    }
  }

  @Test func `keeps one turn of a message, however often it comes`() async throws {
    try await withTables { store in
      let table = conversations(store)
      let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<10 {
          group.addTask { try await table.append(turn("same", of: id), of: .ana, title: "T") }
        }
        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(numbers == [1])
      #expect(try await table.append(turn("same", of: id), of: .ana, title: "T") == 1)
      let recent = try #require(try await table.recent(id, of: .ana, turns: 50))
      #expect(recent.turns.count == 1)
      #expect(recent.conversation.usage == Usage(input: 3, output: 2, cachedInput: 1))
    }
  }

  @Test func `numbers messages that are answered at the same time`() async throws {
    try await withTables { store in
      let table = conversations(store)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<8 {
          group.addTask {
            _ = try await table.append(turn("m\(number)", of: id), of: .ana, title: "T")
          }
        }
        try await group.waitForAll()
      }
      let recent = try #require(try await table.recent(id, of: .ana, turns: 50))
      #expect(recent.turns.map(\.number) == Array(1...8))
      #expect(Set(recent.turns.map(\.message)).count == 8)
      #expect(recent.conversation.usage.input == 24)
    }
  }

  @Test func `remembers only the newest messages in the conversation's item`() async throws {
    try await withTables { store in
      let table = conversations(store)
      for number in 1...40 {
        _ = try await table.append(turn("m\(number)", of: id), of: .ana, title: "T")
      }
      let item = try #require(
        try await store.get(
          ["owner": "acme#ana", "conversationId": .string(id.text)], from: "martlet-conversations"))
      #expect(item["turnCount"]?.int == 40)
      #expect((item["recent"]?.map?.count ?? 0) <= 17)
      #expect(try await table.append(turn("m40", of: id), of: .ana, title: "T") == 40)
    }
  }

  @Test func `stays under the size of an item`() async throws {
    try await withTables { store in
      let table = conversations(store)
      var huge = turn("m", of: id, answer: String(repeating: "語", count: 500_000))
      huge.tools = (0..<64).map {
        ToolStep(
          number: $0, name: "look", arguments: String(repeating: "x", count: 400), status: .done)
      }
      #expect(try await table.append(huge, of: .ana, title: "T") == 1)
      let recent = try #require(try await table.recent(id, of: .ana, turns: 1))
      #expect(recent.turns[0].answer.utf8.count <= Turn.longestText)
    }
  }

  @Test func `shows nobody another person's conversation`() async throws {
    try await withTables { store in
      let table = conversations(store)
      _ = try await table.append(turn("m", of: id), of: .ana, title: "T")
      for other in [
        Caller(user: "bob", tenant: "acme"), Caller(user: "ana", tenant: "other"),
        Caller(user: "ana#", tenant: "acme"), Caller(user: "acme#ana", tenant: ""),
      ] {
        #expect(try await table.recent(id, of: other, turns: 5) == nil)
        #expect(try await table.conversation(id, of: other) == nil)
        #expect(
          try await table.conversations(ofOwner: other.owner, limit: 10).elements.isEmpty)
      }
      #expect(try await table.conversation(id, ofTenant: "other") == nil)
      #expect(try await table.conversation(id, ofTenant: "acme")?.user == "ana")
      #expect(try await table.conversations(ofTenant: "other", limit: 10).elements.isEmpty)
    }
  }

  @Test func `lists the newest first, page by page`() async throws {
    try await withTables { store in
      let table = conversations(store)
      for number in 0..<7 {
        let caller = Caller(user: number % 2 == 0 ? "ana" : "bob", tenant: "acme")
        let id = ConversationID(startedBy: .test("\(number)"))
        _ = try await table.append(
          turn("m\(number)", of: id, at: Int64(number) * 1_000), of: caller, title: "\(number)")
      }
      var titles: [String] = []
      var after: Item?
      repeat {
        let part = try await table.conversations(ofTenant: "acme", limit: 3, after: after)
        #expect(part.elements.count <= 3)
        titles += part.elements.map(\.title)
        after = part.next
      } while after != nil
      #expect(titles == ["6", "5", "4", "3", "2", "1", "0"])
      let own = try await table.conversations(ofOwner: "acme#bob", limit: 10)
      #expect(own.elements.map(\.title) == ["5", "3", "1"])
    }
  }

  @Test func `pages through the turns of a conversation`() async throws {
    try await withTables { store in
      let table = conversations(store)
      for number in 1...5 {
        _ = try await table.append(turn("m\(number)", of: id), of: .ana, title: "T")
      }
      let first = try await table.turns(of: id, ofTenant: "acme", limit: 3)
      #expect(first.elements.map(\.number) == [5, 4, 3])
      let second = try await table.turns(of: id, ofTenant: "acme", limit: 3, after: first.next)
      #expect(second.elements.map(\.number) == [2, 1])
      #expect(second.next == nil)
    }
  }

  @Test func `answers through the real table`() async throws {
    try await withTables { store in
      let table = conversations(store)
      let model = ScriptedModel([.text("Stored."), .finish()])
      let agent = Agent(
        profile: Profile(name: "p", title: "P", instructions: "I"), model: model, tools: [],
        knowledge: nil, store: table, now: { Timestamp(milliseconds: 1_000) })
      let question = try Question(caller: .ana, key: .test(), text: MessageText("Hello"))
      for _ in 0..<3 {
        let receiver = Receiver()
        _ = await agent.answer(question, until: .now + .seconds(120)) {
          try await receiver.take($0)
        }
        #expect(receiver.text == "Stored.")
        #expect(receiver.completion != nil)
      }
      #expect(model.requests.count == 1)
      let conversation = ConversationID(startedBy: .test())
      #expect(
        try await table.turns(of: conversation, ofTenant: "acme", limit: 9).elements.count == 1)
    }
  }
}
