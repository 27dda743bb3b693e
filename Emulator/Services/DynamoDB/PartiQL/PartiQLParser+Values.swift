/// Conditions of `WHERE`.
extension PartiQLParser {
  mutating func disjunction() throws(PartiQLError) -> ConditionExpression {
    var left = try conjunction()
    while takeWord("OR") { left = .or(left, try conjunction()) }
    return left
  }

  mutating func conjunction() throws(PartiQLError) -> ConditionExpression {
    var left = try negation()
    while takeWord("AND") { left = .and(left, try negation()) }
    return left
  }

  mutating func negation() throws(PartiQLError) -> ConditionExpression {
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

  mutating func comparison() throws(PartiQLError) -> ConditionExpression {
    let left = try operand()
    if takeWord("IS") { return try existence(of: left) }
    if takeWord("BETWEEN") {
      let low = try operand()
      try expectWord("AND")
      let high = try operand()
      try checkOrdered([low, high], "BETWEEN")
      return .between(left, low, high)
    }
    if takeWord("IN") { return .isIn(left, try candidates()) }
    if case .call(let call) = left, call.function != .size { return .call(call) }
    guard case .symbol(let sign) = token,
      let comparator = ConditionExpression.Comparator(rawValue: sign == "!=" ? "<>" : sign)
    else { throw unexpected() }
    advance()
    let right = try operand()
    if comparator != .equal, comparator != .notEqual {
      try checkOrdered([left, right], sign)
    }
    return .comparison(left, comparator, right)
  }

  /// Only text, numbers and binary values have an order.
  func checkOrdered(
    _ operands: [ConditionExpression.Operand], _ sign: String
  ) throws(PartiQLError) {
    for case .value(let value) in operands {
      switch value.type {
      case .string, .number, .binary: break
      default:
        throw PartiQLError(
          message:
            "Incorrect operand type for operator or function; operator or function: \(sign), "
            + "operand type: \(value.type.rawValue)")
      }
    }
  }

  /// `IS [NOT] MISSING` and `IS [NOT] NULL`.
  mutating func existence(
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

  mutating func candidates() throws(PartiQLError) -> [ConditionExpression.Operand] {
    let end = takeSymbol("[") ? "]" : ")"
    if end == ")" { try expectSymbol("(") }
    var candidates: [ConditionExpression.Operand] = []
    repeat { candidates.append(try operand()) } while takeSymbol(",")
    try expectSymbol(end)
    return candidates
  }

  mutating func operand() throws(PartiQLError) -> ConditionExpression.Operand {
    if case .word(let word) = token, tokens[position + 1] == .symbol("(") {
      guard let function = ConditionExpression.Function(rawValue: word.lowercased()) else {
        throw PartiQLError(
          message: "Unrecognized function: \(word.lowercased()) at \(places[position])")
      }
      advance()
      advance()
      var arguments: [ConditionExpression.Operand] = []
      if token != .symbol(")") {
        repeat {
          arguments.append(
            try deeper { (parser) throws(PartiQLError) in try parser.operand() })
        } while takeSymbol(",")
      }
      try expectSymbol(")")
      guard arguments.count == function.operandCount else {
        throw PartiQLError(
          message: "Incorrect number of operands for operator or function; "
            + "operator or function: \(function.rawValue), number of operands: \(arguments.count)")
      }
      if function == .attributeExists || function == .attributeNotExists {
        guard case .path = arguments[0] else {
          throw PartiQLError(
            message: "Operator or function requires a document path; "
              + "operator or function: \(function.rawValue)")
        }
      }
      return .call(Self.call(function, arguments))
    }
    return startsPath ? .path(try path()) : .value(try literal())
  }

  static func call(
    _ function: ConditionExpression.Function, _ arguments: [ConditionExpression.Operand]
  ) -> ConditionExpression.FunctionCall {
    .init(function: function, name: function.rawValue, arguments: arguments)
  }
}

// MARK: - Literals

extension PartiQLParser {
  mutating func literal() throws(PartiQLError) -> AttributeValue {
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
    case .word(let word) where token == .symbol("("):
      throw PartiQLError(
        message: "Unsupported data type: \(word.lowercased()) under key \(valuePath) at "
          + "\(places[position - 1])")
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

  func number(_ text: String) throws(PartiQLError) -> DecimalNumber {
    do throws(NumberError) {
      return try DecimalNumber(text)
    } catch {
      throw PartiQLError(message: "\(error.message) under \(valuePath)")
    }
  }

  /// A literal inside another one.
  mutating func inner(at step: String) throws(PartiQLError) -> AttributeValue {
    let outer = valuePath
    valuePath += step
    let value = try deeper { (parser) throws(PartiQLError) in try parser.literal() }
    valuePath = outer
    return value
  }

  mutating func list(until end: String) throws(PartiQLError) -> [AttributeValue] {
    var values: [AttributeValue] = []
    if takeSymbol(end) { return values }
    repeat { values.append(try inner(at: "[\(values.count)]")) } while takeSymbol(",")
    try expectSymbol(end)
    return values
  }

  /// A map, or the item of an `INSERT`, whose attributes are each the root of their messages.
  mutating func map(isItem: Bool = false) throws(PartiQLError) -> Attributes {
    var attributes = Attributes()
    if takeSymbol("}") { return attributes }
    repeat {
      guard case .text(let name) = token else { throw unexpected() }
      advance()
      try expectSymbol(":")
      attributes[ByteText(name)] = try inner(at: isItem ? "" : ".\(name)")
    } while takeSymbol(",")
    try expectSymbol("}")
    return attributes
  }

  func set(_ values: [AttributeValue]) throws(PartiQLError) -> AttributeValue {
    guard let first = values.first else {
      throw PartiQLError(message: "Empty bags are not supported")
    }
    let members = Set(values.map { $0.type })
    guard members.count == 1 else {
      throw PartiQLError(
        message:
          "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
          + "bags")
    }
    switch first {
    case .string:
      let texts = values.compactMap { if case .string(let text) = $0 { text } else { nil } }
      try checkDistinct(texts)
      return .stringSet(texts)
    case .number:
      let numbers = values.compactMap { if case .number(let value) = $0 { value } else { nil } }
      try checkDistinct(numbers)
      return .numberSet(numbers)
    case .binary:
      let binaries = values.compactMap { if case .binary(let bytes) = $0 { bytes } else { nil } }
      try checkDistinct(binaries)
      return .binarySet(binaries)
    default:
      throw PartiQLError(
        message:
          "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
          + "bags")
    }
  }

  func checkDistinct<T: Hashable>(_ members: [T]) throws(PartiQLError) {
    guard Set(members).count == members.count else {
      throw PartiQLError(
        message: "One or more parameter values were invalid: Input collection "
          + "[\(members.map { "\($0)" }.joined(separator: ", "))] contains duplicates.")
    }
  }
}
