import JSON
import Storage
import Template

/// A rule with its targets.
struct EventRule: Sendable {
  let bus: String
  let name: String
  var pattern: String?
  var schedule: String?
  var description: String?
  var role: String?
  var isEnabled = true
  /// Unix seconds since which a rate counts.
  var since: Int
  /// As `PutTargets` gave them.
  var targets: [JSONValue] = []
  var tags = ResourceTags()
  /// Made by the template: made anew at each start.
  var isOfTemplate = false

  init(bus: String, name: String, since: Int) {
    self.bus = bus
    self.name = name
    self.since = since
  }

  var stored: JSONValue {
    var value: JSONValue = [
      "isEnabled": .bool(isEnabled), "since": .int(since), "targets": .array(targets),
      "tags": tags.stored, "isOfTemplate": .bool(isOfTemplate),
    ]
    for (key, text) in [
      ("pattern", pattern), ("schedule", schedule), ("description", description), ("role", role),
    ] {
      value[key] = text.map { .string($0) }
    }
    return value
  }

  init(bus: String, name: String, stored value: JSONValue) {
    self.init(bus: bus, name: name, since: value["since"]?.int ?? 0)
    pattern = value["pattern"]?.string
    schedule = value["schedule"]?.string
    description = value["description"]?.string
    role = value["role"]?.string
    isEnabled = value["isEnabled"]?.bool ?? true
    targets = value["targets"]?.array ?? []
    tags = ResourceTags(stored: value["tags"])
    isOfTemplate = value["isOfTemplate"]?.bool ?? false
  }
}

/// Where buses and rules lie in the database.
struct EventTable {
  static let migrations = Migrations(
    part: "events",
    sql: [
      """
      CREATE TABLE event_buses (
        name TEXT PRIMARY KEY, description TEXT, tags TEXT NOT NULL, created REAL NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE event_rules (
        bus TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (bus, name))
        WITHOUT ROWID;
      """
    ])

  let connection: Connection

  func hasBus(_ name: String) throws -> Bool {
    guard name != "default" else { return true }
    return try connection.first("SELECT 1 FROM event_buses WHERE name = ?", [.text(name)]) { _ in
      true
    } ?? false
  }

  func addBus(_ name: String, description: String?, tags: ResourceTags, at now: Double) throws {
    try connection.run(
      "INSERT OR REPLACE INTO event_buses VALUES (?, ?, ?, ?)",
      [.text(name), Value(description), .text(tags.stored.description), .real(now)])
  }

  func removeBus(_ name: String) throws {
    try connection.run("DELETE FROM event_buses WHERE name = ?", [.text(name)])
  }

  func buses() throws -> [(name: String, description: String?)] {
    try connection.all("SELECT name, description FROM event_buses ORDER BY name") { row in
      (row.text(0), row.isNull(1) ? nil : row.text(1))
    }
  }

  func rule(_ name: String, on bus: String) throws -> EventRule? {
    try connection.first(
      "SELECT bus, name, document FROM event_rules WHERE bus = ? AND name = ?",
      [.text(bus), .text(name)], Self.rule)
  }

  /// The rules of one bus, or of all.
  func rules(on bus: String?) throws -> [EventRule] {
    try connection.all(
      """
      SELECT bus, name, document FROM event_rules WHERE (?1 IS NULL OR bus = ?1) ORDER BY bus, name
      """, [Value(bus)], Self.rule)
  }

  func save(_ rule: EventRule) throws {
    try connection.run(
      "INSERT OR REPLACE INTO event_rules VALUES (?, ?, ?)",
      [.text(rule.bus), .text(rule.name), .text(rule.stored.description)])
  }

  func remove(_ rule: EventRule) throws {
    try connection.run(
      "DELETE FROM event_rules WHERE bus = ? AND name = ?", [.text(rule.bus), .text(rule.name)])
  }

  private static func rule(_ row: borrowing Row) throws -> EventRule {
    EventRule(
      bus: row.text(0), name: row.text(1), stored: try JSONValue(parsing: row.text(2)))
  }
}
