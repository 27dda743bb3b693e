/// Base 64 (RFC 4648, 4 and 5), strict: no white space, no foreign characters, padding exactly as
/// the coding says, unused bits zero. One value has one text.
package struct Base64: Sendable {
  private let lastTwo: (UInt8, UInt8)
  private let isPadded: Bool

  /// `+` and `/`, padded.
  package static let standard = Base64(lastTwo: (0x2B, 0x2F), isPadded: true)
  /// `-` and `_`, without padding (tokens).
  package static let url = Base64(lastTwo: (0x2D, 0x5F), isPadded: false)
  /// `-` and `_`, padded (Fernet).
  package static let paddedURL = Base64(lastTwo: (0x2D, 0x5F), isPadded: true)

  package func encode(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBufferPointer { bytes in
      String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { encode(bytes, into: $0) }
    }
  }

  /// Appends the text of `bytes` to `output`, as ASCII.
  package func append(_ bytes: [UInt8], to output: inout [UInt8]) {
    let count = encodedCount(bytes.count)
    let text = bytes.withUnsafeBufferPointer { bytes in
      [UInt8](unsafeUninitializedCapacity: count) { text, written in
        written = encode(bytes, into: text)
      }
    }
    output.append(contentsOf: text)
  }

  /// The bytes of `text`, or nil when it is not exactly what ``encode(_:)`` would write.
  package func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { decode($0) }
  }

  /// The bytes of ASCII `text`, or nil when it is not exactly what ``encode(_:)`` would write.
  package func decode(_ text: [UInt8]) -> [UInt8]? {
    text.withUnsafeBufferPointer { decode($0) }
  }

  /// The bytes of ASCII `text`, or nil when it is not exactly what ``encode(_:)`` would write.
  package func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var symbols = text.count
    if isPadded {
      guard symbols.isMultiple(of: 4) else { return nil }
      if symbols > 0, text[symbols - 1] == 0x3D {
        symbols -= text[symbols - 2] == 0x3D ? 2 : 1
      }
    }
    guard symbols % 4 != 1 else { return nil }
    return decodeSymbols(UnsafeBufferPointer(rebasing: text[..<symbols]))
  }

  private func encodedCount(_ count: Int) -> Int {
    isPadded ? (count + 2) / 3 * 4 : (count * 4 + 2) / 3
  }

  private func symbol(_ value: UInt32) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value & 63)
    return switch value {
    case 0..<26: value + 0x41
    case 26..<52: value + 71
    case 52..<62: value - 4
    case 62: lastTwo.0
    default: lastTwo.1
    }
  }

  private func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var read = 0
    var written = 0
    while read + 3 <= bytes.count {
      let group =
        UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
      text[written] = symbol(group >> 18)
      text[written + 1] = symbol(group >> 12)
      text[written + 2] = symbol(group >> 6)
      text[written + 3] = symbol(group)
      read += 3
      written += 4
    }
    let rest = bytes.count - read
    guard rest > 0 else { return written }
    let group = UInt32(bytes[read]) << 16 | (rest == 2 ? UInt32(bytes[read + 1]) << 8 : 0)
    text[written] = symbol(group >> 18)
    text[written + 1] = symbol(group >> 12)
    written += 2
    if rest == 2 {
      text[written] = symbol(group >> 6)
      written += 1
    }
    guard isPadded else { return written }
    for _ in rest..<3 {
      text[written] = 0x3D
      written += 1
    }
    return written
  }

  private func decodeSymbols(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var isValid = true
    let values = Base64.values
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 2) { bytes, written in
      var group: UInt32 = 0
      var bits: UInt32 = 0
      for character in text {
        let value = values[Int(character)]
        guard value < 64 || value < 128 && isOwn(character) else {
          isValid = false
          return
        }
        group = group << 6 | UInt32(value & 63)
        bits += 6
        if bits >= 8 {
          bits -= 8
          bytes[written] = UInt8(truncatingIfNeeded: group >> bits)
          written += 1
        }
      }
      isValid = group & ((1 << bits) - 1) == 0
    }
    return isValid ? bytes : nil
  }

  /// Whether `character` is one of the two symbols in which the alphabets differ.
  private func isOwn(_ character: UInt8) -> Bool {
    character == lastTwo.0 || character == lastTwo.1
  }

  /// The value of each letter and digit; 64 + value for the symbols of one alphabet only; else 255.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for value in 0..<26 {
      values[0x41 + value] = UInt8(value)
      values[0x61 + value] = UInt8(value + 26)
    }
    for value in 0..<10 { values[0x30 + value] = UInt8(value + 52) }
    for (character, value) in [(0x2B, 62), (0x2D, 62), (0x2F, 63), (0x5F, 63)] {
      values[character] = UInt8(64 + value)
    }
    return values
  }()
}
