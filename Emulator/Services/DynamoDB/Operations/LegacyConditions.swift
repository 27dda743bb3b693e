import JSON

/// Reads conditions in the form from before expressions (`Expected`, `QueryFilter`, `KeyConditions`)
/// into the same condition that expressions give.
enum LegacyConditions {
  private static let counts: [String: ClosedRange<Int>] = [
    "NULL": 0...0, "NOT_NULL": 0...0, "EQ": 1...1, "NE": 1...1, "LE": 1...1, "LT": 1...1,
    "GE": 1...1, "GT": 1...1, "CONTAINS": 1...1, "NOT_CONTAINS": 1...1, "BEGINS_WITH": 1...1,
    "IN": 1...Int.max, "BETWEEN": 2...2,
  ]

  /// One attribute's condition.
  struct Entry: Sendable {
    let name: ByteText
    let comparison: String
    let values: [AttributeValue]
  }

  /// `ConditionalOperator` needs conditions to join, at least two.
  static func checkOperator(_ request: OperationRequest) throws(DynamoDBError) {
    guard request["ConditionalOperator"] != nil else { return }
    let conditions = ["Expected", "QueryFilter", "ScanFilter"].compactMap { request[$0] }
    guard let filter = conditions.first else {
      throw .validation("ConditionalOperator cannot be used without Filter or Expected")
    }
    guard filter.count > 1 else {
      throw .validation(
        "ConditionalOperator can only be used when Filter or Expected has two or more elements")
    }
  }

  /// Joins conditions by `ConditionalOperator`.
  static func joined(_ entries: [Entry], _ request: OperationRequest) -> ConditionExpression? {
    let conditions = entries.compactMap(condition)
    guard var all = conditions.first else { return nil }
    let isOr = request.string("ConditionalOperator") == "OR"
    for condition in conditions.dropFirst() {
      all = isOr ? .or(all, condition) : .and(all, condition)
    }
    return all
  }

  private static func condition(_ entry: Entry) -> ConditionExpression? {
    let path = ConditionExpression.Operand.path(DocumentPath(root: entry.name))
    let values = entry.values.map { ConditionExpression.Operand.value($0) }
    func call(
      _ function: ConditionExpression.Function, _ others: [ConditionExpression.Operand] = []
    ) -> ConditionExpression {
      .call(.init(function: function, name: function.rawValue, arguments: [path] + others))
    }
    switch entry.comparison {
    case "NULL": return call(.attributeNotExists)
    case "NOT_NULL": return call(.attributeExists)
    case "CONTAINS": return call(.contains, values)
    case "NOT_CONTAINS": return .and(call(.attributeExists), .not(call(.contains, values)))
    case "BEGINS_WITH": return call(.beginsWith, values)
    case "IN": return .isIn(path, values)
    case "BETWEEN": return values.count == 2 ? .between(path, values[0], values[1]) : nil
    default:
      let comparators: [String: ConditionExpression.Comparator] = [
        "EQ": .equal, "NE": .notEqual, "LT": .less, "LE": .lessOrEqual, "GT": .greater,
        "GE": .greaterOrEqual,
      ]
      guard let comparator = comparators[entry.comparison], let value = values.first else {
        return nil
      }
      return .comparison(path, comparator, value)
    }
  }

  // MARK: Expected

  static func expected(_ request: OperationRequest) throws(DynamoDBError) -> ConditionExpression? {
    guard let members = request["Expected"]?.members else { return nil }
    var entries: [Entry] = []
    for member in members where !member.value.isNull {
      entries.append(try expected(ByteText(member.key), OperationRequest(part: member.value)))
    }
    return joined(entries, request)
  }

  private static func expected(
    _ name: ByteText, _ entry: OperationRequest
  ) throws(DynamoDBError) -> Entry {
    let comparison = entry.string("ComparisonOperator")
    let hasList = entry["AttributeValueList"] != nil
    if hasList, entry["Value"] != nil {
      throw .invalid(
        "Value and AttributeValueList cannot be used together for Attribute: \(name)")
    }
    guard let comparison else {
      if hasList {
        throw .invalid(
          "AttributeValueList can only be used with a ComparisonOperator for Attribute: \(name)")
      }
      return try exists(name, entry)
    }
    if entry["Exists"] != nil {
      throw .invalid(
        "Exists and ComparisonOperator cannot be used together for Attribute: \(name)")
    }
    if comparison != "NULL", comparison != "NOT_NULL", !hasList, entry["Value"] == nil {
      throw .invalid(
        "Value or AttributeValueList must be used with ComparisonOperator: \(comparison) "
          + "for Attribute: \(name)")
    }
    guard let node = entry["Value"] else { return try checked(name, comparison, try list(entry)) }
    return try checked(name, comparison, [try value(node)])
  }

