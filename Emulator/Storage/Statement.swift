import CSQLite

/// A compiled statement; finalized with its last reference. Belongs to its connection's thread.
final class Statement {
  private let handle: OpaquePointer
  /// Set while rows are being read, so that a nested use of the same text gets its own statement.
  var isInUse = false

  init(_ sql: String, on database: OpaquePointer) throws(DatabaseError) {
    var compiled: OpaquePointer?
    let code = sqlite3_prepare_v3(
      database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard code == SQLITE_OK, let compiled else {
      throw DatabaseError(code: code, message: String(cString: sqlite3_errmsg(database)))
    }
    handle = compiled
  }

  deinit { sqlite3_finalize(handle) }

  func bind(_ values: [Value]) throws(DatabaseError) {
    for index in values.indices {
      let code = bind(values[index], at: Int32(index + 1))
      if code != SQLITE_OK { throw error(code) }
    }
  }

  private func bind(_ value: Value, at index: Int32) -> Int32 {
    switch value {
    case .null: sqlite3_bind_null(handle, index)
    case .integer(let number): sqlite3_bind_int64(handle, index, number)
    case .real(let number): sqlite3_bind_double(handle, index, number)
    case .text(let text):
      sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), Self.transient)
    case .blob(let bytes):
      bytes.withUnsafeBytes { buffer in
        // A null pointer would bind NULL: an empty blob still needs an address.
        buffer.baseAddress.map {
          sqlite3_bind_blob64(handle, index, $0, UInt64(buffer.count), Self.transient)
        } ?? sqlite3_bind_zeroblob(handle, index, 0)
      }
    }
  }

  /// Moves to the next row; false after the last.
  func step() throws(DatabaseError) -> Bool {
    let code = sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw error(code)
    }
  }

  /// Ready for the next use; bound values are kept until they are replaced.
  func reset() {
    sqlite3_reset(handle)
    isInUse = false
  }

  var row: Row { Row(statement: handle) }

  private func error(_ code: Int32) -> DatabaseError {
    DatabaseError(code: code, message: String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))))
  }

  /// `SQLITE_TRANSIENT`: SQLite copies what is bound. The macro is a cast that Swift cannot import.
  nonisolated(unsafe) private static let transient = unsafeBitCast(
    -1, to: sqlite3_destructor_type.self)
}

/// One row of a result; valid only inside the closure that receives it.
package struct Row {
  fileprivate let statement: OpaquePointer

  /// A column of any type.
  package func value(_ column: Int) -> Value {
    switch sqlite3_column_type(statement, Int32(column)) {
    case SQLITE_NULL: .null
    case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, Int32(column)))
    case SQLITE_FLOAT: .real(sqlite3_column_double(statement, Int32(column)))
    case SQLITE_TEXT: .text(text(column))
    default: .blob(bytes(column))
    }
  }

  package func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
  }

  package func integer(_ column: Int) -> Int {
    Int(sqlite3_column_int64(statement, Int32(column)))
  }

  package func optionalInteger(_ column: Int) -> Int? {
    isNull(column) ? nil : integer(column)
  }

  package func real(_ column: Int) -> Double {
    sqlite3_column_double(statement, Int32(column))
  }

  package func text(_ column: Int) -> String {
    withBytes(column) { String(decoding: $0, as: UTF8.self) }
  }

  package func bytes(_ column: Int) -> [UInt8] {
    withBytes(column) { Array($0) }
  }

  package func optionalBytes(_ column: Int) -> [UInt8]? {
    isNull(column) ? nil : bytes(column)
  }

  /// The column's bytes without a copy, for as long as `body` runs.
  package func withBytes<T>(
    _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> T
  ) rethrows
    -> T
  {
    let address = sqlite3_column_blob(statement, Int32(column))
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return try body(UnsafeRawBufferPointer(start: address, count: count))
  }
}
