import Agent
import Cloud
import Events

/// Conversations in DynamoDB, as the agent uses them.
///
/// A turn is written under the next free number of its conversation, never over another one; then
/// the conversation's item is brought up to date. A function that dies between the two leaves a turn
/// that the next one counts.
struct StoredConversations: ConversationStore {
  /// Numbers that are tried: as many turns of one conversation can end at the same moment.
  private static let attempts = 10

  let store: Store
  let conversations: String
  let turns: String
  let stops: StopRequests

  func recent(
    _ id: ConversationID, of caller: Caller, turns count: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    async let last = lastTurns(of: id, caller, count)
    let key = Conversation.key(id, owner: caller.owner)
    let item = try await store.get(key, from: conversations)
    guard let conversation = item.flatMap(Conversation.init) else { return nil }
    return (conversation, try await last)
  }

  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int {
    let key = Conversation.key(turn.conversation, owner: caller.owner)
    let last = try await lastTurns(of: turn.conversation, caller, 1)
    var number = (last.last?.number ?? 0) + 1
    for _ in 0..<Self.attempts {
      do throws(StoreError) {
        try await store.put(
          turn.item(of: caller, number: number), into: turns, if: .absent("conversation"))
        try await update(key, with: turn, number, caller, title)
        return number
      } catch {
        guard case .conditionFailed(let other) = error else { throw error }
        if other?["message"]?.string == turn.message { return number }
        number += 1
      }
    }
    throw StoredConversationsError.crowded(turn.conversation)
  }

  func isStopRequested(_ key: MessageKey) async throws -> Bool {
    try await stops.isRequested(key)
  }

  /// Oldest first.
  private func lastTurns(
    of id: ConversationID, _ caller: Caller, _ count: Int
  ) async throws -> [Turn] {
    let key = Conversation.tenantKey(id, tenant: caller.tenant)
    var query = Query(turns, where: "conversation", is: .string(key))
    query.isAscending = false
    query.isConsistent = true
    query.limit = count
    return try await store.query(query).items.compactMap(Turn.init).reversed()
  }

  private func update(
    _ key: Item, with turn: Turn, _ number: Int, _ caller: Caller, _ title: String
  ) async throws(StoreError) {
    let usage: [Change] = [
      .add("inputTokens", AttributeValue(turn.usage.input)),
      .add("outputTokens", AttributeValue(turn.usage.output)),
      .add("cachedInputTokens", AttributeValue(turn.usage.cachedInput)),
    ]
    let tenantKey = Conversation.tenantKey(turn.conversation, tenant: caller.tenant)
    let changes: [Change] = [
      .setIfAbsent("tenant", .string(caller.tenant)), .setIfAbsent("user", .string(caller.user)),
      .setIfAbsent("tenantConversation", .string(tenantKey)),
      .setIfAbsent("assistant", .string(turn.assistant)), .setIfAbsent("title", .string(title)),
      .setIfAbsent("createdAt", .string(turn.askedAt.iso)),
      .set("updatedAt", .string(turn.answeredAt.iso)), .set("turns", AttributeValue(number)),
    ]
    do throws(StoreError) {
      try await store.update(
        key, in: conversations, changes + usage,
        if: .any([.absent("turns"), .less("turns", AttributeValue(number))]))
    } catch {
      guard case .conditionFailed = error else { throw error }
      // A later turn was faster: its numbers stay, only what this one cost is added.
      try await store.update(key, in: conversations, usage)
    }
  }
}

enum StoredConversationsError: Error, Equatable {
  /// So many turns end at once that no number was free.
  case crowded(ConversationID)
}

/// Conversations in DynamoDB, as lists and details read them.
struct StoredArchive: Archive {
  let store: Store
  let conversations: String
  let turns: String

  func conversations(
    ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    let query = Query(
      conversations, index: "byTenant", where: "tenant", is: .string(tenant))
    return try await page(query, request, Conversation.init)
  }

  func conversations(
    ofOwner owner: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    let query = Query(
      conversations, index: "byOwnerUpdated", where: "owner", is: .string(owner))
    return try await page(query, request, Conversation.init)
  }

  func conversation(
    _ id: ConversationID, ofTenant tenant: String
  ) async throws -> Conversation? {
    let key = Conversation.tenantKey(id, tenant: tenant)
    var query = Query(
      conversations, index: "byConversation", where: "tenantConversation", is: .string(key))
    query.limit = 1
    return try await store.query(query).items.first.flatMap(Conversation.init)
  }

  func turns(
    of id: ConversationID, ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Turn> {
    let key = Conversation.tenantKey(id, tenant: tenant)
    return try await page(
      Query(turns, where: "conversation", is: .string(key)), request, Turn.init)
  }

  private func page<Element: Sendable>(
    _ query: Query, _ request: PageRequest, _ element: (Item) -> Element?
  ) async throws -> ArchivePage<Element> {
    var query = query
    query.isAscending = false
    query.start = request.after
    let page = try await store.collect(query, count: request.limit)
    return ArchivePage(elements: page.items.compactMap(element), next: page.next)
  }
}