  private static func exists(
    _ name: ByteText, _ entry: OperationRequest
  ) throws(DynamoDBError) -> Entry {
    let exists = entry.bool("Exists")
    guard let node = entry["Value"] else {
      guard exists == false else {
        let shown = exists.map { "\($0)" } ?? "null"
        throw .invalid("Value must be provided when Exists is \(shown) for Attribute: \(name)")
      }
      return Entry(name: name, comparison: "NULL", values: [])
    }
    if exists == false {
      throw .invalid("Value cannot be used when Exists is false for Attribute: \(name)")
    }
    return Entry(name: name, comparison: "EQ", values: [try value(node)])
  }

  // MARK: Filters and key conditions

  static func entries(_ node: JSONNode?) throws(DynamoDBError) -> [Entry] {
    guard let members = node?.members else { return [] }
    var entries: [Entry] = []
    for member in members where !member.value.isNull {
      let entry = OperationRequest(part: member.value)
      let comparison = entry.string("ComparisonOperator") ?? ""
      entries.append(try checked(ByteText(member.key), comparison, try list(entry)))
    }
    return entries
  }

  private static func list(_ entry: OperationRequest) throws(DynamoDBError) -> [AttributeValue] {
    guard let elements = entry["AttributeValueList"]?.elements else { return [] }
    var values: [AttributeValue] = []
    for element in elements where !element.isNull { values.append(try value(element)) }
    return values
  }

  private static func value(_ node: JSONNode) throws(DynamoDBError) -> AttributeValue {
    do throws(ValueError) {
      return try ValueReader.value(node)
    } catch {
      throw DynamoDBError(error)
    }
  }

  private static func checked(
    _ name: ByteText, _ comparison: String, _ values: [AttributeValue]
  ) throws(DynamoDBError) -> Entry {
    guard counts[comparison]?.contains(values.count) ?? false else {
      throw .invalid("Invalid number of argument(s) for the \(comparison) ComparisonOperator")
    }
    if let first = values.first {
      guard values.allSatisfy({ $0.type == first.type }) else {
        throw .invalid("AttributeValues inside AttributeValueList must be of same type")
      }
      guard allows(comparison, first.type) else {
        throw .invalid(
          "ComparisonOperator \(comparison) is not valid for \(first.type.rawValue) "
            + "AttributeValue type")
      }
    }
    if comparison == "BETWEEN", values[1].precedes(values[0]) == true {
      throw .validation(
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
          + "upper bound")
    }
    return Entry(name: name, comparison: comparison, values: values)
  }

  private static func allows(_ comparison: String, _ type: AttributeValue.TypeName) -> Bool {
    switch comparison {
    case "LE", "LT", "GE", "GT", "IN", "BETWEEN", "CONTAINS", "NOT_CONTAINS":
      [.string, .number, .binary].contains(type)
        || (comparison.hasSuffix("CONTAINS") && [.bool, .null].contains(type))
    case "BEGINS_WITH": [.string, .binary].contains(type)
    default: true
    }
  }

  /// `KeyConditions` as a key condition.
  static func keyCondition(_ entries: [Entry]) throws(DynamoDBError) -> KeyCondition {
    var condition = KeyCondition()
    for entry in entries {
      guard let test = test(entry) else {
        throw .validation("Attempted conditional constraint is not an indexable operation")
      }
      do throws(ExpressionError) {
        try condition.add(entry.name, test)
      } catch {
        throw .validation(error.message)
      }
    }
    return condition
  }

  private static func test(_ entry: Entry) -> KeyCondition.Test? {
    guard let first = entry.values.first else { return nil }
    switch entry.comparison {
    case "EQ": return .equal(first)
    case "LT": return .less(first)
    case "LE": return .lessOrEqual(first)
    case "GT": return .greater(first)
    case "GE": return .greaterOrEqual(first)
    case "BEGINS_WITH": return .beginsWith(first)
    case "BETWEEN": return .between(first, entry.values[1])
    default: return nil
    }
  }
}
