import Cloud
package import Events

/// The newest session stands in its conversation's item: a turn and what it changes there are one write.
/// When the next one begins, it becomes an item of its own beside the conversation's, in the same
/// transaction: sort key `CONVERSATION#session#00000012`.
extension Session {
  var attribute: AttributeValue {
    var members: [String: AttributeValue] = [
      "status": .string(status.rawValue), "firstTurn": AttributeValue(firstTurn),
      "turns": AttributeValue(turns), "usage": usage.attribute,
      "startedAt": .string(startedAt.iso), "lastAt": .string(lastAt.iso),
    ]
    members["inWorkingHours"] = inWorkingHours.map { .boolean($0) }
    if !intents.isEmpty { members["intents"] = .map(intents.mapValues { AttributeValue($0) }) }
    return .map(members)
  }

  init?(_ number: Int, _ attribute: AttributeValue) {
    guard let status = attribute["status"]?.string.flatMap({ Status(rawValue: $0) }),
      let firstTurn = attribute["firstTurn"]?.int, let turns = attribute["turns"]?.int,
      let startedAt = attribute["startedAt"]?.string.flatMap({ Timestamp(iso: $0) }),
      let lastAt = attribute["lastAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      number: number, status: status, firstTurn: firstTurn, turns: turns,
      usage: Usage(attribute["usage"]), startedAt: startedAt, lastAt: lastAt,
      inWorkingHours: attribute["inWorkingHours"]?.boolean,
      intents: (attribute["intents"]?.map ?? [:]).compactMapValues(\.int))
  }

  /// Those of a conversation's item, the oldest first.
  static func list(_ attribute: AttributeValue?) -> [Session] {
    (attribute?.map ?? [:]).compactMap { number, value in
      Int(number).flatMap { Session($0, value) }
    }.sorted { $0.number < $1.number }
  }

  /// That it still stands so in its conversation's item.
  var stands: Condition {
    .equals(AttributePath("sessions", String(number), "status"), .string(status.rawValue))
  }

  /// What a turn changes in the conversation's item: its session, and that others are there no more.
  static func changes(_ session: Session, _ before: AttributeValue?) -> [Change] {
    guard let known = before?.map else {
      return [.set("sessions", .map([String(session.number): session.attribute]))]
    }
    let number = String(session.number)
    var changes: [Change] = [.set(AttributePath("sessions", number), session.attribute)]
    if let old = known[number], let members = session.attribute.map {
      // What the turn leaves alone is not written: somebody may change how it stands at this moment.
      changes = members.filter { $0.value != old[$0.key] }.map {
        .set(AttributePath("sessions", number, $0.key), $0.value)
      }
    }
    for name in known.keys where name != number {
      changes.append(.remove(AttributePath("sessions", name)))
    }
    return changes
  }
}

extension Session {
  /// Keeps since when a person is waited for: the sort key of the index in which such conversations
  /// stand, and only they.
  static func escalation(
    _ status: Status, _ before: AttributeValue?, at now: Timestamp
  ) -> [Change] {
    switch (status, before) {
    case (.escalated, nil): [.set("escalatedAt", .string(now.iso))]
    case (.open, .some), (.closed, .some): [.remove("escalatedAt")]
    default: []
    }
  }
}

extension StoredConversations {
  /// Sessions that stand in a conversation's item while another one goes on.
  func finishedSessions(_ conversation: Item, keeping number: Int) -> [Session] {
    Session.list(conversation["sessions"]).filter { $0.number != number }
  }

  /// A session that is over, as an item: none of the indexes has it.
  func sessionItem(_ session: Session, of id: ConversationID, _ caller: Caller) -> Item {
    var item = sessionKey(session.number, of: id, caller)
    item["number"] = AttributeValue(session.number)
    item["session"] = session.attribute
    return item
  }

  /// Numbers have eight digits, so that sort keys have their order.
  private func sessionKey(_ number: Int, of id: ConversationID, _ caller: Caller) -> Item {
    let digits = String(number)
    let padding = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
    return [
      "owner": .string(caller.owner),
      "conversationId": .string("\(sessionPrefix(id))\(padding)\(digits)"),
    ]
  }

  /// A conversation's name has no "#".
  private func sessionPrefix(_ id: ConversationID) -> String { "\(id.text)#session#" }

  private func sessionQuery(_ id: ConversationID, _ caller: Caller) -> Query {
    var query = Query(conversations, where: "owner", is: .string(caller.owner))
    query.sort = ("conversationId", .beginsWith(sessionPrefix(id)))
    query.isAscending = false
    query.isConsistent = true
    return query
  }

