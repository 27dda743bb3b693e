import Foundation
import Storage
import Testing

@Suite struct DatabaseTests {
  private func counters(_ path: String = ":memory:") async throws -> Database {
    let database = try Database(path)
    try await database.migrate(
      Migrations(
        part: "test",
        sql: [
          "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL CHECK (value < 1000))"
        ]
      ))
    return database
  }

  private func add(_ amount: Int, to name: String, in connection: Connection) throws {
    try connection.run(
      """
      INSERT INTO counters VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2
      """, [.text(name), Value(amount)])
  }

  private func value(of name: String, in database: Database) async throws -> Int? {
    try await database.read { connection in
      try connection.first("SELECT value FROM counters WHERE name = ?", [.text(name)]) {
        $0.integer(0)
      }
    }
  }

  @Test func `keeps what was written when the file is opened again`() async throws {
    let folder = try TemporaryFolder()
    let database = try await counters(folder.file("state.sqlite"))
    try await database.write { try add(7, to: "a", in: $0) }
    // Readers are there too: whichever connection closes last must merge the log.
    #expect(try await value(of: "a", in: database) == 7)
    #expect(try await database.lookUp { try $0.all("SELECT 1") { $0.integer(0) } } == [1])
    await database.close()
    #expect(FileManager.default.fileExists(atPath: folder.file("state.sqlite-wal")) == false)
    let again = try await counters(folder.file("state.sqlite"))
    #expect(try await value(of: "a", in: again) == 7)
    await again.close()
  }

  @Test(arguments: [":memory:", "file"])
  func `every value comes back as it was bound`(_ kind: String) async throws {
    let folder = try TemporaryFolder()
    let database = try Database(kind == "file" ? folder.file("s") : kind)
    let blob = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    let values: [Value] = [
      nil, .integer(.min), .real(0.1), .text("日本\u{0}語"), .text(""), .blob(blob), .blob([]),
    ]
    let isSame = try await database.read { connection in
      try connection.first("SELECT ?, ?, ?, ?, ?, ?, ?", values) { row in
        row.isNull(0) && row.integer(1) == .min && row.real(2) == 0.1
          && row.text(3) == "日本\u{0}語" && row.text(4).isEmpty && !row.isNull(4)
          && row.bytes(5) == blob && row.optionalBytes(6) == []
      }
    }
    #expect(isSame == true)
    await database.close()
  }

  @Test func `a job that throws leaves nothing, its neighbours in the commit stay`() async throws {
    let folder = try TemporaryFolder()
    let database = try await counters(folder.file("state.sqlite"))
    struct Refusal: Error {}
    let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<300 {
        group.addTask {
          do {
            try await database.write { connection in
              try add(1, to: "sum", in: connection)
              if number % 3 == 0 { throw Refusal() }
            }
            return false
          } catch is Refusal {
            return true
          }
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(refused == 100)
    #expect(try await value(of: "sum", in: database) == 200)
    await database.close()
  }

  @Test func `a savepoint undoes only its own part`() async throws {
    let database = try await counters()
    struct Refusal: Error {}
    try await database.write { connection in
      try add(1, to: "kept", in: connection)
      try? connection.savepoint {
        try add(1, to: "undone", in: connection)
        throw Refusal()
      }
    }
    #expect(try await value(of: "kept", in: database) == 1)
    #expect(try await value(of: "undone", in: database) == nil)
  }

  @Test func `a broken rule is a constraint error`() async throws {
    let database = try await counters()
    await #expect {
      try await database.write { try add(1000, to: "a", in: $0) }
    } throws: { error in
      if case .constraint = error as? DatabaseError { true } else { false }
    }
    #expect(try await value(of: "a", in: database) == nil)
  }

  @Test func `readers go on while a writer works`() async throws {
    let folder = try TemporaryFolder()
    let database = try await counters(folder.file("state.sqlite"))
    try await database.write { try add(1, to: "a", in: $0) }
    let isReading = DispatchSemaphore(value: 0)
    async let written: Void = database.write { connection in
      try add(1, to: "a", in: connection)
      isReading.wait()
    }
    #expect(try await value(of: "a", in: database) == 1)
    isReading.signal()
    try await written
    #expect(try await value(of: "a", in: database) == 2)
    await database.close()
  }

  @Test func `lookups see every write that was answered before them`() async throws {
    let folder = try TemporaryFolder()
    let database = try await counters(folder.file("state.sqlite"))
    try await withThrowingTaskGroup { group in
      for number in 0..<40 {
        group.addTask {
          for expected in 1...10 {
            try await database.write { try add(1, to: "\(number)", in: $0) }
            let seen = try await database.lookUp { connection in
              try connection.first(
                "SELECT value FROM counters WHERE name = ?", [.text("\(number)")]
              ) { $0.integer(0) }
            }
            #expect(seen == expected)
          }
        }
      }
      try await group.waitForAll()
    }
    await database.close()
  }

  @Test func `a snapshot does not see later commits`() async throws {
    let folder = try TemporaryFolder()
    let database = try await counters(folder.file("state.sqlite"))
    try await database.write { try add(1, to: "a", in: $0) }
    let (begun, written) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    async let seen = database.snapshot { connection in
      let query = "SELECT value FROM counters"
      let first = try connection.first(query) { $0.integer(0) }
      begun.signal()
      written.wait()
      return [first, try connection.first(query) { $0.integer(0) }]
    }
    await withCheckedContinuation { done in
      DispatchQueue.global().async {
        begun.wait()
        done.resume()
      }
    }
    try await database.write { try add(1, to: "a", in: $0) }
    written.signal()
    #expect(try await seen == [1, 1])
    await database.close()
  }

  @Test func `a statement can be used inside its own rows`() async throws {
    let database = try await counters()
    let pairs = try await database.write { connection in
      try add(1, to: "a", in: connection)
      try add(2, to: "b", in: connection)
      let query = "SELECT value FROM counters ORDER BY name"
      return try connection.all(query) { outer in
        let inner = try connection.all(query) { $0.integer(0) }
        return [outer.integer(0)] + inner
      }
    }
    #expect(pairs == [[1, 1, 2], [2, 1, 2]])
  }

  @Test func `refuses work after closing, closing twice is fine`() async throws {
    let database = try await counters()
    await database.close()
    await database.close()
    await #expect(throws: DatabaseError.closed) { try await database.read { _ in } }
    await #expect(throws: DatabaseError.closed) { try await database.write { _ in } }
  }

  @Test func `finishes the writes that were waiting when it closes`() async throws {
    let folder = try TemporaryFolder()
    let database = try await counters(folder.file("state.sqlite"))
    async let writes: Void = withThrowingTaskGroup { group in
      for _ in 0..<50 {
        group.addTask { try await database.write { try add(1, to: "sum", in: $0) } }
      }
      try await group.waitForAll()
    }
    try await writes
    await database.close()
    let again = try await counters(folder.file("state.sqlite"))
    #expect(try await value(of: "sum", in: again) == 50)
    await again.close()
  }

  @Test func `a damaged page is found by the check`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("state.sqlite")
    let database = try await counters(path)
    try await database.write { connection in
      for number in 0..<2000 { try add(number % 1000, to: "counter \(number)", in: connection) }
    }
    #expect(try await database.findings() == [])
    await database.close()
    var bytes = try Data(contentsOf: URL(filePath: path))
    for offset in 12_288..<12_388 { bytes[offset] = 0xff }
    try bytes.write(to: URL(filePath: path))
    let damaged = try Database(path)
    #expect(try await !damaged.findings().isEmpty)
    await damaged.close()
  }
}
