/// A text in the pieces in which it is streamed: some words, or a few Japanese characters, at a time.
/// Joined together they are the text.
struct Pieces: Sequence {
  private let text: String
  private let words: Int

  init(_ text: String, words: Int = 3) {
    self.text = text
    self.words = words
  }

  func makeIterator() -> AnyIterator<String> {
    var rest = text[...]
    return AnyIterator {
      guard !rest.isEmpty else { return nil }
      let end = self.end(of: rest)
      defer { rest = rest[end...] }
      return String(rest[..<end])
    }
  }

  /// Behind `words` words with the space after them. A word weighs one, a Japanese character a third.
  private func end(of rest: Substring) -> Substring.Index {
    var weight = 0
    var isInWord = false
    var index = rest.startIndex
    while index < rest.endIndex {
      let character = rest[index]
      let isJapanese = character.unicodeScalars.first.map { Writing.of($0) == .japanese } ?? false
      let isSpace = character.isWhitespace
      if (isJapanese || (!isSpace && !isInWord)) && weight >= words * 3 { return index }
      if isJapanese { weight += 1 } else if !isSpace, !isInWord { weight += 3 }
      isInWord = !isSpace && !isJapanese
      index = rest.index(after: index)
    }
    return index
  }
}
