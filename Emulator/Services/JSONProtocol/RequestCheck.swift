import Crypto
import JSON

/// Holds a request against its model, as the services do before they look at anything else: first the
/// JSON types, each wrong one a `SerializationException`; then lengths, ranges, patterns, enumerations
/// and required members, whose findings are gathered into one message.
struct RequestCheck {
  private var findings: [String] = []

  private static let findingLimit = 10
  /// Characters of a value that a message shows.
  private static let shownLimit = 4_096

  /// Both checks.
  static func check(_ input: JSONObject, _ model: RequestStructure) throws(JSONServiceError) {
    try checkTypes(input, model)
    var check = RequestCheck()
    check.checkMembers(input, model, under: "")
    guard !check.findings.isEmpty else { return }
    let plural = check.findings.count == 1 ? "" : "s"
    throw .validation(
      "\(check.findings.count) validation error\(plural) detected: "
        + check.findings.joined(separator: "; "))
  }

  // MARK: - Types

  static func checkTypes(
    _ input: JSONObject, _ model: RequestStructure
  ) throws(JSONServiceError) {
    for (name, value) in input {
      if let member = model.member(name) { try checkType(value, member.shape) }
    }
  }

  private static func checkType(
    _ value: JSONValue, _ shape: RequestShape
  ) throws(JSONServiceError) {
    if value.isNull { return }
    switch shape {
    case .any: return
    case .string, .enumeration: try scalar(value, value.string != nil, "a String")
    case .integer:
      try scalar(value, value.double != nil, "an Integer")
    case .number: try scalar(value, value.double != nil || value.string != nil, "a Double")
    case .boolean: try scalar(value, value.bool != nil, "a Boolean")
    case .blob:
      try scalar(value, value.string != nil, "a Blob")
      if Base64.standard.decode(value.string ?? "") == nil {
        throw JSONServiceError("SerializationException", "Invalid Base64 value")
      }
    case .list(let element, _):
      guard let elements = value.array else { throw unexpected(value) }
      for inner in elements { try checkType(inner, element) }
    case .map(_, let element, _):
      guard let members = value.object else { throw unexpected(value) }
      for (_, inner) in members { try checkType(inner, element) }
    case .structure(let structure):
      guard let members = value.object else { throw unexpected(value) }
      try checkTypes(members, structure)
    }
  }

  private static func scalar(
    _ value: JSONValue, _ fits: Bool, _ wanted: String
  ) throws(JSONServiceError) {
    guard !fits else { return }
    let found =
      switch value {
      case .string: "STRING_VALUE"
      case .number: "NUMBER_VALUE"
      case .bool(let flag): flag ? "TRUE_VALUE" : "FALSE_VALUE"
      default: ""
      }
    guard !found.isEmpty else { throw unexpected(value) }
    throw JSONServiceError(
      "SerializationException", "\(found) can not be converted to \(wanted)")
  }

  private static func unexpected(_ value: JSONValue) -> JSONServiceError {
    switch value {
    case .object, .array:
      JSONServiceError(
        "SerializationException", "Start of structure or map found where not expected.")
    default: JSONServiceError("SerializationException", "Unexpected field type")
    }
  }

  // MARK: - Constraints

  private mutating func checkMembers(
    _ input: JSONObject, _ model: RequestStructure, under path: String
  ) {
    for member in model.members {
      let place = path + member.label
      guard let value = input[member.name], !value.isNull else {
        if member.isRequired { note("Value null", at: place, "Member must not be null") }
        continue
      }
      check(value, member.shape, at: place)
    }
  }

  private mutating func check(_ value: JSONValue, _ shape: RequestShape, at place: String) {
    switch shape {
    case .string, .enumeration, .integer, .blob:
      for constraint in Self.violations(of: value, shape) {
        note(Self.shown(value, shape), at: place, constraint)
      }
    case .list(let element, let bounds):
      let elements = value.array ?? []
      for constraint in Self.lengths(elements.count, bounds) {
        note("Value '\(Self.shown(value))'", at: place, constraint)
      }
      checkElements(elements, of: value, element, at: place)
    case .map(let key, let element, let bounds):
      let members = value.object ?? [:]
      for constraint in Self.lengths(members.count, bounds) {
        note("Value '\(Self.shown(value))'", at: place, constraint)
      }
      checkMap(members, of: value, key, element, at: place)
    case .structure(let structure):
      checkMembers(value.object ?? [:], structure, under: place + ".")
    case .boolean, .number, .any: break
    }
  }

  /// Elements that are plain are found wrong as a list, structures one by one.
  private mutating func checkElements(
    _ elements: [JSONValue], of list: JSONValue, _ shape: RequestShape, at place: String
  ) {
    switch shape {
    case .string, .enumeration, .integer, .blob:
      guard elements.contains(where: { !Self.violations(of: $0, shape).isEmpty }) else { return }
      note(
        "Value '\(Self.shown(list))'", at: place,
        "Member must satisfy constraint: [\(Self.constraints(of: shape).joined(separator: ", "))]")
    default:
      for (index, element) in elements.enumerated() where !element.isNull {
        check(element, shape, at: "\(place).\(index + 1).member")
      }
    }
  }

