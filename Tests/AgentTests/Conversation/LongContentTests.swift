import Cloud
import Events
import Support
import Testing

@testable import Agent

/// What is too long for an item: kept in the bucket, read with the turn, deleted with the conversation.
@Suite struct LongContentTests {
  private let id = ConversationID(startedBy: .test())

  private func turn(_ answer: String, _ question: String = "q", message: String = "m") -> Turn {
    var turn = Turn.test(0, question, answer, message: message)
    turn.sources = [Source(source: "s/語", title: "語", type: "kanji")]
    turn.tools = [ToolStep(number: 0, name: "look", arguments: "{}", status: .done)]
    return turn
  }

  /// Objects of the bucket.
  private func keys(_ cloud: MeteredCloud) async throws -> [String] {
    try await cloud.objects.keys(beginningWith: "turns/", in: "martlet-content").keys
  }

  private func largestItem(_ cloud: MeteredCloud, _ table: String) async throws -> Int {
    try await cloud.store.scan(Scan(table)).items.map { ItemSize.bytes(of: $0) }.max() ?? 0
  }

  @Test func `items are counted as DynamoDB does`() {
    // DynamoDB developer guide, "DynamoDB item sizes and formats".
    #expect(ItemSize.bytes(of: ["名": .string("食べる")]) == 3 + 9)
    #expect(
      ItemSize.bytes(of: ["a": .list(["b", .null]), "m": .map(["k": .boolean(true)])]) == 15)
    #expect(ItemSize.bytes(of: ["b": .binary([1, 2, 3])]) == 4)
  }

  @Test func `a turn goes to the bucket as soon as its item is too long, and comes back whole`()
    async throws
  {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      let frame = ItemSize.bytes(of: turn("", message: "m0").item)
      // Three bytes each: the border may fall inside a character.
      let characters = (StoredTurn.longestItem - frame) / 3
      for (place, count) in [characters, characters + 1].enumerated() {
        let long = turn(String(repeating: "猫", count: count), message: "m\(place)")
        _ = try await table.append(long, of: .ana, title: "T")
        let found = try #require(try await table.turn("m\(place)", in: id, of: .ana))
        #expect(found.answer == long.answer)
        #expect(found.question == "q" && found.sources == long.sources && found.tools == long.tools)
        #expect(try await keys(cloud).count == place)
      }
      #expect(try await largestItem(cloud, "martlet-turns") <= StoredTurn.longestItem + 1_024)
    }
  }

  @Test func `megabytes are kept, and lists end before an answer of Lambda would be too long`()
    async throws
  {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      let text = String(repeating: "食", count: Turn.longestText / 3 + 100)
      for number in 1...4 {
        _ = try await table.append(turn(text, message: "m\(number)"), of: .ana, title: "T")
      }
      #expect(try await largestItem(cloud, "martlet-turns") < 32 * 1_024)
      var seen: [Int] = []
      var after: Item?
      repeat {
        let page = try await table.branch(
          of: id, tenant: "acme", endingAt: 4, limit: 100, after: after)
        #expect(page.elements.count <= 2)
        seen += page.elements.map(\.number)
        #expect(page.elements.allSatisfy { $0.answer.utf8.count == Turn.longestText - 1 })
        after = page.next
      } while after != nil
      #expect(seen == [4, 3, 2, 1])
      var all: [Int] = []
      repeat {
        let page = try await table.turns(of: id, ofTenant: "acme", limit: 100, after: after)
        all += page.elements.map(\.number)
        after = page.next
      } while after != nil
      #expect(all == [4, 3, 2, 1])
    }
  }

  @Test func `the next turn does not read it again`() async throws {
    try await MeteredCloud.run { cloud, meter in
      let table = cloud.conversations
      _ = try await table.append(
        turn(String(repeating: "a", count: 60_000)), of: .ana, title: "T")
      meter.reset()
      let recent = try #require(try await table.recent(id, of: .ana, turns: 5))
      #expect(recent.turns[0].answer.utf8.count == StoredTurn.preview)
      #expect(meter.current.objectCalls == 0)
      #expect(try await table.whole(recent.turns[0], of: .ana).answer.utf8.count == 60_000)
    }
  }

  @Test func `words behind the beginning are found, too`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      let long = String(repeating: "a ", count: 30_000) + "wombat"
      _ = try await table.append(turn(long), of: .ana, title: "T")
      let words = try #require(SearchWords("wombat"))
      let found = try await table.search(words, of: .ana, limit: 5)
      #expect(found.elements.first?.excerpt.hasSuffix("wombat") == true)
    }
  }

  @Test func `a lost object is said to be lost`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      _ = try await table.append(
        turn(String(repeating: "a", count: 60_000)), of: .ana, title: "T")
      for key in try await keys(cloud) {
        try await cloud.objects.delete(key, from: "martlet-content")
      }
      let found = try #require(try await table.turn("m", in: id, of: .ana))
      #expect(found.question == "q")
      #expect(
        found.answer
          == String(repeating: "a", count: StoredTurn.preview) + TurnContents.lostMark)
    }
  }

  @Test func `another tenant's object is not read, whatever an item says`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      _ = try await table.append(
        turn(String(repeating: "a", count: 60_000)), of: .ana, title: "T")
      let recent = try #require(try await table.recent(id, of: .ana, turns: 1))
      let other = Caller(user: "ana", tenant: "other")
      let found = try await table.whole(recent.turns[0], of: other)
      #expect(found.answer.hasSuffix(TurnContents.lostMark))
    }
  }

  @Test func `everything goes with the conversation, and nothing else`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      let long = String(repeating: "a", count: 60_000)
      for number in 0..<12 {
        _ = try await table.append(turn(long, message: "m\(number)"), of: .ana, title: "T")
      }
      let other = Caller(user: "ana", tenant: "other")
      _ = try await table.append(turn(long), of: other, title: "T")
      #expect(try await keys(cloud).count == 13)
      #expect(try await table.delete(id, of: .ana, at: Timestamp(milliseconds: 5_000)))
      #expect(try await keys(cloud).count == 1)
      #expect(try await table.turn("m", in: id, of: other)?.answer == long)
    }
  }

  @Test func `deliveries at the same time keep one turn with its own content`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      let long = String(repeating: "a", count: 60_000)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<6 {
          group.addTask { _ = try await table.append(turn(long), of: .ana, title: "T") }
        }
        try await group.waitForAll()
      }
      #expect(try await table.turn("m", in: id, of: .ana)?.answer == long)
      // Those of the others are empty.
      var bytes: [Int] = []
      for key in try await keys(cloud) {
        bytes.append(try await cloud.objects.head(key, in: "martlet-content")?.byteCount ?? -1)
      }
      #expect(bytes.filter { $0 > 0 }.count == 1)
    }
  }

  @Test func `without a bucket long texts are cut`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = StoredConversations(
        cloud.store, conversations: "martlet-conversations", turns: "martlet-turns")
      let long = String(repeating: "猫", count: 100_000)
      _ = try await table.append(turn(long, long), of: .ana, title: "T")
      let found = try #require(try await table.turn("m", in: id, of: .ana))
      #expect(found.answer.utf8.count == 131_070)
      #expect(try await largestItem(cloud, "martlet-turns") < ItemSize.limit)
    }
  }

  @Test func `the fullest conversation fits its item`() async throws {
    try await MeteredCloud.run { cloud, _ in
      let table = cloud.conversations
      _ = try await table.append(turn("a"), of: .ana, title: String(repeating: "語", count: 255))
      // As many names and as long values as the API takes.
      let metadata = Dictionary(
        uniqueKeysWithValues: (0..<50).map {
          (
            String(repeating: "名", count: 97) + String(100 + $0),
            String(repeating: "x", count: 4_096)
          )
        })
      let now = Timestamp(milliseconds: 5_000)
      _ = try await table.change(
        id, of: .ana, ConversationChange(metadata: metadata), at: now)
      for number in 0..<20 {
        var next = turn("a", message: String(repeating: "m", count: 100) + String(number))
        next.askedAt = Timestamp(milliseconds: Int64(number + 1) * 8 * 3_600_000)
        next.answeredAt = next.askedAt
        _ = try await table.append(next, of: .ana, title: "T")
      }
      #expect(try await largestItem(cloud, "martlet-conversations") < ItemSize.limit)
    }
  }
}

