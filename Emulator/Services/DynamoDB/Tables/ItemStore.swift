import Storage

/// An item as it lies in the store.
struct StoredItem: Sendable {
  let id: Int
  /// The wire form, as it is answered.
  let bytes: [UInt8]
  let size: Int

  func attributes() throws -> Attributes { try Attributes(stored: bytes) }
}

/// Reads and writes the items of one table with all that hangs on them: indexes, expiry, stream.
/// Lives inside one job of the database.
struct ItemStore {
  let table: Table
  let connection: Connection
  let clock: ServiceClock

  /// Bytes of an item (developer guide, "Quotas").
  static let sizeLimit = 409_600

  /// Who deleted an item when nobody asked: shown in the stream.
  enum Actor { case user, expiry }

  func find(_ key: ItemKey) throws -> StoredItem? {
    try connection.first(
      table.sql.find, [Value(key.place), .blob(key.partition), .blob(key.sort)]
    ) { row in
      StoredItem(id: row.integer(0), bytes: row.bytes(1), size: row.integer(2))
    }
  }

  /// What a write did, for the figures of consumed capacity.
  struct Cost: Sendable {
    var table = 0.0
    var indexes: [(index: TableIndex, units: Double)] = []

    mutating func add(_ units: Double, to index: TableIndex) {
      indexes.append((index, units))
    }
  }

  /// Stores an item in the place of what is there, without a look at it. Only for tables where nothing
  /// hangs on the old item.
  func overwrite(_ key: ItemKey, with item: Attributes, _ bytes: [UInt8], size: Int) throws {
    try connection.run(
      table.sql.upsert,
      [
        Value(key.place), .blob(key.partition), .blob(key.sort), .blob(bytes), Value(size),
        Value(table.expiry(of: item)),
      ])
  }

  /// Stores an item in the place of `old`.
  @discardableResult
  func put(
    _ key: ItemKey, _ item: Attributes, replacing old: StoredItem?
  ) throws -> Cost {
    let bytes = item.encoded
    let size = item.size
    let expires = Value(table.expiry(of: item))
    let id: Int
    if let old {
      id = old.id
      try connection.run(table.sql.update, [.blob(bytes), Value(size), expires, Value(id)])
    } else {
      try connection.run(
        table.sql.insert,
        [
          Value(key.place), .blob(key.partition), .blob(key.sort), .blob(bytes), Value(size),
          expires,
        ])
      id = connection.lastInsertedID
    }
    var cost = Cost(table: Capacity.write(max(size, old?.size ?? 0)))
    guard table.needsOldItem else { return cost }
    let oldItem = try old?.attributes()
    try updateIndexes(key, id: id, from: oldItem, to: item, &cost)
    if oldItem != item { try record(old: oldItem, new: item, by: .user) }
    return cost
  }

  /// Removes an item that is there.
  @discardableResult
  func remove(_ key: ItemKey, _ old: StoredItem, by actor: Actor = .user) throws -> Cost {
    try connection.run(table.sql.delete, [Value(old.id)])
    var cost = Cost(table: Capacity.write(old.size))
    guard table.needsOldItem else { return cost }
    let oldItem = try old.attributes()
    try updateIndexes(key, id: old.id, from: oldItem, to: nil, &cost)
    try record(old: oldItem, new: nil, by: actor)
    return cost
  }

  private func updateIndexes(
    _ key: ItemKey, id: Int, from old: Attributes?, to new: Attributes?, _ cost: inout Cost
  ) throws {
    for index in table.indexes {
      let oldKey = old.flatMap { index.key(of: $0) }
      let newKey = new.flatMap { index.key(of: $0) }
      let oldEntry = oldKey.flatMap { _ in old.map { index.projected($0) } }
      let newEntry = newKey.flatMap { _ in new.map { index.projected($0) } }
      if oldKey == newKey, oldEntry == newEntry { continue }
      if let oldKey, oldKey != newKey {
        try connection.run(
          index.sql.delete,
          [
            Value(oldKey.place), .blob(oldKey.partition), .blob(oldKey.sort),
            .blob(key.partition), .blob(key.sort),
          ])
        cost.add(Capacity.write(oldEntry?.size ?? 0), to: index)
      }
      if let newKey, let newEntry {
        // With everything projected the item itself is read: its entry stays as it is.
        if !index.projectsAll || oldKey != newKey {
          try insert(newEntry, at: newKey, key, id: id, in: index)
        }
        let larger = oldKey == newKey ? max(oldEntry?.size ?? 0, newEntry.size) : newEntry.size
        cost.add(Capacity.write(larger), to: index)
      }
    }
  }

  /// Adds an entry; also used to fill an index that is new.
  func insert(
    _ entry: Attributes, at place: ItemKey, _ key: ItemKey, id: Int, in index: TableIndex
  ) throws {
    let bytes: [UInt8]? = index.projectsAll ? nil : entry.encoded
    try connection.run(
      index.sql.insert,
      [
        Value(place.place), .blob(place.partition), .blob(place.sort), .blob(key.partition),
        .blob(key.sort), Value(id), Value(bytes), Value(entry.size),
      ])
  }

  private func record(old: Attributes?, new: Attributes?, by actor: Actor) throws {
    guard let stream = table.stream, let arn = table.definition.streamARN else { return }
    let record = StreamRecord(
      table: table, view: stream.view, old: old, new: new, isExpiry: actor == .expiry,
      seconds: clock.milliseconds() / 1000)
    try connection.run(
      "INSERT INTO dynamodb_stream (stream, created, record) VALUES (?, ?, ?)",
      [.text(arn), Value(clock.milliseconds()), .blob(record.encoded)])
  }
}

/// The service's clock, so that tests need not wait.
struct ServiceClock: Sendable {
  /// Unix milliseconds.
  let milliseconds: @Sendable () -> Int
}

/// Units of capacity (developer guide, "Read and write capacity").
enum Capacity {
  /// One for each started kilobyte.
  static func write(_ size: Int) -> Double { Double(max(1, (size + 1023) / 1024)) }

  /// Half a unit for each started 4 kilobytes, a whole one for a consistent read.
  static func read(_ size: Int, isConsistent: Bool) -> Double {
    let units = Double(max(1, (size + 4095) / 4096))
    return isConsistent ? units : units / 2
  }
}
