/// What a backslash means in a JSON string (RFC 8259 §7), for reader and writer.
enum JSONEscapes {
  /// A high bit at the first of eight bytes that is `"`, `\` or a control character; bits above
  /// the first may be wrong, so only the lowest counts.
  @inline(__always)
  static func special(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let control = (word &- (ones &* 0x20)) & ~word
    return (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | control) & high
  }

  /// What a one-letter escape stands for.
  static func simple(_ letter: UInt8) -> UInt8? {
    switch letter {
    case 0x22, 0x5C, 0x2F: letter  // " \ /
    case 0x62: 0x08  // b
    case 0x66: 0x0C  // f
    case 0x6E: 0x0A  // n
    case 0x72: 0x0D  // r
    case 0x74: 0x09  // t
    default: nil
    }
  }

  /// The letter that a control character is written with, if it has one.
  static func letter(for byte: UInt8) -> UInt8? {
    switch byte {
    case 0x08: 0x62
    case 0x0C: 0x66
    case 0x0A: 0x6E
    case 0x0D: 0x72
    case 0x09: 0x74
    default: nil
    }
  }

  /// Four hexadecimal digits as a UTF-16 code unit.
  static func unit(_ digits: UnsafeBufferPointer<UInt8>) -> UInt16? {
    var unit: UInt16 = 0
    for digit in digits {
      let value: UInt8
      switch digit {
      case 0x30...0x39: value = digit - 0x30
      case 0x41...0x46: value = digit - 0x37
      case 0x61...0x66: value = digit - 0x57
      default: return nil
      }
      unit = unit << 4 | UInt16(value)
    }
    return unit
  }

  /// The inside of a string that was already checked, with its escapes resolved; half a surrogate
  /// pair becomes U+FFFD.
  static func resolved(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      guard text[index] == 0x5C else {
        result.append(text[index])
        index += 1
        continue
      }
      if let byte = simple(text[index + 1]) {
        result.append(byte)
        index += 2
        continue
      }
      let first = unit(at: index, in: text) ?? 0
      index += 6
      guard UTF16.isLeadSurrogate(first), let second = unit(at: index, in: text),
        UTF16.isTrailSurrogate(second)
      else {
        append(Unicode.Scalar(first) ?? "\u{FFFD}", to: &result)
        continue
      }
      index += 6
      let value = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
      append(Unicode.Scalar(value) ?? "\u{FFFD}", to: &result)
    }
    return result
  }

  private static func unit(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> UInt16? {
    guard index + 6 <= text.count, text[index] == 0x5C, text[index + 1] == 0x75 else { return nil }
    return unit(UnsafeBufferPointer(rebasing: text[index + 2..<index + 6]))
  }

  private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }
}
