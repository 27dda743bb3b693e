import Agent
import Events

/// Loads the tutor's knowledge: items into the table, the index into the bucket.
///
/// Each step can be repeated: items overwrite themselves, the index is the same for the same files,
/// and the manifest, written last, says which version is there. A version that is there is not loaded
/// again; one that was interrupted goes on where it stopped.
package struct JapaneseIngestion: Sendable {
  /// The index's name in the bucket.
  package static let indexKey = "japanese/index"

  /// How far it is; `done` counts items of `total`.
  package struct Progress: Sendable, Equatable {
    package var done: Int
    package var total: Int
  }

  package struct Summary: Sendable, Equatable {
    /// False when this version was there already.
    package var hasWritten: Bool
    package var words: Int
    package var kanji: Int
    package var sentences: Int
    /// Bytes.
    package var index: Int
  }

  private static let chunk = 1_000
  /// Eight of these are on their way at once.
  private static let batch = 125
  private static let format = "2"
  private static let manifestKey = "japanese"
  private static let manifests = "manifest"

  private let table: any KnowledgeTable
  private let hasIndex: @Sendable (_ key: String) async throws -> Bool
  private let putIndex: @Sendable (_ key: String, [UInt8]) async throws -> Void

  package init(
    table: any KnowledgeTable,
    hasIndex: @escaping @Sendable (_ key: String) async throws -> Bool,
    putIndex: @escaping @Sendable (_ key: String, [UInt8]) async throws -> Void
  ) {
    self.table = table
    self.hasIndex = hasIndex
    self.putIndex = putIndex
  }

  /// Loads the files of a folder. Throws `KnowledgeFileError` before anything is written.
  package func run(
    folder: String, report: @Sendable (Progress) async -> Void
  ) async throws -> Summary {
    let files = try JapaneseFiles(folder: folder)
    var summary = Summary(
      hasWritten: false, words: files.words.count, kanji: files.kanji.count,
      sentences: files.sentences.count, index: 0)
    let version = "\(Self.format)-\(files.fingerprint.text)"
    let manifest = try await table.item(Self.manifestKey, in: Self.manifests)
    let isSame = manifest?["version"]?.string == version
    if isSame, manifest?["isComplete"]?.boolean == true, try await hasIndex(Self.indexKey) {
      return summary
    }
    let done = isSame ? manifest?["done"]?.int ?? 0 : 0
    try await write(files.entries.map(\.item), from: done, version: version, report)
    let index = try Self.index(of: files.entries.map(\.passage))
    try await putIndex(Self.indexKey, index)
    try await save(version, done: files.entries.count, isComplete: true)
    summary.hasWritten = true
    summary.index = index.count
    return summary
  }

  private func write(
    _ items: [Item], from first: Int, version: String, _ report: @Sendable (Progress) async -> Void
  ) async throws {
    var done = min(max(0, first), items.count)
    while done < items.count {
      let end = min(done + Self.chunk, items.count)
      try await write(items[done..<end])
      done = end
      try await save(version, done: done, isComplete: false)
      await report(Progress(done: done, total: items.count))
    }
  }

  /// Batches side by side, each in its own order.
  private func write(_ items: ArraySlice<Item>) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = items
      while !rest.isEmpty {
        let batch = Array(rest.prefix(Self.batch))
        rest = rest.dropFirst(Self.batch)
        group.addTask { try await table.write(batch) }
      }
      try await group.waitForAll()
    }
  }

  private func save(_ version: String, done: Int, isComplete: Bool) async throws {
    try await table.write([
      [
        "collection": .string(Self.manifests), "id": .string(Self.manifestKey),
        "version": .string(version), "done": AttributeValue(done),
        "isComplete": .boolean(isComplete),
      ]
    ])
  }

  static func index(of passages: [Passage]) throws -> [UInt8] {
    var builder = SegmentBuilder()
    for passage in passages { try builder.add(passage) }
    return try builder.file()
  }
}
