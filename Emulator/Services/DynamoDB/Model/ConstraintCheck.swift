import JSON

/// The second check of a request: lengths, ranges, patterns, enumerations and required members. What
/// it finds is gathered into one message, at most ten findings.
struct ConstraintCheck {
  private(set) var findings: [String] = []
  /// A new table's name has a minimum that names of tables in other requests have not.
  var isNewTable = false

  private static let findingLimit = 10

  /// Notes a finding; the value is only put into words while there is room for it.
  mutating func note(
    _ value: @autoclosure () -> String?, at path: String, _ constraint: @autoclosure () -> String
  ) {
    guard findings.count < Self.findingLimit else { return }
    let constraint = constraint()
    let shown = value().map { "'\($0)'" } ?? "null"
    findings.append("Value \(shown) at '\(path)' failed to satisfy constraint: \(constraint)")
  }

  mutating func keep(where isKept: (String) -> Bool) {
    findings = findings.filter(isKept)
  }

  /// The error for what was found, if anything was.
  var error: DynamoDBError? {
    guard !findings.isEmpty else { return nil }
    let plural = findings.count == 1 ? "" : "s"
    return .validation(
      "\(findings.count) validation error\(plural) detected: "
        + findings.joined(separator: "; "))
  }

  mutating func check(_ node: JSONNode?, _ member: ModelStructure.Member, under path: String) {
    let place = path + member.label
    guard let node, !node.isNull else {
      if member.isRequired { note(nil, at: place, "Member must not be null") }
      return
    }
    check(node, member.shape, at: place)
  }

  private mutating func check(_ node: JSONNode, _ shape: ModelShape, at path: String) {
    switch shape {
    case .string(let bounds, let isName):
      if isName { checkPattern(node, at: path) }
      if bounds.low != nil || bounds.high != nil {
        checkLength(node.string.map { $0.utf16.count } ?? 0, bounds, node, at: path)
      }
    case .tableReference: checkTable(node, at: path)
    case .enumeration(let values):
      guard !values.contains(where: { node.isString($0) }) else { return }
      note(
        node.string, at: path,
        "Member must satisfy enum value set: [\(values.joined(separator: ", "))]")
    case .integer(let bounds), .long(let bounds): checkRange(node, bounds, at: path)
    case .list(let element, let bounds):
      checkLength(node.count, bounds, node, at: path)
      guard element.isConstrained, let elements = node.elements else { return }
      for (index, inner) in elements.enumerated() where !inner.isNull {
        check(inner, element, at: "\(path).\(index + 1).member")
      }
    case .map(let key, let value, let bounds): checkMap(node, key, value, bounds, at: path)
    case .structure(let structure):
      for member in structure.members { check(node[member.name], member, under: path + ".") }
    case .boolean, .blob, .attributeValue: break
    }
  }

  private mutating func checkLength(
    _ length: Int, _ bounds: ModelShape.Bounds, _ node: JSONNode, at path: String
  ) {
    if let low = bounds.low, length < low {
      note(node.inMessage, at: path, "Member must have length greater than or equal to \(low)")
    }
    if let high = bounds.high, length > high {
      note(node.inMessage, at: path, "Member must have length less than or equal to \(high)")
    }
  }

  private mutating func checkRange(
    _ node: JSONNode, _ bounds: ModelShape.Bounds, at path: String
  ) {
    let value = node.wholeNumber
    if let low = bounds.low, value < low {
      note("\(value)", at: path, "Member must have value greater than or equal to \(low)")
    }
    if let high = bounds.high, value > high {
      note("\(value)", at: path, "Member must have value less than or equal to \(high)")
    }
  }

