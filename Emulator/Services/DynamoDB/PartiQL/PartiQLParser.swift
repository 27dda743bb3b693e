/// Reads one statement (developer guide, "PartiQL statements for DynamoDB").
struct PartiQLParser {
  private let tokens: [PartiQLToken]
  private var position = 0
  private var parameters: [AttributeValue]
  private var used = 0
  private var depth = 0

  /// Nesting of conditions and literals, bounded because the parser is recursive.
  private static let depthLimit = 64

  private init(_ text: String, _ parameters: [AttributeValue]) throws(PartiQLError) {
    tokens = try PartiQLLexer.tokens(of: text)
    self.parameters = parameters
  }

  static func statement(
    _ text: String, _ parameters: [AttributeValue]
  ) throws(PartiQLError) -> PartiQLStatement {
    var parser = try PartiQLParser(text, parameters)
    let statement = try parser.statement()
    if parser.token == .symbol(";") { parser.advance() }
    guard parser.token == .end else { throw parser.unexpected() }
    guard parser.used == parameters.count else {
      throw PartiQLError(
        message: "Number of parameters in request and statement don't match.")
    }
    return statement
  }

  private var token: PartiQLToken { tokens[position] }

  private mutating func advance() { position = min(position + 1, tokens.count - 1) }

  private func unexpected() -> PartiQLError { .malformed("Unexpected token: \(token.shown)") }

  private mutating func takeWord(_ word: String) -> Bool {
    guard token.isWord(word) else { return false }
    advance()
    return true
  }

  private mutating func expectWord(_ word: String) throws(PartiQLError) {
    guard takeWord(word) else { throw unexpected() }
  }

  private mutating func takeSymbol(_ sign: String) -> Bool {
    guard token == .symbol(sign) else { return false }
    advance()
    return true
  }

  private mutating func expectSymbol(_ sign: String) throws(PartiQLError) {
    guard takeSymbol(sign) else { throw unexpected() }
  }

  private mutating func deeper<T>(
    _ body: (inout PartiQLParser) throws(PartiQLError) -> T
  ) throws(PartiQLError) -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw .malformed("nested too deeply") }
    return try body(&self)
  }
}

// MARK: - Statements

extension PartiQLParser {
  private mutating func statement() throws(PartiQLError) -> PartiQLStatement {
    if token.isWord("SELECT") { return .select(try select()) }
    if takeWord("INSERT") { return try insert() }
    if takeWord("UPDATE") { return try update() }
    if takeWord("DELETE") { return try delete() }
    if takeWord("EXISTS") {
      try expectSymbol("(")
      let inner = try select()
      try expectSymbol(")")
      return .exists(inner)
    }
    throw unexpected()
  }

  private mutating func select() throws(PartiQLError) -> PartiQLStatement.Select {
    try expectWord("SELECT")
    var paths: [DocumentPath] = []
    if !takeSymbol("*") {
      repeat { paths.append(try path()) } while takeSymbol(",")
    }
    try expectWord("FROM")
    var select = PartiQLStatement.Select(table: try name())
    if takeSymbol(".") { select.index = try name() }
    if !paths.isEmpty { select.projection = ProjectionExpression(paths) }
    select.condition = try whereClause()
    if takeWord("ORDER") {
      try expectWord("BY")
      let attribute = ByteText(try name())
      let isDown = takeWord("DESC")
      if !isDown { _ = takeWord("ASC") }
      select.order = (attribute, !isDown)
    }
    return select
  }

  private mutating func insert() throws(PartiQLError) -> PartiQLStatement {
    try expectWord("INTO")
    let table = try name()
    try expectWord("VALUE")
    guard case .map(let item) = try literal() else {
      throw PartiQLError(message: "VALUE of INSERT must be a map")
    }
    return .insert(table: table, item: item)
  }

  private mutating func update() throws(PartiQLError) -> PartiQLStatement {
    var statement = PartiQLStatement.Update(table: try name(), update: UpdateExpression())
    var count = 0
    while token.isWord("SET") || token.isWord("REMOVE") {
      count += 1
      if takeWord("SET") {
        repeat { try assignment(&statement.update) } while takeSymbol(",")
      } else {
        advance()
        repeat { statement.update.removals.append(try path()) } while takeSymbol(",")
      }
    }
    guard count > 0 else { throw unexpected() }
    statement.condition = try whereClause()
    statement.returning = try returning()
    return .update(statement)
  }

  private mutating func delete() throws(PartiQLError) -> PartiQLStatement {
    try expectWord("FROM")
    var statement = PartiQLStatement.Delete(table: try name())
    statement.condition = try whereClause()
    statement.returning = try returning()
    return .delete(statement)
  }

  private mutating func whereClause() throws(PartiQLError) -> ConditionExpression? {
    takeWord("WHERE") ? try disjunction() : nil
  }

