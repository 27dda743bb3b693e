/// Which keys a query reads: one partition, and a range of its sort keys.
struct KeyCondition: Sendable {
  enum Test: Sendable {
    case equal(AttributeValue)
    case less(AttributeValue)
    case lessOrEqual(AttributeValue)
    case greater(AttributeValue)
    case greaterOrEqual(AttributeValue)
    case between(AttributeValue, AttributeValue)
    case beginsWith(AttributeValue)

    var values: [AttributeValue] {
      switch self {
      case .equal(let value), .less(let value), .lessOrEqual(let value), .greater(let value),
        .greaterOrEqual(let value), .beginsWith(let value):
        [value]
      case .between(let low, let high): [low, high]
      }
    }
  }

  /// Tests by attribute, in the order in which they were written.
  private(set) var tests: [(name: ByteText, test: Test)] = []

  init() {}

  subscript(name: ByteText) -> Test? { tests.first { $0.name == name }?.test }

  mutating func add(_ name: ByteText, _ test: Test) throws(ExpressionError) {
    guard self[name] == nil else {
      throw ExpressionError("KeyConditionExpressions must only contain one condition per key")
    }
    tests.append((name, test))
  }
}

extension KeyCondition {
  /// Takes a condition apart; what a key condition may not hold has its own text each.
  init(_ condition: ConditionExpression) throws(ExpressionError) {
    try add(condition)
  }

  private mutating func add(_ condition: ConditionExpression) throws(ExpressionError) {
    switch condition {
    case .and(let left, let right):
      try add(left)
      try add(right)
    case .comparison(let left, let comparator, let right):
      try addComparison(left, comparator, right)
    case .between(let operand, let low, let high):
      let name = try keyName([operand, low, high], operatorName: "BETWEEN")
      try add(name, .between(try Self.value(low), try Self.value(high)))
    case .call(let call) where call.function == .beginsWith:
      let name = try keyName(call.arguments, operatorName: "begins_with")
      try add(name, .beginsWith(try Self.value(call.arguments[1])))
    case .call(let call) where call.function == .size:
      throw ExpressionError("KeyConditionExpressions cannot contain nested operations")
    case .call(let call): throw Self.refused(call.name)
    case .or: throw Self.refused("OR")
    case .not: throw Self.refused("NOT")
    case .isIn: throw Self.refused("IN")
    }
  }

  private mutating func addComparison(
    _ left: ConditionExpression.Operand, _ comparator: ConditionExpression.Comparator,
    _ right: ConditionExpression.Operand
  ) throws(ExpressionError) {
    if comparator == .notEqual { throw Self.refused("<>") }
    let name = try keyName([left, right], operatorName: nil)
    let isReversed = left.path == nil
    let value = try Self.value(isReversed ? left : right)
    switch (comparator, isReversed) {
    case (.equal, _), (.notEqual, _): try add(name, .equal(value))
    case (.less, false), (.greater, true): try add(name, .less(value))
    case (.lessOrEqual, false), (.greaterOrEqual, true): try add(name, .lessOrEqual(value))
    case (.greater, false), (.less, true): try add(name, .greater(value))
    case (.greaterOrEqual, false), (.lessOrEqual, true): try add(name, .greaterOrEqual(value))
    }
  }

  /// The one attribute among the operands.
  private func keyName(
    _ operands: [ConditionExpression.Operand], operatorName: String?
  ) throws(ExpressionError) -> ByteText {
    for case .call in operands {
      throw ExpressionError("KeyConditionExpressions cannot contain nested operations")
    }
    if let operatorName, operands.first?.path == nil {
      throw ExpressionError(
        "Invalid condition in KeyConditionExpression: \(operatorName) operator must have the key "
          + "attribute as its first operand")
    }
    let paths = operands.compactMap(\.path)
    guard paths.count < 2 else {
      throw ExpressionError(
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
          + "condition")
    }
    guard let path = paths.first else {
      throw ExpressionError(
        "Invalid condition in KeyConditionExpression: No key attribute specified")
    }
    guard !path.isNested else {
      throw ExpressionError("KeyConditionExpressions cannot have conditions on nested attributes")
    }
    return path.root
  }

  private static func value(
    _ operand: ConditionExpression.Operand
  ) throws(ExpressionError) -> AttributeValue {
    guard case .value(let value) = operand else {
      throw ExpressionError("KeyConditionExpressions cannot contain nested operations")
    }
    return value
  }

  private static func refused(_ name: String) -> ExpressionError {
    ExpressionError("Invalid operator used in KeyConditionExpression: \(name)")
  }
}
