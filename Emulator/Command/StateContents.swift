import Crypto
import JSON
import Storage

/// What a state's database holds, without knowing the services that keep it there.
///
/// An export is a folder: `state.jsonl` has one JSON value a line, `objects/` the bodies that lie beside
/// the database. The first line is `{"martlet":"state","format":1}`; then for each table
/// `{"table":NAME,"sql":…,"columns":[…]}` and an array a row; then `{"index":NAME,"sql":…}` for each
/// index; the last line `{"end":ROWS}` tells a whole export from one that was cut off.
enum StateContents {
  static let format = 1
  static let file = "state.jsonl"

  struct Table: Sendable {
    var name: String
    var sql: String
    var columns: [String]
  }

  static func tables(of connection: Connection) throws -> [Table] {
    let found = try connection.all(
      """
      SELECT name, sql FROM sqlite_master
      WHERE type = 'table' AND (name NOT LIKE 'sqlite\\_%' ESCAPE '\\' OR name = 'sqlite_sequence')
      ORDER BY name = 'sqlite_sequence', rowid
      """
    ) { ($0.text(0), $0.text(1)) }
    return try found.map { name, sql in
      let columns = try connection.all(
        "SELECT name FROM pragma_table_info(?) ORDER BY cid", [.text(name)]
      ) { $0.text(0) }
      return Table(name: name, sql: sql, columns: columns)
    }
  }

  static func indexes(of connection: Connection) throws -> [(name: String, sql: String)] {
    try connection.all(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid"
    ) { ($0.text(0), $0.text(1)) }
  }

  /// A file of the folder `objects` that the database refers to.
  struct Body: Sendable {
    var file: String
    var size: Int
    /// Whose bytes they are, for messages.
    var owner: String
  }

  static func bodies(of connection: Connection) throws -> [Body] {
    guard try tables(of: connection).contains(where: { $0.name == "s3_objects" }) else { return [] }
    return try connection.all(
      """
      SELECT file, size, bucket || '/' || key FROM s3_objects WHERE file IS NOT NULL
      UNION ALL SELECT file, size, 'part ' || number || ' of upload ' || upload FROM s3_parts
      WHERE file IS NOT NULL
      """
    ) { Body(file: $0.text(0), size: $0.integer(1), owner: $0.text(2)) }
  }

  /// A name as SQL takes it, whatever it holds.
  static func quoted(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
  }
}

// MARK: - Values on a line

extension Value {
  /// Integers and texts as they are; reals, and bytes in Base64, say what they are.
  var json: JSONValue {
    switch self {
    case .null: .null
    case .integer(let number): .int(Int(number))
    case .real(let number): ["real": .string("\(number)")]
    case .text(let text): .string(text)
    case .blob(let bytes): ["blob": .string(Base64.standard.encode(bytes))]
    }
  }

  /// nil for anything else.
  init?(json: JSONValue) {
    if json.isNull {
      self = .null
    } else if let number = json.int {
      self = .integer(Int64(number))
    } else if let text = json.string {
      self = .text(text)
    } else if let text = json["real"]?.string, let number = Double(text) {
      self = .real(number)
    } else if let text = json["blob"]?.string, let bytes = Base64.standard.decode(text) {
      self = .blob(bytes)
    } else {
      return nil
    }
  }
}
