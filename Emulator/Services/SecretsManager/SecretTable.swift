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
      """,
      """
      ALTER TABLE secrets ADD COLUMN rotation TEXT;
      ALTER TABLE secrets ADD COLUMN policy TEXT;
      ALTER TABLE secret_versions ADD COLUMN accessed REAL;
      """,
    ])

  let connection: Connection

  /// A secret by its name or ARN; the ARN may lack the six characters that the service appends, and
  /// its Region does not matter.
  func secret(_ id: String) throws -> Secret? {
    var (wanted, condition) = (id, "name = ?1")
    if id.hasPrefix("arn:"), let start = id.firstRange(of: ":secret:") {
      wanted = String(id[start.upperBound...])
      let tail = "substr(arn, instr(arn, ':secret:') + 8)"
      condition = "\(tail) = ?1 OR substr(\(tail), 1, length(\(tail)) - 7) = ?1"
    }
    let found = try connection.first(
      "SELECT \(Self.columns) FROM secrets WHERE \(condition)", [.text(wanted)], Self.secret)
    guard var found else { return nil }
    found.versions = try versions(of: found.name)
    return found
  }

  /// All secrets, the oldest first.
  func secrets() throws -> [Secret] {
    let found = try connection.all(
      "SELECT \(Self.columns) FROM secrets ORDER BY created, name", [], Self.secret)
    return try found.map { secret in
      var whole = secret
      whole.versions = try versions(of: secret.name)
      return whole
    }
  }

  func save(_ secret: Secret) throws {
    let tags =
      secret.tags.map { JSONValue.array($0.map { [.string($0.key), .string($0.value)] }) } ?? .null
    try connection.run(
      """
      INSERT OR REPLACE INTO secrets (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(secret.name), .text(secret.arn), Self.text(secret.description),
        Self.text(secret.keyID), .text(tags.description), .real(secret.created),
        .real(secret.changed), Self.real(secret.accessed), Self.real(secret.deletion),
        Self.real(secret.deleted), Self.text(secret.rotation?.stored.description),
        Self.text(secret.policy),
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
    """
    name, arn, description, key_id, tags, created, changed, accessed, deletion, deleted, rotation,
    policy
    """

  private static func secret(_ row: borrowing Row) throws -> Secret {
    let tags = try JSONValue(parsing: row.text(4)).array
    var secret = Secret(
      name: row.text(0), arn: row.text(1), created: row.real(5), changed: row.real(6))
    secret.description = row.isNull(2) ? nil : row.text(2)
    secret.keyID = row.isNull(3) ? nil : row.text(3)
    secret.tags = tags?.map { Secret.Tag(key: $0[0]?.string ?? "", value: $0[1]?.string ?? "") }
    secret.accessed = row.isNull(7) ? nil : row.real(7)
    secret.deletion = row.isNull(8) ? nil : row.real(8)
    secret.deleted = row.isNull(9) ? nil : row.real(9)
    secret.rotation =
      row.isNull(10) ? nil : SecretRotation(stored: try JSONValue(parsing: row.text(10)))
    secret.policy = row.isNull(11) ? nil : row.text(11)
    return secret
  }

  private func versions(of name: String) throws -> [Secret.Version] {
    try connection.all(
      """
      SELECT version, stages, text, binary, created, accessed FROM secret_versions
      WHERE secret = ? ORDER BY id
      """, [.text(name)]
    ) { row in
      let stages = try JSONValue(parsing: row.text(1)).array?.compactMap(\.string) ?? []
      var version = Secret.Version(
        id: row.text(0), stages: stages, value: nil, created: row.real(4))
      if !row.isNull(2) {
        version.value = .text(row.text(2))
      } else if !row.isNull(3) {
        version.value = .binary(row.bytes(3))
      }
      version.accessed = row.isNull(5) ? nil : row.real(5)
      return version
    }
  }

  private func insert(_ version: Secret.Version, of name: String) throws {
    var text = Value.null
    var binary = Value.null
    switch version.value {
    case .text(let value): text = .text(value)
    case .binary(let value): binary = .blob(value)
    case nil: break
    }
    let stages = JSONValue.array(version.stages.map { .string($0) })
    try connection.run(
      """
      INSERT INTO secret_versions (secret, version, stages, text, binary, created, accessed)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(name), .text(version.id), .text(stages.description), text, binary,
        .real(version.created), Self.real(version.accessed),
      ])
  }

  private static func text(_ value: String?) -> Value { value.map { .text($0) } ?? .null }
  private static func real(_ value: Double?) -> Value { value.map { .real($0) } ?? .null }
}
