import CSQLite

/// One connection to the database with its compiled statements. Used only on the thread that owns it:
/// jobs receive it for the time they run.
package final class Connection {
  private let handle: OpaquePointer
  private var statements: [String: Statement] = [:]
  /// Counts the transactions of the writer, so that a job can tell whether what it checked once is
  /// still true: within one transaction nobody else has written.
  package internal(set) var transaction = 0

  /// Statements kept compiled; a table has about a dozen, so this serves some hundred tables.
  private static let statementLimit = 2000
  /// How long a write waits for another process (`martlet invoke` beside `martlet start`).
  private static let busyMilliseconds: Int32 = 10_000

  init(_ place: DatabasePlace, durability: Durability, mayWrite: Bool) throws(DatabaseError) {
    var opened: OpaquePointer?
    let access = mayWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
    // Each connection stays on one thread, so SQLite's own locks are not needed.
    let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(place.path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw DatabaseError(code: code, message: "\(place.path): \(message)")
    }
    handle = opened
    sqlite3_busy_timeout(handle, Self.busyMilliseconds)
    try configure(durability, isFile: place.isFile, mayWrite: mayWrite)
  }

  deinit {
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  private func configure(
    _ durability: Durability, isFile: Bool, mayWrite: Bool
  ) throws(DatabaseError) {
    if mayWrite, isFile {
      try execute("PRAGMA journal_mode = WAL")
      try execute("PRAGMA journal_size_limit = 67108864")
      // 16 MB of log: pages that are written again and again reach the file, and the disk, less often.
      try execute("PRAGMA wal_autocheckpoint = 4096")
    }
    try execute("PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
    try execute("PRAGMA temp_store = MEMORY")
    try execute("PRAGMA cache_size = -8192")
    try execute("PRAGMA trusted_schema = OFF")
    // Reads the header, so that a damaged or foreign file is refused here and not later.
    try execute("PRAGMA schema_version")
  }

  /// Runs statements without parameters; rows are ignored.
  package func execute(_ sql: String) throws(DatabaseError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw failure(code) }
  }

  /// Runs one statement to its end; rows are ignored.
  package func run(_ sql: String, _ values: [Value] = []) throws(DatabaseError) {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    while try statement.step() {}
  }

  /// Reads rows until `body` returns false.
  package func rows(
    _ sql: String, _ values: [Value] = [], _ body: (Row) throws -> Bool
  ) throws {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    while try statement.step() {
      guard try body(statement.row) else { return }
    }
  }

  /// The first row, as `body` makes it.
  package func first<T>(
    _ sql: String, _ values: [Value] = [], _ body: (Row) throws -> T
  ) throws -> T? {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    return try statement.step() ? try body(statement.row) : nil
  }

  /// Every row, as `body` makes them. For results whose size is known to be small.
  package func all<T>(
    _ sql: String, _ values: [Value] = [], _ body: (Row) throws -> T
  ) throws -> [T] {
    var found: [T] = []
    try rows(sql, values) { row in
      found.append(try body(row))
      return true
    }
    return found
  }

  /// Rows changed by the last statement.
  package var changes: Int { Int(sqlite3_changes64(handle)) }

  /// Rows changed since the connection was opened.
  var totalChanges: Int { Int(sqlite3_total_changes64(handle)) }

  package var lastInsertedID: Int { Int(sqlite3_last_insert_rowid(handle)) }

  /// Undoes the changes of `body` when it throws; the surrounding transaction goes on.
  package func savepoint<T>(_ body: () throws -> T) throws -> T {
    try run("SAVEPOINT part")
    do {
      let value = try body()
      try run("RELEASE part")
      return value
    } catch {
      try run("ROLLBACK TO part")
      try run("RELEASE part")
      throw error
    }
  }

  /// False once SQLite has rolled the transaction back on its own (disk full, I/O error).
  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  private func statement(_ sql: String) throws(DatabaseError) -> Statement {
    if let known = statements[sql], !known.isInUse {
      known.isInUse = true
      return known
    }
    let isNested = statements[sql] != nil
    let made = try Statement(sql, on: handle)
    made.isInUse = true
    if !isNested {
      if statements.count >= Self.statementLimit { statements.removeAll() }
      statements[sql] = made
    }
    return made
  }

  private func failure(_ code: Int32) -> DatabaseError {
    DatabaseError(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }
}
