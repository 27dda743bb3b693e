/// Reads update expressions: `SET`, `REMOVE`, `ADD` and `DELETE`, each once and in any order.
extension ExpressionParser {
  typealias Source = UpdateExpression.Source

  /// Reads a whole update.
  mutating func update() throws(ExpressionError) -> UpdateExpression {
    var update = UpdateExpression()
    var sections: Set<String> = []
    repeat {
      let word = token.text.uppercased()
      guard token.kind == .identifier, ["SET", "REMOVE", "ADD", "DELETE"].contains(word) else {
        throw syntaxError()
      }
      advance()
      if !sections.insert(word).inserted {
        findings.note(
          .section, "The \"\(word)\" section can only be used once in an update expression;")
      }
      repeat { try action(of: word, into: &update) } while takeSymbol(",")
    } while token.kind != .end
    checkClashes(of: update.targets)
    if let message = findings.first(of: [
      .reserved, .unknownFunction, .misusedFunction, .section, .reference, .overlap, .conflict,
      .operand, .function,
    ]) {
      throw ExpressionError(message)
    }
    return update
  }

  private mutating func action(
    of section: String, into update: inout UpdateExpression
  ) throws(ExpressionError) {
    let path = try path()
    switch section {
    case "SET":
      try expectSymbol("=")
      update.assignments.append((path, try assigned()))
    case "REMOVE": update.removals.append(path)
    default:
      guard let value = try value() else { return }
      checkOperand(value, of: section)
      if section == "ADD" {
        update.additions.append((path, value))
      } else {
        update.deletions.append((path, value))
      }
    }
  }

  /// `operand`, `operand + operand` or `operand - operand`.
  private mutating func assigned() throws(ExpressionError) -> Source {
    let left = try source()
    let sign = token
    guard takeSymbol("+") || takeSymbol("-") else { return left }
    let right = try source()
    checkNumbers([left, right], for: String(sign.text))
    return sign.isSymbol("+") ? .sum(left, right) : .difference(left, right)
  }

  private mutating func source() throws(ExpressionError) -> Source {
    if takeSymbol("(") {
      let inner = try deeper { (parser) throws(ExpressionError) in try parser.assigned() }
      try expectSymbol(")")
      return inner
    }
    if token.kind == .valueReference { return try value().map { .value($0) } ?? .undefined }
    if token.kind == .identifier, following.isSymbol("(") { return try call() }
    return .path(try path())
  }

  private mutating func call() throws(ExpressionError) -> Source {
    let name = String(token.text)
    advance()
    try expectSymbol("(")
    let arguments = try deeper { (parser) throws(ExpressionError) in
      var arguments = [try parser.source()]
      while parser.takeSymbol(",") { arguments.append(try parser.source()) }
      return arguments
    }
    try expectSymbol(")")
    for case .listAppend in arguments { noteMisuse(of: "list_append") }
    guard name == "if_not_exists" || name == "list_append" else {
      findings.note(.unknownFunction, "Invalid function name; function: \(name)")
      return .undefined
    }
    guard arguments.count == 2 else {
      findings.note(
        .function,
        "Incorrect number of operands for operator or function; "
          + "operator or function: \(name), number of operands: \(arguments.count)")
      return .undefined
    }
    return name == "list_append"
      ? append(arguments[0], arguments[1]) : fallback(arguments[0], arguments[1])
  }

  private mutating func fallback(_ first: Source, _ second: Source) -> Source {
    guard case .path(let path) = first else {
      findings.note(
        .function,
        "Operator or function requires a document path; operator or function: if_not_exists")
      return .undefined
    }
    return .ifNotExists(path, second)
  }

  private mutating func append(_ first: Source, _ second: Source) -> Source {
    for case .value(let value) in [first, second] where value.type != .list {
      noteOperandType(value.type, of: "list_append")
    }
    return .listAppend(first, second)
  }

  private mutating func checkNumbers(_ sources: [Source], for sign: String) {
    for source in sources {
      switch source {
      case .value(let value) where value.type != .number: noteOperandType(value.type, of: sign)
      case .listAppend: noteOperandType(.list, of: sign)
      default: break
      }
    }
  }

  private mutating func noteOperandType(_ type: AttributeValue.TypeName, of name: String) {
    findings.note(
      .function,
      "Incorrect operand type for operator or function; "
        + "operator or function: \(name), operand type: \(type.rawValue)")
  }

  private mutating func checkOperand(_ value: AttributeValue, of section: String) {
    if value.isSet || (section == "ADD" && value.type == .number) { return }
    findings.note(
      .operand,
      "Incorrect operand type for operator or function; "
        + "operator: \(section), operand type: \(value.type.word)")
  }
}
