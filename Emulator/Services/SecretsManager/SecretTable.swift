import JSON
import Storage

/// Where secrets lie in the database.
struct SecretTable {
  static let migrations = Migrations(
    part: "secretsmanager",
    sql: [
      """
      CREATE TABLE secrets (
        name TEXT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, description TEXT, key_id TEXT,
        tags TEXT NOT NULL, created REAL NOT NULL, changed REAL NOT NULL, accessed REAL,
        deletion REAL, deleted REAL) WITHOUT ROWID;
      CREATE TABLE secret_versions (
        id INTEGER PRIMARY KEY, secret TEXT NOT NULL, version TEXT NOT NULL, stages TEXT NOT NULL,
        text TEXT, binary BLOB, created REAL NOT NULL, UNIQUE (secret, version));
      """
    ])

  let connection: Connection

  /// A secret by its name or ARN; the ARN may lack the six characters that the service appends.
  func secret(_ id: String) throws -> Secret? {
    let condition =
      id.hasPrefix("arn:") ? "arn = ?1 OR substr(arn, 1, length(arn) - 7) = ?1" : "name = ?1"
    let found = try connection.first(
      "SELECT \(Self.columns) FROM secrets WHERE \(condition)", [.text(id)], Self.secret)
    guard var found else { return nil }
    found.versions = try versions(of: found.name)
    return found
  }

  /// The secrets whose names come after `name`, without their versions' values being of use to others.
  func secrets(after name: String, limit: Int) throws -> [Secret] {
    let found = try connection.all(
      "SELECT \(Self.columns) FROM secrets WHERE name > ? ORDER BY name LIMIT ?",
      [.text(name), Value(limit)], Self.secret)
    return try found.map { secret in
      var whole = secret
      whole.versions = try versions(of: secret.name)
      return whole
    }
  }

  func save(_ secret: Secret) throws {
    let tags = JSONValue.array(secret.tags.map { [.string($0.key), .string($0.value)] })
    try connection.run(
      "INSERT OR REPLACE INTO secrets (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .text(secret.name), .text(secret.arn), Self.text(secret.description),
        Self.text(secret.keyID), .text(tags.description), .real(secret.created),
        .real(secret.changed), Self.real(secret.accessed), Self.real(secret.deletion),
        Self.real(secret.deleted),
      ])
    try connection.run("DELETE FROM secret_versions WHERE secret = ?", [.text(secret.name)])
    for version in secret.versions { try insert(version, of: secret.name) }
  }

  func remove(_ name: String) throws {
    try connection.run("DELETE FROM secret_versions WHERE secret = ?", [.text(name)])
    try connection.run("DELETE FROM secrets WHERE name = ?", [.text(name)])
  }

  /// Removes what was to be deleted before `now`.
  func sweep(at now: Double) throws {
    let names = try connection.all(
      "SELECT name FROM secrets WHERE deletion <= ?", [.real(now)]
    ) { $0.text(0) }
    for name in names { try remove(name) }
  }

  private static let columns =
    "name, arn, description, key_id, tags, created, changed, accessed, deletion, deleted"

  private static func secret(_ row: borrowing Row) throws -> Secret {
    let tags = try JSONValue(parsing: row.text(4)).array ?? []
    var secret = Secret(
      name: row.text(0), arn: row.text(1), created: row.real(5), changed: row.real(6))
    secret.description = row.isNull(2) ? nil : row.text(2)
    secret.keyID = row.isNull(3) ? nil : row.text(3)
    secret.tags = tags.map { Secret.Tag(key: $0[0]?.string ?? "", value: $0[1]?.string ?? "") }
    secret.accessed = row.isNull(7) ? nil : row.real(7)
    secret.deletion = row.isNull(8) ? nil : row.real(8)
    secret.deleted = row.isNull(9) ? nil : row.real(9)
    return secret
  }

  private func versions(of name: String) throws -> [Secret.Version] {
    try connection.all(
      "SELECT version, stages, text, binary, created FROM secret_versions WHERE secret = ? ORDER BY id",
      [.text(name)]
    ) { row in
      let stages = try JSONValue(parsing: row.text(1)).array?.compactMap(\.string) ?? []
      let value = row.isNull(2) ? SecretValue.binary(row.bytes(3)) : .text(row.text(2))
      return Secret.Version(id: row.text(0), stages: stages, value: value, created: row.real(4))
    }
  }

  private func insert(_ version: Secret.Version, of name: String) throws {
    var text = Value.null
    var binary = Value.null
    switch version.value {
    case .text(let value): text = .text(value)
    case .binary(let value): binary = .blob(value)
    }
    let stages = JSONValue.array(version.stages.map { .string($0) })
    try connection.run(
      """
      INSERT INTO secret_versions (secret, version, stages, text, binary, created)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      [
        .text(name), .text(version.id), .text(stages.description), text, binary,
        .real(version.created),
      ])
  }

  private static func text(_ value: String?) -> Value { value.map { .text($0) } ?? .null }
  private static func real(_ value: Double?) -> Value { value.map { .real($0) } ?? .null }
}
