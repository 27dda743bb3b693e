import Glibc
import JSON
import Storage

/// Writes one moment of a state to a folder, also while others write to the state.
struct StateExport {
  let folder: StateFolder
  let target: String

  /// How often it is begun anew because a body was removed meanwhile.
  private static let attempts = 5

  /// - Returns: How many rows were written.
  func run(_ database: Database) async throws -> Int {
    guard mkdir(target, 0o700) == 0 || errno == EEXIST else {
      throw ProjectError(description: "\(target) cannot be made: \(Files.reason)")
    }
    guard Files.visible(in: target).isEmpty else {
      throw ProjectError(description: "\(target) is not empty: an export needs a folder of its own")
    }
    for attempt in 1...Self.attempts {
      do {
        return try await database.snapshot { try write($0) }
      } catch FileError.absent where attempt < Self.attempts {
        clear()
      } catch {
        clear()
        throw error
      }
    }
    return 0
  }

  private func write(_ connection: Connection) throws -> Int {
    // The bodies first: a file that is gone by now belongs to a later moment.
    let bodies = try StateContents.bodies(of: connection)
    if !bodies.isEmpty, mkdir(target + "/objects", 0o700) != 0, errno != EEXIST {
      throw ProjectError(description: "\(target)/objects cannot be made: \(Files.reason)")
    }
    for body in bodies {
      try Files.copy(
        folder.objects + "/" + body.file, to: target + "/objects/" + body.file)
    }
    let output = try LineWriter(target + "/" + StateContents.file)
    try output.write(["martlet": "state", "format": .int(StateContents.format)])
    var rows = 0
    for table in try StateContents.tables(of: connection) {
      try output.write([
        "table": .string(table.name), "sql": .string(table.sql),
        "columns": .array(table.columns.map { .string($0) }),
      ])
      let names = table.columns.map(StateContents.quoted).joined(separator: ", ")
      try connection.rows("SELECT \(names) FROM \(StateContents.quoted(table.name))") { row in
        try output.write(.array(table.columns.indices.map { row.value($0).json }))
        rows += 1
        return true
      }
    }
    for index in try StateContents.indexes(of: connection) {
      try output.write(["index": .string(index.name), "sql": .string(index.sql)])
    }
    try output.write(["end": .int(rows)])
    try output.close()
    return rows
  }

  /// Removes what a try left behind; the folder was empty before.
  private func clear() {
    unlink(target + "/" + StateContents.file)
    for name in Files.visible(in: target + "/objects") { unlink(target + "/objects/" + name) }
    rmdir(target + "/objects")
  }
}
