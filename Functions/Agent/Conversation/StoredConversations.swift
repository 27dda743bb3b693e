package import Cloud
package import Events

/// Conversations and their turns in two tables.
///
/// A conversation's item is the place where races are decided: it counts the turns and remembers
/// which message got which number. A turn and the change of its conversation are one transaction, on
/// the condition that the count is the one that was read; so a message delivered twice finds its
/// number, and two messages at once get two numbers.
///
/// Conversations: key `owner`, `conversationId`; indexes `byTenant` and `byOwnerUpdated` (sorted by
/// `updatedAt`) and `byConversation` (`tenantConversation`). Turns: key `conversation`, `number`.
package struct StoredConversations: ConversationStore {
  /// Messages that a conversation's item remembers: more than can be on their way at once.
  private static let remembered = 16
  /// Messages of one conversation that are answered at the same time and collide, at the most.
  private static let mostCollisions = 16

  private let store: Store
  private let conversations: String
  private let turns: String

  /// `conversations` and `turns` name the tables.
  package init(_ store: Store, conversations: String, turns: String) {
    self.store = store
    self.conversations = conversations
    self.turns = turns
  }

  package func recent(
    _ id: ConversationID, of caller: Caller, turns count: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    var query = turnQuery(id, tenant: caller.tenant)
    query.isConsistent = true
    query.limit = count
    async let newest = store.query(query)
    guard let item = try await store.get(key(id, caller), from: conversations),
      let conversation = Conversation(item)
    else {
      _ = try? await newest
      return nil
    }
    return (conversation, try await newest.items.reversed().compactMap { Turn($0) })
  }

  // MARK: Writing

  package func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int {
    for _ in 0..<Self.mostCollisions {
      let before = try await store.get(key(turn.conversation, caller), from: conversations)
      if let number = before?["recent"]?[turn.message]?.int { return number }
      var turn = turn
      turn.number = (before?["turnCount"]?.int ?? 0) + 1
      do {
        try await write(turn, caller, title, before)
        return turn.number
      } catch StoreError.transactionCancelled(let reasons) where reasons.contains(where: \.isRace) {
        continue
      }
    }
    throw StoreError.conditionFailed(nil)
  }

  private func write(
    _ turn: Turn, _ caller: Caller, _ title: String, _ before: Item?
  ) async throws {
    let place = Caller.key(caller.tenant, turn.conversation.text)
    var item = turn.item
    item["conversation"] = .string(place)
    item["owner"] = .string(caller.owner)
    item["tenant"] = .string(caller.tenant)
    item["user"] = .string(caller.user)
    let added = TransactionWrite.put(item, into: turns, if: .absent("conversation"))
    guard let before else {
      let first = conversation(from: turn, caller, title, place)
      try await store.transact([
        .put(first, into: conversations, if: .absent("owner")), added,
      ])
      return
    }
    let changed = TransactionWrite.update(
      key(turn.conversation, caller), in: conversations, changes(by: turn, before),
      if: .equals("turnCount", AttributeValue(turn.number - 1)))
    try await store.transact([changed, added])
  }

  private func conversation(
    from turn: Turn, _ caller: Caller, _ title: String, _ place: String
  ) -> Item {
    [
      "owner": .string(caller.owner), "conversationId": .string(turn.conversation.text),
      "tenant": .string(caller.tenant), "user": .string(caller.user),
      "tenantConversation": .string(place), "assistant": .string(turn.assistant),
      "title": .string(title), "createdAt": .string(turn.askedAt.iso),
      "updatedAt": .string(turn.answeredAt.iso), "turnCount": 1,
      "usage": turn.usage.attribute, "recent": [turn.message: 1],
    ]
  }

  private func changes(by turn: Turn, _ before: Item) -> [Change] {
    var changes: [Change] = [
      .set("turnCount", AttributeValue(turn.number)),
      .set(AttributePath("recent", turn.message), AttributeValue(turn.number)),
      .add(AttributePath("usage", "input"), AttributeValue(turn.usage.input)),
      .add(AttributePath("usage", "output"), AttributeValue(turn.usage.output)),
      .add(AttributePath("usage", "cachedInput"), AttributeValue(turn.usage.cachedInput)),
    ]
    // Clocks of sandboxes differ; the order of a list never goes back.
    let updated = max(turn.answeredAt.iso, before["updatedAt"]?.string ?? "")
    changes.append(.set("updatedAt", .string(updated)))
    let oldest = turn.number - Self.remembered
    for (message, number) in before["recent"]?.map ?? [:] where number.int ?? 0 <= oldest {
      changes.append(.remove(AttributePath("recent", message)))
    }
    return changes
  }

  private func key(_ id: ConversationID, _ caller: Caller) -> Item {
    ["owner": .string(caller.owner), "conversationId": .string(id.text)]
  }

  private func turnQuery(_ id: ConversationID, tenant: String) -> Query {
    var query = Query(
      turns, where: "conversation", is: .string(Caller.key(tenant, id.text)))
    query.isAscending = false
    return query
  }
}

