/// The tables of one part of the emulator, as the list of steps that led to them.
///
/// Each part owns its tables and numbers its own steps, so that parts can be added and changed
/// independently in the one file. A step is never edited after a release: a change is a further step.
package struct Migrations: Sendable {
  package typealias Step = @Sendable (Connection) throws -> Void

  let part: String
  let steps: [Step]

  /// Steps that are programs: for changes that have to read what is there.
  package init(part: String, steps: [Step]) {
    self.part = part
    self.steps = steps
  }

  /// Steps that are SQL alone.
  package init(part: String, sql: [String]) {
    self.part = part
    steps = sql.map { text in { connection in try connection.execute(text) } }
  }
}

extension Database {
  /// Carries the tables of a part over to the present version, all steps in one transaction. State of a
  /// newer version is refused, never guessed at.
  package func migrate(_ migrations: Migrations) async throws {
    try await write { connection in
      try connection.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_versions
        (part TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID
        """)
      let part = Value.text(migrations.part)
      let found =
        try connection.first("SELECT version FROM schema_versions WHERE part = ?", [part]) {
          $0.integer(0)
        } ?? 0
      guard found <= migrations.steps.count else {
        throw DatabaseError.newerSchema(
          part: migrations.part, found: found, known: migrations.steps.count)
      }
      for step in migrations.steps[found...] { try step(connection) }
      if found < migrations.steps.count {
        try connection.run(
          "INSERT OR REPLACE INTO schema_versions VALUES (?, ?)",
          [part, Value(migrations.steps.count)])
      }
    }
  }
}
