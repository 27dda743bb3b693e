/// A value in a DynamoDB item, as tables and their streams spell it.
///
/// Shape: DynamoDB API reference, "AttributeValue": an object with exactly one member, whose name is
/// the type (`{"S": "text"}`). Numbers are text, up to 38 digits, and stay text here. Binary values
/// travel as base64. Sets have no order; they are encoded sorted.
public enum AttributeValue: Sendable, Hashable {
  case string(String)
  case number(String)
  case binary([UInt8])
  case boolean(Bool)
  case null
  case list([AttributeValue])
  case map([String: AttributeValue])
  case stringSet(Set<String>)
  case numberSet(Set<String>)
  case binarySet(Set<[UInt8]>)
}

/// A DynamoDB item: attribute names and their values.
public typealias Item = [String: AttributeValue]

extension AttributeValue {
  /// A whole number.
  public init(_ number: some BinaryInteger) {
    self = .number(String(number))
  }

  /// A number with a fraction, as its shortest exact text.
  ///
  /// DynamoDB has no infinities and no NaN: those become nil.
  public init?(_ number: Double) {
    guard number.isFinite else { return nil }
    self = .number("\(number)")
  }

  /// The text of a string; nil for every other type.
  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The text of a number as the table holds it; nil for every other type.
  public var number: String? {
    guard case .number(let text) = self else { return nil }
    return text
  }

  /// A number that is whole and fits; nil for every other value.
  public var int: Int? {
    number.flatMap { Int($0) }
  }

  /// A number, rounded to a Double; nil for every other type.
  public var double: Double? {
    number.flatMap { Double($0) }
  }

  /// The bytes of a binary value; nil for every other type.
  public var binary: [UInt8]? {
    guard case .binary(let bytes) = self else { return nil }
    return bytes
  }

  /// A truth value; nil for every other type.
  public var boolean: Bool? {
    guard case .boolean(let value) = self else { return nil }
    return value
  }

  /// The elements of a list; nil for every other type.
  public var list: [AttributeValue]? {
    guard case .list(let elements) = self else { return nil }
    return elements
  }

  /// The members of a map; nil for every other type.
  public var map: [String: AttributeValue]? {
    guard case .map(let members) = self else { return nil }
    return members
  }

  /// The members of a set of strings; nil for every other type.
  public var stringSet: Set<String>? {
    guard case .stringSet(let members) = self else { return nil }
    return members
  }

  /// A member of a map; nil for every other type.
  public subscript(name: String) -> AttributeValue? {
    map?[name]
  }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral text: String) {
    self = .string(text)
  }

  public init(integerLiteral number: Int) {
    self = .number(String(number))
  }

  public init(booleanLiteral value: Bool) {
    self = .boolean(value)
  }

  public init(arrayLiteral elements: AttributeValue...) {
    self = .list(elements)
  }

  /// A map; of two members with one name the later one stays.
  public init(dictionaryLiteral members: (String, AttributeValue)...) {
    self = .map(Dictionary(members) { _, later in later })
  }
}