  private mutating func checkMap(
    _ members: JSONObject, of map: JSONValue, _ key: RequestShape, _ element: RequestShape,
    at place: String
  ) {
    if members.keys.contains(where: { !Self.violations(of: .string($0), key).isEmpty }) {
      note(
        "Value '\(Self.shown(map))'", at: place,
        "Map keys must satisfy constraint: [\(Self.constraints(of: key).joined(separator: ", "))]")
    }
    switch element {
    case .string, .enumeration, .integer, .blob:
      guard members.values.contains(where: { !Self.violations(of: $0, element).isEmpty }) else {
        return
      }
      let all = Self.constraints(of: element).joined(separator: ", ")
      note("Value '\(Self.shown(map))'", at: place, "Map value must satisfy constraint: [\(all)]")
    default:
      for (name, value) in members where !value.isNull {
        check(value, element, at: "\(place).\(name).member")
      }
    }
  }

  private mutating func note(_ value: String, at place: String, _ constraint: String) {
    guard findings.count < Self.findingLimit else { return }
    findings.append("\(value) at '\(place)' failed to satisfy constraint: \(constraint)")
  }

  // MARK: - Plain values

  private static func violations(of value: JSONValue, _ shape: RequestShape) -> [String] {
    if value.isNull { return [] }
    switch shape {
    case .string(let bounds, let pattern, _):
      let text = value.string ?? ""
      let lengths = lengths(text.unicodeScalars.count, bounds)
      // A text that is too long is not looked at further: it could take long.
      guard let pattern, lengths.isEmpty || text.isEmpty, !RequestPattern.matches(text, pattern)
      else { return lengths }
      return lengths + ["Member must satisfy regular expression pattern: \(pattern)"]
    case .enumeration(let values):
      return values.contains(value.string ?? "") ? [] : constraints(of: shape)
    case .integer(let bounds):
      let number = wholeNumber(value)
      if let low = bounds.low, number < low {
        return ["Member must have value greater than or equal to \(low)"]
      }
      if let high = bounds.high, number > high {
        return ["Member must have value less than or equal to \(high)"]
      }
      return []
    case .blob(let bounds):
      return lengths(Base64.standard.decode(value.string ?? "")?.count ?? 0, bounds)
    default: return []
    }
  }

  private static func lengths(_ count: Int, _ bounds: RequestShape.Bounds) -> [String] {
    if let low = bounds.low, count < low {
      return ["Member must have length greater than or equal to \(low)"]
    }
    if let high = bounds.high, count > high {
      return ["Member must have length less than or equal to \(high)"]
    }
    return []
  }

  /// Everything that is demanded of a plain value, in the services' words.
  private static func constraints(of shape: RequestShape) -> [String] {
    switch shape {
    case .string(let bounds, let pattern, _):
      return [
        bounds.high.map { "Member must have length less than or equal to \($0)" },
        bounds.low.map { "Member must have length greater than or equal to \($0)" },
        pattern.map { "Member must satisfy regular expression pattern: \($0)" },
      ].compactMap { $0 }
    case .enumeration(let values):
      return ["Member must satisfy enum value set: [\(values.joined(separator: ", "))]"]
    case .integer(let bounds), .blob(let bounds):
      return [
        bounds.high.map { "Member must have value less than or equal to \($0)" },
        bounds.low.map { "Member must have value greater than or equal to \($0)" },
      ].compactMap { $0 }
    default: return []
    }
  }

  static func wholeNumber(_ value: JSONValue) -> Int {
    if let int = value.int { return int }
    guard let double = value.double else { return 0 }
    return Int(exactly: double.rounded(.towardZero)) ?? (double < 0 ? .min : .max)
  }

  private static func shown(_ value: JSONValue, _ shape: RequestShape) -> String {
    switch shape {
    case .string(_, _, isSecret: true): return "Value"
    case .blob: return "Value"
    case .integer: return "Value '\(wholeNumber(value))'"
    default: return "Value '\(shown(value))'"
    }
  }

  /// A value as Java prints it.
  private static func shown(_ value: JSONValue) -> String {
    var text = ""
    show(value, in: &text)
    return String(text.prefix(shownLimit))
  }

  private static func show(_ value: JSONValue, in text: inout String) {
    guard text.utf8.count < shownLimit else { return }
    switch value {
    case .string(let string): text += string
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() where text.utf8.count < shownLimit {
        if index > 0 { text += ", " }
        show(element, in: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() where text.utf8.count < shownLimit {
        if index > 0 { text += ", " }
        text += member.key + "="
        show(member.value, in: &text)
      }
      text += "}"
    default: text += value.description
    }
  }
}

/// The patterns of the models.
enum RequestPattern {
  /// Whether a text is a pattern at all.
  static func isValid(_ pattern: String) -> Bool { (try? Regex(pattern)) != nil }

  /// Whether a text has a place that fits.
  static func finds(_ pattern: String, in text: String) -> Bool {
    guard let expression = try? Regex(pattern) else { return false }
    return text.firstMatch(of: expression) != nil
  }

  /// Whether a whole text fits. The patterns are our own, the texts bounded in length.
  static func matches(_ text: String, _ pattern: String) -> Bool {
    guard let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar) else {
      return true
    }
    return (try? expression.wholeMatch(in: text)) != nil
  }
}
