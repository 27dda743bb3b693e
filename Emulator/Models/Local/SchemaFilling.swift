import JSON

/// Makes a value that a JSON schema allows, out of what a question says and what is answered to it.
struct SchemaFilling {
  var question: Question
  /// The text that answers the question, for fields that ask for nothing more exact.
  var answer: String
  private static let deepest = 16
  /// Elements of an array, whatever the schema asks for.
  private static let mostElements = 100
  /// Values still to be made: a schema that refers to itself in several places grows without end.
  private var left = 1_000

  init(question: Question, answer: String) {
    self.question = question
    self.answer = answer
  }

  func value(for schema: JSONValue) -> JSONValue {
    var filling = self
    return filling.value(for: schema, named: "", root: schema, depth: 0)
  }

  private mutating func value(
    for schema: JSONValue, named name: String, root: JSONValue, depth: Int
  ) -> JSONValue {
    guard depth < Self.deepest, left > 0 else { return .null }
    left -= 1
    if let reference = schema["$ref"]?.string, let target = Self.resolve(reference, in: root) {
      return value(for: target, named: name, root: root, depth: depth + 1)
    }
    if let constant = schema["const"] { return constant }
    if let labels = schema["enum"]?.array, let first = labels.first {
      return Classification.choose(among: labels.compactMap(\.string), for: question.text).map(
        JSONValue.string) ?? first
    }
    for key in ["anyOf", "oneOf", "allOf"] {
      if let option = schema[key]?.array?.first(where: { $0["type"]?.string != "null" }) {
        return value(for: option, named: name, root: root, depth: depth + 1)
      }
    }
    let property = ToolProfile.Property(name: name, schema: schema, isRequired: true)
    switch property.type {
    case "object": return object(schema, root: root, depth: depth)
    case "array": return array(schema, named: name, root: root, depth: depth)
    case "null": return .null
    case "boolean": return filled(property) ?? false
    case "integer", "number": return filled(property) ?? number(schema)
    default: return text(property)
    }
  }

  private mutating func object(_ schema: JSONValue, root: JSONValue, depth: Int) -> JSONValue {
    let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
    var object: JSONObject = [:]
    for (name, member) in schema["properties"]?.object ?? [:] {
      let property = ToolProfile.Property(
        name: name, schema: member, isRequired: required.contains(name))
      guard property.isRequired || ArgumentFilling(question).filled(property, subject: nil) != nil
      else { continue }
      object[name] = value(for: member, named: name, root: root, depth: depth + 1)
    }
    return .object(object)
  }

  private mutating func array(
    _ schema: JSONValue, named name: String, root: JSONValue, depth: Int
  ) -> JSONValue {
    let items = schema["items"] ?? ["type": "string"]
    let least = min(max(0, schema["minItems"]?.int ?? 0), Self.mostElements)
    let most = min(max(least, schema["maxItems"]?.int ?? 10), Self.mostElements)
    guard items["type"]?.string == "string", items["enum"] == nil else {
      let before = left
      let one = value(for: items, named: name, root: root, depth: depth + 1)
      // Copies count as much as what they are copies of.
      let size = max(1, before - left)
      let count = max(0, min(max(least, 1), most, 1 + max(0, left) / size))
      left -= (count - 1) * size
      return .array(Array(repeating: one, count: count))
    }
    var values = question.terms.isEmpty ? question.names : question.terms
    while values.count < min(least, left) { values.append(answer) }
    left -= values.count
    return .array(values.prefix(most).map(JSONValue.string))
  }

  private func filled(_ property: ToolProfile.Property) -> JSONValue? {
    ArgumentFilling(question).filled(property, subject: nil)?.value
  }

  private func number(_ schema: JSONValue) -> JSONValue {
    let low = schema["minimum"] ?? 0
    return (schema["maximum"]?.double).map { $0 < low.double ?? 0 } == true
      ? schema["maximum"] ?? low : low
  }

  /// A quotation, name or code where the field is short; the answer where it is not.
  private func text(_ property: ToolProfile.Property) -> JSONValue {
    let longest = max(0, property.schema["maxLength"]?.int ?? .max)
    let asksForAnswer = !Set(Words.stems(ofName: property.name).map(Words.concept)).isDisjoint(
      with: Self.wholeAnswers)
    let specific = asksForAnswer ? nil : filled(property)?.string
    let text = specific ?? (answer.isEmpty ? question.text : answer)
    return .string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(longest))))
  }

  private static let wholeAnswers = Set(
    [
      "answer", "text", "reply", "response", "summary", "explanation", "reason", "message",
      "content",
    ].map(Words.stem))

  /// `#/$defs/Name`.
  private static func resolve(_ reference: String, in root: JSONValue) -> JSONValue? {
    guard reference.hasPrefix("#/") else { return nil }
    return reference.dropFirst(2).split(separator: "/").reduce(root as JSONValue?) { value, key in
      value?[String(key).replacing("~1", with: "/").replacing("~0", with: "~")]
    }
  }
}