  /// The sessions of a conversation, the newest first.
  package func sessions(
    of conversation: Conversation, _ caller: Caller, limit: Int, after: Item? = nil
  ) async throws -> Part<Session> {
    var newest: [Session] = after == nil ? conversation.sessions.reversed() : []
    if newest.count > limit { newest = Array(newest.prefix(limit)) }
    guard newest.count < limit else {
      // Behind the last one that is shown stands the one before it, in whichever item.
      let next = newest.last.map { $0.number > 1 } == true ? newest.last : nil
      return Part(
        elements: newest, next: next.map { sessionKey($0.number, of: conversation.id, caller) })
    }
    var query = sessionQuery(conversation.id, caller)
    query.start = after
    let page = try await store.collect(query, count: limit - newest.count)
    let found = newest + page.items.compactMap { Session($0) }
    return Part(elements: found, next: found.last?.number == 1 ? nil : page.next)
  }

  /// One session; nil when the conversation has no such one.
  package func session(
    _ number: Int, of conversation: Conversation, _ caller: Caller
  ) async throws -> Session? {
    for session in conversation.sessions where session.number == number { return session }
    return try await store.get(sessionKey(number, of: conversation.id, caller), from: conversations)
      .flatMap { Session($0) }
  }

  /// Sets how a session stands; nil when the caller's conversation has no such session.
  package func setSession(
    _ number: Int, _ status: Session.Status, of id: ConversationID, _ caller: Caller,
    at now: Timestamp
  ) async throws -> Session? {
    let before = try await store.get(key(id, caller), from: conversations)
    let isLast = Session.list(before?["sessions"]).last?.number == number
    var changes: [Change] = [
      .set(AttributePath("sessions", String(number), "status"), .string(status.rawValue))
    ]
    if isLast { changes += Session.escalation(status, before?["escalatedAt"], at: now) }
    let item: Item?
    do throws(StoreError) {
      item = try await store.update(
        key(id, caller), in: conversations, changes,
        if: .all([
          .exists(AttributePath("sessions", String(number))), .absent("deletedAt"),
        ]), returning: .new)
    } catch .conditionFailed {
      return try await setFinished(number, status, of: id, caller)
    } catch {
      throw error
    }
    return (item.map { Session.list($0["sessions"]) } ?? []).first { $0.number == number }
  }

  /// The same for a session that has an item of its own.
  private func setFinished(
    _ number: Int, _ status: Session.Status, of id: ConversationID, _ caller: Caller
  ) async throws -> Session? {
    do throws(StoreError) {
      return try await store.update(
        sessionKey(number, of: id, caller), in: conversations,
        [.set(AttributePath("session", "status"), .string(status.rawValue))],
        if: .exists("session"), returning: .new
      ).flatMap { Session($0) }
    } catch .conditionFailed {
      return nil
    } catch {
      throw error
    }
  }

  func deleteSessions(of id: ConversationID, _ caller: Caller) async throws {
    var query = sessionQuery(id, caller)
    query.attributes = ["owner", "conversationId"]
    repeat {
      let page = try await store.query(query)
      try await store.write(page.items.map { BatchWrite.delete(key: $0) }, in: conversations)
      query.start = page.next
    } while query.start != nil
  }

  /// A tenant's conversations in which a person is waited for, the longest wait first.
  package func escalated(
    inTenant tenant: String, limit: Int, after: Item? = nil
  ) async throws -> Part<Conversation> {
    var query = Query(
      conversations, index: "byTenantEscalated", where: "tenant", is: .string(tenant))
    query.start = after
    let page = try await store.collect(query, count: limit)
    return Part(elements: page.items.compactMap { Conversation($0) }, next: page.next)
  }

  /// The turns of a session, the oldest first: at most `limit`.
  package func turns(
    of session: Session, in id: ConversationID, _ caller: Caller, limit: Int
  ) async throws -> [Turn] {
    var query = turnQuery(id, tenant: caller.tenant)
    query.isAscending = true
    query.sort = (
      "number",
      .between(
        AttributeValue(session.firstTurn), AttributeValue(session.firstTurn + session.turns - 1))
    )
    let found = try await store.collect(query, count: limit).items.compactMap { Turn($0) }
    return try await whole(found, caller.tenant)
  }
}

extension Session {
  /// Nil for an item that is no session.
  fileprivate init?(_ item: Item) {
    guard let number = item["number"]?.int, let session = item["session"] else { return nil }
    self.init(number, session)
  }
}
