import Support
import Testing

@testable import Agent

@Suite struct StemmerTests {
  @Test func `stems as Porter's own algorithm does`() throws {
    let lines = try Project.text("Tests/AgentTests/Fixtures/porter.tsv").split(separator: "\n")
    #expect(lines.count > 900)
    for line in lines {
      let parts = line.split(separator: "\t").map(String.init)
      #expect(Stemmer.stem(parts[0]) == parts[1], "\(line)")
    }
  }

  @Test func `leaves other words alone`() {
    for word in ["食べる", "a", "is", "naïve", "x86s", ""] { #expect(Stemmer.stem(word) == word) }
  }
}

@Suite struct TermsTests {
  private func terms(_ text: String) -> [String] {
    var terms: [String] = []
    Terms.scan(text) { terms.append($0) }
    return terms
  }

  @Test func `cuts English into stems`() {
    #expect(terms("He's running, isn't he?") == ["he", "s", "run", "isn", "t", "he"])
  }

  @Test func `cuts Japanese into characters and pairs`() {
    #expect(terms("食べる") == ["食", "食べ", "べ", "べる", "る"])
    #expect(terms("語") == ["語"])
  }

  @Test func `ends a run where the script changes`() {
    #expect(terms("JLPT試験N5") == ["jlpt", "試", "試験", "験", "n5"])
  }

  @Test func `takes spellings of one text for the same`() {
    #expect(terms("ＡＢＣ１２") == terms("abc12"))
    #expect(terms("ｶﾞｷﾞﾊﾟｳﾞ") == terms("ガギパヴ"))
    #expect(terms("か\u{3099}は\u{309A}") == terms("がぱ"))
    #expect(terms("CAFÉ Ångström") == terms("cafe angstrom"))
    #expect(terms("cafe\u{301}") == terms("café"))
  }

  @Test func `keeps words of other scripts whole`() {
    #expect(terms("Привет, мир") == ["привет", "мир"])
    #expect(terms("हिन्दी भाषा") == ["हिन्दी", "भाषा"])
    #expect(terms("한국") == ["한", "한국", "국"])
  }

  @Test func `finds nothing in signs`() {
    #expect(terms("… 。！？ ☃ 🎉 \u{0} -") == [])
  }

  @Test func `drops the words that every question has`() {
    #expect(Set(Terms.ofQuestion("What does 語 mean?").keys) == ["語", "mean"])
    #expect(Set(Terms.ofQuestion("what is this").keys) == ["what", "is", "thi"])
  }

  @Test func `gives kana less weight`() {
    let weights = Terms.ofQuestion("食べ")
    #expect(weights["食"] == 1)
    #expect(weights["食べ"] == 1)
    #expect(weights["べ"] == Terms.kanaWeight)
  }

  @Test func `reads a million hostile characters in linear time`() {
    for text in ["a", "語", "\u{3099}", "\u{301}", "\u{200D}"] {
      #expect(terms(String(repeating: text, count: 100_000)).count <= 200_000)
    }
  }
}