  /// `RETURNING (ALL | MODIFIED) (NEW | OLD) *`, as the name of ReturnValues.
  private mutating func returning() throws(PartiQLError) -> String? {
    guard takeWord("RETURNING") else { return nil }
    let isAll = takeWord("ALL")
    if !isAll { try expectWord("MODIFIED") }
    let isNew = takeWord("NEW")
    if !isNew { try expectWord("OLD") }
    try expectSymbol("*")
    return (isAll ? "ALL_" : "UPDATED_") + (isNew ? "NEW" : "OLD")
  }

  private mutating func assignment(_ update: inout UpdateExpression) throws(PartiQLError) {
    let path = try path()
    try expectSymbol("=")
    if case .word(let word) = token, tokens[position + 1] == .symbol("("),
      ["SET_ADD", "SET_DELETE"].contains(word.uppercased())
    {
      advance()
      advance()
      let target = try self.path()
      try expectSymbol(",")
      let value = try literal()
      try expectSymbol(")")
      guard target == path, value.isSet else { throw unexpected() }
      if word.uppercased() == "SET_ADD" {
        update.additions.append((path, value))
      } else {
        update.deletions.append((path, value))
      }
      return
    }
    update.assignments.append((path, try source()))
  }

  private mutating func source() throws(PartiQLError) -> UpdateExpression.Source {
    let left = try sourceOperand()
    if takeSymbol("+") { return .sum(left, try sourceOperand()) }
    if takeSymbol("-") { return .difference(left, try sourceOperand()) }
    return left
  }

  private mutating func sourceOperand() throws(PartiQLError) -> UpdateExpression.Source {
    if token.isWord("LIST_APPEND"), tokens[position + 1] == .symbol("(") {
      advance()
      advance()
      let first = try sourceOperand()
      try expectSymbol(",")
      let second = try sourceOperand()
      try expectSymbol(")")
      return .listAppend(first, second)
    }
    if token.isWord("IF_NOT_EXISTS"), tokens[position + 1] == .symbol("(") {
      advance()
      advance()
      let path = try path()
      try expectSymbol(",")
      let other = try sourceOperand()
      try expectSymbol(")")
      return .ifNotExists(path, other)
    }
    return startsPath ? .path(try path()) : .value(try literal())
  }

  // MARK: Names and paths

  private mutating func name() throws(PartiQLError) -> String {
    switch token {
    case .word(let text), .name(let text):
      advance()
      return text
    default: throw unexpected()
    }
  }

  private var startsPath: Bool {
    switch token {
    case .name: true
    case .word(let word): !["TRUE", "FALSE", "NULL", "MISSING"].contains(word.uppercased())
    default: false
    }
  }

  private mutating func path() throws(PartiQLError) -> DocumentPath {
    var path = DocumentPath(root: ByteText(try name()))
    while true {
      if takeSymbol(".") {
        path.rest.append(.name(ByteText(try name())))
      } else if takeSymbol("[") {
        switch token {
        case .number(let text):
          guard let index = Int(text) else { throw unexpected() }
          path.rest.append(.index(index))
        case .text(let text): path.rest.append(.name(ByteText(text)))
        default: throw unexpected()
        }
        advance()
        try expectSymbol("]")
      } else {
        return path
      }
    }
  }
}

// MARK: - Conditions

