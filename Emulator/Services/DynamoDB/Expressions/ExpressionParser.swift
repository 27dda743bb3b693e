/// The part of the parser that all kinds of expressions share: tokens, paths, references.
///
/// Grammar: developer guide, "Using expressions in DynamoDB". Errors of syntax end the parse; all
/// others are noted and reported at its end.
struct ExpressionParser {
  private let text: String
  private let tokens: [ExpressionToken]
  private var position = 0
  var context: ExpressionContext
  var findings = ExpressionFindings()
  /// Open parentheses and `NOT`s, bounded because the parser is recursive.
  private var depth = 0

  /// Bytes of an expression (developer guide, "Quotas").
  static let sizeLimit = 4096
  static let depthLimit = 150

  init(_ text: String, context: ExpressionContext) throws(ExpressionError) {
    guard !text.isEmpty else { throw ExpressionError("The expression can not be empty;") }
    guard text.utf8.count <= Self.sizeLimit else {
      throw ExpressionError(
        "Expression size has exceeded the maximum allowed size; expression size: \(text.utf8.count)"
      )
    }
    self.text = text
    tokens = ExpressionLexer.tokens(of: text)
    self.context = context
  }

  var token: ExpressionToken { tokens[position] }

  var following: ExpressionToken { tokens[min(position + 1, tokens.count - 1)] }

  mutating func advance() { position = min(position + 1, tokens.count - 1) }

  mutating func takeSymbol(_ sign: String) -> Bool {
    guard token.isSymbol(sign) else { return false }
    advance()
    return true
  }

  mutating func takeKeyword(_ word: String) -> Bool {
    guard token.isKeyword(word) else { return false }
    advance()
    return true
  }

  mutating func expectSymbol(_ sign: String) throws(ExpressionError) {
    guard takeSymbol(sign) else { throw syntaxError() }
  }

  mutating func expectKeyword(_ word: String) throws(ExpressionError) {
    guard takeKeyword(word) else { throw syntaxError() }
  }

  func expectEnd() throws(ExpressionError) {
    guard token.kind == .end else { throw syntaxError() }
  }

  /// Names the token that no rule accepts, with its neighbours as they stand in the text.
  func syntaxError() -> ExpressionError {
    let first = tokens[max(0, position - 1)]
    let next = following
    let start = first.kind == .end ? text.endIndex : first.text.startIndex
    let last = next.kind == .end ? (token.kind == .end ? first : token) : next
    let end = last.kind == .end ? text.endIndex : last.text.endIndex
    let near = start <= end ? text[start..<end] : ""
    return ExpressionError("Syntax error; token: \"\(token.text)\", near: \"\(near)\"")
  }

  mutating func deeper<T>(
    _ body: (inout ExpressionParser) throws(ExpressionError) -> T
  ) throws(ExpressionError) -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw tooDeep }
    return try body(&self)
  }

  /// What the service finds in an expression that is nested so deeply: most such have redundant
  /// parentheses, a function that there is not, or too many operators.
  private var tooDeep: ExpressionError {
    if hasRedundantParentheses {
      return ExpressionError("The expression has redundant parentheses;")
    }
    let functions = zip(tokens, tokens.dropFirst()).lazy
      .filter { $0.kind == .identifier && $1.isSymbol("(") && !Self.isOperator($0) }.map(\.0.text)
    if let unknown = functions.first(where: { !Self.functions.contains(String($0)) }) {
      return ExpressionError("Invalid function name; function: \(unknown)")
    }
    return tooManyOperators ?? ExpressionError("The expression is nested too deeply;")
  }

  /// Operators of an expression (developer guide, "Quotas"). Functions are none; the `AND` of a
  /// `BETWEEN` belongs to it.
  private static let operatorLimit = 300

  var tooManyOperators: ExpressionError? {
    let count =
      tokens.count(where: Self.isOperator) - tokens.count { $0.isKeyword("BETWEEN") }
    guard count > Self.operatorLimit else { return nil }
    return ExpressionError(
      "The expression contains too many operators; operator count: \(Self.operatorLimit + 1)")
  }

  private static let functions: Set<String> = [
    "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size",
    "if_not_exists", "list_append",
  ]

  private static func isOperator(_ token: ExpressionToken) -> Bool {
    switch token.kind {
    case .symbol: ["=", "<>", "<", "<=", ">", ">="].contains(token.text)
    case .identifier: ["AND", "OR", "NOT", "IN", "BETWEEN"].contains { token.isKeyword($0) }
    default: false
    }
  }

  /// Whether parentheses stand directly in others, as in `((a = b))`.
  private var hasRedundantParentheses: Bool {
    var opened: [Int] = []
    var closes: [Int: Int] = [:]
    for (place, token) in tokens.enumerated() {
      if token.isSymbol("(") { opened.append(place) }
      if token.isSymbol(")"), let open = opened.popLast() {
        if closes[open + 1] == place - 1 { return true }
        closes[open] = place
      }
    }
    return false
  }

  // MARK: Paths and values

  var startsPath: Bool { token.kind == .identifier || token.kind == .nameReference }

  mutating func path() throws(ExpressionError) -> DocumentPath {
    var path = DocumentPath(root: try name())
    while true {
      if takeSymbol(".") {
        path.rest.append(.name(try name()))
      } else if takeSymbol("[") {
        guard token.kind == .integer else { throw syntaxError() }
        guard let index = Int(token.text), index < Int(Int32.max) else {
          throw ExpressionError(
            "List index is not within the allowable range; index: [\(token.text)]")
        }
        advance()
        try expectSymbol("]")
        path.rest.append(.index(index))
      } else {
        return path
      }
    }
  }

  private mutating func name() throws(ExpressionError) -> ByteText {
    let word = token
    switch word.kind {
    case .identifier:
      advance()
      if ReservedWords.contains(word.text) {
        findings.note(
          .reserved, "Attribute name is a reserved keyword; reserved keyword: \(word.text)")
      }
      return ByteText(String(word.text))
    case .nameReference:
      advance()
      let key = ByteText(String(word.text))
      if let name = context.name(for: key) { return name }
      findings.note(
        .reference,
        "An expression attribute name used in the document path is not defined; "
          + "attribute name: \(key)")
      return key
    default: throw syntaxError()
    }
  }

  /// The value that a `:name` stands for; nil, with a note, when there is none.
  mutating func value() throws(ExpressionError) -> AttributeValue? {
    guard token.kind == .valueReference else { throw syntaxError() }
    let key = ByteText(String(token.text))
    advance()
    if let value = context.value(for: key) { return value }
    let message =
      "An expression attribute value used in expression is not defined; attribute value: \(key)"
    findings.note(.reference, message)
    findings.note(.valueReference, message)
    return nil
  }
}
