/// Reads conditions and filters: `OR` < `AND` < `NOT` < comparison < operand.
extension ExpressionParser {
  typealias Operand = ConditionExpression.Operand

  /// Either side of the grammar can stand in parentheses, so a parse gives what was found there.
  private struct Node {
    enum Content {
      case operand(Operand)
      case condition(ConditionExpression)
    }

    var content: Content
    var isParenthesized = false
  }

  /// Operands of `IN` (developer guide, "Quotas").
  private static let candidateLimit = 100

  /// Reads a whole condition.
  mutating func condition() throws(ExpressionError) -> ConditionExpression {
    let node = try disjunction()
    let condition = try condition(of: node)
    try expectEnd()
    if let tooMany = tooManyOperators { throw tooMany }
    if let message = findings.first(
      of: [.parentheses, .unknownFunction, .misusedFunction, .reserved, .condition])
    {
      throw ExpressionError(message)
    }
    return condition
  }

  private mutating func disjunction() throws(ExpressionError) -> Node {
    var node = try conjunction()
    while token.isKeyword("OR") {
      let left = try condition(of: node)
      advance()
      node = Node(content: .condition(.or(left, try condition(of: try conjunction()))))
    }
    return node
  }

  private mutating func conjunction() throws(ExpressionError) -> Node {
    var node = try negation()
    while token.isKeyword("AND") {
      let left = try condition(of: node)
      advance()
      node = Node(content: .condition(.and(left, try condition(of: try negation()))))
    }
    return node
  }

  private mutating func negation() throws(ExpressionError) -> Node {
    guard takeKeyword("NOT") else { return try comparison() }
    let inner = try deeper { (parser) throws(ExpressionError) in
      try parser.condition(of: try parser.negation())
    }
    return Node(content: .condition(.not(inner)))
  }

  private mutating func comparison() throws(ExpressionError) -> Node {
    let node = try primary()
    let operation = token
    if let comparator = ConditionExpression.Comparator(rawValue: String(operation.text)),
      operation.kind == .symbol
    {
      let left = try operand(of: node)
      advance()
      let right = try operand(of: try primary())
      checkUse(of: [left, right])
      checkDistinct(comparator.rawValue, [left, right])
      if comparator.isOrder { checkOrdered([left, right], for: comparator.rawValue) }
      return finished(.comparison(left, comparator, right))
    }
    if operation.isKeyword("BETWEEN") {
      let left = try operand(of: node)
      advance()
      let low = try operand(of: try primary())
      try expectKeyword("AND")
      let high = try operand(of: try primary())
      checkUse(of: [left, low, high])
      checkOrdered([left, low, high], for: "BETWEEN")
      checkBounds(low, high)
      return finished(.between(left, low, high))
    }
    if operation.isKeyword("IN") {
      let left = try operand(of: node)
      advance()
      let candidates = try arguments()
      checkUse(of: [left] + candidates)
      if candidates.count > Self.candidateLimit {
        findings.note(
          .function,
          "The IN operator is provided with too many operands; "
            + "number of operands: \(candidates.count)")
      }
      return finished(.isIn(left, candidates))
    }
    return node
  }

  private mutating func primary() throws(ExpressionError) -> Node {
    if takeSymbol("(") {
      var node = try deeper { (parser) throws(ExpressionError) in try parser.disjunction() }
      try expectSymbol(")")
      if node.isParenthesized {
        findings.note(.parentheses, "The expression has redundant parentheses;")
      }
      node.isParenthesized = true
      return node
    }
    if token.kind == .identifier, following.isSymbol("(") {
      return Node(content: .operand(.call(try call())))
    }
    if token.kind == .valueReference {
      let value = try value()
      return Node(content: .operand(value.map { .value($0) } ?? .undefined))
    }
    guard startsPath, !isOperatorWord else { throw syntaxError() }
    return Node(content: .operand(.path(try path())))
  }

  private var isOperatorWord: Bool {
    ["AND", "OR", "NOT", "IN", "BETWEEN"].contains { token.isKeyword($0) }
  }

  private mutating func call() throws(ExpressionError) -> ConditionExpression.FunctionCall {
    guard !isOperatorWord else { throw syntaxError() }
    let name = String(token.text)
    advance()
    let arguments = try deeper { (parser) throws(ExpressionError) in try parser.arguments() }
    checkUse(of: arguments)
    let call = ConditionExpression.FunctionCall(
      function: .init(rawValue: name), name: name, arguments: arguments)
    check(call)
    return call
  }

