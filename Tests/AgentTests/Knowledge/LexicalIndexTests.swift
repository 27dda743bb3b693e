import Crypto
import Testing

@testable import Agent

private let everyone = PassageFilter(tenant: "t", owner: "t#u")

private func passage(_ id: String, _ text: String, type: String = "text") -> Passage {
  Passage(id: id, source: "test/\(id)", title: "", text: text, type: type)
}

private func file(_ passages: [Passage]) throws -> [UInt8] {
  var builder = LexicalIndexBuilder()
  for passage in passages { try builder.add(passage) }
  return try builder.file()
}

@Suite struct LexicalIndexTests {
  private let three = [
    passage("a", "red apple pie"), passage("b", "red red wine"),
    passage("c", "green tea leaves pot"),
  ]

  /// By hand: N 3, lengths 3, 3, 4, average 10/3; k1 1.2, b 0.75.
  /// "red" in 2: ln(1 + 1.5/2.5) = 0.470004; "pie" in 1: ln(1 + 2.5/1.5) = 0.980829.
  /// a: norm 1.2 × (0.25 + 0.75 × 0.9) = 1.11; (0.470004 + 0.980829) × 2.2 / 2.11 = 1.512717.
  /// b: 0.470004 × 2 × 2.2 / 3.11 = 0.664957.
  @Test func `scores as BM25 is written down`() throws {
    let index = try LexicalIndex(file(three))
    let hits = index.search("red pie", limit: 5, filter: everyone)
    #expect(hits.map(\.passage.id) == ["a", "b"])
    #expect(abs(hits[0].score - 1.512_717) < 0.000_01)
    #expect(abs(hits[1].score - 0.664_957) < 0.000_01)
    #expect(abs(hits[0].share - 1) < 0.000_01)
    #expect(abs(hits[1].share - 0.470_004 / 1.450_833) < 0.000_01)
  }

  @Test func `gives passages back as they were`() throws {
    let passages = [
      Passage(
        id: "x/1", source: "s", title: "Tïtle", text: "語 <&>\n", type: "kanji", tags: ["N5", ""],
        tenant: "t", owner: "t#u"),
      Passage(id: "", source: "", title: "", text: ""),
    ]
    #expect(try LexicalIndex(file(passages)).passages() == passages)
  }

  @Test func `finds nothing in an empty index and for an empty question`() throws {
    #expect(try LexicalIndex(file([])).search("red", limit: 5, filter: everyone).isEmpty)
    let index = try LexicalIndex(file(three))
    for question in ["", "？！", "unknown"] {
      #expect(index.search(question, limit: 5, filter: everyone).isEmpty)
    }
    #expect(index.search("red", limit: 0, filter: everyone).isEmpty)
  }

  @Test func `writes the same bytes for the same passages`() throws {
    #expect(try file(three) == file(three))
  }

  @Test func `shows a passage to those alone who may see it`() throws {
    func owned(_ id: String, _ tenant: String?, _ owner: String?) -> Passage {
      Passage(
        id: id, source: id, title: "", text: "secret", type: "text", tenant: tenant, owner: owner)
    }
    let index = try LexicalIndex(
      file([
        owned("all", nil, nil), owned("tenant", "t", nil), owned("own", "t", "t#u"),
        owned("other", "t", "t#v"), owned("foreign", "x", nil), owned("odd", nil, "t#u"),
      ]))
    let hits = index.search("secret", limit: 10, filter: everyone)
    #expect(Set(hits.map(\.passage.id)) == ["all", "tenant", "own"])
  }

  @Test func `searches one type alone`() throws {
    let index = try LexicalIndex(
      file([passage("a", "red", type: "word"), passage("b", "red", type: "kanji")]))
    let filter = PassageFilter(tenant: "t", owner: "t#u", types: ["kanji"])
    #expect(index.search("red", limit: 5, filter: filter).map(\.passage.id) == ["b"])
  }

  @Test func `keeps the best of many`() throws {
    let many = (0..<300).map { passage("\($0)", String(repeating: "red ", count: $0 % 50 + 1)) }
    let index = try LexicalIndex(file(many))
    let all = index.search("red", limit: 300, filter: everyone)
    #expect(all.count == 300)
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(index.search("red", limit: 7, filter: everyone) == Array(all.prefix(7)))
  }
}

@Suite struct LexicalIndexFileTests {
  private func sample() throws -> [UInt8] {
    try file([passage("a", "red apple 語"), passage("b", "green tea 茶", type: "word")])
  }

  @Test func `refuses what is no index`() throws {
    #expect(throws: IndexError.notAnIndex) { try LexicalIndex([]) }
    #expect(throws: IndexError.notAnIndex) { try LexicalIndex(Array("hello".utf8)) }
    var newer = try sample()
    newer[8] = 9
    #expect(throws: IndexError.unknownVersion(9)) { try LexicalIndex(newer) }
  }

  @Test func `refuses a file with any byte changed`() throws {
    let good = try sample()
    for place in good.indices {
      var bad = good
      bad[place] ^= 0x10
      #expect(throws: IndexError.self, "byte \(place)") { try LexicalIndex(bad) }
    }
  }

  @Test func `refuses a file cut at any place`() throws {
    let good = try sample()
    for end in good.indices {
      #expect(throws: IndexError.self) { try LexicalIndex(Array(good[..<end])) }
    }
  }

  /// Whoever may write the index may also write its digest: wrong contents must not end the process.
  @Test func `stands wrong contents under a right digest`() throws {
    let good = try sample()
    let end = good.count - LexicalIndexFile.digestSize
    for place in 0..<end {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var bad = Array(good[..<end])
        bad[place] = value
        let digest = SHA256.digest(bad)
        guard let index = try? LexicalIndex(bad + digest) else { continue }
        #expect(index.search("red apple 語 green 茶", limit: 5, filter: everyone).count <= 2)
        #expect(index.passages().count <= 2)
      }
    }
  }
}
