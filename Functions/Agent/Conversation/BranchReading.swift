import Cloud
package import Events

/// A conversation is a tree: a question that was edited or asked once more stands beside the first
/// one. What a reader sees is one branch of it, from the beginning to the conversation's head.
///
/// Turns are numbered in the order in which they were stored, and each knows the one before it, so a
/// branch is read from its end by numbers that only fall: what the newest page holds is enough as long
/// as nothing was asked twice.
extension StoredConversations {
  /// Rounds of reading for one page of a branch; between two turns of it many others may stand.
  private static let mostReads = 8

  package func recent(
    _ id: ConversationID, of caller: Caller, turns count: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    let part = ConversationCache.Part.newest(count)
    let mayKnow = cache?.mayKnow(part, of: id, tenant: caller.tenant) ?? false
    async let read = newest(mayKnow ? 0 : count, of: id, caller)
    guard let conversation = try await conversation(id, of: caller) else {
      _ = try? await read
      return nil
    }
    if let known = cache?.find(part, of: conversation) {
      return (conversation, known.turns.reversed())
    }
    let found = try await path(
      of: id, tenant: caller.tenant, endingAt: conversation.head ?? conversation.turns,
      limit: count, known: try await read)
    cache?.keep(found, as: part, of: conversation)
    return (conversation, found.elements.reversed())
  }

  /// The newest turns that are stored, whichever branch they are of; none of none.
  private func newest(
    _ count: Int, of id: ConversationID, _ caller: Caller
  ) async throws -> [Turn] {
    guard count > 0 else { return [] }
    var query = turnQuery(id, tenant: caller.tenant)
    query.isConsistent = true
    query.limit = count
    return try await store.query(query).items.compactMap { Turn($0) }
  }

  /// A page of the list of a conversation's turns; `name` is all that decides on it. It comes from the
  /// cache if it was read when the conversation was as it is now.
  package func page(
    _ name: String, of conversation: Conversation, read: () async throws -> Part<Turn>
  ) async throws -> Part<Turn> {
    if let known = cache?.find(.page(name), of: conversation) {
      return Part(elements: known.turns, next: known.next)
    }
    let found = try await read()
    cache?.keep(found, as: .page(name), of: conversation)
    return found
  }

  /// Says that a turn which was there already has changed: nobody takes it from a cache any more.
  func noteChange(of id: ConversationID, _ caller: Caller) async throws {
    do throws(StoreError) {
      try await store.update(
        key(id, caller), in: conversations, [.add("revision", 1)],
        if: .all([.exists("owner"), .absent("deletedAt")]))
    } catch {
      // It is gone meanwhile.
      guard case .conditionFailed = error else { throw error }
    }
  }

  package func recent(
    _ id: ConversationID, of caller: Caller, turns count: Int, before replaced: String
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    guard let conversation = try await conversation(id, of: caller) else { return nil }
    guard let turn = try await turn(replaced, in: id, of: caller) else {
      throw AgentError.messageNotFound
    }
    let page = try await path(
      of: id, tenant: caller.tenant, endingAt: turn.before, limit: count)
    return (conversation, page.elements.reversed())
  }

  package func path(
    upTo number: Int, in id: ConversationID, of caller: Caller, turns count: Int
  ) async throws -> [Turn] {
    try await path(of: id, tenant: caller.tenant, endingAt: number, limit: count)
      .elements.reversed()
  }

  package func keep(
    _ summary: ConversationSummary, at number: Int, in id: ConversationID, of caller: Caller
  ) async throws {
    do throws(StoreError) {
      try await store.update(
        turnKey(number, of: id, caller.tenant), in: turns, [.set("summary", summary.attribute)],
        if: .all([.exists("message"), .absent("summary")]))
    } catch .conditionFailed {
      // Another turn at the same time was faster, or the conversation is gone.
      return
    } catch {
      throw error
    }
    try await noteChange(of: id, caller)
  }

  /// A part of a branch, the newest turn first.
  ///
  /// `after` is where the part before it ended. Find the conversation before: whoever may see it may
  /// see these.
  package func branch(
    of id: ConversationID, tenant: String, endingAt head: Int, limit: Int, after: Item? = nil
  ) async throws -> Part<Turn> {
    let part = try await path(
      of: id, tenant: tenant, endingAt: after?["position"]?.int ?? head, limit: limit)
    let fitting = Self.fitting(part.elements)
    let next: Item? =
      fitting.count < part.elements.count
      ? fitting.last.map { ["position": AttributeValue($0.before)] } : part.next
    return Part(elements: try await whole(fitting, tenant), next: next)
  }

  /// The same with turns as their items hold them: of long ones the beginning. `known` has been read
  /// already.
  func path(
    of id: ConversationID, tenant: String, endingAt head: Int, limit: Int, known: [Turn] = []
  ) async throws -> Part<Turn> {
    var wanted = head
    var found: [Turn] = []
    var page = known
    for read in 0... {
      for turn in page where turn.number == wanted && found.count < limit {
        found.append(turn)
        wanted = turn.before
      }
      guard wanted > 0, found.count < limit, read < Self.mostReads else { break }
      var query = turnQuery(id, tenant: tenant)
      query.isConsistent = true
      query.sort = ("number", .atMost(AttributeValue(wanted)))
      query.limit = max(limit - found.count, 10)
      page = try await store.query(query).items.compactMap { Turn($0) }
      // A turn that is missing ends the branch: there is nothing older to be found through it.
      guard page.first?.number == wanted else { return Part(elements: found, next: nil) }
    }
    return Part(
      elements: found, next: wanted > 0 ? ["position": AttributeValue(wanted)] : nil)
  }

  /// The turn whose answer has this name; nil when the caller's conversation has none.
  package func turn(
    _ message: String, in id: ConversationID, of caller: Caller
  ) async throws -> Turn? {
    guard let item = try await store.get(key(id, caller), from: conversations),
      item["deletedAt"] == nil, let number = try await number(of: message, in: id, caller, item)
    else { return nil }
    return try await turn(number, of: id, ofTenant: caller.tenant)
  }

  func turnKey(_ number: Int, of id: ConversationID, _ tenant: String) -> Item {
    ["conversation": .string(Caller.key(tenant, id.text)), "number": AttributeValue(number)]
  }

  /// The conversation's item remembers its newest messages; an index knows the others.
  private func number(
    of message: String, in id: ConversationID, _ caller: Caller, _ conversation: Item
  ) async throws -> Int? {
    if let number = conversation["recent"]?[message]?.int { return number }
    guard (1...128).contains(message.utf8.count) else { return nil }
    var query = Query(
      turns, index: "byMessage", where: "conversation",
      is: .string(Caller.key(caller.tenant, id.text)))
    query.sort = ("message", .equals(.string(message)))
    query.limit = 1
    return try await store.query(query).items.first?["number"]?.int
  }
}
