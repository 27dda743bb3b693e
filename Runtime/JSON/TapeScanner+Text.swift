extension TapeScanner {
  // MARK: Strings

  /// Reads a string whose opening quote stands here, and puts it on the tape.
  mutating func readString() throws(JSONError) {
    let start = position
    position += 1
    var kind = TapeEntry.Kind.string
    while true {
      skipPlain()
      guard position < count else {
        throw error(.unexpectedEnd(expected: "the '\"' that closes this string"), at: start)
      }
      let byte = base[position]
      if byte == 0x22 {
        position += 1
        append(kind, from: start)
        return
      }
      if byte == 0x5C {
        kind = .escapedString
        try readEscape()
      } else if byte < 0x20 {
        throw error(.controlCharacter(byte), at: position)
      } else {
        try readMultibyte()
      }
    }
  }

  /// Skips ASCII that means only itself, eight bytes a step.
  @inline(__always)
  private mutating func skipPlain() {
    while position + 8 <= count {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
      let special = JSONEscapes.special(in: word) | (word & 0x8080_8080_8080_8080)
      guard special == 0 else {
        position += special.trailingZeroBitCount >> 3
        return
      }
      position += 8
    }
    while position < count {
      let byte = base[position]
      guard byte >= 0x20, byte < 0x80, byte != 0x22, byte != 0x5C else { return }
      position += 1
    }
  }

  /// Passes all that is not ASCII here.
  private mutating func readMultibyte() throws(JSONError) {
    repeat { try readScalar() } while position < count && base[position] >= 0x80
  }

  /// One scalar of two to four bytes (RFC 3629 §4: no overlong form, no surrogate, no higher than
  /// U+10FFFF).
  @inline(__always)
  private mutating func readScalar() throws(JSONError) {
    let first = base[position]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE, 0xEF: length = 3
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: throw error(.invalidUTF8, at: position)
    }
    guard position + length <= count, second.contains(base[position + 1]) else {
      throw error(.invalidUTF8, at: position)
    }
    if length > 2, base[position + 2] & 0xC0 != 0x80 { throw error(.invalidUTF8, at: position) }
    if length > 3, base[position + 3] & 0xC0 != 0x80 { throw error(.invalidUTF8, at: position) }
    position += length
  }

  private mutating func readEscape() throws(JSONError) {
    let start = position
    guard position + 1 < count else {
      throw error(.unexpectedEnd(expected: "the rest of an escape"), at: count)
    }
    let byte = base[position + 1]
    position += 2
    guard byte == 0x75 else {
      guard JSONEscapes.simple(byte) != nil else {
        throw error(
          .badEscape(reason: "\\ before \(JSONError.found(byte)) is no escape of JSON"), at: start)
      }
      return
    }
    let unit = try readUnit(of: start)
    guard unit & 0xF800 == 0xD800 else { return }
    guard unit < 0xDC00, position + 1 < count, base[position] == 0x5C, base[position + 1] == 0x75
    else { return try meetLoneSurrogate(at: start) }
    let second = position
    position += 2
    let low = try readUnit(of: second)
    guard low & 0xFC00 != 0xDC00 else { return }
    position = second
    try meetLoneSurrogate(at: start)
  }

  private func meetLoneSurrogate(at start: Int) throws(JSONError) {
    if limits.loneSurrogates == .refused { throw error(.loneSurrogate, at: start) }
  }

  private mutating func readUnit(of start: Int) throws(JSONError) -> UInt16 {
    guard position + 4 <= count,
      let unit = JSONEscapes.unit(UnsafeBufferPointer(start: base + position, count: 4))
    else {
      throw error(.badEscape(reason: "\\u needs four hexadecimal digits"), at: start)
    }
    position += 4
    return unit
  }

  // MARK: Numbers

  /// Checks a number's grammar (RFC 8259 §6) and passes it; its value is not computed.
  mutating func readNumber() throws(JSONError) {
    let start = position
    if base[position] == 0x2D { position += 1 }
    let integer = position
    guard skipDigits() else {
      throw number("a digit must follow \"-\"", from: start)
    }
    if base[integer] == 0x30, position > integer + 1 {
      throw number("a number must not begin with 0", from: start)
    }
    if position < count, base[position] == 0x2E {
      position += 1
      guard skipDigits() else { throw number("a digit must follow \".\"", from: start) }
    }
    if position < count, base[position] | 0x20 == 0x65 {
      position += 1
      if position < count, base[position] == 0x2B || base[position] == 0x2D { position += 1 }
      guard skipDigits() else { throw number("an exponent needs a digit", from: start) }
    }
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while position < count, base[position] &- 0x30 < 10 { position += 1 }
    return position > start
  }

  private func number(_ reason: String, from start: Int) -> JSONError {
    error(.badNumber(reason: reason), at: start)
  }
}
