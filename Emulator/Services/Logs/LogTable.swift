import JSON
import Storage

/// A group of log streams.
struct LogGroup: Sendable {
  let name: String
  /// Unix milliseconds.
  let created: Int
  var retention: Int?
  var tags = ResourceTags()
  var keyID: String?
  /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`; all are played alike.
  var kind = "STANDARD"
  var isProtected = false
}

struct LogStream: Sendable {
  let name: String
  /// Unix milliseconds.
  let created: Int
  let first: Int?
  let last: Int?
  let ingested: Int?
}

struct LogEvent: Sendable {
  /// Its place in the order of arrival.
  let id: Int
  let stream: String
  /// Unix milliseconds.
  let time: Int
  let ingested: Int
  let message: String
}

/// Where groups, streams and events lie in the database.
struct LogTable {
  static let migrations = Migrations(
    part: "logs",
    sql: [
      """
      CREATE TABLE log_groups (
        name TEXT PRIMARY KEY, created INTEGER NOT NULL, retention INTEGER, tags TEXT NOT NULL)
        WITHOUT ROWID;
      CREATE TABLE log_streams (
        grp TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, first INTEGER,
        last INTEGER, ingested INTEGER, PRIMARY KEY (grp, name)) WITHOUT ROWID;
      CREATE TABLE log_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, grp TEXT NOT NULL, stream TEXT NOT NULL,
        time INTEGER NOT NULL, ingested INTEGER NOT NULL, message TEXT NOT NULL);
      CREATE INDEX log_events_of_stream ON log_events (grp, stream, time, id);
      CREATE INDEX log_events_of_group ON log_events (grp, time, id);
      """,
      """
      ALTER TABLE log_groups ADD COLUMN key_id TEXT;
      ALTER TABLE log_groups ADD COLUMN kind TEXT NOT NULL DEFAULT 'STANDARD';
      ALTER TABLE log_groups ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;
      """,
    ])

  let connection: Connection

  func group(_ name: String) throws -> LogGroup? {
    try connection.first(
      "SELECT \(Self.groupColumns) FROM log_groups WHERE name = ?", [.text(name)], Self.group)
  }

  func groups() throws -> [LogGroup] {
    try connection.all(
      "SELECT \(Self.groupColumns) FROM log_groups ORDER BY name", [], Self.group)
  }

  func save(_ group: LogGroup) throws {
    try connection.run(
      "INSERT OR REPLACE INTO log_groups (\(Self.groupColumns)) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .text(group.name), Value(group.created), Value(group.retention),
        .text(group.tags.stored.description), Value(group.keyID), .text(group.kind),
        Value(group.isProtected ? 1 : 0),
      ])
  }

  func removeGroup(_ name: String) throws {
    for table in ["log_events", "log_streams"] {
      try connection.run("DELETE FROM \(table) WHERE grp = ?", [.text(name)])
    }
    try connection.run("DELETE FROM log_groups WHERE name = ?", [.text(name)])
  }

  func size(of group: String) throws -> Int {
    try connection.first(
      "SELECT sum(length(CAST(message AS BLOB)) + 26) FROM log_events WHERE grp = ?",
      [.text(group)]
    ) { $0.integer(0) } ?? 0
  }

  private static let groupColumns = "name, created, retention, tags, key_id, kind, protected"

  private static func group(_ row: borrowing Row) throws -> LogGroup {
    LogGroup(
      name: row.text(0), created: row.integer(1), retention: row.optionalInteger(2),
      tags: ResourceTags(stored: try JSONValue(parsing: row.text(3))),
      keyID: row.isNull(4) ? nil : row.text(4), kind: row.text(5), isProtected: row.integer(6) != 0)
  }

  // MARK: - Streams

  func stream(_ name: String, in group: String) throws -> LogStream? {
    try connection.first(
      """
      SELECT name, created, first, last, ingested FROM log_streams WHERE grp = ? AND name = ?
      """, [.text(group), .text(name)], Self.stream)
  }

  func streams(in group: String) throws -> [LogStream] {
    try connection.all(
      "SELECT name, created, first, last, ingested FROM log_streams WHERE grp = ? ORDER BY name",
      [.text(group)], Self.stream)
  }

  func addStream(_ name: String, to group: String, at now: Int) throws {
    try connection.run(
      "INSERT OR IGNORE INTO log_streams (grp, name, created) VALUES (?, ?, ?)",
      [.text(group), .text(name), Value(now)])
  }

  func removeStream(_ name: String, of group: String) throws {
    try connection.run(
      "DELETE FROM log_events WHERE grp = ? AND stream = ?", [.text(group), .text(name)])
    try connection.run(
      "DELETE FROM log_streams WHERE grp = ? AND name = ?", [.text(group), .text(name)])
  }

  private static func stream(_ row: borrowing Row) throws -> LogStream {
    LogStream(
      name: row.text(0), created: row.integer(1), first: row.optionalInteger(2),
      last: row.optionalInteger(3), ingested: row.optionalInteger(4))
  }

  // MARK: - Events

  func add(
    _ events: [(time: Int, message: String)], to stream: String, of group: String, at now: Int
  ) throws {
    guard let low = events.map(\.time).min(), let high = events.map(\.time).max() else { return }
    for event in events {
      try connection.run(
        "INSERT INTO log_events (grp, stream, time, ingested, message) VALUES (?, ?, ?, ?, ?)",
        [
          .text(group), .text(stream), Value(event.time), Value(now), .text(event.message),
        ])
    }
    try connection.run(
      """
      UPDATE log_streams SET first = min(coalesce(first, ?1), ?1),
        last = max(coalesce(last, ?2), ?2), ingested = ?3 WHERE grp = ?4 AND name = ?5
      """, [Value(low), Value(high), Value(now), .text(group), .text(stream)])
  }

  /// Where a page begins or ends: an event's time and id.
  struct Mark: Sendable, Equatable {
    let time: Int
    let id: Int

    static let first = Mark(time: 0, id: 0)
    static let last = Mark(time: Int(Int32.max) * 1_000_000, id: Int.max)
  }

  /// Events of a stream behind `mark`, or before it, in the order of their times. `body` answers false
  /// to stop.
  func events(
    of stream: String, in group: String, from start: Int, below end: Int, mark: Mark,
    isForward: Bool, _ body: (LogEvent) throws -> Bool
  ) throws {
    let (sign, order) = isForward ? (">", "ASC") : ("<", "DESC")
    try connection.rows(
      """
      SELECT id, stream, time, ingested, message FROM log_events
      WHERE grp = ? AND stream = ? AND time >= ? AND time < ? AND (time, id) \(sign) (?, ?)
      ORDER BY time \(order), id \(order)
      """,
      [
        .text(group), .text(stream), Value(start), Value(end), Value(mark.time), Value(mark.id),
      ]
    ) { try body(Self.event($0)) }
  }

  /// Events of a group behind `mark`. `body` answers false to stop.
  func events(
    in group: String, from start: Int, through end: Int, mark: Mark,
    _ body: (LogEvent) throws -> Bool
  ) throws {
    try connection.rows(
      """
      SELECT id, stream, time, ingested, message FROM log_events
      WHERE grp = ? AND time >= ? AND time <= ? AND (time, id) > (?, ?) ORDER BY time, id
      """,
      [.text(group), Value(start), Value(end), Value(mark.time), Value(mark.id)]
    ) { try body(Self.event($0)) }
  }

  private static func event(_ row: borrowing Row) -> LogEvent {
    LogEvent(
      id: row.integer(0), stream: row.text(1), time: row.integer(2), ingested: row.integer(3),
      message: row.text(4))
  }

  /// The id of the event that came last; 0 without any.
  func newestEvent() throws -> Int {
    try connection.first("SELECT max(id) FROM log_events", []) { $0.integer(0) } ?? 0
  }

  /// Events of a group, or of all, in the order of their arrival from behind `start` on. `body` answers
  /// false to stop.
  func arrivals(
    of group: String?, after start: Int, _ body: (LogEvent, _ group: String) throws -> Bool
  ) throws {
    try connection.rows(
      """
      SELECT id, stream, time, ingested, message, grp FROM log_events
      WHERE id > ?1 AND (?2 IS NULL OR grp = ?2) ORDER BY id
      """, [Value(start), Value(group)]
    ) { try body(Self.event($0), $0.text(5)) }
  }

  /// The same against the order of their arrival.
  func arrivals(
    of group: String?, before end: Int, _ body: (LogEvent, _ group: String) throws -> Bool
  ) throws {
    try connection.rows(
      """
      SELECT id, stream, time, ingested, message, grp FROM log_events
      WHERE id < ?1 AND (?2 IS NULL OR grp = ?2) ORDER BY id DESC
      """, [Value(end), Value(group)]
    ) { try body(Self.event($0), $0.text(5)) }
  }

  /// Removes what its group's retention, in days, is over for.
  func expire(_ group: LogGroup, at now: Int) throws {
    guard let days = group.retention else { return }
    try connection.run(
      "DELETE FROM log_events WHERE grp = ? AND time < ?",
      [.text(group.name), Value(now - days * 86_400_000)])
  }

  /// Keeps the newest events of a group and removes the rest.
  func keep(_ count: Int, of group: String) throws {
    try connection.run(
      """
      DELETE FROM log_events WHERE grp = ?1 AND (time, id) <= (
        SELECT time, id FROM log_events WHERE grp = ?1 ORDER BY time DESC, id DESC
        LIMIT 1 OFFSET ?2)
      """, [.text(group), Value(count)])
  }
}
