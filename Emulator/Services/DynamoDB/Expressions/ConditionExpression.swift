/// A condition or filter, with names and values already put in place of their references.
indirect enum ConditionExpression: Sendable {
  case comparison(Operand, Comparator, Operand)
  case between(Operand, Operand, Operand)
  case isIn(Operand, [Operand])
  case call(FunctionCall)
  case and(ConditionExpression, ConditionExpression)
  case or(ConditionExpression, ConditionExpression)
  case not(ConditionExpression)

  enum Comparator: String, Sendable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// Whether values are compared by their order, not just for equality.
    var isOrder: Bool { self != .equal && self != .notEqual }
  }

  indirect enum Operand: Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case call(FunctionCall)
    /// A reference that is not defined; the parse ends with an error.
    case undefined

    var path: DocumentPath? {
      if case .path(let path) = self { path } else { nil }
    }

    /// The type that is known before any item is seen.
    var type: AttributeValue.TypeName? {
      switch self {
      case .value(let value): value.type
      case .call(let call): call.function == .size ? .number : .bool
      case .path, .undefined: nil
      }
    }
  }

  struct FunctionCall: Sendable {
    let function: Function?
    let name: String
    let arguments: [Operand]
  }

  enum Function: String, Sendable {
    case attributeExists = "attribute_exists"
    case attributeNotExists = "attribute_not_exists"
    case attributeType = "attribute_type"
    case beginsWith = "begins_with"
    case contains
    case size

    var operandCount: Int {
      switch self {
      case .attributeExists, .attributeNotExists, .size: 1
      case .attributeType, .beginsWith, .contains: 2
      }
    }
  }
}

// MARK: - Evaluation

extension ConditionExpression {
  /// Whether an item satisfies the condition; an absent item is one without attributes.
  func isSatisfied(by item: Attributes) -> Bool {
    switch self {
    case .comparison(let left, let comparator, let right):
      guard let a = left.value(in: item), let b = right.value(in: item) else {
        return comparator == .notEqual
      }
      return comparator.holds(a, b)
    case .between(let operand, let low, let high):
      guard let value = operand.value(in: item), let low = low.value(in: item),
        let high = high.value(in: item)
      else { return false }
      return Comparator.greaterOrEqual.holds(value, low)
        && Comparator.lessOrEqual.holds(value, high)
    case .isIn(let operand, let candidates):
      guard let value = operand.value(in: item) else { return false }
      return candidates.contains { $0.value(in: item) == value }
    case .call(let call): return call.holds(for: item)
    case .and(let left, let right):
      return left.isSatisfied(by: item) && right.isSatisfied(by: item)
    case .or(let left, let right):
      return left.isSatisfied(by: item) || right.isSatisfied(by: item)
    case .not(let inner): return !inner.isSatisfied(by: item)
    }
  }
}

extension ConditionExpression.Comparator {
  /// Values of different types are not equal and have no order.
  func holds(_ left: AttributeValue, _ right: AttributeValue) -> Bool {
    switch self {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left.precedes(right) ?? false
    case .greater: right.precedes(left) ?? false
    case .lessOrEqual: right.precedes(left).map { !$0 } ?? false
    case .greaterOrEqual: left.precedes(right).map { !$0 } ?? false
    }
  }
}

extension ConditionExpression.Operand {
  func value(in item: Attributes) -> AttributeValue? {
    switch self {
    case .path(let path): path.value(in: item)
    case .value(let value): value
    case .call(let call): call.size(in: item).map { .number(DecimalNumber($0)) }
    case .undefined: nil
    }
  }
}

extension ConditionExpression.FunctionCall {
  fileprivate func holds(for item: Attributes) -> Bool {
    guard let function, let first = arguments.first else { return false }
    let value = first.value(in: item)
    switch function {
    case .attributeExists: return value != nil
    case .attributeNotExists: return value == nil
    case .size: return false
    case .attributeType, .beginsWith, .contains:
      guard let value, arguments.count == 2, let other = arguments[1].value(in: item) else {
        return false
      }
      switch function {
      case .attributeType: return other == .string(ByteText(value.type.rawValue))
      case .beginsWith: return value.begins(with: other)
      default: return value.contains(other)
      }
    }
  }

  /// What `size` gives: characters in UTF-16 of a text (as the service counts), bytes of a binary,
  /// members of a set, list or map; nothing for other types.
  fileprivate func size(in item: Attributes) -> Int? {
    guard function == .size, let value = arguments.first?.value(in: item) else { return nil }
    switch value {
    case .string(let text): return text.string.utf16.count
    case .binary(let bytes): return bytes.count
    case .stringSet(let members): return members.count
    case .numberSet(let members): return members.count
    case .binarySet(let members): return members.count
    case .list(let values): return values.count
    case .map(let attributes): return attributes.count
    case .number, .bool, .null: return nil
    }
  }
}

extension AttributeValue {
  func begins(with other: AttributeValue) -> Bool {
    switch (self, other) {
    case (.string(let text), .string(let prefix)): text.hasPrefix(prefix)
    case (.binary(let bytes), .binary(let prefix)): bytes.starts(with: prefix)
    default: false
    }
  }

  /// A part of a text or binary, a member of a set, an element of a list.
  func contains(_ other: AttributeValue) -> Bool {
    switch (self, other) {
    case (.string(let text), .string(let part)): text.contains(part)
    case (.binary(let bytes), .binary(let part)): bytes.contains(sequence: part)
    case (.stringSet(let members), .string(let member)): members.contains(member)
    case (.numberSet(let members), .number(let member)): members.contains(member)
    case (.binarySet(let members), .binary(let member)): members.contains(member)
    case (.list(let values), _): values.contains(other)
    default: false
    }
  }
}

// MARK: - What it refers to

extension ConditionExpression {
  /// Every path in the expression, in the order of the text.
  var paths: [DocumentPath] {
    switch self {
    case .comparison(let left, _, let right): left.paths + right.paths
    case .between(let operand, let low, let high): operand.paths + low.paths + high.paths
    case .isIn(let operand, let candidates): operand.paths + candidates.flatMap(\.paths)
    case .call(let call): call.arguments.flatMap(\.paths)
    case .and(let left, let right), .or(let left, let right): left.paths + right.paths
    case .not(let inner): inner.paths
    }
  }
}

extension ConditionExpression.Operand {
  var paths: [DocumentPath] {
    switch self {
    case .path(let path): [path]
    case .call(let call): call.arguments.flatMap(\.paths)
    case .value, .undefined: []
    }
  }
}
