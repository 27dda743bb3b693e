/// Reads one statement (developer guide, "PartiQL statements for DynamoDB").
struct PartiQLParser {
  let tokens: [PartiQLToken]
  let places: [PartiQLPlace]
  var position = 0
  var parameters: [AttributeValue]
  var used = 0
  var depth = 0
  /// Where the literal that is read stands inside its value, as messages show it.
  var valuePath = "root"

  /// Nesting of conditions and literals, bounded because the parser is recursive.
  static let depthLimit = 64

  private init(_ text: String, _ parameters: [AttributeValue]) throws(PartiQLError) {
    (tokens, places) = try PartiQLLexer.tokens(of: text)
    self.parameters = parameters
  }

  static func statement(
    _ text: String, _ parameters: [AttributeValue]
  ) throws(PartiQLError) -> PartiQLStatement {
    var parser = try PartiQLParser(text, parameters)
    let statement = try parser.statement()
    if parser.token == .symbol(";") { parser.advance() }
    guard parser.token == .end else { throw Self.leftover }
    guard parser.used == parameters.count else {
      throw PartiQLError(
        message: "Number of parameters in request and statement don't match.")
    }
    return statement
  }

  var token: PartiQLToken { tokens[position] }

  mutating func advance() { position = min(position + 1, tokens.count - 1) }

  private static let leftover = PartiQLError.malformed("Unexpected token after expression")

  func unexpected() -> PartiQLError { .malformed("Unexpected token: \(token.shown)") }

  mutating func takeWord(_ word: String) -> Bool {
    guard token.isWord(word) else { return false }
    advance()
    return true
  }

  mutating func expectWord(_ word: String) throws(PartiQLError) {
    guard takeWord(word) else { throw unexpected() }
  }

  mutating func takeSymbol(_ sign: String) -> Bool {
    guard token == .symbol(sign) else { return false }
    advance()
    return true
  }

  mutating func expectSymbol(_ sign: String) throws(PartiQLError) {
    guard takeSymbol(sign) else { throw unexpected() }
  }