/// The sessions of a conversation: the newest in its item, the others in items of their own.
@Suite struct ManySessionsTests {
  private let id = ConversationID(startedBy: .test())

  @Test func `all of them are there, in pages, and go with the conversation`() async throws {
    try await withTables { store in
      let table = StoredConversations(
        store, conversations: "martlet-conversations", turns: "martlet-turns")
      for number in 0..<40 {
        var turn = Turn.test(0, "q", "a", message: "m\(number)")
        turn.askedAt = Timestamp(milliseconds: Int64(number) * 8 * 3_600_000)
        turn.answeredAt = turn.askedAt
        _ = try await table.append(turn, of: .ana, title: "T")
      }
      let conversation = try #require(try await table.conversation(id, of: .ana))
      for limit in [1, 7, 40, 100] {
        var seen: [Int] = []
        var after: Item?
        repeat {
          let page = try await table.sessions(of: conversation, .ana, limit: limit, after: after)
          #expect(page.elements.count <= limit)
          seen += page.elements.map(\.number)
          after = page.next
        } while after != nil
        #expect(seen == (1...40).reversed(), "pages of \(limit)")
      }
      let third = try #require(try await table.session(3, of: conversation, .ana))
      #expect(third.firstTurn == 3 && third.turns == 1)
      #expect(try await table.session(41, of: conversation, .ana) == nil)
      // In no list of conversations, and nobody else's.
      #expect(
        try await table.conversations(ofOwner: Caller.ana.owner, limit: 100).elements.count == 1)
      let bob = Caller(user: "bob", tenant: "acme")
      #expect(try await table.session(3, of: conversation, bob) == nil)
      #expect(try await table.delete(id, of: .ana, at: Timestamp(milliseconds: 5_000)))
      #expect(try await store.scan(Scan("martlet-conversations")).items.count == 1)
    }
  }
}
