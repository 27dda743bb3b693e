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

/// An event bus; `default` is always there.
struct EventBus: Sendable {
  let name: String
  var description: String?
  /// The resource policy as JSON text; nil without a statement.
  var policy: String?
  var tags = ResourceTags()
  /// Unix seconds.
  let created: Double
  var changed: Double

  init(name: String, created: Double) {
    self.name = name
    self.created = created
    changed = created
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
      """,
      """
      ALTER TABLE event_buses ADD COLUMN changed REAL;
      ALTER TABLE event_buses ADD COLUMN policy TEXT;
      """,
    ])

  let connection: Connection

  func bus(_ name: String) throws -> EventBus? {
    try connection.first(
      "SELECT \(Self.busColumns) FROM event_buses WHERE name = ?", [.text(name)], Self.bus)
  }

  func hasBus(_ name: String) throws -> Bool { try bus(name) != nil }

  func buses() throws -> [EventBus] {
    try connection.all("SELECT \(Self.busColumns) FROM event_buses ORDER BY name", [], Self.bus)
  }

  func save(_ bus: EventBus) throws {
    try connection.run(
      "INSERT OR REPLACE INTO event_buses (\(Self.busColumns)) VALUES (?, ?, ?, ?, ?, ?)",
      [
        .text(bus.name), Value(bus.description), .text(bus.tags.stored.description),
        .real(bus.created), .real(bus.changed), Value(bus.policy),
      ])
  }

  func removeBus(_ name: String) throws {
    try connection.run("DELETE FROM event_buses WHERE name = ?", [.text(name)])
  }

  private static let busColumns = "name, description, tags, created, changed, policy"

  private static func bus(_ row: borrowing Row) throws -> EventBus {
    var bus = EventBus(name: row.text(0), created: row.real(3))
    bus.description = row.isNull(1) ? nil : row.text(1)
    bus.tags = ResourceTags(stored: try JSONValue(parsing: row.text(2)))
    bus.changed = row.isNull(4) ? bus.created : row.real(4)
    bus.policy = row.isNull(5) ? nil : row.text(5)
    return bus
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
