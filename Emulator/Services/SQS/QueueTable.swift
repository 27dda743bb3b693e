import JSON
import Storage

/// Where queues and their messages lie in the database.
struct QueueTable {
  static let migrations = Migrations(
    part: "sqs",
    sql: [
      """
      CREATE TABLE sqs_queues (
        name TEXT PRIMARY KEY, attributes TEXT NOT NULL, tags TEXT NOT NULL,
        created INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE sqs_messages (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL,
        body TEXT NOT NULL, attributes TEXT NOT NULL, system TEXT NOT NULL, sent INTEGER NOT NULL,
        visible INTEGER NOT NULL, received INTEGER NOT NULL, first INTEGER, grp TEXT, dedup TEXT);
      CREATE INDEX sqs_visible ON sqs_messages (queue, visible);
      CREATE INDEX sqs_sent ON sqs_messages (queue, sent);
      CREATE TABLE sqs_deduplication (
        queue TEXT NOT NULL, scope TEXT NOT NULL, token TEXT NOT NULL, id TEXT NOT NULL,
        sequence INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (queue, scope, token))
        WITHOUT ROWID;
      """
    ])

  let connection: Connection

  // MARK: - Queues

  func queue(_ name: String) throws -> Queue? {
    try connection.first(
      "SELECT name, attributes, tags, created, changed FROM sqs_queues WHERE name = ?",
      [.text(name)], Self.queue)
  }

  /// The queues behind `name` whose names begin with `prefix`.
  func queues(prefix: String, after name: String, limit: Int) throws -> [Queue] {
    try connection.all(
      """
      SELECT name, attributes, tags, created, changed FROM sqs_queues
      WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?
      """,
      [.text(name), Value(prefix.unicodeScalars.count), .text(prefix), Value(limit)], Self.queue)
  }

  func save(_ queue: Queue) throws {
    let attributes = JSONValue.object(
      JSONObject(queue.attributes.map { ($0.key, JSONValue.string($0.value)) }))
    try connection.run(
      "INSERT OR REPLACE INTO sqs_queues VALUES (?, ?, ?, ?, ?)",
      [
        .text(queue.name), .text(attributes.description), .text(queue.tags.stored.description),
        Value(queue.created), Value(queue.changed),
      ])
  }

  func remove(_ queue: String) throws {
    try clear(queue)
    try connection.run("DELETE FROM sqs_queues WHERE name = ?", [.text(queue)])
  }

  func clear(_ queue: String) throws {
    try connection.run("DELETE FROM sqs_messages WHERE queue = ?", [.text(queue)])
    try connection.run("DELETE FROM sqs_deduplication WHERE queue = ?", [.text(queue)])
  }

  private static func queue(_ row: borrowing Row) throws -> Queue {
    let attributes = try JSONValue(parsing: row.text(1)).object ?? [:]
    return Queue(
      name: row.text(0),
      attributes: Dictionary(attributes.map { ($0.key, $0.value.string ?? "") }) { $1 },
      tags: ResourceTags(stored: try JSONValue(parsing: row.text(2))),
      created: row.integer(3), changed: row.integer(4))
  }

  // MARK: - Messages

