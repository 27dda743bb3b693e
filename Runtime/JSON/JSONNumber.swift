/// A number of a JSON text, kept as its digits: a store's 38 digits survive, and `1.0` stays `1.0`.
///
/// Two numbers are equal when their texts are; `int` and `double` give values to compare.
package struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
  /// As RFC 8259 §6 writes numbers.
  package let text: String

  package var description: String { text }

  /// A text of a number that the reader has already checked.
  init(checked text: String) {
    self.text = text
  }

  /// Nil when the text is no JSON number.
  package init?(_ text: String) {
    guard let document = try? JSONDocument(text), document.tape.count == 1,
      document.tape[0].kind == .number,
      document.tape[0].end - document.tape[0].start == text.utf8.count
    else { return nil }
    self.text = text
  }

  package init(_ value: some BinaryInteger) {
    text = String(value)
  }

  /// The shortest digits that read back as this value. Nil for infinities and NaN, which JSON has
  /// no way to write.
  package init?(_ value: Double) {
    guard value.isFinite else { return nil }
    text = value.description
  }

  /// The value when it is a whole number in range, however it is written: `12`, `12.0`, `1.2e1`.
  package var int: Int? {
    if let int = Int(text) { return int }
    let decimal = JSONDecimal(self)
    guard let digits = decimal.integerDigits(atMost: 19) else { return nil }
    return Int((decimal.isNegative ? "-" : "") + digits)
  }

  /// The nearest `Double`; nil when it is out of range.
  package var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}

/// A number taken apart, exactly: `digits` × 10^`exponent`, no zero at either end of the digits.
package struct JSONDecimal: Sendable, Equatable {
  package let isNegative: Bool
  /// ASCII digits, most significant first; empty for zero.
  package let digits: String
  /// Saturated at ±1,000,000,000 when the text says more.
  package let exponent: Int

  package init(_ number: JSONNumber) {
    var digits: [UInt8] = []
    var exponent = 0
    var written = 0
    var isNegativeExponent = false
    var part = 0  // 0 integer, 1 fraction, 2 exponent
    for byte in number.text.utf8 {
      switch byte {
      case 0x2E: part = 1
      case 0x45, 0x65: part = 2
      case 0x2D where part == 2: isNegativeExponent = true
      case 0x30...0x39 where part == 2:
        written = min(written * 10 + Int(byte - 0x30), 1_000_000_000)
      case 0x30...0x39:
        if part == 1 { exponent -= 1 }
        if byte != 0x30 || !digits.isEmpty { digits.append(byte) }
      default: break
      }
    }
    exponent += isNegativeExponent ? -written : written
    while digits.last == 0x30 {
      digits.removeLast()
      exponent += 1
    }
    isNegative = number.text.utf8.first == 0x2D && !digits.isEmpty
    self.digits = String(decoding: digits, as: UTF8.self)
    self.exponent = digits.isEmpty ? 0 : exponent
  }

  /// The digits of a whole number; nil when it has a fraction or more digits than allowed.
  package func integerDigits(atMost most: Int) -> String? {
    if digits.isEmpty { return "0" }
    guard exponent >= 0, digits.utf8.count + exponent <= most else { return nil }
    return digits + String(repeating: "0", count: exponent)
  }
}
