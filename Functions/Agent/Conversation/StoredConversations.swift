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
/// `updatedAt`) and `byConversation` (`tenantConversation`). Turns: key `conversation`, `number`;
/// indexes `byMessage` (`conversation`, `message`) and `byOwner` (`owner`, `answeredAt`).
///
/// A deleted conversation leaves a mark in its place until its time to live ends: its title, its
/// counts and the keys of all indexes are gone from it, so that it is in no list, and no turn that was
/// on its way can bring it back.
package struct StoredConversations: ConversationStore {
  /// Messages that a conversation's item remembers: more than are on their way at once. Few, so that
  /// the item stays below the KB for which a write is charged.
  private static let remembered = 8
  /// Messages of one conversation that are answered at the same time and collide, at the most.
  private static let mostCollisions = 16

  let store: Store
  let conversations: String
  let turns: String
  package let rules: SessionRules
  /// Where long turns go; nil: they are cut.
  let contents: TurnContents?
  /// What has been read is kept here; nil: nothing is.
  let cache: ConversationCache?

  /// `conversations` and `turns` name the tables; `rules` say when a session ends.
  package init(
    _ store: Store, conversations: String, turns: String, rules: SessionRules = SessionRules(),
    contents: TurnContents? = nil, cache: ConversationCache? = nil
  ) {
    self.cache = cache
    self.rules = rules
    self.contents = contents
    self.store = store
    self.conversations = conversations
    self.turns = turns
  }

  // MARK: Writing

  package func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int {
    try await append(turn, of: caller, title: title, after: .unread)
  }

  /// What was read before the turn is mostly still so: the write finds out.
  package func append(
    _ turn: Turn, of caller: Caller, title: String, after known: ConversationReading
  ) async throws -> Int {
    var fitting: Turn?
    for attempt in 0..<Self.mostCollisions {
      let before =
        try await attempt == 0
        ? item(known, of: turn, caller)
        : store.get(key(turn.conversation, caller), from: conversations)
      guard before?["deletedAt"] == nil else {
        await discard(fitting)
        throw AgentError.conversationNotFound
      }
      if let number = before?["recent"]?[turn.message]?.int {
        try await discard(fitting, unlessAt: number, of: turn.conversation, caller)
        return number
      }
      var turn = if let fitting { fitting } else { try await fit(turn, caller) }
      fitting = turn
      turn.number = (before?["turnCount"]?.int ?? 0) + 1
      let parent = turn.parent ?? before?["head"]?.int
      turn.parent = parent == turn.number - 1 ? nil : parent
      do {
        try await write(turn, caller, title, before)
        cache?.follow(turn, after: before.flatMap { Conversation($0) }, tenant: caller.tenant)
        return turn.number
      } catch StoreError.transactionCancelled(let reasons) where reasons.contains(where: \.isRace) {
        continue
      } catch StoreError.transactionCancelled(let reasons) {
        await discard(fitting)
        throw StoreError.transactionCancelled(reasons)
      }
    }
    await discard(fitting)
    throw StoreError.conditionFailed(nil)
  }

  private func item(
    _ known: ConversationReading, of turn: Turn, _ caller: Caller
  ) async throws -> Item? {
    switch known {
    case .absent: return nil
    case .found(let conversation):
      if let item = conversation.asRead.item { return item }
      fallthrough
    case .unread: return try await store.get(key(turn.conversation, caller), from: conversations)
    }
  }

  /// The turn as its item has room for it; the rest is kept in the bucket first.
  private func fit(_ turn: Turn, _ caller: Caller) async throws -> Turn {
    guard ItemSize.bytes(of: turn.item) > StoredTurn.longestItem else { return turn }
    guard let contents else { return StoredTurn.shortened(turn, to: StoredTurn.longestAlone) }
    var short = StoredTurn.shortened(turn, to: StoredTurn.preview)
    short.content = try await contents.put(turn, of: caller)
    return short
  }

  /// What was kept of a turn that is not stored is taken back.
  private func discard(_ turn: Turn?) async {
    guard let reference = turn?.content else { return }
    await contents?.empty(reference)
  }

  /// The same, when the turn that is stored is another one: our own write may have come through
  /// without our hearing of it.
  private func discard(
    _ turn: Turn?, unlessAt number: Int, of id: ConversationID, _ caller: Caller
  ) async throws {
    guard let turn, turn.content != nil else { return }
    let stored = try await store.get(turnKey(number, of: id, caller.tenant), from: turns)
    if stored.flatMap({ Turn($0) })?.content != turn.content { await discard(turn) }
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
    let finished = finishedSessions(before, keeping: session(of: turn, before).number)
    let changed = TransactionWrite.update(
      key(turn.conversation, caller), in: conversations, changes(by: turn, title, before),
      if: .all(isAsRead(before, turn)))
    let moved = finished.map {
      TransactionWrite.put(sessionItem($0, of: turn.conversation, caller), into: conversations)
    }
    try await store.transact([changed, added] + moved)
  }

  /// That nothing has changed meanwhile on which the changes by a turn rest.
  private func isAsRead(_ before: Item, _ turn: Turn) -> [Condition] {
    var conditions = [Condition.equals("turnCount", AttributeValue(turn.number - 1))]
    conditions += before["head"].map { [.equals("head", $0)] } ?? []
    if before["isUntitled"] != nil { conditions.append(.exists("isUntitled")) }
    return conditions + Session.list(before["sessions"]).map(\.stands)
  }

  private func conversation(
    from turn: Turn, _ caller: Caller, _ title: String, _ place: String
  ) -> Item {
    let session = rules.session(of: turn, after: nil)
    var item: Item = [
      "owner": .string(caller.owner), "conversationId": .string(turn.conversation.text),
      "tenant": .string(caller.tenant), "user": .string(caller.user),
      "tenantConversation": .string(place), "assistant": .string(turn.assistant),
      "title": .string(title), "createdAt": .string(turn.askedAt.iso),
      "updatedAt": .string(turn.answeredAt.iso), "turnCount": 1, "head": 1,
      "usage": turn.usage.attribute, "recent": [turn.message: 1], "metadata": [:],
      "sessions": .map([String(session.number): session.attribute]),
    ]
    if session.status == .escalated { item["escalatedAt"] = .string(turn.askedAt.iso) }
    item["intents"] = turn.intent.map { [$0.name: 1] }
    return item
  }

  private func changes(by turn: Turn, _ title: String, _ before: Item) -> [Change] {
    var changes: [Change] = [
      .set("turnCount", AttributeValue(turn.number)), .set("head", AttributeValue(turn.number)),
      .set(AttributePath("recent", turn.message), AttributeValue(turn.number)),
      .add(AttributePath("usage", "input"), AttributeValue(turn.usage.input)),
      .add(AttributePath("usage", "output"), AttributeValue(turn.usage.output)),
      .add(AttributePath("usage", "cachedInput"), AttributeValue(turn.usage.cachedInput)),
    ]
    let session = session(of: turn, before)
    changes += Session.changes(session, before["sessions"])
    changes += Session.escalation(session.status, before["escalatedAt"], at: turn.askedAt)
    if let intent = turn.intent {
      var intents = before["intents"]?.map ?? [:]
      intents[intent.name] = AttributeValue((intents[intent.name]?.int ?? 0) + 1)
      changes.append(.set("intents", .map(intents)))
    }
    if turn.usage.audioInput > 0 {
      changes.append(
        .add(AttributePath("usage", "audioInput"), AttributeValue(turn.usage.audioInput)))
    }
    if turn.usage.audioOutput > 0 {
      changes.append(
        .add(AttributePath("usage", "audioOutput"), AttributeValue(turn.usage.audioOutput)))
    }
    // Clocks of sandboxes differ; the order of a list never goes back.
    let updated = max(turn.answeredAt.iso, before["updatedAt"]?.string ?? "")
    changes.append(.set("updatedAt", .string(updated)))
    if before["isUntitled"]?.boolean == true {
      changes += [.set("title", .string(title)), .remove("isUntitled")]
    }
    let oldest = turn.number - Self.remembered
    for (message, number) in before["recent"]?.map ?? [:] where number.int ?? 0 <= oldest {
      changes.append(.remove(AttributePath("recent", message)))
    }
    return changes
  }

  private func session(of turn: Turn, _ before: Item) -> Session {
    rules.session(of: turn, after: Session.list(before["sessions"]).last)
  }

  func key(_ id: ConversationID, _ caller: Caller) -> Item {
    ["owner": .string(caller.owner), "conversationId": .string(id.text)]
  }

  func turnQuery(_ id: ConversationID, tenant: String) -> Query {
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
    ofOwner owner: String, status: Conversation.Status? = nil, limit: Int, after: Item? = nil
  ) async throws -> Part<Conversation> {
    var query = Query(
      conversations, index: "byOwnerUpdated", where: "owner", is: .string(owner))
    query.filter = status.map { status in
      let isSo = Condition.equals("status", .string(status.rawValue))
      return status == .active ? .any([isSo, .absent("status")]) : isSo
    }
    return try await list(query, limit, after)
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

  /// The turns of a conversation, the newest first, branches that were left included: at most `limit`,
  /// and texts of ``mostBytes``. Find the conversation before: whoever may see it may see these.
  package func turns(
    of id: ConversationID, ofTenant tenant: String, limit: Int, after: Item? = nil
  ) async throws -> Part<Turn> {
    var query = turnQuery(id, tenant: tenant)
    query.start = after
    let page = try await store.collect(query, count: limit)
    let found = page.items.compactMap { Turn($0) }
    let fitting = Self.fitting(found)
    let next =
      fitting.count < found.count
      ? fitting.last.map { turnKey($0.number, of: id, tenant) } : page.next
    return Part(elements: try await whole(fitting, tenant), next: next)
  }

  /// Bytes of the texts of a part: Lambda answers with 6 MB at the most, and JSON may double them.
  static let mostBytes = 2_500_000

  /// As many of the turns, from the first on, as a part has room for; one at the least.
  static func fitting(_ turns: [Turn], room: Int = mostBytes) -> [Turn] {
    var bytes = 0
    let end = turns.firstIndex { turn in
      bytes += turn.bytes
      return bytes > room
    }
    return Array(turns.prefix(max(1, end ?? turns.count)))
  }

  /// The turns with what the bucket has of them.
  func whole(_ turns: [Turn], _ tenant: String) async throws -> [Turn] {
    guard let contents else { return turns }
    return try await contents.whole(turns, tenant: tenant)
  }

  package func whole(_ turn: Turn, of caller: Caller) async throws -> Turn {
    try await whole([turn], caller.tenant).first ?? turn
  }

  /// One turn by its number; nil when there is none.
  package func turn(
    _ number: Int, of id: ConversationID, ofTenant tenant: String
  ) async throws -> Turn? {
    guard
      let turn = try await store.get(turnKey(number, of: id, tenant), from: turns)
        .flatMap({ Turn($0) })
    else { return nil }
    return try await whole([turn], tenant).first
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
