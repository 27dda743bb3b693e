package import Cloud
import Events

/// What is remembered about people, in one table: key `owner`, `entry` (`kind#key`).
///
/// The table deletes what has expired some time later; here it is gone at once.
package struct StoredContext: Sendable {
  let store: Store
  let table: String

  package init(_ store: Store, table: String) {
    self.store = store
    self.table = table
  }

  /// Why an entry was not kept.
  package enum Refusal: Error, Equatable {
    case tooMany(limit: Int)
  }

  /// Everything about a person that has not expired.
  package func entries(of caller: Caller, at now: Timestamp) async throws -> [ContextEntry] {
    try await items(of: caller).compactMap { ContextEntry($0) }.filter { !$0.isForgotten(at: now) }
  }

  /// Keeps an entry in place of the one with its name. Throws `Refusal.tooMany`.
  package func set(_ entry: ContextEntry, of caller: Caller, at now: Timestamp) async throws {
    let known = try await entries(of: caller, at: now)
    let isNew = !known.contains { $0.kind == entry.kind && $0.key == entry.key }
    guard !isNew || known.count < ContextEntry.most else {
      throw Refusal.tooMany(limit: ContextEntry.most)
    }
    var item = key(entry.kind, entry.key, caller)
    item["kind"] = .string(entry.kind.rawValue)
    item["key"] = .string(entry.key)
    item["value"] = .string(entry.value)
    item["updatedAt"] = .string(entry.updatedAt.iso)
    item["expiresAt"] = entry.expiresAt.map { AttributeValue($0.milliseconds / 1_000) }
    try await store.put(item, into: table)
  }

  /// False when there was none.
  package func remove(
    _ kind: ContextEntry.Kind, _ name: String, of caller: Caller
  ) async throws -> Bool {
    try await store.delete(key(kind, name, caller), from: table, returningOld: true) != nil
  }

  /// Forgets an entry without deleting its item: what it said is gone at once, the empty item when the
  /// table gets to it. For those who may not delete.
  func blank(_ entry: ContextEntry, of caller: Caller, at now: Timestamp) async throws {
    var item = key(entry.kind, entry.key, caller)
    item["expiresAt"] = AttributeValue(Int(now.milliseconds / 1_000))
    try await store.put(item, into: table)
  }

  /// Forgets everything about a person; gives the number of entries.
  package func removeAll(of caller: Caller) async throws -> Int {
    let items = try await items(of: caller)
    for item in items {
      let key = item.filter { $0.key == "owner" || $0.key == "entry" }
      try await store.delete(key, from: table)
    }
    return items.count
  }

  private func items(of caller: Caller) async throws -> [Item] {
    var query = Query(table, where: "owner", is: .string(caller.owner))
    // Behind all entries stand the vectors of what a person said (``TurnVectors``).
    query.sort = ("entry", .less("~"))
    query.isConsistent = true
    var items: [Item] = []
    repeat {
      let page = try await store.query(query)
      items += page.items
      query.start = page.next
    } while query.start != nil
    return items
  }

  private func key(_ kind: ContextEntry.Kind, _ name: String, _ caller: Caller) -> Item {
    [
      "owner": .string(caller.owner),
      "entry": .string(ComposedKey.join(kind.rawValue, name)),
    ]
  }
}

extension ContextEntry {
  /// Nil for an item that is no entry.
  fileprivate init?(_ item: Item) {
    guard let kind = item["kind"]?.string.flatMap({ Kind(rawValue: $0) }),
      let key = item["key"]?.string, let value = item["value"]?.string,
      let updatedAt = item["updatedAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      kind: kind, key: key, value: value, updatedAt: updatedAt,
      expiresAt: item["expiresAt"]?.int.map { Timestamp(milliseconds: Int64($0) * 1_000) })
  }
}