  private mutating func arguments() throws(ExpressionError) -> [Operand] {
    try expectSymbol("(")
    var arguments = [try operand(of: try primary())]
    while takeSymbol(",") { arguments.append(try operand(of: try primary())) }
    try expectSymbol(")")
    return arguments
  }

  private mutating func operand(of node: Node) throws(ExpressionError) -> Operand {
    guard case .operand(let operand) = node.content else { throw syntaxError() }
    return operand
  }

  /// A function is a condition where one is needed; a path or value is none.
  private mutating func condition(of node: Node) throws(ExpressionError) -> ConditionExpression {
    switch node.content {
    case .condition(let condition): return condition
    case .operand(.call(let call)):
      if call.function == .size { noteMisuse(of: call.name) }
      noteConditionFindings()
      return .call(call)
    case .operand: throw syntaxError()
    }
  }

  private mutating func finished(_ condition: ConditionExpression) -> Node {
    noteConditionFindings()
    return Node(content: .condition(condition))
  }
}

// MARK: - Checks beyond the grammar

extension ExpressionParser {
  /// The first condition with a finding decides, and in it the order of kinds.
  private mutating func noteConditionFindings() {
    guard let message = findings.first(of: [.reference, .operandCount, .distinct, .function])
    else { return }
    findings.note(.condition, message)
  }

  mutating func noteMisuse(of function: String) {
    findings.note(
      .misusedFunction,
      "The function is not allowed to be used this way in an expression; function: \(function)")
  }

  private mutating func checkUse(of operands: [Operand]) {
    for case .call(let call) in operands where call.function != nil && call.function != .size {
      noteMisuse(of: call.name)
    }
  }

  private mutating func check(_ call: ConditionExpression.FunctionCall) {
    guard let function = call.function else {
      findings.note(.unknownFunction, "Invalid function name; function: \(call.name)")
      return
    }
    guard call.arguments.count == function.operandCount else {
      findings.note(
        .operandCount,
        "Incorrect number of operands for operator or function; "
          + "operator or function: \(call.name), number of operands: \(call.arguments.count)")
      return
    }
    checkDistinct(call.name, call.arguments)
    switch function {
    case .attributeExists, .attributeNotExists:
      if case .path = call.arguments[0] { return }
      findings.note(
        .function,
        "Operator or function requires a document path; operator or function: \(call.name)")
    case .beginsWith:
      for type in call.arguments.compactMap(\.type) where type != .string && type != .binary {
        noteWrongType(type.rawValue, for: call.name)
      }
    case .attributeType: checkTypeName(call)
    case .size:
      if let type = call.arguments[0].type, [.number, .bool, .null].contains(type) {
        noteWrongType(type.rawValue, for: call.name)
      }
    case .contains: break
    }
  }

  private mutating func checkTypeName(_ call: ConditionExpression.FunctionCall) {
    let operand = call.arguments[1]
    if case .undefined = operand { return }
    guard case .value(.string(let name)) = operand else {
      noteWrongType(operand.type?.rawValue ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}", for: call.name)
      return
    }
    if AttributeValue.TypeName(rawValue: name.string) == nil {
      findings.note(
        .function,
        "Invalid attribute type name found; type: \(name), "
          + "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
    }
  }

  private mutating func noteWrongType(_ type: String, for name: String) {
    findings.note(
      .function,
      "Incorrect operand type for operator or function; "
        + "operator or function: \(name), operand type: \(type)")
  }

  /// Only strings, numbers and binary values have an order.
  private mutating func checkOrdered(_ operands: [Operand], for name: String) {
    for case .value(let value) in operands where ![.string, .number, .binary].contains(value.type) {
      noteWrongType(value.type.rawValue, for: name)
    }
  }

  private mutating func checkDistinct(_ name: String, _ operands: [Operand]) {
    guard operands.count == 2, let first = operands[0].path, first == operands[1].path else {
      return
    }
    findings.note(
      .distinct,
      "The first operand must be distinct from the remaining operands for this operator or "
        + "function; operator: \(name), first operand: \(first)")
  }

  private mutating func checkBounds(_ low: Operand, _ high: Operand) {
    guard case .value(let low) = low, case .value(let high) = high else { return }
    let bounds =
      "lower bound operand: AttributeValue: {\(low.inMessage)}, "
      + "upper bound operand: AttributeValue: {\(high.inMessage)}"
    if low.type != high.type {
      findings.note(
        .function,
        "The BETWEEN operator requires same data type for lower and upper bounds; \(bounds)")
    } else if high.precedes(low) == true {
      findings.note(
        .function,
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
          + bounds)
    }
  }
}