  private mutating func checkPattern(_ node: JSONNode, at path: String) {
    guard let text = node.string, !TableName.hasNameCharacters(text) else { return }
    note(text, at: path, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
  }

  private mutating func checkTable(_ node: JSONNode, at path: String) {
    let text = node.string ?? ""
    if text.hasPrefix("arn:") { return }
    if text.isEmpty {
      note(text, at: path, "Member must have length greater than or equal to 1")
      return
    }
    checkPattern(node, at: path)
    if isNewTable, text.utf8.count < TableName.shortest {
      note(
        text, at: path,
        "Member must have length greater than or equal to \(TableName.shortest)")
    }
    if text.utf8.count > TableName.longest {
      note(text, at: path, "Member must have length less than or equal to \(TableName.longest)")
    }
  }

  private mutating func checkMap(
    _ node: JSONNode, _ key: ModelShape, _ value: ModelShape, _ bounds: ModelShape.Bounds,
    at path: String
  ) {
    checkLength(node.count, bounds, node, at: path)
    guard let members = node.members else { return }
    for member in members {
      if case .string(let limits, _) = key, !limits.contains(member.name.range.count - 2) {
        note(node.inMessage, at: path, "Map keys must satisfy constraint: \(limits.inMessage)")
      }
      if case .list(_, let limits) = value, !limits.contains(member.value.count) {
        note(node.inMessage, at: path, "Map value must satisfy constraint: \(limits.inMessage)")
        continue
      }
      if case .string(let limits, _) = value,
        !limits.contains(member.value.string?.utf16.count ?? 0)
      {
        note(node.inMessage, at: path, "Map value must satisfy constraint: \(limits.inMessage)")
        continue
      }
      guard value.isConstrained, !member.value.isNull else { continue }
      check(member.value, value, at: "\(path).\(member.key).member")
    }
  }
}

extension ModelShape {
  /// Whether anything below this shape could be found wrong.
  fileprivate var isConstrained: Bool {
    switch self {
    case .boolean, .blob, .attributeValue: false
    case .string(let bounds, let isName): isName || bounds.low != nil || bounds.high != nil
    case .map(_, .attributeValue, _): false
    default: true
    }
  }
}

extension ModelShape.Bounds {
  fileprivate func contains(_ value: Int) -> Bool {
    (low.map { value >= $0 } ?? true) && (high.map { value <= $0 } ?? true)
  }

  fileprivate var inMessage: String {
    let parts = [
      high.map { "Member must have length less than or equal to \($0)" },
      low.map { "Member must have length greater than or equal to \($0)" },
    ]
    return "[" + parts.compactMap { $0 }.joined(separator: ", ") + "]"
  }
}

extension JSONNode {
  /// A number as the service takes it: cut to a whole one, and to the range of a word.
  var wholeNumber: Int {
    if let int { return int }
    guard let double else { return 0 }
    return Int(exactly: double.rounded(.towardZero)) ?? (double < 0 ? .min : .max)
  }

  /// Characters of a value that a message shows: the requests that get here can be large.
  private static let shownLimit = 8192

  /// The value as messages show it.
  fileprivate var inMessage: String {
    var text = ""
    show(in: &text)
    return String(text.prefix(Self.shownLimit))
  }

  private func show(in text: inout String) {
    guard text.utf8.count < Self.shownLimit else { return }
    switch kind {
    case .string: text += string ?? ""
    case .array:
      text += "["
      var isFirst = true
      for element in elements.map({ Array($0.prefix(Self.shownLimit)) }) ?? []
      where text.utf8.count < Self.shownLimit {
        if !isFirst { text += ", " }
        isFirst = false
        element.show(in: &text)
      }
      text += "]"
    case .object:
      text += "{"
      var isFirst = true
      for member in members.map({ Array($0.prefix(Self.shownLimit)) }) ?? []
      where text.utf8.count < Self.shownLimit {
        if !isFirst { text += ", " }
        isFirst = false
        text += member.key + "="
        member.value.show(in: &text)
      }
      text += "}"
    case .null, .bool, .number: text += String(decoding: source, as: UTF8.self)
    }
  }
}
