package import JSON

/// An argument of a tool, declared once: what models are told, what is checked, and how it is read.
///
/// ```swift
/// let word = Argument.text("word", "A word in dictionary form.", length: 1...40)
/// Tool(name: "look_up", description: "…", arguments: [word]) { call in find(call[word]) }
/// ```
package protocol ToolArgument: Sendable {
  var name: String { get }
  /// JSON Schema.
  var schema: JSONValue { get }
  var isRequired: Bool { get }
}

package struct Argument<Value: Sendable>: ToolArgument {
  package let name: String
  package let schema: JSONValue
  package let isRequired: Bool
  /// Of arguments that have been checked; `nil` in is an argument that was left out.
  fileprivate let read: @Sendable (JSONValue?) -> Value

  fileprivate init(
    _ name: String, _ schema: JSONValue, isRequired: Bool,
    read: @escaping @Sendable (JSONValue?) -> Value
  ) {
    self.name = name
    self.schema = schema
    self.isRequired = isRequired
    self.read = read
  }
}

extension Argument where Value == String {
  /// `length` counts Unicode scalars.
  package static func text(
    _ name: String, _ description: String, length: ClosedRange<Int>
  ) -> Argument {
    Argument(name, .text(description, length), isRequired: true) { $0?.string ?? "" }
  }

  /// One of some words.
  package static func choice(
    _ name: String, _ description: String, of choices: [String], standard: String
  ) -> Argument {
    var schema = JSONValue.choice(description, choices)
    schema["default"] = .string(standard)
    return Argument(name, schema, isRequired: false) { $0?.string ?? standard }
  }
}

extension Argument where Value == String? {
  package static func text(
    _ name: String, _ description: String, upTo longest: Int
  ) -> Argument {
    Argument(name, .text(description, 1...longest), isRequired: false) { $0?.string }
  }

  /// One of some words, or nothing.
  package static func choice(
    _ name: String, _ description: String, of choices: [String]
  ) -> Argument {
    Argument(name, .choice(description, choices), isRequired: false) { $0?.string }
  }
}

extension Argument where Value == Int {
  package static func whole(
    _ name: String, _ description: String, _ range: ClosedRange<Int>, standard: Int
  ) -> Argument {
    var schema = JSONValue.whole(description, range)
    schema["default"] = .int(standard)
    return Argument(name, schema, isRequired: false) { $0?.int ?? standard }
  }
}

extension Argument where Value == Int? {
  package static func whole(
    _ name: String, _ description: String, _ range: ClosedRange<Int>
  ) -> Argument {
    Argument(name, .whole(description, range), isRequired: false) { $0?.int }
  }
}

extension JSONValue {
  fileprivate static func text(_ description: String, _ length: ClosedRange<Int>) -> JSONValue {
    [
      "type": "string", "minLength": .int(length.lowerBound), "maxLength": .int(length.upperBound),
      "description": .string(description),
    ]
  }

  fileprivate static func choice(_ description: String, _ choices: [String]) -> JSONValue {
    [
      "type": "string", "enum": .array(choices.map { .string($0) }),
      "description": .string(description),
    ]
  }

  fileprivate static func whole(_ description: String, _ range: ClosedRange<Int>) -> JSONValue {
    [
      "type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound),
      "description": .string(description),
    ]
  }
}

extension [any ToolArgument] {
  /// The JSON Schema of an object with these members, and no others.
  var schema: JSONValue {
    var properties: JSONObject = [:]
    for argument in self { properties[argument.name] = argument.schema }
    return [
      "type": "object", "additionalProperties": false,
      "required": .array(filter(\.isRequired).map { .string($0.name) }),
      "properties": .object(properties),
    ]
  }
}

extension ToolInvocation {
  /// The value of an argument, as its declaration reads it.
  package subscript<Value>(_ argument: Argument<Value>) -> Value {
    argument.read(arguments[argument.name])
  }
}

extension Argument {
  /// The value in arguments that have been checked.
  package func value(in arguments: JSONValue) -> Value { read(arguments[name]) }
}
