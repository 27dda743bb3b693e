package import JSON

/// An event pattern: which events a rule, or an event source mapping, lets through.
///
/// Source: EventBridge user guide, "Creating Amazon EventBridge event patterns" and "Comparison
/// operators"; Lambda developer guide, "Control which events Lambda sends to your function".
package struct EventPattern: Sendable, Equatable {
  package struct Malformed: Error, Equatable {
    /// In EventBridge's words.
    package let reason: String
    /// Where in the pattern, when the service says it.
    var place: PatternPlace?

    init(reason: String, at place: PatternPlace? = nil) {
      self.reason = reason
      self.place = place
    }

    /// How the service goes on after the reason.
    package func location(in text: String) -> String { place?.location(in: text) ?? "" }
  }

  indirect enum Node: Sendable {
    case fields([(name: String, node: Node)])
    /// One of these patterns fits.
    case any([Node])
    /// All of these fit: an object with `$or` beside other fields.
    case all([Node])
    case value([Matcher])
  }

  enum Matcher: Sendable {
    case equal(JSONValue)
    case prefix(String, ignoresCase: Bool)
    case suffix(String, ignoresCase: Bool)
    case ignoringCase(String)
    case wildcard(String)
    case exists(Bool)
    case numeric([(operation: String, bound: Double)])
    case cidr(IPv4Network)
    /// Fits everything that none of these fits.
    case anythingBut([Matcher])
  }

  /// As it was written.
  private let source: JSONValue
  let root: Node
  private static let deepest = 32

  package init(_ pattern: JSONValue) throws(Malformed) {
    guard let object = pattern.object else {
      throw Malformed(reason: "Filter is not an object")
    }
    guard !object.isEmpty else { throw Malformed(reason: "Empty patterns are not allowed") }
    source = pattern
    root = try Self.node(object, at: [])
  }

  package init(text: String) throws(Malformed) {
    guard let value = try? JSONValue(parsing: text) else {
      throw Malformed(reason: "Filter is not an object")
    }
    try self.init(value)
  }

  package static func == (a: EventPattern, b: EventPattern) -> Bool { a.source == b.source }

  // MARK: - Reading

  private typealias Path = [PatternPlace.Step]

  private static func node(_ object: JSONObject, at path: Path) throws(Malformed) -> Node {
    guard path.count < deepest else { throw Malformed(reason: "The pattern is nested too deeply") }
    var fields: [(name: String, node: Node)] = []
    var alternatives: Node?
    for (name, value) in object {
      let place = path + [.member(name)]
      if name == "$or", let patterns = value.array, patterns.allSatisfy({ $0.object != nil }) {
        guard patterns.count > 1 else { throw Malformed(reason: "$or needs at least two patterns") }
        var nodes: [Node] = []
        for (index, pattern) in patterns.enumerated() {
          nodes.append(try node(pattern.object ?? [:], at: place + [.element(index)]))
        }
        alternatives = .any(nodes)
      } else if let inner = value.object {
        guard !inner.isEmpty else {
          throw Malformed(
            reason: "Empty objects are not allowed", at: PatternPlace(place, isBehind: true))
        }
        fields.append((name, try node(inner, at: place)))
      } else if let list = value.array {
        guard !list.isEmpty else {
          throw Malformed(
            reason: "Empty arrays are not allowed", at: PatternPlace(place, isBehind: true))
        }
        var matchers: [Matcher] = []
        for (index, entry) in list.enumerated() {
          matchers.append(try matcher(entry, at: place + [.element(index)]))
        }
        fields.append((name, .value(matchers)))
      } else {
        throw Malformed(
          reason: "\"\(name)\" must be an object or an array", at: PatternPlace(place))
      }
    }
    guard let alternatives else { return .fields(fields) }
    return fields.isEmpty ? alternatives : .all([.fields(fields), alternatives])
  }

  private static func matcher(_ value: JSONValue, at path: Path) throws(Malformed) -> Matcher {
    guard let object = value.object else {
      if value.array != nil {
        throw Malformed(
          reason: "Match value must be String, number, true, false, or null",
          at: PatternPlace(path))
      }
      return .equal(value)
    }
    guard object.count == 1, let member = object.first else {
      throw Malformed(reason: "Only one key allowed in match expression")
    }
    return try matcher(named: member.key, member.value, at: path + [.member(member.key)])
  }

  private static let known = [
    "prefix", "suffix", "equals-ignore-case", "wildcard", "exists", "numeric", "cidr",
    "anything-but",
  ]

  private static func matcher(
    named name: String, _ value: JSONValue, at path: Path
  ) throws(Malformed) -> Matcher {
    switch (name, value) {
    case ("prefix", .string(let text)): return .prefix(text, ignoresCase: false)
    case ("suffix", .string(let text)): return .suffix(text, ignoresCase: false)
    case ("prefix", .object(let inner)):
      if let text = inner["equals-ignore-case"]?.string {
        return .prefix(text.lowercased(), ignoresCase: true)
      }
    case ("suffix", .object(let inner)):
      if let text = inner["equals-ignore-case"]?.string {
        return .suffix(text.lowercased(), ignoresCase: true)
      }
    case ("equals-ignore-case", .string(let text)): return .ignoringCase(text.lowercased())
    case ("wildcard", .string(let text)):
      guard !text.contains("**") else {
        throw Malformed(
          reason: "Consecutive wildcard characters at pos \(Self.place(of: "**", in: text))",
          at: PatternPlace(path, isBehind: true))
      }
      return .wildcard(text)
    case ("exists", .bool(let flag)): return .exists(flag)
    case ("numeric", .array(let parts)): return try numeric(parts, at: path)
    case ("cidr", .string(let text)):
      if let network = IPv4Network(text) { return .cidr(network) }
    case ("anything-but", _): return .anythingBut(try exclusions(value, at: path))
    default: break
    }
    throw Malformed(
      reason: known.contains(name)
        ? "The value of \(name) is not valid" : "Unrecognized match type \(name)",
      at: PatternPlace(path))
  }

  private static func place(of part: String, in text: String) -> Int {
    text.firstRange(of: part).map { text.distance(from: text.startIndex, to: $0.lowerBound) } ?? 0
  }

  /// `["=", 5]`, or a lower bound, an upper bound, or both in this order.
  private static func numeric(_ parts: [JSONValue], at path: Path) throws(Malformed) -> Matcher {
    var bounds: [(operation: String, bound: Double)] = []
    for place in stride(from: 0, to: max(parts.count, 1), by: 2) {
      let here = PatternPlace(path + [.element(place)], isBehind: true)
      let operation = place < parts.count ? parts[place].string : nil
      guard let operation else {
        throw Malformed(
          reason: "Invalid member in numeric match: expected an operator", at: PatternPlace(path))
      }
      guard ["<", "<=", "=", ">", ">="].contains(operation) else {
        throw Malformed(reason: "Unrecognized numeric range operator: \(operation)", at: here)
      }
      if let first = bounds.first?.operation {
        guard first.hasPrefix(">"), operation.hasPrefix("<"), bounds.count == 1 else {
          throw Malformed(reason: "Bad numeric range operator: \(operation)", at: here)
        }
      }
      guard place + 1 < parts.count, let bound = parts[place + 1].double else {
        let next =
          place + 1 < parts.count
          ? PatternPlace(path + [.element(place + 1)]) : PatternPlace(path, isBehind: true)
        throw Malformed(reason: "Value of \(operation) must be numeric", at: next)
      }
      bounds.append((operation, bound))
    }
    return .numeric(bounds)
  }

  private static func exclusions(
    _ value: JSONValue, at path: Path
  ) throws(Malformed) -> [Matcher] {
    switch value {
    case .array(let list):
      guard !list.isEmpty else {
        throw Malformed(
          reason: "Empty arrays are not allowed", at: PatternPlace(path, isBehind: true))
      }
      return list.map { .equal($0) }
    case .object(let inner):
      guard inner.count == 1, let member = inner.first else {
        throw Malformed(reason: "Only one key allowed in anything-but expression")
      }
      let values = member.value.array ?? [member.value]
      guard ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(member.key) else {
        throw Malformed(
          reason: "Unsupported anything-but pattern: \(member.key)",
          at: PatternPlace(path + [.member(member.key)]))
      }
      var matchers: [Matcher] = []
      for value in values {
        matchers.append(try matcher(named: member.key, value, at: path + [.member(member.key)]))
      }
      return matchers
    default: return [.equal(value)]
    }
  }
}
