import Glibc
import JSON
import Storage

/// Reads an export into a state that is empty. Everything is read, or nothing: the rows come in one
/// transaction, and the bodies are removed again when it fails.
struct StateImport {
  let folder: StateFolder
  let source: String

  /// - Returns: How many rows were read.
  func run(_ database: Database) async throws -> Int {
    let isEmpty = try await database.read { try StateContents.tables(of: $0).isEmpty }
    guard isEmpty, Files.visible(in: folder.objects).isEmpty else {
      throw ProjectError(
        description: "there is a state in \(folder.path) already; `martlet state reset` removes it")
    }
    let bodies = Files.visible(in: source + "/objects")
    if !bodies.isEmpty, mkdir(folder.objects, 0o700) != 0, errno != EEXIST {
      throw ProjectError(description: "\(folder.objects) cannot be made: \(Files.reason)")
    }
    do {
      for name in bodies {
        guard Self.isBody(name) else {
          throw broken("objects/\(name) is no body that martlet exported")
        }
        try Files.copy(source + "/objects/" + name, to: folder.objects + "/" + name)
      }
      return try await database.write { connection in
        let rows = try read(into: connection)
        let known = Set(bodies)
        for body in try StateContents.bodies(of: connection) where !known.contains(body.file) {
          throw broken("objects/\(body.file), the bytes of \(body.owner), is missing")
        }
        return rows
      }
    } catch {
      for name in bodies where Self.isBody(name) { unlink(folder.objects + "/" + name) }
      throw error
    }
  }

  /// The names that bodies get: 32 hexadecimal digits.
  private static func isBody(_ name: String) -> Bool {
    name.hasSuffix(".body") && name.utf8.count == 37
      && name.utf8.dropLast(5).allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
      }
  }

  private func broken(_ reason: String) -> ProjectError {
    ProjectError(description: "\(source) is no whole export of a state: \(reason)")
  }

  private func read(into connection: Connection) throws -> Int {
    let input = try LineReader(source + "/" + StateContents.file)
    guard let first = try input.next(), first["martlet"]?.string == "state" else {
      throw broken("\(StateContents.file) does not begin as one")
    }
    guard first["format"]?.int == StateContents.format else {
      throw broken("its format \(first["format"]?.description ?? "") is not known to this martlet")
    }
    var insert = ""
    var columns = 0
    var rows = 0
    while let line = try input.next() {
      if let values = line.array {
        let row = values.compactMap { Value(json: $0) }
        guard !insert.isEmpty, values.count == columns, row.count == columns else {
          throw broken("line \(input.line) is no row of its table")
        }
        try connection.run(insert, row)
        rows += 1
      } else if let name = line["table"]?.string {
        (insert, columns) = try begin(name, line, connection, at: input.line)
      } else if line["index"] != nil {
        try create(line, ["CREATE INDEX", "CREATE UNIQUE INDEX"], connection, at: input.line)
      } else if let count = line["end"]?.int {
        guard count == rows, try input.next() == nil else { throw broken("rows are missing") }
        return rows
      } else {
        throw broken("line \(input.line) is not known")
      }
    }
    throw broken("its end is missing")
  }

  /// Makes a table.
  ///
  /// - Returns: The statement that adds a row, and how many values it takes.
  private func begin(
    _ name: String, _ line: JSONValue, _ connection: Connection, at number: Int
  ) throws -> (String, Int) {
    // SQLite makes this one itself, with the first table that counts.
    if name != "sqlite_sequence" {
      try create(line, ["CREATE TABLE"], connection, at: number)
    } else {
      try connection.run("DELETE FROM sqlite_sequence")
    }
    let columns = line["columns"]?.array?.compactMap(\.string) ?? []
    guard !columns.isEmpty else { throw broken("line \(number) names no columns") }
    let names = columns.map(StateContents.quoted).joined(separator: ", ")
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    return (
      "INSERT INTO \(StateContents.quoted(name)) (\(names)) VALUES (\(marks))", columns.count
    )
  }

  /// Runs a definition: one statement of a kind that holds no program.
  private func create(
    _ line: JSONValue, _ kinds: [String], _ connection: Connection, at number: Int
  ) throws {
    guard let sql = line["sql"]?.string, kinds.contains(where: { sql.hasPrefix($0 + " ") }) else {
      throw broken("line \(number) is no definition of a table or an index")
    }
    // One statement: what stands behind a semicolon is not run.
    try connection.run(sql)
  }
}
