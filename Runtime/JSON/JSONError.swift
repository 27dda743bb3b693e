/// Where something stands in a text, for people: both count from 1.
package struct JSONPosition: Sendable, Equatable, CustomStringConvertible {
  package let line: Int
  /// In Unicode scalars.
  package let column: Int

  package var description: String { "line \(line), column \(column)" }

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The position of a byte; bytes that are no UTF-8 count as one column each.
  package init(of offset: Int, in bytes: some Sequence<UInt8>) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }
}

/// Why a text is no JSON that we read.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    case empty
    case byteOrderMark
    case tooLarge(bytes: Int, limit: Int)
    case tooDeep(limit: Int)
    /// The text ends where `expected` should stand.
    case unexpectedEnd(expected: String)
    /// Something else stands where `expected` should.
    case unexpected(found: String, expected: String)
    /// The value is complete, but something follows it.
    case trailing(found: String)
    case badNumber(reason: String)
    case badEscape(reason: String)
    case controlCharacter(UInt8)
    case invalidUTF8
    case loneSurrogate
    case duplicateKey(String)
  }

  package let kind: Kind
  /// Bytes before the place of the error.
  package let offset: Int
  package let line: Int
  /// In Unicode scalars, from 1.
  package let column: Int

  package init(_ kind: Kind, at offset: Int, in bytes: some Sequence<UInt8>) {
    let position = JSONPosition(of: offset, in: bytes)
    self.kind = kind
    self.offset = offset
    line = position.line
    column = position.column
  }

  package var position: JSONPosition { JSONPosition(line: line, column: column) }

  /// `line 3, column 14: expected "," or "}", found "]"`.
  package var description: String { "\(position): \(reason)" }

  /// What is wrong, without the place.
  package var reason: String {
    switch kind {
    case .empty: "the text is empty"
    case .byteOrderMark: "a byte order mark stands before the JSON; save it as UTF-8 without one"
    case .tooLarge(let bytes, let limit): "the text has \(bytes) bytes; the limit is \(limit)"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .unexpectedEnd(let expected): "the text ends; expected \(expected)"
    case .unexpected(let found, let expected): "expected \(expected), found \(found)"
    case .trailing(let found): "the value is complete, but \(found) follows it"
    case .badNumber(let reason): reason
    case .badEscape(let reason): reason
    case .controlCharacter(let byte):
      "the control character \(JSONError.unicode(byte)) must be written as an escape"
    case .invalidUTF8: "these bytes are not UTF-8"
    case .loneSurrogate: "half of a surrogate pair stands alone"
    case .duplicateKey(let key): "the name \(JSONValue.string(key)) stands twice in this object"
    }
  }

  /// A byte as a reader would say it: `"]"`, `U+0007`, `a non-ASCII character`.
  static func found(_ byte: UInt8) -> String {
    switch byte {
    case 0x22: "'\"'"
    case 0x20...0x7E: "\"\(Character(Unicode.Scalar(byte)))\""
    case 0x0A, 0x0D: "the end of the line"
    case 0x80...: "a character that is not ASCII"
    default: unicode(byte)
    }
  }

  private static func unicode(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