extension PartiQLParser {
  private mutating func disjunction() throws(PartiQLError) -> ConditionExpression {
    var left = try conjunction()
    while takeWord("OR") { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(PartiQLError) -> ConditionExpression {
    var left = try negation()
    while takeWord("AND") { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws(PartiQLError) -> ConditionExpression {
    if takeWord("NOT") {
      return .not(
        try deeper { (parser) throws(PartiQLError) in try parser.negation() })
    }
    if takeSymbol("(") {
      let inner = try deeper { (parser) throws(PartiQLError) in try parser.disjunction() }
      try expectSymbol(")")
      return inner
    }
    return try comparison()
  }

  private mutating func comparison() throws(PartiQLError) -> ConditionExpression {
    let left = try operand()
    if takeWord("IS") { return try existence(of: left) }
    if takeWord("BETWEEN") {
      let low = try operand()
      try expectWord("AND")
      return .between(left, low, try operand())
    }
    if takeWord("IN") { return .isIn(left, try candidates()) }
    if case .call(let call) = left, call.function != .size { return .call(call) }
    guard case .symbol(let sign) = token,
      let comparator = ConditionExpression.Comparator(rawValue: sign == "!=" ? "<>" : sign)
    else { throw unexpected() }
    advance()
    return .comparison(left, comparator, try operand())
  }

  /// `IS [NOT] MISSING` and `IS [NOT] NULL`.
  private mutating func existence(
    of operand: ConditionExpression.Operand
  ) throws(PartiQLError) -> ConditionExpression {
    let isNegated = takeWord("NOT")
    let condition: ConditionExpression
    if takeWord("MISSING") {
      condition = .call(Self.call(.attributeNotExists, [operand]))
    } else if takeWord("NULL") {
      condition = .call(Self.call(.attributeType, [operand, .value(.string("NULL"))]))
    } else {
      throw unexpected()
    }
    return isNegated ? .not(condition) : condition
  }

  private mutating func candidates() throws(PartiQLError) -> [ConditionExpression.Operand] {
    let end = takeSymbol("[") ? "]" : ")"
    if end == ")" { try expectSymbol("(") }
    var candidates: [ConditionExpression.Operand] = []
    repeat { candidates.append(try operand()) } while takeSymbol(",")
    try expectSymbol(end)
    return candidates
  }

  private mutating func operand() throws(PartiQLError) -> ConditionExpression.Operand {
    if case .word(let word) = token, tokens[position + 1] == .symbol("(") {
      guard let function = ConditionExpression.Function(rawValue: word.lowercased()) else {
        throw PartiQLError(message: "Unsupported function: \(word)")
      }
      advance()
      advance()
      var arguments: [ConditionExpression.Operand] = []
      repeat {
        arguments.append(
          try deeper { (parser) throws(PartiQLError) in try parser.operand() })
      } while takeSymbol(",")
      try expectSymbol(")")
      guard arguments.count == function.operandCount else { throw unexpected() }
      return .call(Self.call(function, arguments))
    }
    return startsPath ? .path(try path()) : .value(try literal())
  }

  private static func call(
    _ function: ConditionExpression.Function, _ arguments: [ConditionExpression.Operand]
  ) -> ConditionExpression.FunctionCall {
    .init(function: function, name: function.rawValue, arguments: arguments)
  }
}

// MARK: - Literals

extension PartiQLParser {
  private mutating func literal() throws(PartiQLError) -> AttributeValue {
    let found = token
    advance()
    switch found {
    case .parameter:
      guard used < parameters.count else {
        throw PartiQLError(
          message: "Number of parameters in request and statement don't match.")
      }
      used += 1
      return parameters[used - 1]
    case .text(let text): return .string(ByteText(text))
    case .number(let text): return .number(try number(text))
    case .word(let word) where word.uppercased() == "TRUE": return .bool(true)
    case .word(let word) where word.uppercased() == "FALSE": return .bool(false)
    case .word(let word) where word.uppercased() == "NULL": return .null
    case .symbol("-"), .symbol("+"):
      guard case .number(let text) = token else { throw unexpected() }
      advance()
      return .number(try number(found == .symbol("-") ? "-" + text : text))
    case .symbol("["): return .list(try list(until: "]"))
    case .symbol("<<"): return try set(try list(until: ">>"))
    case .symbol("{"): return .map(try map())
    default:
      position = max(0, position - 1)
      throw unexpected()
    }
  }

  private func number(_ text: String) throws(PartiQLError) -> DecimalNumber {
    do throws(NumberError) {
      return try DecimalNumber(text)
    } catch {
      throw PartiQLError(message: error.message)
    }
  }

  private mutating func list(until end: String) throws(PartiQLError) -> [AttributeValue] {
    var values: [AttributeValue] = []
    if takeSymbol(end) { return values }
    repeat {
      values.append(try deeper { (parser) throws(PartiQLError) in try parser.literal() })
    } while takeSymbol(",")
    try expectSymbol(end)
    return values
  }

  private mutating func map() throws(PartiQLError) -> Attributes {
    var attributes = Attributes()
    if takeSymbol("}") { return attributes }
    repeat {
      guard case .text(let name) = token else { throw unexpected() }
      advance()
      try expectSymbol(":")
      let value = try deeper { (parser) throws(PartiQLError) in try parser.literal() }
      attributes[ByteText(name)] = value
    } while takeSymbol(",")
    try expectSymbol("}")
    return attributes
  }

  private func set(_ values: [AttributeValue]) throws(PartiQLError) -> AttributeValue {
    let texts = values.compactMap { if case .string(let text) = $0 { text } else { nil } }
    if !values.isEmpty, texts.count == values.count { return .stringSet(texts) }
    let numbers = values.compactMap { if case .number(let value) = $0 { value } else { nil } }
    if !values.isEmpty, numbers.count == values.count { return .numberSet(numbers) }
    let binaries = values.compactMap { if case .binary(let bytes) = $0 { bytes } else { nil } }
    if !values.isEmpty, binaries.count == values.count { return .binarySet(binaries) }
    throw PartiQLError(message: "A set must have members of one type: S, N or B")
  }
}
