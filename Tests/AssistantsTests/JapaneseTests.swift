import Events
import Foundation
import JSON
import Support
import Synchronization
import Testing

@testable import Agent
@testable import Assistants

/// A table and a bucket in memory that count what is written.
final class MemoryTable: KnowledgeTable {
  struct Full: Error {}

  private struct Contents {
    var items: [String: [String: Item]] = [:]
    var index: [UInt8]?
    var written = 0
    var room = Int.max
  }

  private let contents = Mutex(Contents())

  var written: Int { contents.withLock { $0.written } }
  var index: [UInt8]? { contents.withLock { $0.index } }
  func room(_ room: Int) { contents.withLock { $0.room = room } }
  func put(_ index: [UInt8]?) { contents.withLock { $0.index = index } }
  func count(_ collection: String) -> Int { contents.withLock { $0.items[collection]?.count ?? 0 } }

  func items(
    in collection: String, startingWith prefix: String, limit: Int
  ) async throws -> [Item] {
    contents.withLock { contents in
      (contents.items[collection] ?? [:]).filter { $0.key.hasPrefix(prefix) }
        .sorted { $0.key < $1.key }.prefix(limit).map(\.value)
    }
  }

  func item(_ id: String, in collection: String) async throws -> Item? {
    contents.withLock { $0.items[collection]?[id] }
  }

  func write(_ items: [Item]) async throws {
    try contents.withLock { contents in
      for item in items {
        guard contents.written < contents.room else { throw Full() }
        let collection = item["collection"]?.string ?? ""
        contents.items[collection, default: [:]][item["id"]?.string ?? ""] = item
        contents.written += 1
      }
    }
  }

  var ingestion: JapaneseIngestion {
    JapaneseIngestion(
      table: self, hasIndex: { _ in self.index != nil }, putIndex: { _, bytes in self.put(bytes) })
  }
}

let folder = Project.root + "/Functions/Assistants/Japanese/Knowledge"

/// The real data, loaded once for all tests that only read it.
enum Loaded {
  static let table = Task {
    let table = MemoryTable()
    _ = try await table.ingestion.run(folder: folder) { _ in }
    return table
  }

  static let index = Task {
    try SearchIndex([IndexSegment(IndexBytes(await table.value.index ?? []))])
  }

  static let tools = Task {
    let table = try await Loaded.table.value
    let index = table.index ?? []
    return JapaneseTools(
      table: table,
      knowledge: Knowledge(checkEvery: .seconds(60)) { _ in .init(bytes: index, tag: "1") })
  }
}

@Suite struct JapaneseToolsTests {
  private let caller = Caller(user: "ana", tenant: "acme")

  private func call(_ name: String, _ arguments: String) async throws -> (JSONValue, [Source]) {
    let table = ToolTable(try await Loaded.tools.value.all, allowed: JapaneseTools.names)
    let outcome = await table.run(
      [ToolCall(id: "1", name: name, arguments: arguments)], for: caller, turn: "t", first: 0
    ) { _, _ in }[0]
    return (try JSONValue(parsing: outcome.content), outcome.sources)
  }

  @Test func `says what a word means`() async throws {
    let (content, sources) = try await call("get_word_details", #"{"word":"食べる"}"#)
    #expect(
      content["words"]?[0]
        == [
          "word": "食べる", "reading": "たべる", "meanings": ["to eat"], "level": "JLPT N5",
          "source": "japanese/word/食べる",
        ])
    #expect(sources == [Source(source: "japanese/word/食べる", title: "食べる", type: "word")])
  }

