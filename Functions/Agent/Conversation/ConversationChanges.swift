import Cloud
import Crypto
import Events

/// What a person can change about a conversation, besides talking in it.
package struct ConversationChange: Sendable, Equatable {
  package var title: String?
  package var status: Conversation.Status?
  /// Replaces all of it.
  package var metadata: [String: String]?
  /// The answer at which the conversation goes on.
  package var head: String?

  package init(
    title: String? = nil, status: Conversation.Status? = nil, metadata: [String: String]? = nil,
    head: String? = nil
  ) {
    self.title = title
    self.status = status
    self.metadata = metadata
    self.head = head
  }
}

extension StoredConversations {
  /// How long the mark of a deleted conversation stays, in seconds: far longer than a turn lasts.
  private static let markLife: Int64 = 24 * 3600

  /// Begins a conversation before anything is said in it; without a title its first exchange gives it
  /// one.
  package func create(
    title: String?, assistant: String, metadata: [String: String],
    status: Conversation.Status = .active, of caller: Caller, at now: Timestamp
  ) async throws -> Conversation {
    let name = "c-" + RequestID.uuid().lowercased().filter { $0 != "-" }
    guard let id = ConversationID(name) else { throw AgentError.conversationNotFound }
    var item = key(id, caller)
    item.merge([
      "tenant": .string(caller.tenant), "user": .string(caller.user),
      "tenantConversation": .string(Caller.key(caller.tenant, id.text)),
      "assistant": .string(assistant), "title": .string(title ?? Conversation.newTitle),
      "createdAt": .string(now.iso), "updatedAt": .string(now.iso), "turnCount": 0, "head": 0,
      "usage": Usage().attribute, "recent": [:], "status": .string(status.rawValue),
      "metadata": .map(metadata.mapValues { .string($0) }),
    ]) { $1 }
    if title == nil { item["isUntitled"] = .boolean(true) }
    try await store.put(item, into: conversations, if: .absent("owner"))
    guard let conversation = Conversation(item) else { throw AgentError.conversationNotFound }
    return conversation
  }

  /// Changes the caller's conversation; nil when there is none.
  package func change(
    _ id: ConversationID, of caller: Caller, _ change: ConversationChange, at now: Timestamp
  ) async throws -> Conversation? {
    guard let before = try await conversation(id, of: caller) else { return nil }
    var changes: [Change] = [.set("updatedAt", .string(max(now, before.updatedAt).iso))]
    if let title = change.title {
      changes += [.set("title", .string(title)), .remove("isUntitled")]
    }
    if let status = change.status { changes.append(.set("status", .string(status.rawValue))) }
    if let metadata = change.metadata {
      changes.append(.set("metadata", .map(metadata.mapValues { .string($0) })))
    }
    if let head = change.head {
      guard let turn = try await turn(head, in: id, of: caller) else {
        throw AgentError.messageNotFound
      }
      changes.append(.set("head", AttributeValue(turn.number)))
    }
    return try await update(id, of: caller, changes)
  }

  /// Sets a name of the metadata to a JSON text, or removes it (nil).
  package func setMetadata(
    _ name: String, to value: String?, of id: ConversationID, of caller: Caller, at now: Timestamp
  ) async throws -> Conversation? {
    guard let before = try await conversation(id, of: caller) else { return nil }
    var changes: [Change] = [.set("updatedAt", .string(max(now, before.updatedAt).iso))]
    if before.metadata.isEmpty {
      // Conversations from before there was metadata have no map that a name could be set in.
      changes.append(.set("metadata", .map(value.map { [name: .string($0)] } ?? [:])))
    } else if let value {
      changes.append(.set(AttributePath("metadata", name), .string(value)))
    } else {
      changes.append(.remove(AttributePath("metadata", name)))
    }
    return try await update(id, of: caller, changes)
  }

  /// Keeps what a person thinks of an answer; nil takes it back. The result is the turn as it was
  /// before; nil when there is no such answer.
  @discardableResult
  package func setFeedback(
    _ feedback: Feedback?, on message: String, in id: ConversationID, of caller: Caller
  ) async throws -> Turn? {
    guard let turn = try await turn(message, in: id, of: caller) else { return nil }
    let change = feedback.map { Change.set("feedback", $0.attribute) } ?? .remove("feedback")
    do throws(StoreError) {
      let before = try await store.update(
        turnKey(turn.number, of: id, caller.tenant), in: turns, [change], if: .exists("message"),
        returning: .old)
      try? await noteChange(of: id, caller)
      return before.flatMap { Turn($0) } ?? turn
    } catch .conditionFailed {
      return nil
    } catch {
      throw error
    }
  }

  /// Deletes a conversation with all that was said in it; false when there is none.
  ///
  /// The mark comes first: from then on nobody finds the conversation. Asking again after a failure
  /// removes what was left of it. `unshare` is told of the answers that were made in it and may be
  /// given to others.
  package func delete(
    _ id: ConversationID, of caller: Caller, at now: Timestamp,
    unsharing unshare: (_ cacheEntry: String) async throws -> Void = { _ in }
  ) async throws -> Bool {
    let item = try await store.get(key(id, caller), from: conversations)
    guard let item else { return false }
    if item["deletedAt"] == nil {
      let gone = [
        "tenant", "user", "tenantConversation", "assistant", "title", "createdAt", "updatedAt",
        "usage", "recent", "status", "metadata", "head", "isUntitled", "sessions",
        "escalatedAt", "intents",
      ]
      var changes = gone.filter { item[$0] != nil }.map { Change.remove(AttributePath($0)) }
      changes.append(.set("deletedAt", .string(now.iso)))
      changes.append(
        .set("expiresAt", AttributeValue(now.milliseconds / 1000 + Self.markLife)))
      try await store.update(key(id, caller), in: conversations, changes, if: .exists("owner"))
    }
    try await contents?.delete(id, of: caller)
    try await deleteSessions(of: id, caller)
    try await deleteTurns(of: id, caller.tenant, unshare)
    return item["deletedAt"] == nil
  }

  private func deleteTurns(
    of id: ConversationID, _ tenant: String, _ unshare: (String) async throws -> Void
  ) async throws {
    var query = turnQuery(id, tenant: tenant)
    query.isConsistent = true
    query.attributes = ["conversation", "number", "cacheEntry", "isCached"]
    repeat {
      let page = try await store.query(query)
      for item in page.items where item["isCached"]?.boolean != true {
        if let entry = item["cacheEntry"]?.string { try await unshare(entry) }
      }
      let keys = page.items.map { $0.filter { $0.key == "conversation" || $0.key == "number" } }
      try await store.write(keys.map { BatchWrite.delete(key: $0) }, in: turns)
      query.start = page.next
    } while query.start != nil
  }

  private func update(
    _ id: ConversationID, of caller: Caller, _ changes: [Change]
  ) async throws -> Conversation? {
    let item: Item?
    do throws(StoreError) {
      item = try await store.update(
        key(id, caller), in: conversations, changes,
        if: .all([.exists("owner"), .absent("deletedAt")]), returning: .new)
    } catch .conditionFailed {
      return nil
    } catch {
      throw error
    }
    return item.flatMap { Conversation($0) }
  }
}
