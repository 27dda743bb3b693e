/// Finds out what an answer rests on, among everything the model was given.
///
/// A passage counts when the answer cites its number (`[2]`) or names its title; an item that a tool
/// returned when the answer names its title. An answer made with tools that names none of their items
/// rests on the first of them.
struct Citations {
  /// More than this nobody reads.
  private static let most = 8
  private static let unnamed = 3

  var passages: [Passage]
  var toolSources: [Source]
  /// What the provider looked at itself: always named.
  var grounding: [Source] = []

  func sources(of answer: String) -> [Source] {
    let folded = Array(answer.lowercased().unicodeScalars)
    let cited = Self.numbers(in: answer)
    var used = grounding
    for source in toolSources where Self.names(folded, source.title) { used.append(source) }
    if used.count == grounding.count { used += toolSources.prefix(Self.unnamed) }
    for (index, passage) in passages.enumerated()
    where cited.contains(index + 1) || Self.names(folded, passage.title) {
      used.append(Source(passage))
    }
    var seen: Set<String> = []
    return Array(used.filter { seen.insert($0.source).inserted }.prefix(Self.most))
  }

  /// The numbers in brackets, of the size that passages have.
  private static func numbers(in answer: String) -> Set<Int> {
    var found: Set<Int> = []
    var number: Int?
    for byte in answer.utf8 {
      switch (byte, number) {
      case (0x5B, _): number = 0
      case (0x30...0x39, let before?) where before > 0 || byte != 0x30:
        number = before < 1_000 ? before * 10 + Int(byte - 0x30) : nil
      case (0x5D, let whole?) where whole > 0:
        found.insert(whole)
        number = nil
      default: number = nil
      }
    }
    return found
  }

  /// True when the title stands in the text as a whole: not inside of a longer word, nor a single
  /// kanji inside of a compound.
  private static func names(_ text: [Unicode.Scalar], _ title: String) -> Bool {
    let title = Array(title.lowercased().unicodeScalars)
    guard let first = title.first else { return false }
    guard text.count >= title.count else { return false }
    for start in 0...(text.count - title.count)
    where text[start] == first && text[start..<start + title.count].elementsEqual(title) {
      let end = start + title.count
      let joinsBefore = start > 0 && joins(text[start - 1], title[0])
      let joinsAfter = end < text.count && joins(title[title.count - 1], text[end])
      if !joinsBefore, !joinsAfter { return true }
    }
    return false
  }

  /// True when two neighbours belong to one word: letters of one script, a kanji and its kana.
  private static func joins(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> Bool {
    func isLetter(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
    return isLetter(a) && isLetter(b) && (isJapanese(a) == isJapanese(b))
  }

  private static func isJapanese(_ scalar: Unicode.Scalar) -> Bool {
    (0x3005...0x30FF).contains(scalar.value) || (0x3400...0x9FFF).contains(scalar.value)
      || (0x20000...0x3FFFF).contains(scalar.value)
  }
}
