import Events
import JSON

/// A JSON object written member by member straight into bytes.
struct RequestBody {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

  init() { bytes.reserveCapacity(512) }

  mutating func member(_ name: StaticString, _ write: (inout [UInt8]) -> Void) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: "\":".utf8)
    write(&bytes)
  }

  mutating func member(_ name: StaticString, _ text: String) {
    member(name) { $0.appendJSON(text) }
  }

  mutating func member(_ name: StaticString, _ number: Int) {
    member(name) { $0.appendJSON(number) }
  }

  mutating func member(_ name: StaticString, _ value: Bool) {
    member(name) { $0.append(contentsOf: (value ? "true" : "false").utf8) }
  }

  mutating func member(_ name: StaticString, _ item: Item) {
    member(name) { $0.appendItem(item) }
  }

  /// Asks for some attributes only.
  mutating func project(_ attributes: [AttributePath], _ expression: inout ExpressionWriter) {
    guard !attributes.isEmpty else { return }
    member("ProjectionExpression", attributes.map { expression.path($0) }.joined(separator: ","))
  }

  /// Writes the condition with the tables of placeholders, and asks for the item when it fails.
  mutating func require(_ condition: Condition?, _ expression: inout ExpressionWriter) {
    if let condition {
      member("ConditionExpression", expression.condition(condition))
      member("ReturnValuesOnConditionCheckFailure", "ALL_OLD")
    }
    expression.write(to: &self)
  }

  mutating func require(_ condition: Condition?) {
    var expression = ExpressionWriter()
    require(condition, &expression)
  }

  /// The whole object.
  func finished() -> [UInt8] { bytes + [UInt8(ascii: "}")] }
}
