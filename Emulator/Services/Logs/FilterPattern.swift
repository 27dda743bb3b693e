import JSON
import Template

/// A filter pattern of CloudWatch Logs.
///
/// Source: CloudWatch Logs user guide, "Filter pattern syntax".
struct FilterPattern: Sendable {
  struct Malformed: Error {}

  private enum Kind: Sendable {
    case everything
    case terms(all: [String], any: [String], none: [String])
    case expression(String)
    case json(FilterCondition)
    case fields([Field])
  }

  /// A place of a line split at spaces; nil stands for `...`, any number of them.
  private struct Field: Sendable {
    let isRest: Bool
    let condition: FilterCondition?
  }

  private let kind: Kind

  init(_ text: String) throws(Malformed) {
    let trimmed = text.trimmed
    if trimmed.isEmpty {
      kind = .everything
    } else if trimmed.hasPrefix("{") {
      guard trimmed.hasSuffix("}") else { throw Malformed() }
      kind = .json(try FilterCondition(String(trimmed.dropFirst().dropLast())))
    } else if trimmed.hasPrefix("[") {
      guard trimmed.hasSuffix("]") else { throw Malformed() }
      kind = .fields(try Self.fields(String(trimmed.dropFirst().dropLast())))
    } else if trimmed.hasPrefix("%"), trimmed.hasSuffix("%"), trimmed.count > 2 {
      let expression = String(trimmed.dropFirst().dropLast())
      guard RequestPattern.isValid(expression) else { throw Malformed() }
      kind = .expression(expression)
    } else {
      kind = try Self.terms(trimmed)
    }
  }

