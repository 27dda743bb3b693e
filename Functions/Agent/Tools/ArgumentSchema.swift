import JSON

/// The part of JSON Schema that describes a tool's arguments, as something to check them against.
///
/// Keywords: `type` (one name), `properties`, `required`, `additionalProperties` (false, and false
/// when absent: what a schema does not name a model should not send), `items`, `enum`, `minLength`,
/// `maxLength` (Unicode scalars), `minimum`, `maximum`, `minItems`, `maxItems`, and the annotations
/// `title`, `description`, `default`, `examples`. Any other keyword is refused when the schema is
/// read, so that no rule is written down and silently not kept.
struct ArgumentSchema: Sendable {
  indirect enum Rule: Sendable {
    case object(properties: [String: ArgumentSchema], required: [String])
    case array(of: ArgumentSchema, minimum: Int, maximum: Int)
    case string(minimum: Int, maximum: Int)
    case integer(minimum: Double, maximum: Double)
    case number(minimum: Double, maximum: Double)
    case boolean
  }

  struct Unsupported: Error, CustomStringConvertible {
    var description: String
  }

  private let rule: Rule
  private let allowed: [JSONValue]?

  private static let annotations: Set<String> = [
    "type", "title", "description", "default", "examples", "enum",
  ]

  init(_ schema: JSONValue) throws(Unsupported) {
    guard let members = schema.object, let type = schema["type"]?.string else {
      throw Unsupported(description: "a schema is an object with a type")
    }
    let (rule, keywords) = try Self.rule(type, schema)
    for key in members.keys where !keywords.contains(key) && !Self.annotations.contains(key) {
      throw Unsupported(description: "\(key) is not supported for \(type)")
    }
    self.rule = rule
    allowed = schema["enum"]?.array
  }

  private static func rule(
    _ type: String, _ schema: JSONValue
  ) throws(Unsupported) -> (Rule, keywords: Set<String>) {
    switch type {
    case "object": return (try object(schema), ["properties", "required", "additionalProperties"])
    case "array":
      guard let items = schema["items"] else { throw Unsupported(description: "items is missing") }
      let bounds = (schema["minItems"]?.int ?? 0, schema["maxItems"]?.int ?? 100)
      return (
        .array(of: try ArgumentSchema(items), minimum: bounds.0, maximum: bounds.1),
        ["items", "minItems", "maxItems"]
      )
    case "string":
      let bounds = (schema["minLength"]?.int ?? 0, schema["maxLength"]?.int ?? 10_000)
      return (.string(minimum: bounds.0, maximum: bounds.1), ["minLength", "maxLength"])
    case "integer", "number":
      let minimum = schema["minimum"]?.double ?? -.greatestFiniteMagnitude
      let maximum = schema["maximum"]?.double ?? .greatestFiniteMagnitude
      let rule: Rule =
        type == "integer"
        ? .integer(minimum: minimum, maximum: maximum) : .number(minimum: minimum, maximum: maximum)
      return (rule, ["minimum", "maximum"])
    case "boolean": return (.boolean, [])
    default: throw Unsupported(description: "type \(type)")
    }
  }

  private static func object(_ schema: JSONValue) throws(Unsupported) -> Rule {
    if let rest = schema["additionalProperties"], rest.bool != false {
      throw Unsupported(description: "additionalProperties other than false")
    }
    var properties: [String: ArgumentSchema] = [:]
    for (key, value) in schema["properties"]?.object ?? [:] {
      properties[key] = try ArgumentSchema(value)
    }
    let required = (schema["required"]?.array ?? []).compactMap(\.string)
    for key in required where properties[key] == nil {
      throw Unsupported(description: "required names \(key), which is no property")
    }
    return .object(properties: properties, required: required)
  }

  /// Throws `invalidArguments` with the place of the first value that is not as the schema says.
  func check(_ value: JSONValue) throws(ToolError) { try check(value, "") }

  private func check(_ value: JSONValue, _ path: String) throws(ToolError) {
    switch rule {
    case .object(let properties, let required):
      try checkObject(value, path, properties, required)
    case .array(let items, let minimum, let maximum):
      guard let elements = value.array else { throw wrong(path, "must be an array") }
      guard (minimum...maximum).contains(elements.count) else {
        throw wrong(path, "must have \(minimum) to \(maximum) elements")
      }
      for (index, element) in elements.enumerated() {
        try items.check(element, "\(path)[\(index)]")
      }
    case .string(let minimum, let maximum):
      guard let text = value.string else { throw wrong(path, "must be a string") }
      guard (minimum...maximum).contains(text.unicodeScalars.count) else {
        throw wrong(path, "must be \(minimum) to \(maximum) characters long")
      }
    case .integer(let minimum, let maximum):
      guard let number = value.int else { throw wrong(path, "must be a whole number") }
      try check(Double(number), path, minimum, maximum)
    case .number(let minimum, let maximum):
      guard let number = value.double else { throw wrong(path, "must be a number") }
      try check(number, path, minimum, maximum)
    case .boolean:
      guard value.bool != nil else { throw wrong(path, "must be true or false") }
    }
    if let allowed, !allowed.contains(value) {
      let list = allowed.map(\.description).joined(separator: ", ")
      throw wrong(path, "must be one of \(list)")
    }
  }

  private func checkObject(
    _ value: JSONValue, _ path: String, _ properties: [String: ArgumentSchema], _ required: [String]
  ) throws(ToolError) {
    guard let members = value.object else { throw wrong(path, "must be an object") }
    let prefix = path.isEmpty ? "" : path + "."
    for key in required where members[key] == nil { throw wrong(prefix + key, "is required") }
    for (key, member) in members {
      guard let property = properties[key] else {
        throw wrong(prefix + key.prefix(40), "is not an argument of this tool")
      }
      try property.check(member, prefix + key)
    }
  }

  private func check(
    _ number: Double, _ path: String, _ minimum: Double, _ maximum: Double
  ) throws(ToolError) {
    if number < minimum { throw wrong(path, "must be at least \(Self.text(minimum))") }
    if number > maximum { throw wrong(path, "must be at most \(Self.text(maximum))") }
  }

  private static func text(_ bound: Double) -> String {
    Int(exactly: bound).map(String.init) ?? "\(bound)"
  }

  private func wrong(_ path: String, _ rule: String) -> ToolError {
    ToolError(
      .invalidArguments, path.isEmpty ? "the arguments \(rule)" : "\(path) \(rule)",
      path: path.isEmpty ? nil : path)
  }
}
