/// Makes spellings equal that a reader takes for the same: width, case, Latin marks, split voicing.
///
/// A subset of NFKC that needs no tables beyond this file: full-width ASCII, half-width katakana
/// (with their separate voicing marks), and the marked letters of Latin-1 and Latin Extended-A.
enum Folding {
  /// The ordinary form of a full-width letter or a half-width kana.
  static func width(of scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0xFF01...0xFF5E: return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    case 0xFF66...0xFF9F: return halfWidthKana[Int(scalar.value - 0xFF66)]
    case 0x3000: return " "
    default: return scalar
    }
  }

  /// `か` and a voicing mark are `が`; nil when the two do not join.
  static func voiced(_ kana: Unicode.Scalar?, by mark: Unicode.Scalar) -> Unicode.Scalar? {
    guard mark.value == 0x3099 || mark.value == 0x309A, let kana else { return nil }
    let hiragana = (0x30A1...0x30F4).contains(kana.value) ? kana.value - 0x60 : kana.value
    let takesHalfVoice = [0x306F, 0x3072, 0x3075, 0x3078, 0x307B].contains(hiragana)
    if mark.value == 0x309A {
      return takesHalfVoice ? Unicode.Scalar(kana.value + 2) : nil
    }
    if hiragana == 0x3046 { return Unicode.Scalar(kana.value + 0x4E) }
    let takesVoice =
      takesHalfVoice || [0x3064, 0x3066, 0x3068].contains(hiragana)
      || ((0x304B...0x3061).contains(hiragana) && hiragana % 2 == 1)
    return takesVoice ? Unicode.Scalar(kana.value + 1) : nil
  }

  /// A word in lower case without Latin marks.
  static func word(_ scalars: [Unicode.Scalar]) -> String {
    var word = String.UnicodeScalarView()
    for scalar in scalars {
      if scalar.isASCII {
        let isUpper = (0x41...0x5A).contains(scalar.value)
        word.append(isUpper ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar)
      } else {
        for lower in scalar.properties.lowercaseMapping.unicodeScalars {
          word.append(unmarked[lower] ?? lower)
        }
      }
    }
    return String(word)
  }

  /// U+FF66 to U+FF9F; the last two are the voicing marks.
  private static let halfWidthKana: [Unicode.Scalar] =
    Array("ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン".unicodeScalars)
    + ["\u{3099}", "\u{309A}"]

  private static let unmarked: [Unicode.Scalar: Unicode.Scalar] = {
    let groups: [Unicode.Scalar: String] = [
      "a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđ", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ",
      "i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ", "l": "ĺļľŀł", "n": "ñńņňŉ", "o": "òóôõöøōŏő",
      "r": "ŕŗř", "s": "śŝşš", "t": "ţťŧ", "u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
    ]
    var table: [Unicode.Scalar: Unicode.Scalar] = [:]
    for (plain, marked) in groups {
      for letter in marked.unicodeScalars { table[letter] = plain }
    }
    return table
  }()
}
