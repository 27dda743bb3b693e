/// Words as the local model compares them: stems, synonyms, and words that say nothing.
enum Words {
  /// A piece of a text: a word, a number, or a run of Japanese.
  struct Token: Equatable {
    var text: String
    var script: Writing
    /// True when it begins a sentence.
    var isFirst: Bool
  }

  static func tokens(_ text: String) -> [Token] {
    var tokens: [Token] = []
    var current = String.UnicodeScalarView()
    var script = Writing.other
    var isFirst = true
    func close() {
      defer { current = .init() }
      guard !current.isEmpty else { return }
      tokens.append(Token(text: String(current), script: script, isFirst: isFirst))
      isFirst = false
    }
    for scalar in text.unicodeScalars {
      let next = Writing.of(scalar)
      // Letters and digits stay together (`N5`), an apostrophe stays inside (`it's`).
      let isApostrophe = (scalar == "'" || scalar == "’") && script == .latin && !current.isEmpty
      let belongs =
        next == script
        || (next != .other && next != .japanese && script != .other && script != .japanese)
      if isApostrophe {
        current.append("'")
      } else if next == .other {
        close()
        script = .other
        if "。.!?！？:：\n".unicodeScalars.contains(scalar) { isFirst = true }
      } else {
        if !belongs { close() }
        if current.isEmpty || next == .latin { script = next }
        current.append(scalar)
      }
    }
    close()
    return tokens
  }

  /// The stems of the words that say something, in order. Japanese counts by the words known from
  /// `JapaneseWords`.
  static func stems(_ text: String) -> [String] {
    var stems: [String] = []
    for token in tokens(text.folded) {
      switch token.script {
      case .latin where !empty.contains(token.text): stems.append(stem(token.text))
      case .japanese: stems += JapaneseWords.meanings(in: token.text)
      default: break
      }
    }
    return stems
  }

  /// The words of a name: `get_word_details`, `getWordDetails`, `word-details`.
  static func stems(ofName name: String) -> [String] {
    var spaced = ""
    var before: Character = " "
    for character in name {
      if character.isUppercase && before.isLowercase { spaced += " " }
      spaced.append(character == "_" || character == "-" || character == "." ? " " : character)
      before = character
    }
    return stems(spaced)
  }

  /// A light English stemmer: endings of number, tense and manner.
  static func stem(_ word: String) -> String {
    var word = Array(word.utf8)
    func ends(_ ending: StaticString) -> Bool {
      word.count >= ending.utf8CodeUnitCount
        && word.suffix(ending.utf8CodeUnitCount)
          .elementsEqual(
            UnsafeBufferPointer(start: ending.utf8Start, count: ending.utf8CodeUnitCount))
    }
    if ends("'s") { word.removeLast(2) }
    word.removeAll { $0 == UInt8(ascii: "'") }
    if word.count > 4, ends("ies") {
      word.removeLast(3)
      word.append(UInt8(ascii: "y"))
    } else if word.count > 4,
      ends("sses") || ends("shes") || ends("ches") || ends("xes") || ends("zes")
    {
      word.removeLast(2)
    } else if word.count > 3, ends("s"), !ends("ss"), !ends("us"), !ends("is") {
      word.removeLast()
    }
    if word.count > 5, ends("ing") {
      word.removeLast(3)
    } else if word.count > 4, ends("ed"), !ends("eed") {
      word.removeLast(2)
    } else if word.count > 5, ends("ly") {
      word.removeLast(2)
    }
    if word.count > 3, word[word.count - 1] < 0x80, word[word.count - 1] == word[word.count - 2],
      !ends("l"), !ends("s"),
      !ends("z")
    {
      word.removeLast()
    }
    if word.count > 3, ends("e") { word.removeLast() }
    return String(decoding: word, as: UTF8.self)
  }

  /// Stems that ask for the same thing: the first of their group, or the stem itself.
  static func concept(_ stem: String) -> String { concepts[stem] ?? stem }

  private static let concepts: [String: String] = {
    let groups = [
      ["meaning", "mean", "definition", "define", "translation", "translate", "gloss", "english"],
      ["reading", "read", "pronunciation", "pronounce", "kana", "hiragana", "furigana", "romaji"],
      ["example", "sentence", "usage", "use"], ["price", "cost", "amount", "fee"],
      ["stroke", "strokes"], ["date", "day", "when"],
      ["place", "city", "location", "address", "where"], ["author", "who", "person"],
      ["kanji", "character"], ["word", "vocabulary", "term", "expression"],
      ["count", "number", "total"],
    ]
    var concepts: [String: String] = [:]
    for group in groups {
      for word in group { concepts[stem(word)] = stem(group[0]) }
    }
    return concepts
  }()

  /// Words that say nothing about what is asked for.
  static let empty: Set<String> = Set(
    """
    a about all am an and any are as ask at be been but by can could did do does doing for from get give \
    had has have hello help her hey hi his how i i'd i'm if in into is it it's its just know let like list \
    look many may me more much must my need no not of off ok okay on one or our out over please show should \
    so some such tell than thank thanks that the their them then there these they this those to too up us \
    very want was we well were what what's when where which who whom whose why will with would yes you your \
    find search explain describe said say says using used make makes
    """.split { $0 == " " || $0 == "\n" }.map(String.init))
}

extension Words {
  /// Dates written as `2026-11-21`.
  static func datePieces(in text: String) -> [String] {
    text.split { !($0.isASCII && ($0.isNumber || $0 == "-")) }.map(String.init).filter { piece in
      let parts = piece.split(separator: "-")
      return parts.map(\.count) == [4, 2, 2]
    }
  }
}
