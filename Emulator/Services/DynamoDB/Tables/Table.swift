/// A table as the operations use it: its definition with keys, names in the store and SQL made once.
final class Table: Sendable {
  /// The row of the definition; names the table's own tables in the store.
  let id: Int
  let definition: TableDefinition
  let keys: KeySchema
  let indexes: [TableIndex]
  /// Indexes in the order of their names, in which the service looks for wrong key values.
  let indexesByName: [TableIndex]
  let sql: SQL

  init(id: Int, _ definition: TableDefinition) {
    self.id = id
    self.definition = definition
    keys = KeySchema(definition.keys, in: definition)
    indexes = definition.indexes.map { TableIndex($0, of: definition, table: id) }
    indexesByName = indexes.sorted { $0.name < $1.name }
    sql = SQL(table: "dynamodb_items_\(id)")
  }

  var name: String { definition.name }

  var hasSortKey: Bool { !keys.sort.isEmpty }

  var stream: TableDefinition.Stream? {
    guard let stream = definition.stream, stream.isEnabled else { return nil }
    return stream
  }

  /// Whether a write has to look at the item it replaces.
  var needsOldItem: Bool { !indexes.isEmpty || stream != nil }

  func index(named name: String) -> TableIndex? { indexes.first { $0.name == name } }

  var hasLocalIndexes: Bool { indexes.contains { $0.isLocal } }

  /// When an item expires, in Unix seconds; nil when it does not.
  func expiry(of item: Attributes) -> Int? {
    guard let setting = definition.timeToLive, setting.isEnabled,
      case .number(let number) = item[setting.attribute]
    else { return nil }
    return number.integer
  }

  /// The statements about the table's items.
  struct SQL: Sendable {
    let table: String
    let find: String
    let upsert: String
    let insert: String
    let update: String
    let delete: String

    fileprivate init(table: String) {
      self.table = table
      find = "SELECT id, item, size FROM \(table) WHERE place = ? AND pk = ? AND sk = ?"
      insert = """
        INSERT INTO \(table) (place, pk, sk, item, size, expires) VALUES (?, ?, ?, ?, ?, ?)
        """
      upsert =
        insert + """
           ON CONFLICT (place, pk, sk) DO UPDATE
          SET item = excluded.item, size = excluded.size, expires = excluded.expires
          """
      update = "UPDATE \(table) SET item = ?, size = ?, expires = ? WHERE id = ?"
      delete = "DELETE FROM \(table) WHERE id = ?"
    }

    /// Items lie in a table with row ids, their keys in an index beside it: reads of large items stay
    /// cheap, and the order of the index serves lookups, queries, scans and their segments.
    var create: String {
      """
      CREATE TABLE \(table) (
        id INTEGER PRIMARY KEY, place INTEGER NOT NULL, pk BLOB NOT NULL, sk BLOB NOT NULL,
        item BLOB NOT NULL, size INTEGER NOT NULL, expires INTEGER, UNIQUE (place, pk, sk));
      CREATE INDEX \(table)_expires ON \(table) (expires) WHERE expires IS NOT NULL;
      """
    }
  }
}

/// A secondary index of a table.
final class TableIndex: Sendable {
  let definition: TableDefinition.Index
  let keys: KeySchema
  private let tableKeys: KeySchema
  let sql: SQL

  init(_ index: TableDefinition.Index, of definition: TableDefinition, table: Int) {
    self.definition = index
    keys = KeySchema(index.keys, in: definition)
    tableKeys = KeySchema(definition.keys, in: definition)
    sql = SQL(table: "dynamodb_index_\(table)_\(index.number)")
  }

  var name: String { definition.name }
  var isLocal: Bool { definition.isLocal }
  var projectsAll: Bool { definition.projection == .all }

  /// The attributes of index and table keys, which every entry has.
  var keyNames: [ByteText] {
    keys.names + tableKeys.names.filter { !keys.names.contains($0) }
  }

  /// Where an item stands in the index; nil when it has not all of its keys.
  func key(of item: Attributes) -> ItemKey? {
    guard let partition = KeySchema.bytes(keys.partition, of: item),
      let sort = KeySchema.bytes(keys.sort, of: item)
    else { return nil }
    return ItemKey(partition: partition, sort: sort)
  }

  /// Whether entries hold an attribute that an item has.
  func carries(_ name: ByteText) -> Bool {
    switch definition.projection {
    case .all: true
    case .keysOnly: keyNames.contains(name)
    case .include: keyNames.contains(name) || definition.nonKeyAttributes.contains(name)
    }
  }

  /// What the index holds of an item.
  func projected(_ item: Attributes) -> Attributes {
    switch definition.projection {
    case .all: return item
    case .keysOnly: return item.keeping(keyNames)
    case .include:
      let names = Set(keyNames).union(definition.nonKeyAttributes)
      var kept = Attributes()
      for (name, value) in item where names.contains(name) { kept.append(name, value) }
      return kept
    }
  }

  struct SQL: Sendable {
    let table: String
    let insert: String
    let delete: String

    fileprivate init(table: String) {
      self.table = table
      insert = "INSERT OR REPLACE INTO \(table) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
      delete = """
        DELETE FROM \(table) WHERE place = ? AND ipk = ? AND isk = ? AND pk = ? AND sk = ?
        """
    }

    /// Entries are short, or a copy of a projection, and always read in their order: they lie in the
    /// key's own tree. `item` is NULL where the index projects all: the item itself is read then.
    var create: String {
      """
      CREATE TABLE \(table) (
        place INTEGER NOT NULL, ipk BLOB NOT NULL, isk BLOB NOT NULL, pk BLOB NOT NULL,
        sk BLOB NOT NULL, base INTEGER NOT NULL, item BLOB, size INTEGER NOT NULL,
        PRIMARY KEY (place, ipk, isk, pk, sk)) WITHOUT ROWID
      """
    }
  }
}
