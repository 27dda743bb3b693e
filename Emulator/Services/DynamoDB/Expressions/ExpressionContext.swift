/// What `#names` and `:values` of a request stand for, and which of them its expressions have used.
struct ExpressionContext {
  private var names: [(key: ByteText, name: ByteText, isUsed: Bool)] = []
  private var values: [(key: ByteText, value: AttributeValue, isUsed: Bool)] = []

  init() {}

  init(names: [(ByteText, ByteText)], values: Attributes) {
    self.names = names.map { ($0.0, $0.1, false) }
    self.values = values.map { ($0.name, $0.value, false) }
  }

  mutating func name(for key: ByteText) -> ByteText? {
    guard let index = names.firstIndex(where: { $0.key == key }) else { return nil }
    names[index].isUsed = true
    return names[index].name
  }

  mutating func value(for key: ByteText) -> AttributeValue? {
    guard let index = values.firstIndex(where: { $0.key == key }) else { return nil }
    values[index].isUsed = true
    return values[index].value
  }

  /// Refuses names and values that no expression used.
  func checkUse() throws(DynamoDBError) {
    let unusedNames = names.filter { !$0.isUsed }.map(\.key.string)
    guard unusedNames.isEmpty else { throw Self.unused("Names", unusedNames) }
    let unusedValues = values.filter { !$0.isUsed }.map(\.key.string)
    guard unusedValues.isEmpty else { throw Self.unused("Values", unusedValues) }
  }

  private static func unused(_ kind: String, _ keys: [String]) -> DynamoDBError {
    .validation(
      "Value provided in ExpressionAttribute\(kind) unused in expressions: "
        + "keys: {\(keys.joined(separator: ", "))}")
  }
}

/// What is wrong with an expression, without the name of the expression before it.
struct ExpressionError: Error, Equatable {
  let message: String

  init(_ message: String) { self.message = message }
}

/// The first finding of each kind, reported by a fixed order of kinds as the service does, not by
/// place in the text.
struct ExpressionFindings {
  enum Kind: Int, CaseIterable {
    case parentheses
    case unknownFunction
    case misusedFunction
    case reserved
    case section
    case reference
    case valueReference
    case operandCount
    case distinct
    case overlap
    case conflict
    case operand
    case function
    case condition
  }

  private var findings: [Kind: String] = [:]

  mutating func note(_ kind: Kind, _ message: @autoclosure () -> String) {
    if findings[kind] == nil { findings[kind] = message() }
  }

  func first(of kinds: [Kind]) -> String? {
    for kind in kinds {
      if let finding = findings[kind] { return finding }
    }
    return nil
  }
}