  mutating func deeper<T>(
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
  mutating func statement() throws(PartiQLError) -> PartiQLStatement {
    if token.isWord("SELECT") { return .select(try select()) }
    if takeWord("INSERT") { return try insert() }
    if takeWord("UPDATE") { return try update() }
    if takeWord("DELETE") { return try delete() }
    if takeWord("FROM") { return try updateFromFirst() }
    if takeWord("EXISTS") {
      try expectSymbol("(")
      let inner = try select()
      try expectSymbol(")")
      return .exists(inner)
    }
    throw .malformed("Expected data manipulation")
  }

  mutating func select() throws(PartiQLError) -> PartiQLStatement.Select {
    try expectWord("SELECT")
    var columns: [DocumentPath] = []
    if takeSymbol("*") {
      if token == .symbol(",") {
        throw PartiQLError(
          message: "Other attributes should not be present in the projection when '*' is used.")
      }
    } else {
      repeat { columns.append(try column()) } while takeSymbol(",")
    }
    try expectWord("FROM")
    let source = try source(of: "SELECT")
    try refuseAlias()
    var select = PartiQLStatement.Select(table: source.table, index: source.index)
    if !columns.isEmpty { select.columns = try PartiQLColumns(columns) }
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

  /// One attribute to show. There are no functions here, not even `COUNT`.
  mutating func column() throws(PartiQLError) -> DocumentPath {
    if case .word = token, tokens[position + 1] == .symbol("(") {
      throw PartiQLError(message: "Unexpected path component at \(places[position])")
    }
    return try path()
  }

  /// A table, or an index of one where something is read.
  mutating func source(
    of verb: String
  ) throws(PartiQLError) -> (table: String, index: String?) {
    var parts = [try name()]
    while takeSymbol(".") { parts.append(try name()) }
    if parts.contains("") {
      throw PartiQLError(message: "Path component cannot be an empty string")
    }
    if verb == "INSERT", parts.count > 1 {
      throw PartiQLError(
        message: "FROM clause may only contain a single table name in data manipulation statements")
    }
    guard parts.count <= 2 else {
      throw PartiQLError(message: "A path may contain at most 2 components in the FROM clause")
    }
    if verb != "SELECT", parts.count > 1 {
      throw PartiQLError(message: "This operation is not supported on an index")
    }
    return (parts[0], parts.count > 1 ? parts[1] : nil)
  }

  mutating func insert() throws(PartiQLError) -> PartiQLStatement {
    try expectWord("INTO")
    let table = try source(of: "INSERT").table
    guard takeWord("VALUE") else { throw Self.leftover }
    let item: Attributes
    if takeSymbol("{") {
      item = try map(isItem: true)
    } else if case .map(let given) = try literal() {
      item = given
    } else {
      throw PartiQLError(
        message: "Unsupported format in item expression. Please use struct format {...} to express "
          + "item values for insert statement.")
    }
    if token.isWord("RETURNING") {
      throw PartiQLError(message: "RETURNING is not supported in INSERT")
    }
    return .insert(table: table, item: item)
  }

  mutating func update() throws(PartiQLError) -> PartiQLStatement {
    var statement = PartiQLStatement.Update(
      table: try source(of: "UPDATE").table, update: UpdateExpression())
    try refuseAlias()
    try changes(&statement)
    statement.condition = try whereClause()
    statement.returning = try returning()
    return .update(statement)
  }

  /// `FROM table WHERE … SET …`: an update with its clauses in the other order.
  private mutating func updateFromFirst() throws(PartiQLError) -> PartiQLStatement {
    var statement = PartiQLStatement.Update(
      table: try source(of: "UPDATE").table, update: UpdateExpression())
    try refuseAlias()
    statement.condition = try whereClause()
    try changes(&statement)
    statement.returning = try returning()
    return .update(statement)
  }

  /// A table has no other name in a statement.
  private func refuseAlias() throws(PartiQLError) {
    let clauses = ["WHERE", "SET", "REMOVE", "ORDER", "RETURNING"]
    switch token {
    case .name: break
    case .word(let word) where !clauses.contains(word.uppercased()):
      if Self.keywords.contains(word.uppercased()), word.uppercased() != "AS" {
        throw Self.leftover
      }
    default: return
    }
    throw PartiQLError(message: "Aliasing is not supported")
  }

  private mutating func changes(
    _ statement: inout PartiQLStatement.Update
  ) throws(PartiQLError) {
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
  }

  mutating func delete() throws(PartiQLError) -> PartiQLStatement {
    try expectWord("FROM")
    var statement = PartiQLStatement.Delete(table: try source(of: "DELETE").table)
    try refuseAlias()
    statement.condition = try whereClause()
    statement.returning = try returning()
    if let found = statement.returning, found != "ALL_OLD" {
      let shown = found.replacing("UPDATED", with: "MODIFIED").replacing("_", with: " ")
      throw PartiQLError(
        message: "Invalid returning clause: RETURNING \(shown) *. Only RETURNING ALL OLD * is "
          + "allowed in DELETE statements.")
    }
    return .delete(statement)
  }

  mutating func whereClause() throws(PartiQLError) -> ConditionExpression? {
    takeWord("WHERE") ? try disjunction() : nil
  }

  /// `RETURNING (ALL | MODIFIED) (NEW | OLD) *`, as the name of ReturnValues.
  mutating func returning() throws(PartiQLError) -> String? {
    guard takeWord("RETURNING") else { return nil }
    let isAll = takeWord("ALL")
    if !isAll { try expectWord("MODIFIED") }
    let isNew = takeWord("NEW")
    if !isNew { try expectWord("OLD") }
    try expectSymbol("*")
    return (isAll ? "ALL_" : "UPDATED_") + (isNew ? "NEW" : "OLD")
  }

  mutating func assignment(_ update: inout UpdateExpression) throws(PartiQLError) {
    let path = try path()
    try expectSymbol("=")
    if case .word(let word) = token, tokens[position + 1] == .symbol("("),
      ["SET_ADD", "SET_DELETE"].contains(word.uppercased())
    {
      let value = try setChange(word.uppercased(), of: path)
      if word.uppercased() == "SET_ADD" {
        update.additions.append((path, value))
      } else {
        update.deletions.append((path, value))
      }
      return
    }
    update.assignments.append((path, try source()))
  }

  /// The set that `SET_ADD(path, set)` or `SET_DELETE(path, set)` names.
  private mutating func setChange(
    _ name: String, of path: DocumentPath
  ) throws(PartiQLError) -> AttributeValue {
    let place = places[position]
    advance()
    advance()
    let firstPlace = places[position]
    var arguments: [ConditionExpression.Operand] = []
    if token != .symbol(")") {
      repeat {
        arguments.append(startsPath ? .path(try self.path()) : .value(try literal()))
      } while takeSymbol(",")
    }
    try expectSymbol(")")
    guard arguments.count == 2 else {
      throw PartiQLError(message: "\(name) must have exactly two arguments at \(place)")
    }
    guard case .path(let target) = arguments[0], target == path else {
      throw PartiQLError(
        message: "The first argument to \(name) must equal the assignment value at \(place)")
    }
    guard case .value(let value) = arguments[1], value.isSet else {
      throw PartiQLError(
        message: "The second argument to \(name) must be a value with type SET at \(firstPlace)")
    }
    return value
  }

  mutating func source() throws(PartiQLError) -> UpdateExpression.Source {
    let left = try sourceOperand()
    if takeSymbol("+") { return .sum(left, try sourceOperand()) }
    if takeSymbol("-") { return .difference(left, try sourceOperand()) }
    return left
  }

  mutating func sourceOperand() throws(PartiQLError) -> UpdateExpression.Source {
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

  /// Words of the language that are no names without quotes.
  private static let keywords: Set<String> = [
    "ALL", "AND", "AS", "ASC", "AT", "BETWEEN", "BY", "CASE", "CAST", "CREATE", "CROSS", "DELETE",
    "DESC", "DISTINCT", "DROP", "ELSE", "END", "EXCEPT", "EXISTS", "FALSE", "FROM", "FULL", "GROUP",
    "HAVING", "IN", "INNER", "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "LEFT", "LIKE", "LIMIT",
    "MISSING", "NATURAL", "NOT", "NULL", "ON", "OR", "ORDER", "OUTER", "PIVOT", "REMOVE",
    "RETURNING", "RIGHT", "SELECT", "SET", "TABLE", "THEN", "TRUE", "UNION", "UNPIVOT", "UPDATE",
    "WHEN", "WHERE",
  ]

  mutating func name() throws(PartiQLError) -> String {
    switch token {
    case .word(let text), .name(let text):
      advance()
      return text
    default: throw unexpected()
    }
  }

  var startsPath: Bool {
    switch token {
    case .name: true
    case .word(let word): !["TRUE", "FALSE", "NULL", "MISSING"].contains(word.uppercased())
    default: false
    }
  }

  mutating func path() throws(PartiQLError) -> DocumentPath {
    var path = DocumentPath(root: ByteText(try name()))
    while true {
      if takeSymbol(".") {
        if case .word(let word) = token, Self.keywords.contains(word.uppercased()) {
          throw .malformed("Invalid path dot component")
        }
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
