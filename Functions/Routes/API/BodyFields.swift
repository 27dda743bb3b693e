import Events
import JSON

/// What is wrong with one field of a body.
struct FieldProblem: Error, Equatable {
  let field: String
  /// `required`, `type`, `length`, `choice`, `unknown`, …
  let code: String
  let message: String
}

/// Reads the members of a JSON body one by one and collects what is wrong with them, so that a client
/// learns everything at once.
struct BodyFields {
  /// Bytes of a body.
  static let longest = 256 * 1024

  private let object: JSONObject
  private var problems: [FieldProblem] = []
  private var known: Set<String> = []

  /// Throws for a body that is no JSON object, or not said to be JSON.
  init(_ event: some EventBody, headers: [String: String]) throws(Refusal) {
    guard let object = try Self.value(event, headers: headers).object else {
      throw .invalid([FieldProblem(field: "", code: "type", message: "The body is no JSON object.")]
      )
    }
    self.object = object
  }

  /// The body as any JSON value.
  static func value(
    _ event: some EventBody, headers: [String: String]
  ) throws(Refusal) -> JSONValue {
    let type = headers.header("content-type")?.split(separator: ";").first?.trimmingBlanks
    if let type, type.lowercased() != "application/json" { throw .unsupportedMediaType }
    guard let bytes = event.bodyBytes else { throw .badRequest("The body cannot be decoded.") }
    guard bytes.count <= longest else { throw .tooLarge(limit: longest) }
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      throw .badRequest("The body is not JSON: \(error).")
    }
  }

  /// A text of this many Unicode scalars without control characters, line ends apart where they are
  /// allowed; nil when it is absent or null.
  mutating func text(
    _ name: String, _ length: ClosedRange<Int>, isRequired: Bool = false, lines: Bool = false
  ) -> String? {
    guard let value = value(name, isRequired: isRequired) else { return nil }
    guard let text = value.string else {
      note(name, "type", "It must be a text.")
      return nil
    }
    guard length.contains(text.unicodeScalars.count), text.contains(where: { !$0.isWhitespace })
    else {
      note(
        name, "length",
        "It must have \(length.lowerBound) to \(length.upperBound) characters, "
          + "not blanks alone.")
      return nil
    }
    let isPlain = text.unicodeScalars.allSatisfy {
      ($0.value >= 0x20 && $0.value != 0x7F) || (lines && ($0 == "\n" || $0 == "\r" || $0 == "\t"))
    }
    guard isPlain else {
      note(name, "characters", "It must not have control characters.")
      return nil
    }
    return text
  }

  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, isRequired: Bool = false
  ) -> Choice? {
    guard let value = value(name, isRequired: isRequired) else { return nil }
    guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      note(name, "choice", "It must be one of: \(all).")
      return nil
    }
    return choice
  }

  mutating func flag(_ name: String, isRequired: Bool = false) -> Bool? {
    guard let value = value(name, isRequired: isRequired) else { return nil }
    if value.bool == nil { note(name, "type", "It must be true or false.") }
    return value.bool
  }

  mutating func whole(_ name: String, _ range: ClosedRange<Int>) -> Int? {
    guard let value = value(name) else { return nil }
    guard let number = value.int, range.contains(number) else {
      note(
        name, "range",
        "It must be a whole number from \(range.lowerBound) to \(range.upperBound).")
      return nil
    }
    return number
  }

  /// The metadata of a conversation: names and JSON texts.
  mutating func metadata(_ name: String) -> [String: String]? {
    guard let value = value(name) else { return nil }
    guard let object = value.object else {
      note(name, "type", "It must be an object.")
      return nil
    }
    do throws(FieldProblem) {
      return try Metadata.texts(object)
    } catch {
      note(name, error.code, error.message)
      return nil
    }
  }

  /// Any value; nil when it is absent or null.
  mutating func value(_ name: String, isRequired: Bool = false) -> JSONValue? {
    known.insert(name)
    if let value = object[name], !value.isNull { return value }
    if isRequired { note(name, "required", "It is missing.") }
    return nil
  }

  mutating func note(_ field: String, _ code: String, _ message: String) {
    problems.append(FieldProblem(field: field, code: code, message: message))
  }

  /// Throws when something was wrong, or when there is a field that nobody asked for.
  func finish() throws(Refusal) {
    let unknown = object.keys.filter { !known.contains($0) }.prefix(20).map { name in
      FieldProblem(
        field: String(name.prefix(100)), code: "unknown",
        message: "There is no such field; known: \(known.sorted().joined(separator: ", ")).")
    }
    guard problems.isEmpty, unknown.isEmpty else { throw .invalid(problems + unknown) }
  }
}

/// The rules of metadata: what an item has room for.
enum Metadata {
  static let mostNames = 50
  /// Unicode scalars.
  static let longestName = 100
  /// Bytes of JSON.
  static let longestValue = 4_096

  static func texts(_ object: JSONObject) throws(FieldProblem) -> [String: String] {
    guard object.count <= mostNames else { throw tooMany }
    var texts: [String: String] = [:]
    for (name, value) in object { texts[name] = try text(of: value, named: name) }
    return texts
  }

  static let tooMany = FieldProblem(
    field: "metadata", code: "count", message: "There is room for \(mostNames) names.")

  /// A value as text, under a name that is checked.
  static func text(of value: JSONValue, named name: String) throws(FieldProblem) -> String {
    guard (1...longestName).contains(name.unicodeScalars.count),
      name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else {
      throw FieldProblem(
        field: "key", code: "length",
        message: "A name has 1 to \(longestName) characters, without control characters.")
    }
    let text = value.description
    guard text.utf8.count <= longestValue else {
      throw FieldProblem(
        field: "value", code: "length", message: "A value has at most \(longestValue) bytes.")
    }
    return text
  }
}
