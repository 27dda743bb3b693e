/// What `#names` and `:values` of a request stand for, and which of them its expressions have used.
struct ExpressionContext {
  private var names = References<ByteText>([])
  private var values = References<AttributeValue>([])

  init() {}

  init(names: [(ByteText, ByteText)], values: Attributes) {
    self.names = References(names)
    self.values = References(values.map { ($0.name, $0.value) })
  }

  mutating func name(for key: ByteText) -> ByteText? { names.use(key) }

  mutating func value(for key: ByteText) -> AttributeValue? { values.use(key) }

  /// What keys stand for. A request has few, so they are looked at one by one; of many, places are
  /// kept in a table.
  private struct References<Target: Sendable>: Sendable {
    private var entries: [(key: ByteText, target: Target, isUsed: Bool)]
    private var places: [ByteText: Int]?

    private static var fewest: Int { 16 }

    init(_ pairs: [(ByteText, Target)]) {
      entries = pairs.map { ($0.0, $0.1, false) }
      if pairs.count > Self.fewest {
        places = Dictionary(
          entries.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { $1 })
      }
    }

    mutating func use(_ key: ByteText) -> Target? {
      let place = places.map { $0[key] } ?? entries.firstIndex { $0.key == key }
      guard let place else { return nil }
      entries[place].isUsed = true
      return entries[place].target
    }

    var unused: [String] { entries.filter { !$0.isUsed }.map(\.key.string) }
  }

  /// Refuses names and values that no expression used.
  func checkUse() throws(DynamoDBError) {
    guard names.unused.isEmpty else { throw Self.unused("Names", names.unused) }
    guard values.unused.isEmpty else { throw Self.unused("Values", values.unused) }
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
