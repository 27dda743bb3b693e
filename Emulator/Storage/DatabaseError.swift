import CSQLite

/// What can go wrong with the state database.
package enum DatabaseError: Error, Equatable {
  /// Another process holds the write lock, or too many jobs wait.
  case busy
  /// The file is damaged, or is not a database at all.
  case corrupt(String)
  /// The disk, or the limit on the file's size, is reached.
  case full
  /// A row breaks a `UNIQUE`, `CHECK` or `NOT NULL` rule of its table.
  case constraint(String)
  /// The path is not one that state may be kept at; the text says why.
  case refusedPath(String)
  /// The part's tables were made by a newer version of this program.
  case newerSchema(part: String, found: Int, known: Int)
  /// The database was closed.
  case closed
  /// Any other failure of SQLite, with its extended result code.
  case failure(code: Int32, message: String)

  /// Sorts a result code of SQLite into the cases callers choose by.
  init(code: Int32, message: String) {
    switch code & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
    case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt(message)
    case SQLITE_FULL: self = .full
    case SQLITE_CONSTRAINT: self = .constraint(message)
    default: self = .failure(code: code, message: message)
    }
  }
}

extension DatabaseError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .busy: "the state database is busy: another process is writing to it"
    case .corrupt(let message): "the state database is damaged: \(message)"
    case .full: "the state database cannot grow: the disk is full"
    case .constraint(let message): "a rule of the state database was broken: \(message)"
    case .refusedPath(let reason): reason
    case .newerSchema(let part, let found, let known):
      "the state of \(part) has version \(found), this program knows up to \(known)"
    case .closed: "the state database is closed"
    case .failure(let code, let message): "SQLite error \(code): \(message)"
    }
  }
}
