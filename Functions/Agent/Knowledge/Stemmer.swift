/// The Porter stemmer for English (M. F. Porter, "An algorithm for suffix stripping", Program 14(3),
/// 1980), as its author published it, without later changes.
///
/// Words with anything but the letters a to z, and words of one or two letters, are left alone.
package struct Stemmer {
  private var word: [UInt8]

  package static func stem(_ word: String) -> String {
    let bytes = Array(word.utf8)
    guard bytes.count > 2, bytes.allSatisfy({ (97...122).contains($0) }) else { return word }
    var stemmer = Stemmer(word: bytes)
    stemmer.plurals()
    stemmer.pastAndGerund()
    stemmer.finalY()
    stemmer.replaceFirst(of: Self.doubleSuffixes)
    stemmer.replaceFirst(of: Self.simpleSuffixes)
    stemmer.dropLongSuffix()
    stemmer.tidyEnd()
    return String(decoding: stemmer.word, as: UTF8.self)
  }

  // Steps 1a to 1c.

  private mutating func plurals() {
    if ends("sses") || ends("ies") {
      word.removeLast(2)
    } else if ends("s"), !ends("ss") {
      word.removeLast()
    }
  }

  private mutating func pastAndGerund() {
    if ends("eed") {
      if measure(word.count - 3) > 0 { word.removeLast() }
      return
    }
    guard let suffix = ["ed", "ing"].first(where: ends), hasVowel(word.count - suffix.utf8.count)
    else { return }
    word.removeLast(suffix.utf8.count)
    if ends("at") || ends("bl") || ends("iz") {
      word.append(UInt8(ascii: "e"))
    } else if endsDoubled, !["l", "s", "z"].contains(where: ends) {
      word.removeLast()
    } else if measure(word.count) == 1, endsShort(word.count) {
      word.append(UInt8(ascii: "e"))
    }
  }

  private mutating func finalY() {
    if ends("y"), hasVowel(word.count - 1) { word[word.count - 1] = UInt8(ascii: "i") }
  }

  // Steps 2 and 3: longest suffix first; only the first that matches is looked at.

  private static let doubleSuffixes: [(String, String)] = [
    ("ational", "ate"), ("ization", "ize"), ("iveness", "ive"), ("fulness", "ful"),
    ("ousness", "ous"), ("tional", "tion"), ("biliti", "ble"), ("entli", "ent"), ("ousli", "ous"),
    ("ation", "ate"), ("alism", "al"), ("aliti", "al"), ("iviti", "ive"), ("enci", "ence"),
    ("anci", "ance"), ("izer", "ize"), ("abli", "able"), ("alli", "al"), ("ator", "ate"),
    ("eli", "e"),
  ]
  private static let simpleSuffixes: [(String, String)] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"),
    ("ness", ""), ("ful", ""),
  ]

  private mutating func replaceFirst(of rules: [(String, String)]) {
    guard let (suffix, replacement) = rules.first(where: { ends($0.0) }) else { return }
    let stem = word.count - suffix.utf8.count
    guard measure(stem) > 0 else { return }
    word.replaceSubrange(stem..., with: replacement.utf8)
  }

  // Step 4.

  private static let longSuffixes = [
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti",
    "ous", "ive", "ize", "al", "er", "ic", "ou",
  ]

  private mutating func dropLongSuffix() {
    guard let suffix = Self.longSuffixes.first(where: ends) else { return }
    let stem = word.count - suffix.utf8.count
    guard measure(stem) > 1 else { return }
    if suffix == "ion", stem == 0 || !(word[stem - 1] == 115 || word[stem - 1] == 116) { return }
    word.removeLast(suffix.utf8.count)
  }

  // Step 5.

  private mutating func tidyEnd() {
    if ends("e") {
      let measure = measure(word.count - 1)
      if measure > 1 || (measure == 1 && !endsShort(word.count - 1)) { word.removeLast() }
    }
    if ends("ll"), measure(word.count) > 1 { word.removeLast() }
  }

  // What the rules ask about a stem, the first `count` letters.

  private func ends(_ suffix: String) -> Bool {
    word.count >= suffix.utf8.count && word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  private func isConsonant(_ index: Int) -> Bool {
    switch word[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
      UInt8(ascii: "u"):
      return false
    case UInt8(ascii: "y"): return index == 0 || !isConsonant(index - 1)
    default: return true
    }
  }

  /// How often a consonant follows a vowel: the paper's m.
  private func measure(_ count: Int) -> Int {
    var measure = 0
    var afterVowel = false
    for index in 0..<count {
      let isConsonant = isConsonant(index)
      if isConsonant, afterVowel { measure += 1 }
      afterVowel = !isConsonant
    }
    return measure
  }

  private func hasVowel(_ count: Int) -> Bool { (0..<count).contains { !isConsonant($0) } }

  private var endsDoubled: Bool {
    word.count >= 2 && word[word.count - 1] == word[word.count - 2] && isConsonant(word.count - 1)
  }

  /// Consonant, vowel, consonant other than w, x, y: the paper's *o.
  private func endsShort(_ count: Int) -> Bool {
    guard count >= 3, isConsonant(count - 1), !isConsonant(count - 2), isConsonant(count - 3)
    else { return false }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(word[count - 1])
  }
}