  private static func terms(_ text: String) throws(Malformed) -> Kind {
    var (all, any, none): ([String], [String], [String]) = ([], [], [])
    var rest = text[...]
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" }
      guard let first = rest.first else { break }
      let sign = first == "?" || first == "-" ? first : nil
      if sign != nil { rest = rest.dropFirst() }
      let term: String
      if rest.first == "\"" {
        rest = rest.dropFirst()
        var quoted = ""
        var isClosed = false
        while let next = rest.popFirst() {
          if next == "\\", let escaped = rest.popFirst() {
            quoted.append(escaped)
          } else if next == "\"" {
            isClosed = true
            break
          } else {
            quoted.append(next)
          }
        }
        guard isClosed else { throw Malformed() }
        term = quoted
      } else {
        let word = rest.prefix { $0 != " " && $0 != "\t" && $0 != "\n" }
        rest = rest[word.endIndex...]
        term = String(word)
      }
      guard !term.isEmpty else { throw Malformed() }
      switch sign {
      case "?": any.append(term)
      case "-": none.append(term)
      default: all.append(term)
      }
    }
    return .terms(all: all, any: any, none: none)
  }

  private static func fields(_ text: String) throws(Malformed) -> [Field] {
    var fields: [Field] = []
    for part in FilterCondition.split(text, at: ",") {
      let trimmed = part.trimmed
      guard !trimmed.isEmpty else { throw Malformed() }
      if trimmed == "..." {
        fields.append(Field(isRest: true, condition: nil))
      } else if trimmed.contains(where: { "=<>!".contains($0) }) {
        fields.append(Field(isRest: false, condition: try FilterCondition(trimmed)))
      } else {
        fields.append(Field(isRest: false, condition: nil))
      }
    }
    guard fields.count(where: \.isRest) <= 1 else { throw Malformed() }
    return fields
  }

  // MARK: - Matching

  func matches(_ message: String) -> Bool {
    switch kind {
    case .everything: return true
    case .terms(let all, let any, let none):
      guard !none.contains(where: { message.contains($0) }),
        all.allSatisfy({ message.contains($0) })
      else { return false }
      // Beside terms that have to be there, optional ones change nothing.
      return any.isEmpty || !all.isEmpty || any.contains { message.contains($0) }
    case .expression(let pattern): return RequestPattern.finds(pattern, in: message)
    case .json(let condition):
      guard message.utf8.contains(UInt8(ascii: "{")), let value = try? JSONValue(parsing: message)
      else { return false }
      return condition.matches { EventInput.value(at: $0, in: value) }
    case .fields(let fields): return Self.matches(message, fields)
    }
  }

  private static func matches(_ message: String, _ fields: [Field]) -> Bool {
    let words = words(of: message)
    let rest = fields.firstIndex { $0.isRest }
    guard rest == nil ? words.count == fields.count : words.count >= fields.count - 1 else {
      return false
    }
    for (place, field) in fields.enumerated() {
      guard let condition = field.condition else { continue }
      // Behind the `...` places are counted from the end.
      let isBehind = rest.map { place > $0 } ?? false
      let word = words[isBehind ? words.count - (fields.count - place) : place]
      guard condition.matches({ _ in .string(word) }) else { return false }
    }
    return true
  }

  /// The parts of a line: what stands in quotes or brackets is one.
  static func words(of message: String) -> [String] {
    var words: [String] = []
    var word = ""
    var close: Character?
    for character in message {
      if let end = close {
        if character == end { close = nil } else { word.append(character) }
      } else if word.isEmpty, character == "\"" || character == "[" {
        close = character == "[" ? "]" : "\""
      } else if character == " " || character == "\t" {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}

/// `$.a = 1 && ($.b != "x*" || $.c IS NULL)`.
indirect enum FilterCondition: Sendable {
  case all([FilterCondition])
  case any([FilterCondition])
  case comparison(selector: String, operation: String, value: String, isQuoted: Bool)
  case isNull(String)
  case isTrue(String, Bool)
  case exists(String, Bool)

  private static let deepest = 16

  init(_ text: String) throws(FilterPattern.Malformed) { self = try Self.read(text, depth: 0) }

  private static func read(
    _ text: String, depth: Int
  ) throws(FilterPattern.Malformed) -> FilterCondition {
    guard depth < deepest else { throw FilterPattern.Malformed() }
    for (separator, isAll) in [("||", false), ("&&", true)] {
      let parts = split(text, at: separator)
      guard parts.count > 1 else { continue }
      var conditions: [FilterCondition] = []
      for part in parts { conditions.append(try read(part, depth: depth + 1)) }
      return isAll ? .all(conditions) : .any(conditions)
    }
    let trimmed = text.trimmed
    if trimmed.hasPrefix("("), trimmed.hasSuffix(")") {
      return try read(String(trimmed.dropFirst().dropLast()), depth: depth + 1)
    }
    return try comparison(trimmed)
  }

  private static func comparison(
    _ text: String
  ) throws(FilterPattern.Malformed) -> FilterCondition {
    let words = text.split(separator: " ").map(String.init)
    let upper = words.dropFirst().map { $0.uppercased() }.joined(separator: " ")
    if let selector = words.first {
      switch upper {
      case "IS NULL": return .isNull(selector)
      case "IS TRUE": return .isTrue(selector, true)
      case "IS FALSE": return .isTrue(selector, false)
      case "EXISTS": return .exists(selector, true)
      case "NOT EXISTS": return .exists(selector, false)
      default: break
      }
    }
    guard let place = text.firstIndex(where: { "=!<>".contains($0) }) else {
      throw FilterPattern.Malformed()
    }
    let behind = text[place...]
    let operation = ["!=", "<=", ">=", "=", "<", ">"].first { behind.hasPrefix($0) }
    let selector = String(text[..<place]).trimmed
    guard let operation, !selector.isEmpty else { throw FilterPattern.Malformed() }
    var value = String(behind.dropFirst(operation.count)).trimmed
    let isQuoted = value.count > 1 && value.hasPrefix("\"") && value.hasSuffix("\"")
    if isQuoted { value = String(value.dropFirst().dropLast()) }
    guard isQuoted || !value.isEmpty else { throw FilterPattern.Malformed() }
    if operation.hasPrefix("<") || operation.hasPrefix(">") {
      guard Double(value) != nil else { throw FilterPattern.Malformed() }
    }
    return .comparison(
      selector: selector, operation: operation, value: value, isQuoted: isQuoted)
  }

  /// Cuts at a separator that stands neither in quotes nor in parentheses.
  static func split(_ text: String, at separator: String) -> [String] {
    var parts = [""]
    var depth = 0
    var isQuoted = false
    var rest = text[...]
    while let first = rest.first {
      if !isQuoted, depth == 0, rest.hasPrefix(separator) {
        parts.append("")
        rest = rest.dropFirst(separator.count)
        continue
      }
      if first == "\"" { isQuoted.toggle() }
      if !isQuoted, first == "(" { depth += 1 }
      if !isQuoted, first == ")" { depth -= 1 }
      parts[parts.count - 1].append(first)
      rest = rest.dropFirst()
    }
    return parts
  }

  func matches(_ value: (String) -> JSONValue?) -> Bool {
    switch self {
    case .all(let conditions): return conditions.allSatisfy { $0.matches(value) }
    case .any(let conditions): return conditions.contains { $0.matches(value) }
    case .isNull(let selector): return value(selector)?.isNull ?? false
    case .isTrue(let selector, let flag): return value(selector)?.bool == flag
    case .exists(let selector, let flag): return (value(selector) != nil) == flag
    case .comparison(let selector, let operation, let wanted, let isQuoted):
      guard let found = value(selector) else { return operation == "!=" && isQuoted == false }
      return Self.compare(found, operation, wanted, isQuoted)
    }
  }

  private static func compare(
    _ found: JSONValue, _ operation: String, _ wanted: String, _ isQuoted: Bool
  ) -> Bool {
    let text = found.string ?? (found.bool != nil || found.number != nil ? found.description : "")
    let number = found.double ?? Double(text)
    if !isQuoted, let number, let bound = Double(wanted) {
      switch operation {
      case "<": return number < bound
      case "<=": return number <= bound
      case ">": return number > bound
      case ">=": return number >= bound
      case "!=": return number != bound
      default: return number == bound
      }
    }
    let isSame: Bool
    if wanted.hasPrefix("%"), wanted.hasSuffix("%"), wanted.count > 2 {
      isSame = RequestPattern.finds(String(wanted.dropFirst().dropLast()), in: text)
    } else {
      isSame = Wildcard.matches(Array(text.utf8), Array(wanted.utf8))
    }
    switch operation {
    case "=": return isSame
    case "!=": return !isSame
    default: return false
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
