import JSON
import Storage
import Synchronization

/// Thrown by a job that met another version of its table than it was prepared for; it is prepared
/// again.
struct StaleTable: Error {}

/// The tables there are, in memory; the database holds them and decides when another process has
/// changed them.
final class Catalog: Sendable {
  private struct State {
    var tables: [String: Table] = [:]
    var version = -1
    /// The writer's transaction in which `version` was last compared with the database.
    var checkedTransaction = -1
  }

  private let state = Mutex(State())

  static let migrations = Migrations(
    part: "dynamodb",
    sql: [
      """
      CREATE TABLE dynamodb_tables (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, definition BLOB NOT NULL);
      CREATE TABLE dynamodb_catalog (version INTEGER NOT NULL);
      INSERT INTO dynamodb_catalog VALUES (0);
      CREATE TABLE dynamodb_stream (
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, created INTEGER NOT NULL,
        record BLOB NOT NULL);
      CREATE INDEX dynamodb_stream_order ON dynamodb_stream (stream, id);
      CREATE TABLE dynamodb_tokens (
        token TEXT PRIMARY KEY, digest BLOB NOT NULL, response BLOB NOT NULL,
        created INTEGER NOT NULL) WITHOUT ROWID;
      """,
      // What an answer given again costs; answers kept before cannot be given in the new form.
      """
      DELETE FROM dynamodb_tokens;
      ALTER TABLE dynamodb_tokens ADD COLUMN reads BLOB NOT NULL DEFAULT x'5B5D';
      """,
    ])

  func table(named name: String) -> Table? {
    state.withLock { $0.tables[name] }
  }

  /// The names after `start`, in the order of their bytes.
  func names(after start: String?) -> [String] {
    let names = state.withLock { Array($0.tables.keys) }.map { ByteText($0) }.sorted()
    guard let start else { return names.map(\.string) }
    return names.filter { ByteText(start) < $0 }.map(\.string)
  }

  var tables: [Table] { state.withLock { Array($0.tables.values) } }

  /// Reads the definitions, unless they are known to be those of the database. Tables that have not
  /// changed stay the same objects, so that requests under way are not disturbed.
  func load(_ connection: Connection) throws {
    let version = try version(connection)
    let known = state.withLock { $0.version == version ? nil : $0.tables }
    guard let known else { return }
    let tables = try connection.all("SELECT id, name, definition FROM dynamodb_tables") { row in
      let json = try JSONValue(parsing: row.bytes(2))
      guard let definition = TableDefinition(json) else {
        throw DatabaseError.corrupt("the definition of table \(row.text(1)) cannot be read")
      }
      if let table = known[definition.name], table.id == row.integer(0),
        table.definition == definition
      {
        return table
      }
      return Table(id: row.integer(0), definition)
    }
    state.withLock { state in
      state.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
      state.version = version
    }
  }

  /// Throws `StaleTable` unless these are the tables that the database knows. Asks the database once
  /// in each transaction, since only another process could have changed them behind our back.
  func check(_ tables: [Table], _ connection: Connection) throws {
    let mustAsk = state.withLock { $0.checkedTransaction != connection.transaction }
    if mustAsk {
      let version = try version(connection)
      let isCurrent = state.withLock { state in
        state.checkedTransaction = connection.transaction
        return state.version == version
      }
      if !isCurrent { try load(connection) }
    }
    let areCurrent = state.withLock { state in
      tables.allSatisfy { state.tables[$0.name] === $0 }
    }
    guard areCurrent else { throw StaleTable() }
  }

  /// Adds a table and the places for its items. Call within a write.
  func add(_ definition: TableDefinition, _ connection: Connection) throws -> Table {
    try connection.run(
      "INSERT INTO dynamodb_tables (name, definition) VALUES (?, ?)",
      [.text(definition.name), .blob(definition.json.encoded())])
    let table = Table(id: connection.lastInsertedID, definition)
    try connection.execute(table.sql.create)
    for index in table.indexes { try connection.execute(index.sql.create) }
    try publish(connection) { $0[definition.name] = table }
    return table
  }

  /// Puts another definition in the place of a table's. Call within a write.
  func replace(
    _ table: Table, with definition: TableDefinition, _ connection: Connection
  ) throws -> Table {
    try connection.run(
      "UPDATE dynamodb_tables SET definition = ? WHERE id = ?",
      [.blob(definition.json.encoded()), Value(table.id)])
    let changed = Table(id: table.id, definition)
    try publish(connection) { $0[definition.name] = changed }
    return changed
  }

  /// Removes a table with its items. Call within a write.
  func remove(_ table: Table, _ connection: Connection) throws {
    try connection.run("DELETE FROM dynamodb_tables WHERE id = ?", [Value(table.id)])
    for index in table.indexes { try connection.execute("DROP TABLE \(index.sql.table)") }
    try connection.execute("DROP TABLE \(table.sql.table)")
    try publish(connection) { $0[table.name] = nil }
  }

  /// Makes a change of the tables known; should the commit fail, the next check loads them again.
  private func publish(
    _ connection: Connection, _ change: (inout [String: Table]) -> Void
  ) throws {
    // A number that no other change has, not even one that is rolled back.
    try connection.run("UPDATE dynamodb_catalog SET version = random() & 0x7fffffffffffffff")
    let version = try version(connection)
    state.withLock { state in
      change(&state.tables)
      state.version = version
    }
  }

  private func version(_ connection: Connection) throws -> Int {
    try connection.first("SELECT version FROM dynamodb_catalog") { $0.integer(0) } ?? 0
  }
}
