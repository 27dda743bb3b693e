import Testing

@testable import Agent

@Suite struct SplitterTests {
  private let english = (1...60).map { "Sentence number \($0) says something short." }
    .joined(separator: " ")
  private let japanese = String(repeating: "これは日本語の文です。とても短いです！本当ですか？", count: 40)

  @Test func `keeps a short text whole`() {
    #expect(Splitter().passages(of: "  One. Two.\n\nThree.  ") == ["One. Two.\n\nThree."])
    #expect(Splitter().passages(of: " \n\n ").isEmpty)
    #expect(Splitter().passages(of: "").isEmpty)
  }

  @Test func `never exceeds the size`() {
    for text in [english, japanese, String(repeating: "x", count: 5_000)] {
      for splitter in [Splitter(), Splitter(size: 100, overlap: 20), Splitter(size: 1, overlap: 0)]
      {
        for passage in splitter.passages(of: text) { #expect(passage.count <= splitter.size) }
      }
    }
  }

  @Test func `cuts between sentences`() {
    for passage in Splitter(size: 200, overlap: 50).passages(of: english) {
      #expect(passage.hasPrefix("Sentence number"))
      #expect(passage.hasSuffix("short."))
    }
    for passage in Splitter(size: 60, overlap: 15).passages(of: japanese) {
      #expect(["。", "！", "？"].contains(passage.last))
    }
  }

  @Test func `repeats no more than the overlap`() {
    let passages = Splitter(size: 200, overlap: 90).passages(of: english)
    #expect(passages.count > 10)
    for (before, after) in zip(passages, passages.dropFirst()) {
      #expect(after.startIndex < before.endIndex)
      #expect(english[after.startIndex..<before.endIndex].count <= 90)
    }
  }

  @Test func `loses nothing`() {
    let texts = [english, japanese, "# A\nText.\n\n# B\nMore text. " + english]
    for text in texts {
      for splitter in [Splitter(size: 120, overlap: 30), Splitter(size: 7, overlap: 3)] {
        var covered = text.startIndex
        for passage in splitter.passages(of: text) {
          if passage.startIndex > covered {
            #expect(text[covered..<passage.startIndex].allSatisfy { $0.isWhitespace })
          }
          covered = max(covered, passage.endIndex)
        }
        #expect(text[covered...].allSatisfy { $0.isWhitespace })
      }
    }
  }

  @Test func `keeps a closing bracket with its sentence`() {
    let passages = Splitter(size: 10, overlap: 0).passages(of: "彼は「行く。」と言った。そうです。")
    #expect(passages.contains { $0.hasSuffix("行く。」") })
  }

  @Test func `begins a passage at a heading`() {
    let section = String(repeating: "Words of a section. ", count: 6)
    let passages = Splitter(size: 400, overlap: 50).passages(
      of: "# One\n\(section)\n# Two\n\(section)")
    #expect(passages.map { String($0.prefix(5)) } == ["# One", "# Two"])
  }
}