// MARK: Lists

extension StoredConversations {
  /// A part of a list.
  package struct Part<Element: Sendable>: Sendable {
    package let elements: [Element]
    /// Behind what the next part begins; nil when this is the last one.
    package let next: Item?
  }

  /// All conversations of a tenant, the newest first.
  package func conversations(
    ofTenant tenant: String, limit: Int, after: Item? = nil
  ) async throws -> Part<Conversation> {
    try await list(
      Query(conversations, index: "byTenant", where: "tenant", is: .string(tenant)), limit, after)
  }

  /// One person's conversations, the newest first.
  package func conversations(
    ofOwner owner: String, limit: Int, after: Item? = nil
  ) async throws -> Part<Conversation> {
    try await list(
      Query(conversations, index: "byOwnerUpdated", where: "owner", is: .string(owner)), limit,
      after)
  }

  /// A conversation of a tenant, whoever's it is; nil when there is none.
  package func conversation(
    _ id: ConversationID, ofTenant tenant: String
  ) async throws -> Conversation? {
    var query = Query(
      conversations, index: "byConversation", where: "tenantConversation",
      is: .string(Caller.key(tenant, id.text)))
    query.limit = 1
    return try await store.query(query).items.first.flatMap { Conversation($0) }
  }

  /// The caller's own conversation; nil when there is none.
  package func conversation(
    _ id: ConversationID, of caller: Caller
  ) async throws -> Conversation? {
    try await store.get(key(id, caller), from: conversations).flatMap { Conversation($0) }
  }

  /// The turns of a conversation, the newest first. Find the conversation before: whoever may see it
  /// may see these.
  package func turns(
    of id: ConversationID, ofTenant tenant: String, limit: Int, after: Item? = nil
  ) async throws -> Part<Turn> {
    var query = turnQuery(id, tenant: tenant)
    query.start = after
    let page = try await store.collect(query, count: limit)
    return Part(elements: page.items.compactMap { Turn($0) }, next: page.next)
  }

  /// One turn by its number; nil when there is none.
  package func turn(
    _ number: Int, of id: ConversationID, ofTenant tenant: String
  ) async throws -> Turn? {
    try await store.get(
      [
        "conversation": .string(Caller.key(tenant, id.text)), "number": AttributeValue(number),
      ], from: turns
    ).flatMap { Turn($0) }
  }

  private func list(
    _ query: Query, _ limit: Int, _ after: Item?
  ) async throws -> Part<Conversation> {
    var query = query
    query.isAscending = false
    query.start = after
    let page = try await store.collect(query, count: limit)
    return Part(elements: page.items.compactMap { Conversation($0) }, next: page.next)
  }
}

extension CancellationReason {
  /// Another delivery was faster; looking again shows what it did.
  fileprivate var isRace: Bool {
    code == "ConditionalCheckFailed" || code == "TransactionConflict"
  }
}
