import Foundation
import Support
import Testing

@testable import Agent

@Suite struct FAISSFileTests {
  private static let python = Project.root + "/.build/venv/bin/python"
  private static let hasFAISS: Bool =
    (try? run(python, ["-c", "import faiss"]).status) == 0

  private func rows(_ count: Int, seed: UInt64) -> [[Float]] {
    var state = seed
    return (0..<count).map { _ in
      let row = (0..<64).map { _ -> Float in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int32(truncatingIfNeeded: state)) / Float(Int32.max)
      }
      return SegmentBuilder.unit(row) ?? row
    }
  }

  @Test func `reads what it writes`() throws {
    let vectors = rows(30, seed: 5)
    let file = FAISSFile(dimension: 64, vectors: vectors, ids: (0..<30).map { Int64($0) * 3 })
    #expect(try FAISSFile(file.encoded(as: .flat)) == file)
    for (storage, difference) in [(FAISSFile.Storage.bytes, Float(0.01)), (.halves, 0.001)] {
      let again = try FAISSFile(file.encoded(as: storage))
      #expect(again.ids == file.ids)
      for (one, other) in zip(vectors.joined(), again.vectors.joined()) {
        #expect(abs(one - other) < difference)
      }
    }
  }

  @Test func `refuses what is cut short or lies about its size`() throws {
    let file = FAISSFile(dimension: 64, vectors: rows(3, seed: 5), ids: [1, 2, 3])
    for storage in [FAISSFile.Storage.flat, .bytes, .halves] {
      let good = file.encoded(as: storage)
      for end in 0..<good.count {
        #expect(throws: FAISSFile.Problem.self) { try FAISSFile(Array(good[..<end])) }
      }
      for place in 0..<min(120, good.count) {
        var bad = good
        bad[place] ^= 0xFF
        _ = try? FAISSFile(bad)
      }
    }
    #expect(throws: FAISSFile.Problem.unsupported("IHNf")) {
      try FAISSFile(Array("IHNf".utf8) + file.encoded(as: .flat).dropFirst(4))
    }
  }

  /// Both directions, three storages, with and without ids: the ten best of each are the same.
  @Test(.enabled(if: Project.runsEverything && hasFAISS, "needs faiss-cpu in .build/venv"))
  func `exchanges files with Python's FAISS`() throws {
    let folder = NSTemporaryDirectory() + "martlet-faiss-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let vectors = rows(2_000, seed: 77)
    let queries = rows(20, seed: 78)
    try write(vectors, "\(folder)/rows.f32")
    try write(queries, "\(folder)/queries.f32")
    let ours = FAISSFile(
      dimension: 64, vectors: vectors, ids: vectors.indices.map { Int64($0) + 5 })
    let kinds: [(String, FAISSFile.Storage)] = [
      ("flat", .flat), ("bytes", .bytes), ("halves", .halves),
    ]
    for (name, storage) in kinds {
      try Data(ours.encoded(as: storage)).write(to: URL(filePath: "\(folder)/ours-\(name).index"))
    }
    let script = Project.root + "/Tests/AgentTests/Vectors/faiss_check.py"
    let (status, output) = try run(Self.python, [script, folder])
    try #require(status == 0, "\(output)")
    for (name, storage) in kinds {
      let written = try FAISSFile(ours.encoded(as: storage))
      try compare(written, queries, "\(folder)/ours-\(name).json")
      for suffix in ["", "-ids"] {
        let bytes = try Data(contentsOf: URL(filePath: "\(folder)/theirs-\(name)\(suffix).index"))
        let theirs = try FAISSFile([UInt8](bytes))
        #expect((theirs.ids != nil) == (suffix == "-ids"))
        try compare(theirs, queries, "\(folder)/theirs-\(name)\(suffix).json")
      }
    }
  }

  private func write(_ rows: [[Float]], _ path: String) throws {
    var bytes: [UInt8] = []
    for value in rows.joined() { bytes.appendLittleEndian(value.bitPattern) }
    try Data(bytes).write(to: URL(filePath: path))
  }

  private func compare(_ file: FAISSFile, _ queries: [[Float]], _ path: String) throws {
    let expected = try JSONDecoder().decode(
      [[Int64]].self, from: Data(contentsOf: URL(filePath: path)))
    for (query, ids) in zip(queries, expected) {
      let scores = file.vectors.map { row in
        zip(row, query).reduce(into: 0.0) { $0 += Double($1.0) * Double($1.1) }
      }
      let best = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(10)
      #expect(best.map { file.ids?[$0] ?? Int64($0) } == ids)
    }
  }
}
