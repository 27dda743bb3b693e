import Storage
import Testing

@Suite struct MigrationTests {
  private let first = "CREATE TABLE things (name TEXT)"
  private let second = "ALTER TABLE things ADD COLUMN size INTEGER DEFAULT 3"

  @Test func `later steps are applied to older state, earlier ones only once`() async throws {
    let database = try Database(":memory:")
    try await database.migrate(Migrations(part: "things", sql: [first]))
    try await database.write { try $0.run("INSERT INTO things VALUES ('a')") }
    try await database.migrate(Migrations(part: "things", sql: [first, second]))
    let size = try await database.read { try $0.first("SELECT size FROM things") { $0.integer(0) } }
    #expect(size == 3)
  }

  @Test func `parts count their versions separately`() async throws {
    let database = try Database(":memory:")
    try await database.migrate(
      Migrations(part: "a", sql: ["CREATE TABLE a (x)", "CREATE TABLE b (x)"]))
    try await database.migrate(Migrations(part: "c", sql: ["CREATE TABLE c (x)"]))
    let count = try await database.read {
      try $0.first("SELECT count(*) FROM a, b, c") { $0.integer(0) }
    }
    #expect(count == 0)
  }

  @Test func `state of a newer version is refused`() async throws {
    let database = try Database(":memory:")
    try await database.migrate(Migrations(part: "things", sql: [first, second]))
    await #expect(throws: DatabaseError.newerSchema(part: "things", found: 2, known: 1)) {
      try await database.migrate(Migrations(part: "things", sql: [first]))
    }
  }

  @Test func `a failing step leaves the state as it was`() async throws {
    let database = try Database(":memory:")
    await #expect(throws: DatabaseError.self) {
      try await database.migrate(
        Migrations(part: "things", sql: [first, "CREATE TABLE things (x)"]))
    }
    try await database.migrate(Migrations(part: "things", sql: [first, second]))
  }
}
