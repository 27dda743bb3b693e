import Cloud
import Events
import Support
import Testing

@testable import Agent

/// The search of a person's own conversations by meaning.
@Suite struct MeaningSearchTests {
  private func id(_ name: String) throws -> ConversationID { try #require(ConversationID(name)) }

  private func tables(_ store: Store) -> StoredConversations {
    StoredConversations(store, conversations: "martlet-conversations", turns: "martlet-turns")
  }

  private func vectors(_ store: Store) -> TurnVectors {
    TurnVectors(store, table: "martlet-context")
  }

  private func say(
    _ question: String, in conversation: String, of caller: Caller = .ana, _ store: Store
  ) async throws {
    var turn = Turn.test(0, question, "Yes.", message: question)
    turn.conversation = try id(conversation)
    _ = try await tables(store).append(turn, of: caller, title: "T")
  }

  private func search(
    _ text: String, _ embedder: (any Embedder)?, of caller: Caller = .ana, _ store: Store
  ) async throws -> MeaningSearch.Result {
    try await MeaningSearch(
      conversations: tables(store), vectors: vectors(store), embedder: embedder, nearness: 0.5
    ).search(text, of: caller, limit: 10, until: .now + .seconds(60))
  }

  @Test func `finds what means the same, embeds each turn once, and nobody else's`() async throws {
    try await withTables { store in
      let embedder = TopicEmbedder()
      try await say("My puppy is ill", in: "c-dog", store)
      try await say("The hound again", in: "c-dog", store)
      try await say("Which automobile?", in: "c-car", store)
      let bob = Caller(user: "bob", tenant: "acme")
      try await say("A dog of Bob's", in: "c-bob", of: bob, store)
      let found = try await search("dog", embedder, store)
      #expect(found.hits.map(\.turn.conversation.text) == ["c-dog"])
      #expect(found.hits[0].turn.excerpt.contains("Yes."))
      #expect(found.hits[0].score > 0.9 && found.isComplete)
      #expect(found.embedder == "test/topics#1#8")
      #expect(embedder.texts == 4)
      #expect(
        try await search("car", embedder, store).hits.map(\.turn.conversation.text) == ["c-car"])
      #expect(embedder.texts == 5)
      // What is remembered about a person does not read them.
      let context = StoredContext(store, table: "martlet-context")
      #expect(try await context.entries(of: .ana, at: Timestamp(milliseconds: 1)).isEmpty)
    }
  }

  @Test func `vectors of another embedder are not looked at`() async throws {
    try await withTables { store in
      try await say("My puppy is ill", in: "c-dog", store)
      _ = try await search("dog", TopicEmbedder(version: "1"), store)
      let next = TopicEmbedder(version: "2")
      #expect(try await search("dog", next, store).hits.count == 1)
      #expect(next.texts == 2)
      let items = try await store.scan(Scan("martlet-context")).items
      #expect(items.map { $0["embedder"]?.string } == ["test/topics#2#8"])
    }
  }

  @Test func `they go with the conversation, and with the permission`() async throws {
    try await withTables { store in
      let embedder = TopicEmbedder()
      try await say("My puppy is ill", in: "c-dog", store)
      try await say("Which automobile?", in: "c-car", store)
      _ = try await search("dog", embedder, store)
      try await vectors(store).remove(of: .ana, conversation: id("c-dog"))
      let left = try await store.scan(Scan("martlet-context")).items
      #expect(left.map { $0["conversationId"]?.string } == ["c-car"])
      try await vectors(store).remove(of: .ana)
      #expect(try await store.scan(Scan("martlet-context")).items.isEmpty)
      // A vector that is still there leads to no conversation that is gone.
      _ = try await search("dog", embedder, store)
      _ = try await tables(store).delete(id("c-dog"), of: .ana, at: Timestamp(milliseconds: 9))
      #expect(try await search("dog", embedder, store).hits.isEmpty)
    }
  }

  @Test func `makes so many vectors at once, and says that there are more`() async throws {
    try await withTables { store in
      let embedder = TopicEmbedder()
      try await say("first dog", in: "c-1", store)
      let turns = (1...MeaningSearch.mostNew + 5).map { number -> Item in
        var item = Turn.test(number, "q \(number)", "a", message: "m\(number)").item
        item["conversation"] = "acme#c-2"
        item["conversationId"] = "c-2"
        item["owner"] = .string(Caller.ana.owner)
        return item
      }
      try await store.put(turns, into: "martlet-turns")
      #expect(try await search("dog", embedder, store).isComplete == false)
      #expect(try await search("dog", embedder, store).isComplete)
      #expect(embedder.texts == MeaningSearch.mostNew + 6 + 2)
    }
  }

  @Test func `without an embedder by the rarest of the words`() async throws {
    try await withTables { store in
      try await say("My puppy is ill", in: "c-dog", store)
      try await say("Is the car ill?", in: "c-car", store)
      try await say("食べるとはどういう意味ですか", in: "c-eat", store)
      let found = try await search("puppies that are ill", nil, store)
      #expect(found.hits.first?.turn.conversation.text == "c-dog")
      #expect(found.embedder == "lexical")
      #expect(
        try await search("食べる", nil, store).hits.first?.turn.conversation.text == "c-eat")
      #expect(try await search("zebra", nil, store).hits.isEmpty)
    }
  }

  @Test func `settings are nobody's memory, and go when everything is forgotten`() async throws {
    try await withTables { store in
      let context = StoredContext(store, table: "martlet-context")
      #expect(try await context.settings(of: .ana) == PersonSettings())
      try await context.set(PersonSettings(searchByMeaning: true), of: .ana)
      #expect(try await context.settings(of: .ana).searchByMeaning)
      #expect(try await context.entries(of: .ana, at: Timestamp(milliseconds: 1)).isEmpty)
      _ = try await context.removeAll(of: .ana)
      #expect(try await context.settings(of: .ana).searchByMeaning == false)
    }
  }
}
