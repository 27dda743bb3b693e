import Testing

@testable import Models

@Suite struct PiecesTests {
  @Test(arguments: [
    "", "one", "one two three four five", "食べるは毎日することです。", "  a  b\n\nc ", "**食べる** is “to eat”.",
    "👩‍👩‍👧 é 한국어",
  ])
  func `together they are the text`(text: String) {
    for words in 1...4 { #expect(Pieces(text, words: words).joined() == text) }
  }

  @Test func `a sentence comes in several`() {
    #expect(Array(Pieces("The meaning of **食べる** is “to eat”. Its reading is たべる.")).count > 3)
    #expect(Array(Pieces("one two three four", words: 2)) == ["one two ", "three four"])
  }

  @Test(arguments: [
    ("meanings", "mean"), ("means", "mean"), ("mean", "mean"), ("strokes", "strok"),
    ("stroke", "strok"),
    ("sentences", "sentenc"), ("categories", "category"), ("stopped", "stop"), ("reading", "read"),
    ("it's", "it"),
  ])
  func `stems`(word: String, stem: String) {
    #expect(Words.stem(word) == stem)
  }
}

@Suite struct LexicalEmbedderTests {
  private func likeness(_ a: String, _ b: String) -> Float {
    let first = LexicalEmbedder.embedding(of: a, dimensions: 1536)
    let second = LexicalEmbedder.embedding(of: b, dimensions: 1536)
    return zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func `has unit length and is the same each time`() {
    for text in ["cats like fish", "猫は魚が好きだ", "", "!!!", String(repeating: "a ", count: 5_000)] {
      #expect(abs(likeness(text, text) - 1) < 1e-5)
    }
  }

  @Test func `texts with the same words are near`() {
    #expect(likeness("how to transfer money", "transferring money abroad") > 0.3)
    #expect(likeness("how to transfer money", "cats like fish") < 0.1)
    #expect(likeness("猫は魚が好きだ", "猫が好き") > 0.3)
    #expect(likeness("猫は魚が好きだ", "東京駅") < 0.1)
  }
}
