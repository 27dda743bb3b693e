/// A word, literal or sign of a PartiQL statement.
enum PartiQLToken: Equatable {
  /// A keyword or a name without quotes.
  case word(String)
  /// A name in double quotes.
  case name(String)
  /// A literal in single quotes.
  case text(String)
  case number(String)
  case symbol(String)
  case parameter
  case end

  func isWord(_ word: String) -> Bool {
    if case .word(let text) = self { text.uppercased() == word } else { false }
  }

  var shown: String {
    switch self {
    case .word(let text), .number(let text), .symbol(let text): text
    case .name(let text): "\"\(text)\""
    case .text(let text): "'\(text)'"
    case .parameter: "?"
    case .end: "<EOF>"
    }
  }
}

/// Where a token stands in its statement, as messages of the service show it: line, column and length,
/// counted from one.
struct PartiQLPlace: Equatable, CustomStringConvertible {
  let line: Int
  let column: Int
  let length: Int

  var description: String { "\(line):\(column):\(length)" }
}

/// A statement that cannot be read.
struct PartiQLError: Error, Equatable {
  let message: String

  static func malformed(_ detail: String) -> PartiQLError {
    PartiQLError(message: "Statement wasn't well formed, can't be processed: \(detail)")
  }
}

/// Cuts a statement into tokens (PartiQL specification, chapter "Lexical structure", as far as
/// DynamoDB's subset goes).
struct PartiQLLexer {
  private let bytes: [UInt8]
  private var position = 0

  private var line = 1
  private var lineStart = 0
  /// Where the token that was read last begins.
  private var start = 0

  private init(_ text: String) { bytes = Array(text.utf8) }

  static func tokens(
    of text: String
  ) throws(PartiQLError) -> (tokens: [PartiQLToken], places: [PartiQLPlace]) {
    var lexer = PartiQLLexer(text)
    var tokens: [PartiQLToken] = []
    var places: [PartiQLPlace] = []
    while let token = try lexer.next() {
      tokens.append(token)
      places.append(lexer.place)
    }
    lexer.start = lexer.position
    return (tokens + [.end], places + [lexer.place])
  }

  private var place: PartiQLPlace {
    PartiQLPlace(line: line, column: start - lineStart + 1, length: position - start)
  }

  private mutating func next() throws(PartiQLError) -> PartiQLToken? {
    try skipSpace()
    guard position < bytes.count else { return nil }
    start = position
    let first = bytes[position]
    position += 1
    switch first {
    case UInt8(ascii: "'"): return .text(try quoted(by: first))
    case UInt8(ascii: "\""): return .name(try quoted(by: first))
    case UInt8(ascii: "?"): return .parameter
    case UInt8(ascii: "#"): throw .malformed("")
    case 0x30...0x39: return .number(try number(from: start))
    case UInt8(ascii: ".") where position < bytes.count && Self.isDigit(bytes[position]):
      return .number(try number(from: start))
    case 0x41...0x5A, 0x61...0x7A, 0x5F:
      while position < bytes.count, Self.isWordPart(bytes[position]) { position += 1 }
      return .word(text(from: start))
    default:
      if let second = position < bytes.count ? bytes[position] : nil,
        Self.pairs.contains([first, second])
      {
        position += 1
      }
      while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
      return .symbol(text(from: start))
    }
  }

  private static let pairs: Set<[UInt8]> = Set(
    ["<>", "!=", "<=", ">=", "<<", ">>"].map { Array($0.utf8) })

  /// Skips white space and comments, `-- to the end of the line` and `/* in between */`.
  private mutating func skipSpace() throws(PartiQLError) {
    while position < bytes.count {
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      switch (bytes[position], next) {
      case (0x0A, _):
        line += 1
        lineStart = position + 1
      case (0...0x20, _): break
      case (UInt8(ascii: "-"), UInt8(ascii: "-")):
        while position + 1 < bytes.count, bytes[position + 1] != 0x0A { position += 1 }
      case (UInt8(ascii: "/"), UInt8(ascii: "*")):
        position += 2
        while position + 1 < bytes.count, [bytes[position], bytes[position + 1]] != [0x2A, 0x2F] {
          position += 1
        }
        guard position + 1 < bytes.count else { throw .malformed("") }
        position += 1
      default: return
      }
      position += 1
    }
  }

  /// A quote inside is written twice.
  private mutating func quoted(by quote: UInt8) throws(PartiQLError) -> String {
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      guard byte == quote else {
        content.append(byte)
        continue
      }
      guard position < bytes.count, bytes[position] == quote else {
        return String(decoding: content, as: UTF8.self)
      }
      content.append(quote)
      position += 1
    }
    throw .malformed("")
  }

  private mutating func number(from start: Int) throws(PartiQLError) -> String {
    while position < bytes.count {
      let byte = bytes[position]
      let isSign = byte == 0x2B || byte == 0x2D
      let isExponent = position > start && bytes[position - 1] | 0x20 == 0x65
      guard Self.isDigit(byte) || byte == 0x2E || byte | 0x20 == 0x65 || (isSign && isExponent)
      else { break }
      position += 1
    }
    let number = text(from: start)
    guard Self.isScaled(number) else { throw .malformed("") }
    return number
  }

  /// Whether exponent and scale, the digits behind the point less the exponent, fit 32 bits.
  private static func isScaled(_ number: String) -> Bool {
    let parts = number.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return true }
    guard parts.count == 2, let exponent = Int(parts[1]), Int32(exactly: exponent) != nil else {
      return false
    }
    let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false).dropFirst().first
    return Int32(exactly: (digits?.utf8.count ?? 0) - exponent) != nil
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isWordPart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x5F || byte == 0x24
  }
}
