/// Any JSON value, as a tree.
///
/// Two strings are equal when their bytes are, two objects whatever the order of their members.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Reads a whole text (RFC 8259).
  package init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
    self = try JSONDocument(bytes, limits: limits).root.value
  }

  package init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
    self = try JSONDocument(text, limits: limits).root.value
  }

  /// A whole number.
  package static func int(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(value)) }

  /// A fraction; infinities and NaN, which JSON cannot write, become null, as JavaScript does it.
  package static func double(_ value: Double) -> JSONValue {
    JSONNumber(value).map(JSONValue.number) ?? .null
  }
}

extension JSONValue {
  package var isNull: Bool {
    guard case .null = self else { return false }
    return true
  }

  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  package var number: JSONNumber? {
    guard case .number(let value) = self else { return nil }
    return value
  }

  /// The value of a whole number that fits, however it is written.
  package var int: Int? { number?.int }

  package var double: Double? { number?.double }

  package var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  package var array: [JSONValue]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  package var object: JSONObject? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// A member of an object; nil when this is no object or has no such member. Setting a member of
  /// anything else makes it an object.
  package subscript(key: String) -> JSONValue? {
    get {
      guard case .object(let object) = self else { return nil }
      return object[key]
    }
    set {
      var changed = object ?? [:]
      self = .null  // so that the members are changed in place
      changed[key] = newValue
      self = .object(changed)
    }
  }

  /// An element of an array; nil when this is no array or it is shorter.
  package subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }
}

extension JSONValue: Equatable {
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let first), .bool(let second)): first == second
    case (.number(let first), .number(let second)): first == second
    case (.string(let first), .string(let second)): JSONName(first) == JSONName(second)
    case (.array(let first), .array(let second)): first == second
    case (.object(let first), .object(let second)): first == second
    default: false
    }
  }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  package init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(JSONObject(members))
  }
}

extension JSONValue: CustomStringConvertible {
  /// The compact text.
  package var description: String { String(decoding: encoded(), as: UTF8.self) }
}
