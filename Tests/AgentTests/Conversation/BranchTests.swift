import Cloud
import Events
import Support
import Testing

@testable import Agent

/// Conversations as trees, their changes, their end, and the search in them.
@Suite struct BranchTests {
  private let id = ConversationID(startedBy: .test())
  private let now = Timestamp(milliseconds: 5_000)

  private func conversations(_ store: Store) -> StoredConversations {
    StoredConversations(
      store, conversations: "martlet-conversations", turns: "martlet-turns")
  }

  private func turn(_ message: String, question: String? = nil, after parent: Int? = nil) -> Turn {
    var turn = Turn(
      conversation: id, number: 0, message: message, question: question ?? "q \(message)",
      answer: "a \(message)", status: .complete, sources: [], tools: [], usage: Usage(),
      assistant: "p", model: "m/1", askedAt: Timestamp(milliseconds: 1_000),
      answeredAt: Timestamp(milliseconds: 2_000))
    turn.parent = parent
    return turn
  }

  private func append(_ turns: [Turn], to table: StoredConversations) async throws {
    for turn in turns { _ = try await table.append(turn, of: .ana, title: "T") }
  }

  @Test func `a question asked again begins a branch, and what follows belongs to it`() async throws
  {
    try await withTables { store in
      let table = conversations(store)
      try await append(
        [turn("m1"), turn("m2"), turn("m3"), turn("m4", after: 1), turn("m5")], to: table)
      let recent = try #require(try await table.recent(id, of: .ana, turns: 10))
      #expect(recent.turns.map(\.message) == ["m1", "m4", "m5"])
      let before = try await table.recent(id, of: .ana, turns: 10, before: "m3")
      #expect(before?.turns.map(\.message) == ["m1", "m2"])
      _ = try await table.change(id, of: .ana, ConversationChange(head: "m3"), at: now)
      let back = try await table.recent(id, of: .ana, turns: 2)
      #expect(back?.turns.map(\.message) == ["m2", "m3"])
      try await append([turn("m6")], to: table)
      #expect(
        try await table.recent(id, of: .ana, turns: 10)?.turns.map(\.message)
          == ["m1", "m2", "m3", "m6"])
      await #expect(throws: AgentError.messageNotFound) {
        try await table.recent(id, of: .ana, turns: 10, before: "m9")
      }
    }
  }

  @Test func `pages of a branch join without a gap over what it leaves out`() async throws {
    try await withTables { store in
      let table = conversations(store)
      try await append((1...20).map { turn("a\($0)") }, to: table)
      try await append((1...15).map { turn("b\($0)", after: $0 == 1 ? 3 : nil) }, to: table)
      var seen: [String] = []
      var start: Item?
      repeat {
        let page = try await table.branch(
          of: id, tenant: Caller.ana.tenant, endingAt: 35, limit: 4, after: start)
        seen += page.elements.map(\.message)
        start = page.next
      } while start != nil
      #expect(seen == (1...15).reversed().map { "b\($0)" } + ["a3", "a2", "a1"])
      // Older than what the conversation's item remembers.
      #expect(try await table.turn("a2", in: id, of: .ana)?.number == 2)
    }
  }

  @Test func `a deleted conversation is gone, and no turn brings it back`() async throws {
    try await withTables { store in
      let table = conversations(store)
      try await append((1...60).map { turn("m\($0)", question: "secret \($0)") }, to: table)
      let words = try #require(SearchWords("secret"))
      #expect(try await table.search(words, of: .ana, limit: 5).elements.count == 1)
      #expect(try await table.delete(id, of: .ana, at: now))
      #expect(try await table.delete(id, of: .ana, at: now) == false)
      #expect(try await table.conversation(id, of: .ana) == nil)
      #expect(try await table.conversation(id, ofTenant: Caller.ana.tenant) == nil)
      #expect(
        try await table.conversations(ofOwner: Caller.ana.owner, limit: 10).elements.isEmpty)
      #expect(try await table.search(words, of: .ana, limit: 5).elements.isEmpty)
      #expect(try await store.scan(Scan("martlet-turns")).items.isEmpty)
      await #expect(throws: AgentError.conversationNotFound) {
        try await table.append(turn("late"), of: .ana, title: "T")
      }
      let left = try await store.scan(Scan("martlet-conversations")).items
      #expect(left.count == 1)
      #expect(
        Set(left[0].keys)
          == ["owner", "conversationId", "deletedAt", "expiresAt", "turnCount"])
    }
  }

  @Test func `metadata and feedback`() async throws {
    try await withTables { store in
      let table = conversations(store)
      try await append([turn("m1")], to: table)
      let set = try await table.setMetadata("a.b", to: "1", of: id, of: .ana, at: now)
      #expect(set?.metadata == ["a.b": "1"])
      let more = try await table.setMetadata("c", to: "[]", of: id, of: .ana, at: now)
      #expect(more?.metadata == ["a.b": "1", "c": "[]"])
      let less = try await table.setMetadata("a.b", to: nil, of: id, of: .ana, at: now)
      #expect(less?.metadata == ["c": "[]"])
      let feedback = Feedback(thumb: .down, text: "wrong", at: now)
      let before = try await table.setFeedback(feedback, on: "m1", in: id, of: .ana)
      #expect(before?.message == "m1" && before?.feedback == nil)
      #expect(try await table.turn("m1", in: id, of: .ana)?.feedback == feedback)
      #expect(try await table.setFeedback(nil, on: "m1", in: id, of: .ana)?.feedback == feedback)
      #expect(try await table.turn("m1", in: id, of: .ana)?.feedback == nil)
      #expect(try await table.setFeedback(feedback, on: "m2", in: id, of: .ana) == nil)
    }
  }

  @Test(arguments: [
    ("Hi", "#  Welcome to the tutor\nmore", "Welcome to the tutor"), ("hello!", "", "hello!"),
    ("What is 食べる?", "To eat.", "What is 食べる?"),
  ]) func `titles`(_ question: String, _ answer: String, _ title: String) {
    #expect(Conversation.title(question: question, answer: answer) == title)
  }

  @Test(arguments: [
    ("ＥＡＴ", "to eat", true), ("べる", "食べる", true), ("cafe", "Café noir", true),
    ("eat cat", "a cat may eat", true), ("eat dog", "a cat may eat", false), ("x", "", false),
  ]) func `words are found as readers see them`(
    _ query: String, _ text: String, _ isThere: Bool
  )
    throws
  {
    let words = try #require(SearchWords(query))
    #expect((words.excerpt(from: [text]) != nil) == isThere)
  }

  @Test func `blanks are no search`() { #expect(SearchWords(" \u{3000}\n") == nil) }
}
