import Cloud
import Events

/// Sessions stand in their conversation's item, the newest ones: a turn and what it changes there are
/// one write.
extension Session {
  /// Sessions that a conversation's item has room for.
  static let remembered = 32

  var attribute: AttributeValue {
    var members: [String: AttributeValue] = [
      "status": .string(status.rawValue), "firstTurn": AttributeValue(firstTurn),
      "turns": AttributeValue(turns), "usage": usage.attribute,
      "startedAt": .string(startedAt.iso), "lastAt": .string(lastAt.iso),
    ]
    members["inWorkingHours"] = inWorkingHours.map { .boolean($0) }
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
      inWorkingHours: attribute["inWorkingHours"]?.boolean)
  }

  /// Those of a conversation's item, the oldest first.
  static func list(_ attribute: AttributeValue?) -> [Session] {
    (attribute?.map ?? [:]).compactMap { number, value in
      Int(number).flatMap { Session($0, value) }
    }.sorted { $0.number < $1.number }
  }

  /// What a turn changes: its session, and the ones there is no room for any more.
  static func changes(_ session: Session, _ before: AttributeValue?) -> [Change] {
    guard let known = before?.map else {
      return [.set("sessions", .map([String(session.number): session.attribute]))]
    }
    var changes: [Change] = [
      .set(AttributePath("sessions", String(session.number)), session.attribute)
    ]
    let oldest = session.number - remembered
    for name in known.keys where (Int(name) ?? 0) <= oldest {
      changes.append(.remove(AttributePath("sessions", name)))
    }
    return changes
  }
}

extension StoredConversations {
  /// Sets how a session stands; nil when the caller's conversation has no such session.
  package func setSession(
    _ number: Int, _ status: Session.Status, of id: ConversationID, _ caller: Caller
  ) async throws -> Session? {
    let place = AttributePath("sessions", String(number))
    let item: Item?
    do throws(StoreError) {
      item = try await store.update(
        key(id, caller), in: conversations,
        [.set(AttributePath("sessions", String(number), "status"), .string(status.rawValue))],
        if: .all([.exists(place), .absent("deletedAt")]), returning: .new)
    } catch .conditionFailed {
      return nil
    } catch {
      throw error
    }
    return (item.map { Session.list($0["sessions"]) } ?? []).first { $0.number == number }
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
    return try await store.collect(query, count: limit).items.compactMap { Turn($0) }
  }
}
