import Foundation
import Testing

@testable import Agent

@Suite struct SearchIndexTests {
  private let embedder = EmbedderID(name: "test", version: "1", dimension: 70)
  private let all = PassageFilter(tenant: "t", owner: "o")

  private func passage(
    _ id: String, _ text: String = "text", tenant: String? = nil, owner: String? = nil
  ) -> Passage {
    Passage(
      id: id, source: "s/\(id)", title: id, text: text, type: "text", tags: ["tag-\(id)"],
      tenant: tenant, owner: owner)
  }

  private func vector(_ seed: Int) -> [Float] {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<70).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float(Int32(truncatingIfNeeded: state)) / Float(Int32.max)
    }
  }

  private func segment(
    _ passages: [(Passage, [Float]?)], removed: [String] = []
  ) throws -> IndexSegment {
    var builder = SegmentBuilder(embedder: embedder)
    for (passage, vector) in passages { try builder.add(passage, vector: vector) }
    for id in removed { builder.remove(id) }
    return try IndexSegment(IndexBytes(builder.file()))
  }

  @Test func `finds the nearest in meaning and the best by words`() throws {
    let index = SearchIndex([
      try segment((0..<200).map { (passage("\($0)", "word\($0)"), vector($0)) })
    ])
    for number in [0, 17, 199] {
      let near = index.nearest(to: vector(number), of: embedder, limit: 3, filter: all)
      #expect(near.first?.passage.id == "\(number)")
      #expect(abs((near.first?.score ?? 0) - 1) < 0.001)
      #expect(
        index.search("word\(number)", limit: 3, filter: all).map(\.passage.id) == ["\(number)"])
    }
  }

  @Test func `later segments hide and remove passages of earlier ones`() throws {
    let index = SearchIndex([
      try segment([(passage("a", "old apple"), vector(1)), (passage("b", "berry"), vector(2))]),
      try segment([(passage("a", "new apricot"), vector(3))], removed: ["b"]),
    ])
    #expect(index.count == 1)
    #expect(index.search("apple", limit: 5, filter: all).isEmpty)
    #expect(index.search("berry", limit: 5, filter: all).isEmpty)
    #expect(index.search("apricot", limit: 5, filter: all).map(\.passage.id) == ["a"])
    #expect(
      index.nearest(to: vector(1), of: embedder, limit: 5, filter: all).map(\.passage.text)
        == ["new apricot"])
  }

  @Test func `compaction keeps what is found and its vectors exactly`() throws {
    let index = SearchIndex([
      try segment((0..<50).map { (passage("\($0)"), $0 % 5 == 0 ? nil : vector($0)) }),
      try segment(
        (10..<12).map { (passage("\($0)", "changed"), vector($0 + 100)) }, removed: ["3"]),
    ])
    let once = try IndexSegment(IndexBytes(index.compacted(for: embedder)))
    let twice = try IndexSegment(IndexBytes(SearchIndex([once]).compacted(for: embedder)))
    let merged = SearchIndex([once])
    #expect(merged.count == 49)
    for number in [1, 10, 11, 49] {
      let question = vector(number >= 10 && number < 12 ? number + 100 : number)
      let before = index.nearest(to: question, of: embedder, limit: 5, filter: all)
      #expect(merged.nearest(to: question, of: embedder, limit: 5, filter: all) == before)
      #expect(
        SearchIndex([twice]).nearest(to: question, of: embedder, limit: 5, filter: all) == before)
    }
  }

  @Test func `vectors of another embedder are not compared`() throws {
    let index = SearchIndex([try segment([(passage("a"), vector(1))])])
    let other = EmbedderID(name: "test", version: "2", dimension: 70)
    #expect(index.nearest(to: vector(1), of: other, limit: 5, filter: all).isEmpty)
    #expect(index.lacksVectors(of: other, filter: all))
    #expect(!index.lacksVectors(of: embedder, filter: all))
    let compacted = try IndexSegment(IndexBytes(index.compacted(for: other)))
    #expect(compacted.embedder == nil && compacted.count == 1)
  }

  /// Everybody asks for everything, by words and by meaning; nobody gets what is another's.
  @Test func `nothing leaks across tenants and owners`() throws {
    var passages: [(Passage, [Float]?)] = []
    let tenants = ["red", "blue"]
    for tenant in tenants {
      for owner in [nil, "red/ann", "red/bob", "blue/ann"] {
        for number in 0..<20 {
          let id = "\(tenant)-\(owner ?? "all")-\(number)"
          passages.append((passage(id, "secret", tenant: tenant, owner: owner), vector(number)))
        }
      }
    }
    passages.append((passage("shared", "secret"), vector(500)))
    let half = passages.count / 2
    let index = SearchIndex([
      try segment(Array(passages[..<half])), try segment(Array(passages[half...])),
    ])
    for tenant in tenants + ["green"] {
      for owner in ["red/ann", "red/bob", "blue/ann", "green/eve", ""] {
        let filter = PassageFilter(tenant: tenant, owner: owner)
        let words = index.search("secret", limit: 1_000, filter: filter).map(\.passage)
        let near = index.nearest(to: vector(3), of: embedder, limit: 1_000, filter: filter)
          .map(\.passage)
        var mine: Set<String> = []
        for (passage, _) in passages {
          let isTenants = passage.tenant == nil || passage.tenant == tenant
          let isOwners =
            passage.owner == nil || (passage.owner == owner && passage.tenant == tenant)
          if isTenants, isOwners { mine.insert(passage.id) }
        }
        #expect(Set(words.map(\.id)) == mine)
        #expect(Set(near.map(\.id)) == mine)
      }
    }
  }

  @Test func `filters by source, title, type and tags`() throws {
    let index = SearchIndex([
      try segment((0..<30).map { (passage("\($0)", "same"), vector($0)) })
    ])
    var filter = all
    filter.sources = ["s/4", "s/5"]
    #expect(Set(index.search("same", limit: 9, filter: filter).map(\.passage.id)) == ["4", "5"])
    filter.tags = ["tag-5"]
    #expect(
      index.nearest(to: vector(4), of: embedder, limit: 9, filter: filter).map(\.passage.id)
        == ["5"])
    filter.titles = ["7"]
    #expect(index.search("same", limit: 9, filter: filter).isEmpty)
    filter = all
    filter.types = ["kanji"]
    #expect(index.search("same", limit: 9, filter: filter).isEmpty)
  }

  @Test func `many rows go through their sign bits, and wide kernels agree with plain ones`() throws
  {
    var builder = SegmentBuilder(embedder: EmbedderID(name: "t", version: "1", dimension: 64))
    for number in 0..<20_100 {
      try builder.add(passage("\(number)", ""), vector: Array(vector(number)[..<64]))
    }
    let file = try builder.file()
    let wide = try IndexSegment(IndexBytes(file))
    let plain = try IndexSegment(IndexBytes(file), isPortable: true)
    for number in stride(from: 0, to: 20_000, by: 2_500) {
      let question = Array(vector(number)[..<64])
      let found = wide.nearest(question, limit: 10)
      #expect(found.first?.passage == number)
      #expect(found.map(\.passage) == plain.nearest(question, limit: 10).map(\.passage))
      #expect(found.map(\.score) == plain.nearest(question, limit: 10).map(\.score))
    }
  }

  @Test func `vectors that are none do not enter`() throws {
    var builder = SegmentBuilder(embedder: embedder)
    #expect(try builder.add(passage("zero"), vector: [Float](repeating: 0, count: 70)) == false)
    #expect(try builder.add(passage("nan"), vector: [.nan] + vector(1).dropFirst()) == false)
    #expect(try builder.add(passage("huge"), vector: [.infinity] + vector(1).dropFirst()) == false)
    #expect(try builder.add(passage("short"), vector: [1, 2, 3]) == false)
    #expect(try builder.add(passage("good"), vector: vector(1)))
    #expect(throws: IndexError.self) { try builder.add(passage("good")) }
  }

  @Test func `a damaged file is refused or searched without harm`() throws {
    var builder = SegmentBuilder(embedder: embedder)
    for number in 0..<20 { try builder.add(passage("\(number)"), vector: vector(number)) }
    let good = try builder.file()
    for end in stride(from: 0, to: good.count, by: 97) {
      #expect(throws: IndexError.self) { try IndexSegment(IndexBytes(Array(good[..<end]))) }
    }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      var bad = good
      let place = Int.random(in: 0..<bad.count, using: &generator)
      bad[place] ^= UInt8.random(in: 1...255, using: &generator)
      // Padding between the sections belongs to nobody.
      if let segment = try? IndexSegment(IndexBytes(bad)) {
        #expect(segment.nearest(vector(3), limit: 5).first?.passage == 3, "byte \(place)")
      }
      // Without looking at the digests there may be wrong hits, and no more than that.
      if let segment = try? IndexSegment(IndexBytes(bad), verifies: false) {
        let index = SearchIndex([segment])
        _ = index.nearest(to: vector(3), of: embedder, limit: 5, filter: all)
        _ = index.search("text", limit: 5, filter: all)
      }
    }
  }

  @Test func `a mapped file is the same index, and a saved one replaces it whole`() throws {
    let folder = NSTemporaryDirectory() + "martlet-index-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/index"
    for text in ["first", "second"] {
      var builder = SegmentBuilder(embedder: embedder)
      try builder.add(passage("a", text), vector: vector(1))
      try SegmentWriter.save(builder.file(), as: path)
      let segment = try IndexSegment(IndexBytes(mapping: path), verifies: false)
      #expect(
        SearchIndex([segment]).search(text, limit: 1, filter: all).map(\.passage.id) == ["a"])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["index"])
    #expect(throws: IndexError.self) { try IndexBytes(mapping: folder) }
    #expect(throws: IndexError.self) { try IndexBytes(mapping: folder + "/none") }
  }
}
