import Cloud
import Testing

@testable import Agent

@Suite struct ConversationCacheTests {
  /// A sandbox with what it remembers.
  private struct Sandbox {
    let counter = CacheCounter()
    let clock: MovedClock
    let table: StoredConversations

    init(_ store: Store, _ clock: MovedClock) {
      self.clock = clock
      table = StoredConversations(
        store, conversations: "martlet-conversations", turns: "martlet-turns",
        cache: ConversationCache(
          memory: MemoryCache(), conversations: .seconds(1_800), messages: .seconds(600),
          counter: counter
        ) { clock.now })
    }

    /// The answers of the newest turns, and whether they came from memory.
    func recent(_ id: ConversationID, turns: Int = 3) async throws -> (String, isKnown: Bool) {
      _ = counter.take()
      let found = try await table.recent(id, of: .ana, turns: turns)
      let answers = (found?.turns ?? []).map(\.answer).joined(separator: " ")
      return (answers, counter.take()[.conversations, .memory] == 1)
    }

    func page(_ id: ConversationID) async throws -> ([Turn], isKnown: Bool) {
      _ = counter.take()
      guard let conversation = try await table.conversation(id, of: .ana) else {
        return ([], false)
      }
      let part = try await table.page("current 10", of: conversation) {
        try await table.branch(
          of: id, tenant: "acme", endingAt: conversation.head ?? conversation.turns, limit: 10)
      }
      return (part.elements, counter.take()[.messages, .memory] == 1)
    }

    func say(_ message: String, parent: Int? = nil) async throws {
      var turn = Turn.test(0, "Q", message, message: message)
      turn.parent = parent
      _ = try await table.append(turn, of: .ana, title: "T")
    }
  }

  private let id = ConversationID(startedBy: .test())

  @Test func `what a sandbox says itself it need not read again`() async throws {
    try await withTables { store in
      let one = Sandbox(store, MovedClock())
      try await one.say("a")
      #expect(try await one.recent(id) == ("a", false))
      #expect(try await one.recent(id) == ("a", true))
      for (message, expected) in [("b", "a b"), ("c", "a b c"), ("d", "b c d")] {
        try await one.say(message)
        #expect(try await one.recent(id) == (expected, true))
      }
    }
  }

  @Test func `nobody misses what another sandbox has written`() async throws {
    try await withTables { store in
      let clock = MovedClock()
      let (one, other) = (Sandbox(store, clock), Sandbox(store, clock))
      try await one.say("a")
      _ = try await one.recent(id)
      #expect(try await one.page(id).0.count == 1)
      try await other.say("b")
      #expect(try await one.recent(id) == ("a b", false))
      #expect(try await one.page(id).0.map(\.answer) == ["b", "a"])
      #expect(try await one.page(id).isKnown)
      // Another branch, and back.
      try await other.say("c", parent: 0)
      #expect(try await one.recent(id) == ("c", false))
      _ = try await other.table.change(
        id, of: .ana, ConversationChange(head: "b"), at: clock.now)
      #expect(try await one.recent(id) == ("a b", false))
      _ = try await other.table.setFeedback(
        Feedback(thumb: .up, at: clock.now), on: "b", in: id, of: .ana)
      #expect(try await one.page(id).0.first?.feedback?.thumb == .up)
      _ = try await other.table.delete(id, of: .ana, at: clock.now)
      #expect(try await one.table.recent(id, of: .ana, turns: 3) == nil)
      #expect(try await one.page(id).0.isEmpty)
    }
  }

  @Test func `ends with its time, and is nobody else's`() async throws {
    try await withTables { store in
      let clock = MovedClock()
      let one = Sandbox(store, clock)
      try await one.say("a")
      _ = try await one.recent(id)
      _ = try await one.page(id)
      clock.move(seconds: 601)
      #expect(try await one.page(id).isKnown == false)
      #expect(try await one.recent(id).isKnown)
      clock.move(seconds: 1_200)
      #expect(try await one.recent(id).isKnown == false)
      let stranger = Caller(user: "bob", tenant: "acme")
      #expect(try await one.table.recent(id, of: stranger, turns: 3) == nil)
    }
  }
}
