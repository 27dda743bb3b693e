import JSON
import Storage

/// Where keys, aliases and grants lie in the database.
struct KeyTable {
  static let migrations = Migrations(
    part: "kms",
    sql: [
      """
      CREATE TABLE kms_keys (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE kms_material (
        key TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL,
        PRIMARY KEY (key, number)) WITHOUT ROWID;
      CREATE TABLE kms_aliases (
        name TEXT PRIMARY KEY, key TEXT NOT NULL, created REAL NOT NULL, changed REAL NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE kms_grants (
        id TEXT PRIMARY KEY, key TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
        document TEXT NOT NULL) WITHOUT ROWID;
      """
    ])

  struct Alias: Sendable {
    let name: String
    let key: String
    let created: Double
    let changed: Double
  }

  let connection: Connection

  func key(_ id: String) throws -> KMSKey? {
    try connection.first("SELECT document FROM kms_keys WHERE id = ?", [.text(id)], Self.key) ?? nil
  }

  func keys(after id: String, limit: Int) throws -> [KMSKey] {
    try connection.all(
      "SELECT document FROM kms_keys WHERE id > ? ORDER BY id LIMIT ?", [.text(id), Value(limit)],
      Self.key
    ).compactMap { $0 }
  }

  func save(_ key: KMSKey) throws {
    try connection.run(
      "INSERT OR REPLACE INTO kms_keys VALUES (?, ?)",
      [.text(key.id), .text(key.stored.description)])
  }

  func material(of key: String, _ number: Int) throws -> [UInt8]? {
    try connection.first(
      "SELECT bytes FROM kms_material WHERE key = ? AND number = ?", [.text(key), Value(number)]
    ) { $0.bytes(0) }
  }

  func add(_ material: [UInt8], to key: String, _ number: Int) throws {
    try connection.run(
      "INSERT INTO kms_material VALUES (?, ?, ?)",
      [.text(key), Value(number), .blob(material)])
  }

  /// Removes the keys whose waiting time is over, and all that hangs on them.
  func sweep(at now: Double) throws {
    let over = try connection.all(
      "SELECT document FROM kms_keys WHERE json_extract(document, '$.deletion') <= ?",
      [.real(now)], Self.key
    ).compactMap { $0 }
    for key in over {
      for table in ["kms_material", "kms_aliases", "kms_grants"] {
        try connection.run("DELETE FROM \(table) WHERE key = ?", [.text(key.id)])
      }
      try connection.run("DELETE FROM kms_keys WHERE id = ?", [.text(key.id)])
    }
  }

  private static func key(_ row: borrowing Row) throws -> KMSKey? {
    KMSKey(stored: try JSONValue(parsing: row.text(0)))
  }

  // MARK: - Aliases

  func alias(_ name: String) throws -> Alias? {
    try connection.first(
      "SELECT name, key, created, changed FROM kms_aliases WHERE name = ?", [.text(name)],
      Self.alias)
  }

  /// The aliases behind `name`, of one key or of all.
  func aliases(of key: String?, after name: String, limit: Int) throws -> [Alias] {
    try connection.all(
      """
      SELECT name, key, created, changed FROM kms_aliases
      WHERE name > ?1 AND (?2 IS NULL OR key = ?2) ORDER BY name LIMIT ?3
      """, [.text(name), Value(key), Value(limit)], Self.alias)
  }

  func save(_ alias: Alias) throws {
    try connection.run(
      "INSERT OR REPLACE INTO kms_aliases VALUES (?, ?, ?, ?)",
      [.text(alias.name), .text(alias.key), .real(alias.created), .real(alias.changed)])
  }

  func removeAlias(_ name: String) throws {
    try connection.run("DELETE FROM kms_aliases WHERE name = ?", [.text(name)])
  }

  private static func alias(_ row: borrowing Row) throws -> Alias {
    Alias(name: row.text(0), key: row.text(1), created: row.real(2), changed: row.real(3))
  }

  // MARK: - Grants

  /// The grants with ids behind `id`, of one key or of all.
  func grants(of key: String?, after id: String) throws -> [JSONValue] {
    try connection.all(
      """
      SELECT document FROM kms_grants WHERE id > ?1 AND (?2 IS NULL OR key = ?2) ORDER BY id
      """, [.text(id), Value(key)]
    ) { try JSONValue(parsing: $0.text(0)) }
  }

  func saveGrant(_ grant: JSONValue, id: String, of key: String, token: String) throws {
    try connection.run(
      "INSERT INTO kms_grants VALUES (?, ?, ?, ?)",
      [.text(id), .text(key), .text(token), .text(grant.description)])
  }

  func grantID(token: String) throws -> String? {
    try connection.first("SELECT id FROM kms_grants WHERE token = ?", [.text(token)]) {
      $0.text(0)
    }
  }

  func token(ofGrant id: String) throws -> String? {
    try connection.first("SELECT token FROM kms_grants WHERE id = ?", [.text(id)]) { $0.text(0) }
  }

  /// False when there is no such grant.
  func removeGrant(_ id: String, of key: String?) throws -> Bool {
    try connection.run(
      "DELETE FROM kms_grants WHERE id = ?1 AND (?2 IS NULL OR key = ?2)", [.text(id), Value(key)])
    return connection.changes > 0
  }
}
