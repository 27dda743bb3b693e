/// A text as it is compared: case, width, marks on Latin letters, the kind of kana, emphasis, separators
/// of thousands and the kind of blanks, quotes and dashes do not count.
struct Wording: Equatable {
  /// Characters, because their equality is canonical: `か` with a voicing mark is `が`.
  private let characters: [Character]

  var isEmpty: Bool { characters.isEmpty }

  init(_ text: String) {
    var folded = String.UnicodeScalarView()
    for scalar in text.lowercased().unicodeScalars {
      guard let plain = Self.folded(scalar) else { continue }
      if plain == " ", folded.isEmpty || folded.last == " " { continue }
      folded.append(plain)
    }
    if folded.last == " " { folded.removeLast() }
    characters = Self.ungrouped(Array(String(folded)))
  }

  /// Whether a phrase stands in the text: not inside of a longer word or number (`eat` is not in
  /// `great`, 4 not in 14 nor in 3.4). Japanese has no blanks, so there any place counts.
  func contains(_ phrase: Wording) -> Bool {
    guard let first = phrase.characters.first, characters.count >= phrase.characters.count else {
      return false
    }
    for start in 0...(characters.count - phrase.characters.count)
    where characters[start] == first {
      let end = start + phrase.characters.count
      if characters[start..<end].elementsEqual(phrase.characters), !isCut(at: start),
        !isCut(at: end)
      {
        return true
      }
    }
    return false
  }

  /// Whether a place lies inside of a word or a number.
  private func isCut(at place: Int) -> Bool {
    guard place > 0, place < characters.count else { return false }
    let before = characters[place - 1]
    let after = characters[place]
    if Self.isWord(before), Self.isWord(after) { return true }
    if Self.numerals.contains(before), Self.numerals.contains(after) { return true }
    // 3|.4 and 3.|4
    if Self.isDigit(before), Self.isPoint(after), place + 1 < characters.count {
      return Self.isDigit(characters[place + 1])
    }
    if Self.isPoint(before), Self.isDigit(after), place > 1 {
      return Self.isDigit(characters[place - 2])
    }
    return false
  }

  private static let numerals = Set("〇一二三四五六七八九十百千万")

  /// A letter of a script with blanks between words, or a digit.
  private static func isWord(_ character: Character) -> Bool {
    guard let scalar = character.unicodeScalars.first else { return false }
    return isDigit(character) || scalar.value < 0x0E00 && scalar.properties.isAlphabetic
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  private static func isPoint(_ character: Character) -> Bool {
    character == "." || character == ","
  }

  /// `1,400` as `1400`; the comma of `3,4` stays.
  private static func ungrouped(_ text: [Character]) -> [Character] {
    guard text.contains(",") else { return text }
    var kept: [Character] = []
    for (place, character) in text.enumerated() {
      if character == ",", let before = kept.last, isDigit(before) {
        let digits = text[(place + 1)...].prefix(4).prefix(while: isDigit)
        if digits.count == 3 { continue }
      }
      kept.append(character)
    }
    return kept
  }
}

extension Wording {
  /// nil for what does not count at all.
  private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x2A, 0x60: nil  // * and `: emphasis
    case 0xC0..<0x250, 0x1E00..<0x1F00: unmarked(scalar)
    case 0x0300...0x036F: nil
    case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0)
    case 0x30A1...0x30F6: Unicode.Scalar(scalar.value - 0x60)
    case 0xFF66...0xFF9F: halfWidth[Int(scalar.value - 0xFF66)]
    case 0x3000, 0x09...0x0D, 0xA0, 0x2000...0x200A: " "
    case 0x2018, 0x2019: "'"
    case 0x201C, 0x201D: "\""
    case 0x2010...0x2015, 0x2212: "-"
    case 0x200B...0x200F, 0xFEFF: nil
    default: scalar
    }
  }

  /// The letter without its marks, by its name: `LATIN SMALL LETTER O WITH MACRON` is an o.
  private static func unmarked(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let words = scalar.properties.name?.split(separator: " ") ?? []
    guard words.count > 4, words[0] == "LATIN", words[2] == "LETTER", words[4] == "WITH",
      words[3].unicodeScalars.count == 1, let letter = words[3].lowercased().unicodeScalars.first
    else { return scalar }
    return letter
  }

  /// U+FF66 to U+FF9F as hiragana; the last two are the voicing marks.
  private static let halfWidth: [Unicode.Scalar] =
    Array("をぁぃぅぇぉゃゅょっーあいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん".unicodeScalars)
    + ["\u{3099}", "\u{309A}"]
}