  /// Keeps a message and returns its place in the order.
  func add(_ message: QueueMessage, to queue: String) throws -> Int {
    try connection.run(
      """
      INSERT INTO sqs_messages
      (queue, id, body, attributes, system, sent, visible, received, first, grp, dedup)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(queue), .text(message.id), .text(message.body),
        .text(message.attributes.description), .text(message.system.description),
        Value(message.sent), Value(message.visible), Value(message.received),
        Value(message.firstReceived), Value(message.group), Value(message.deduplication),
      ])
    return connection.lastInsertedID
  }

  private static let columns =
    "sequence, id, body, attributes, system, sent, visible, received, first, grp, dedup"

  func message(_ sequence: Int, in queue: String) throws -> QueueMessage? {
    try connection.first(
      "SELECT \(Self.columns) FROM sqs_messages WHERE sequence = ? AND queue = ?",
      [Value(sequence), .text(queue)], Self.message)
  }

  /// The oldest messages that can be received. In a FIFO queue none of a group of which a message is
  /// with a receiver, and none behind one of its group that is still held back.
  func receivable(_ queue: Queue, at now: Int, limit: Int) throws -> [QueueMessage] {
    let order =
      queue.isFIFO
      ? """
      AND grp NOT IN (
        SELECT grp FROM sqs_messages WHERE queue = ?1 AND visible > ?2 AND received > 0)
      """ : ""
    return try connection.all(
      """
      SELECT \(Self.columns) FROM sqs_messages WHERE queue = ?1 AND visible <= ?2 \(order)
      ORDER BY sequence LIMIT ?3
      """, [.text(queue.name), Value(now), Value(limit)], Self.message)
  }

  /// When the next message that is held back can be received.
  func nextVisible(_ queue: String, after now: Int) throws -> Int? {
    try connection.first(
      "SELECT min(visible) FROM sqs_messages WHERE queue = ? AND visible > ?",
      [.text(queue), Value(now)]
    ) { $0.optionalInteger(0) } ?? nil
  }

  func update(_ message: QueueMessage) throws {
    try connection.run(
      "UPDATE sqs_messages SET visible = ?, received = ?, first = ? WHERE sequence = ?",
      [
        Value(message.visible), Value(message.received), Value(message.firstReceived),
        Value(message.sequence),
      ])
  }

  /// False when it is gone already.
  @discardableResult
  func removeMessage(_ sequence: Int, from queue: String) throws -> Bool {
    try connection.run(
      "DELETE FROM sqs_messages WHERE sequence = ? AND queue = ?",
      [Value(sequence), .text(queue)])
    return connection.changes > 0
  }

  /// Removes messages whose retention is over.
  func expire(_ queue: Queue, at now: Int) throws {
    try connection.run(
      "DELETE FROM sqs_messages WHERE queue = ? AND sent <= ?",
      [.text(queue.name), Value(now - queue.number("MessageRetentionPeriod") * 1_000)])
  }

  /// Messages that can be received, that are with a receiver, and that are held back.
  func counts(_ queue: String, at now: Int) throws -> (visible: Int, taken: Int, delayed: Int) {
    try connection.first(
      """
      SELECT count(*), sum(visible > ?2 AND received > 0), sum(visible > ?2 AND received = 0)
      FROM sqs_messages WHERE queue = ?1
      """, [.text(queue), Value(now)]
    ) { row in
      (row.integer(0) - row.integer(1) - row.integer(2), row.integer(1), row.integer(2))
    } ?? (0, 0, 0)
  }

  private static func message(_ row: borrowing Row) throws -> QueueMessage {
    var message = QueueMessage(
      id: row.text(1), body: row.text(2), attributes: try JSONValue(parsing: row.text(3)),
      system: try JSONValue(parsing: row.text(4)), sent: row.integer(5), visible: row.integer(6),
      group: row.isNull(9) ? nil : row.text(9), deduplication: row.isNull(10) ? nil : row.text(10))
    message.sequence = row.integer(0)
    message.received = row.integer(7)
    message.firstReceived = row.optionalInteger(8)
    return message
  }

  // MARK: - Deduplication

  /// The message that a token stands for, if it was sent within five minutes.
  func duplicate(
    _ token: String, scope: String, in queue: String, at now: Int
  ) throws -> (id: String, sequence: Int)? {
    try connection.first(
      """
      SELECT id, sequence FROM sqs_deduplication
      WHERE queue = ? AND scope = ? AND token = ? AND until > ?
      """, [.text(queue), .text(scope), .text(token), Value(now)]
    ) { ($0.text(0), $0.integer(1)) }
  }

  func remember(
    _ token: String, scope: String, in queue: String, id: String, sequence: Int, until: Int
  ) throws {
    try connection.run(
      "DELETE FROM sqs_deduplication WHERE queue = ? AND until <= ?",
      [.text(queue), Value(until - 300_000)])
    try connection.run(
      "INSERT OR REPLACE INTO sqs_deduplication VALUES (?, ?, ?, ?, ?, ?)",
      [
        .text(queue), .text(scope), .text(token), .text(id), Value(sequence), Value(until),
      ])
  }
}
