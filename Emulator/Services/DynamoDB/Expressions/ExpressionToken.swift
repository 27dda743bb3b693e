/// A word or sign of an expression, with its place in the text.
struct ExpressionToken: Equatable {
  enum Kind: Equatable {
    case identifier
    /// `#name`, which stands for an attribute's name.
    case nameReference
    /// `:name`, which stands for a value.
    case valueReference
    case integer
    case symbol
    case end
  }

  let kind: Kind
  let text: Substring

  func isKeyword(_ word: String) -> Bool {
    kind == .identifier && text.utf8.count == word.utf8.count && text.uppercased() == word
  }

  func isSymbol(_ sign: String) -> Bool { kind == .symbol && text == sign }
}

/// Cuts an expression into tokens; a character that belongs to no token becomes a symbol of its own,
/// which no rule of the grammar accepts.
struct ExpressionLexer {
  private let text: String
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  static func tokens(of text: String) -> [ExpressionToken] {
    var lexer = ExpressionLexer(text)
    var tokens: [ExpressionToken] = []
    while let token = lexer.next() { tokens.append(token) }
    tokens.append(ExpressionToken(kind: .end, text: "<EOF>"))
    return tokens
  }

  private mutating func next() -> ExpressionToken? {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    guard position < bytes.count else { return nil }
    let start = position
    let kind = scan()
    let from = text.utf8.index(text.startIndex, offsetBy: start)
    let to = text.utf8.index(text.startIndex, offsetBy: position)
    return ExpressionToken(kind: kind, text: text[from..<to])
  }

  private mutating func scan() -> ExpressionToken.Kind {
    let first = bytes[position]
    position += 1
    switch first {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      skip(while: Self.isNamePart)
      return .identifier
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      skip { (0x30...0x39).contains($0) }
      return .integer
    case UInt8(ascii: "#"), UInt8(ascii: ":"):
      guard position < bytes.count, Self.isNamePart(bytes[position]) else { return .symbol }
      skip(while: Self.isNamePart)
      return first == UInt8(ascii: "#") ? .nameReference : .valueReference
    case UInt8(ascii: "<"):
      if position < bytes.count, bytes[position] == 0x3D || bytes[position] == 0x3E {
        position += 1
      }
    case UInt8(ascii: ">"):
      if position < bytes.count, bytes[position] == 0x3D { position += 1 }
    case 0x80...:
      // The rest of one character, so that the message shows it whole.
      skip { $0 & 0xC0 == 0x80 }
    default: break
    }
    return .symbol
  }

  private mutating func skip(while matches: (UInt8) -> Bool) {
    while position < bytes.count, matches(bytes[position]) { position += 1 }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}
