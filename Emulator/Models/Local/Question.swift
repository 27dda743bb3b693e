/// A message taken apart: what it asks for and what it asks about.
struct Question: Equatable {
  /// Characters in which a question is looked for; what follows is material.
  private static let longest = 4_000
  /// Characters of a Japanese question that leaves out what it is about.
  private static let longestEllipsis = 20

  let text: String
  /// The part of the text that is looked at.
  let head: String
  /// Stems of the words that say something.
  let stems: [String]
  /// What stands in quotation marks.
  private(set) var quoted: [String]
  /// Japanese words asked about.
  private(set) var japanese: [String]
  /// Whole and decimal numbers, as written.
  let numbers: [String]
  /// Words with digits in them (`N5`, `A-1032`), and e-mail addresses.
  let codes: [String]
  /// Capitalised words inside a sentence, neighbours joined: `New York`.
  let names: [String]
  let isJapanese: Bool

  /// `earlier` is what was talked about before, newest first: a question about "it" is about that.
  init(_ text: String, after earlier: [[String]] = []) {
    self.text = text
    let text = String(text.prefix(Self.longest))
    head = text
    isJapanese = text.isMostlyJapanese
    quoted = Self.quoted(in: text)
    let tokens = Words.tokens(text)
    japanese = Self.japanese(tokens, isJapanese: isJapanese)
    numbers = Self.numbers(in: text)
    codes = Self.codes(in: text)
    names = Self.names(tokens)
    let quotedStems = Set(quoted.flatMap { Words.stems($0) })
    stems = Words.stems(text).filter { !quotedStems.contains($0) }
    if terms.isEmpty, names.isEmpty, let before = earlier.first,
      Self.refersBack(text) || isJapanese && text.count <= Self.longestEllipsis
    {
      japanese = before
    }
  }

  /// What is asked about in so many words: quotations first, then Japanese words.
  var terms: [String] {
    var seen: Set<String> = []
    return (quoted + japanese).filter { seen.insert($0).inserted }
  }

  /// What is asked about when nothing is marked: the words that say nothing about `known`.
  func remainder(without known: Set<String>) -> String? {
    var best: [String] = []
    var current: [String] = []
    for token in Words.tokens(head) + [Words.Token(text: "", script: .other, isFirst: true)] {
      let folded = token.text.folded
      let says =
        token.script == .latin && !folded.contains(where: \.isNumber)
        && !Words.empty.contains(folded)
      if says, !known.contains(Words.concept(Words.stem(folded))) {
        current.append(token.text)
      } else {
        if current.count > best.count { best = current }
        current = []
      }
    }
    return best.isEmpty ? nil : best.joined(separator: " ")
  }

  private static let marks: [(open: Character, close: Character)] = [
    ("「", "」"), ("『", "』"), ("“", "”"), ("\"", "\""), ("‘", "’"), ("`", "`"), ("«", "»"),
  ]

  private static func quoted(in text: String) -> [String] {
    var found: [String] = []
    var rest = text[...]
    if text.holds(" '") { found += apostrophized(in: text) }
    while let start = rest.firstIndex(where: { mark in marks.contains { $0.open == mark } }) {
      let inside = rest.index(after: start)
      let close = marks.first { $0.open == rest[start] }?.close
      guard let end = rest[inside...].firstIndex(where: { $0 == close }) else {
        rest = rest[inside...]
        continue
      }
      let part = String(rest[inside..<end]).trimmed
      if !part.isEmpty, part.count <= 200 { found.append(part) }
      rest = rest[rest.index(after: end)...]
    }
    return found
  }

  /// `'to drink'`. An apostrophe inside of a word quotes nothing.
  private static func apostrophized(in text: String) -> [String] {
    text.split(separator: " '").dropFirst().compactMap { part in
      let pieces = part.split(separator: "'", omittingEmptySubsequences: false)
      guard pieces.count > 1, pieces[1].first.map({ !$0.isLetter }) ?? true else { return nil }
      let quote = String(pieces[0]).trimmed
      return (1...200).contains(quote.count) ? quote : nil
    }
  }

  private static func japanese(_ tokens: [Words.Token], isJapanese: Bool) -> [String] {
    let runs = tokens.filter { $0.script == .japanese }.map(\.text)
    return isJapanese ? runs.flatMap(JapaneseWords.topics) : runs
  }

  private static func numbers(in text: String) -> [String] {
    words(of: text).compactMap { word in
      let digits = word.filter { $0 != "," }
      let isNumber = digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
      return isNumber && Double(digits) != nil ? digits : nil
    }
  }

  private static func codes(in text: String) -> [String] {
    words(of: text).filter { word in
      let isPlain = word.allSatisfy { $0.isASCII }
      return isPlain && word.contains(where: \.isLetter)
        && word.contains { $0.isNumber || $0 == "@" }
    }
  }

  /// Pieces between spaces, without punctuation at their ends.
  private static func words(of text: String) -> [String] {
    text.split { $0.isWhitespace || "「」『』()（）、。".contains($0) }.compactMap { piece in
      let start = piece.firstIndex { $0.isLetter || $0.isNumber || $0 == "-" } ?? piece.endIndex
      let end = piece.lastIndex { $0.isLetter || $0.isNumber }.map(piece.index(after:)) ?? start
      return start < end ? String(piece[start..<end]) : nil
    }
  }

  private static func names(_ tokens: [Words.Token]) -> [String] {
    var names: [String] = []
    var isNext = false
    for token in tokens {
      let isName =
        token.script == .latin && token.text.first?.isUppercase == true && !token.isFirst
        && !token.text.contains(where: \.isNumber) && !Words.empty.contains(token.text.folded)
      if isName, isNext, let last = names.popLast() {
        names.append(last + " " + token.text)
      } else if isName {
        names.append(token.text)
      }
      isNext = isName
    }
    return names
  }

  private static func refersBack(_ text: String) -> Bool {
    let words = Set(Words.tokens(text.folded).map(\.text))
    return !words.isDisjoint(with: [
      "it", "its", "it's", "this", "that", "these", "those", "them", "they",
    ])
      || text.holds("それ") || text.holds("その") || text.holds("これ")
  }
}
