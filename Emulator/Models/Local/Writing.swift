/// What kind of writing a character belongs to, as far as the local model cares.
enum Writing: Equatable {
  case latin
  case digit
  case japanese
  case other

  static func of(_ scalar: Unicode.Scalar) -> Writing {
    switch scalar.value {
    case 0x30...0x39: .digit
    case 0x41...0x5A, 0x61...0x7A: .latin
    case ..<0xAA: .other
    case 0x3005...0x3007, 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF66...0xFF9D, 0x20000...0x3FFFF:
      .japanese
    default:
      scalar.properties.isAlphabetic
        ? .latin : scalar.properties.numericType == nil ? .other : .digit
    }
  }

  static func isHiragana(_ scalar: Unicode.Scalar) -> Bool {
    (0x3041...0x309F).contains(scalar.value)
  }

  /// Kanji, with the sign that repeats one.
  static func isHan(_ scalar: Unicode.Scalar) -> Bool {
    Self.of(scalar) == .japanese && !(0x3041...0x30FF).contains(scalar.value)
      && !(0xFF66...0xFF9D).contains(scalar.value)
  }
}

extension String {
  /// True when most of the letters are Japanese.
  var isMostlyJapanese: Bool {
    var japanese = 0
    var latin = 0
    for scalar in unicodeScalars {
      switch Writing.of(scalar) {
      case .japanese: japanese += 1
      case .latin: latin += 1
      case .digit, .other: break
      }
    }
    // A Japanese character says about as much as two letters.
    return japanese > 0 && japanese * 2 > latin
  }

  var containsJapanese: Bool { unicodeScalars.contains { Writing.of($0) == .japanese } }

  /// Lower case, full-width letters and digits made narrow.
  var folded: String {
    var folded = String.UnicodeScalarView()
    for scalar in lowercased().unicodeScalars {
      let narrow = (0xFF01...0xFF5E).contains(scalar.value) ? scalar.value - 0xFEE0 : scalar.value
      folded.append(narrow == 0x3000 ? " " : Unicode.Scalar(narrow) ?? scalar)
    }
    return String(folded)
  }

  /// Without space at either end.
  var trimmed: String {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
    return start < end ? String(self[start..<end]) : ""
  }
}
