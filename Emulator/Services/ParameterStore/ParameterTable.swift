import JSON
import Storage

/// Where parameters lie in the database: a row for each version.
struct ParameterTable {
  static let migrations = Migrations(
    part: "ssm",
    sql: [
      """
      CREATE TABLE ssm_parameters (
        name TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (name, version)) WITHOUT ROWID;
      CREATE TABLE ssm_tags (name TEXT PRIMARY KEY, tags TEXT NOT NULL) WITHOUT ROWID;
      """
    ])

  let connection: Connection

  /// The name under which a parameter is kept. One on the first level is the same with and without the
  /// slash before it.
  func stored(_ name: String) throws -> String {
    let isBare = !name.contains("/")
    guard isBare || (name.hasPrefix("/") && !name.dropFirst().contains("/")) else { return name }
    let other = isBare ? "/" + name : String(name.dropFirst())
    return try connection.first(
      "SELECT name FROM ssm_parameters WHERE name IN (?, ?) LIMIT 1", [.text(name), .text(other)]
    ) { $0.text(0) } ?? name
  }

  /// All versions, the oldest first.
  func versions(of name: String) throws -> [ParameterVersion] {
    try connection.all(
      "SELECT name, version, document FROM ssm_parameters WHERE name = ? ORDER BY version",
      [.text(try stored(name))], Self.version
    ).compactMap { $0 }
  }

  func latest(_ name: String) throws -> ParameterVersion? {
    try connection.first(
      """
      SELECT name, version, document FROM ssm_parameters WHERE name = ?
      ORDER BY version DESC LIMIT 1
      """, [.text(try stored(name))], Self.version) ?? nil
  }

  /// The latest versions of the parameters from `start` on whose names are below `end`.
  func latest(
    from start: String, below end: String?, _ body: (ParameterVersion) throws -> Bool
  ) throws {
    try connection.rows(
      """
      SELECT name, max(version), document FROM ssm_parameters
      WHERE name >= ?1 AND (?2 IS NULL OR name < ?2) GROUP BY name ORDER BY name
      """, [.text(start), Value(end)]
    ) { row in
      guard let found = try Self.version(row) else { return true }
      return try body(found)
    }
  }

  func save(_ version: ParameterVersion) throws {
    try connection.run(
      "INSERT OR REPLACE INTO ssm_parameters VALUES (?, ?, ?)",
      [.text(version.name), Value(version.version), .text(version.stored.description)])
  }

  func remove(_ name: String, version: Int) throws {
    try connection.run(
      "DELETE FROM ssm_parameters WHERE name = ? AND version = ?", [.text(name), Value(version)])
  }

  /// False when there is no such parameter.
  func remove(_ name: String) throws -> Bool {
    let name = try stored(name)
    try connection.run("DELETE FROM ssm_tags WHERE name = ?", [.text(name)])
    try connection.run("DELETE FROM ssm_parameters WHERE name = ?", [.text(name)])
    return connection.changes > 0
  }

  func tags(of name: String) throws -> ResourceTags {
    let tags = try connection.first(
      "SELECT tags FROM ssm_tags WHERE name = ?", [.text(try stored(name))]
    ) { try JSONValue(parsing: $0.text(0)) }
    return ResourceTags(stored: tags)
  }

  func save(_ tags: ResourceTags, of name: String) throws {
    try connection.run(
      "INSERT OR REPLACE INTO ssm_tags VALUES (?, ?)",
      [.text(try stored(name)), .text(tags.stored.description)])
  }

  private static func version(_ row: borrowing Row) throws -> ParameterVersion? {
    ParameterVersion(
      name: row.text(0), version: row.integer(1), stored: try JSONValue(parsing: row.text(2)))
  }
}
