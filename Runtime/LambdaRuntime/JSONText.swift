/// JSON for what the runtime writes itself: log lines, error reports, metrics.
///
/// Valid whatever the text holds. Control characters of both kinds (C0, DEL, C1) are escaped, so
/// that no terminal or log reader acts on them.
enum JSONText {
  /// A string in quotes.
  static func append(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    appendEscaped(text, quotes: true, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  /// A number; JSON has no infinities and no NaN, they become null.
  static func append(_ number: Double, to output: inout [UInt8]) {
    output += (number.isFinite ? "\(number)" : "null").utf8
  }

  /// The text with its control characters escaped, and quotes and backslashes too if asked.
  static func appendEscaped(_ text: String, quotes: Bool, to output: inout [UInt8]) {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
      output.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: output += #"\n"#.utf8
      case 0x0D: output += #"\r"#.utf8
      case 0x09: output += #"\t"#.utf8
      case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: appendUnicode(UInt16(scalar.value), to: &output)
      case 0x22 where quotes: output += #"\""#.utf8
      case 0x5C where quotes: output += #"\\"#.utf8
      default: output.append(contentsOf: scalar.utf8)
      }
    }
  }

  /// A string in quotes and in ASCII alone, as an HTTP field can carry it.
  static func appendASCII(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for unit in text.utf16 {
      switch unit {
      case 0x22: output += #"\""#.utf8
      case 0x5C: output += #"\\"#.utf8
      case 0x20..<0x7F: output.append(UInt8(unit))
      default: appendUnicode(unit, to: &output)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func appendUnicode(_ unit: UInt16, to output: inout [UInt8]) {
    output += #"\u"#.utf8
    for shift in stride(from: 12, through: 0, by: -4) {
      output.append(hexadecimal[Int(unit >> UInt16(shift) & 15)])
    }
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
}