  @Test(arguments: [("たべる", "食べる"), ("脚", "足"), ("～月", "月"), (" 猫 ", "猫"), ("ねこ", "猫")])
  func `finds a word by its reading and its other forms`(word: String, form: String) async throws {
    let (content, _) = try await call("get_word_details", #"{"word":"\#(word)"}"#)
    let forms = content["words"]?.array?.compactMap { $0["word"]?.string } ?? []
    #expect(forms.contains(form), "\(content)")
  }

  @Test func `gives all readings of a word`() async throws {
    let (content, _) = try await call("get_word_details", #"{"word":"一日"}"#)
    #expect((content["words"]?.array?.count ?? 0) >= 2)
  }

  @Test func `names similar words when there is none`() async throws {
    let (content, sources) = try await call("get_word_details", #"{"word":"食べました"}"#)
    #expect(content["error"]?["code"]?.string == "not_found")
    #expect(content["error"]?["message"]?.string?.contains("食べる") == true)
    #expect(sources.isEmpty)
  }

  @Test func `counts strokes`() async throws {
    let (content, sources) = try await call("get_kanji_details", #"{"kanji":"語"}"#)
    #expect(content["strokes"]?.int == 14)
    #expect(content["onReadings"] == ["ご"])
    #expect(sources.map(\.source) == ["japanese/kanji/語"])
    #expect(
      try await call("get_kanji_details", #"{"kanji":"あ"}"#).0["error"]?["code"]?.string
        == "not_found")
    #expect(
      try await call("get_kanji_details", #"{"kanji":"日本"}"#).0["error"]?["code"]?.string
        == "invalid_arguments")
  }

  @Test func `finds sentences with a word`() async throws {
    let (content, sources) = try await call("get_sentence_details", #"{"word":"猫","limit":10}"#)
    let found = try #require(content["sentences"]?.array)
    #expect(found.count == 3)
    for sentence in found {
      #expect(sentence["japanese"]?.string?.contains("猫") == true)
      #expect(sentence["english"]?.string?.isEmpty == false)
    }
    #expect(sources.count == 3)
    let (two, _) = try await call("get_sentence_details", #"{"word":"は","limit":2}"#)
    #expect(two["sentences"]?.array?.count == 2)
    let (none, _) = try await call("get_sentence_details", #"{"word":"鬱陶しい"}"#)
    #expect(none["error"]?["code"]?.string == "not_found")
  }

  @Test func `searches words by meaning and level`() async throws {
    let (content, _) = try await call("search_words", #"{"query":"to eat"}"#)
    let words = content["words"]?.array?.compactMap { $0["word"]?.string } ?? []
    #expect(words.contains("食べる"), "\(words)")
    let (beginner, _) = try await call(
      "search_words", #"{"query":"water","level":"N5","limit":20}"#)
    let levels = beginner["words"]?.array?.compactMap { $0["level"]?.string } ?? []
    #expect(!levels.isEmpty)
    #expect(levels.allSatisfy { $0 == "JLPT N5" })
  }

  @Test(arguments: [
    ("What does 食べる mean?", "word/食べる#たべる"), ("How many strokes does 語 have?", "kanji/語"),
    ("猫", "word/猫#ねこ"),
  ])
  func `finds the passage of a question first among its kind`(
    question: String, id: String
  ) async throws {
    let hits = try await Loaded.index.value.search(
      question, limit: 5, filter: PassageFilter(tenant: "acme", owner: "acme#ana"))
    #expect(hits.map(\.passage.id).contains(id), "\(hits.map(\.passage.id))")
    #expect(hits.allSatisfy { $0.share > 0 && $0.share <= 1.001 })
  }
}

@Suite struct JapaneseIngestionTests {
  private let table = MemoryTable()

  /// 1,900 words, 200 kanji and 50 sentences of the real files.
  private func run(
    _ report: @Sendable (JapaneseIngestion.Progress) async -> Void = { _ in }
  ) async throws -> JapaneseIngestion.Summary {
    try await withTemporaryFolder { small in
      for (name, count) in zip(JapaneseFiles.names, [1_901, 200, 50]) {
        let lines = try Project.text("Functions/Assistants/Japanese/Knowledge/\(name)")
          .split(whereSeparator: \.isNewline).prefix(count)
        try (lines.joined(separator: "\n") + "\n")
          .write(toFile: "\(small)/\(name)", atomically: false, encoding: .utf8)
      }
      return try await table.ingestion.run(folder: small, report: report)
    }
  }

  @Test func `loads all of the real data`() async throws {
    let table = try await Loaded.table.value
    #expect(table.count("japanese/word") == 8_034)
    #expect(table.count("japanese/kanji") == 2_136)
    #expect(table.count("japanese/sentence") == 1_000)
    #expect(try await Loaded.index.value.count == 11_170)
  }

  @Test func `reports how far it is`() async throws {
    let reports = Mutex<[JapaneseIngestion.Progress]>([])
    let summary = try await run { progress in reports.withLock { $0.append(progress) } }
    #expect(summary.hasWritten)
    #expect(
      reports.withLock { $0 } == [1_000, 2_000, 2_150].map { .init(done: $0, total: 2_150) })
  }

  @Test func `does nothing when this version is there`() async throws {
    _ = try await run()
    let written = table.written
    let summary = try await run()
    #expect(!summary.hasWritten)
    #expect(summary.words == 1_900)
    #expect(table.written == written)
  }

  @Test func `loads another version`() async throws {
    _ = try await run()
    let summary = try await table.ingestion.run(folder: folder) { _ in }
    #expect(summary.hasWritten)
    #expect(table.count("japanese/word") == 8_034)
  }

  @Test func `writes the index alone when that is missing`() async throws {
    _ = try await run()
    let written = table.written
    table.put(nil)
    #expect(try await run().hasWritten)
    #expect(table.index != nil)
    #expect(table.written == written + 1)
  }

  @Test func `goes on where it was interrupted`() async throws {
    table.room(1_500)
    await #expect(throws: MemoryTable.Full.self) { try await run() }
    table.room(.max)
    #expect(try await run().hasWritten)
    #expect(table.written <= 1_500 + 1_150 + 2 + 1)
    #expect(table.count("japanese/word") == 1_900)
    #expect(table.count("japanese/sentence") == 50)
  }

  @Test func `writes nothing when a file is wrong`() async throws {
    try await withTemporaryFolder { folder in
      _ = await #expect(throws: KnowledgeFileError.self) {
        try await table.ingestion.run(folder: folder) { _ in }
      }
    }
    #expect(table.written == 0)
  }
}
