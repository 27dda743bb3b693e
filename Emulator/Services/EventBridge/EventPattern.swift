import JSON

/// An event pattern: which events a rule, or an event source mapping, lets through.
///
/// Source: EventBridge user guide, "Creating Amazon EventBridge event patterns" and "Comparison
/// operators".
struct EventPattern: Sendable {
  struct Malformed: Error, Equatable {
    let reason: String
    /// Where in the pattern, when the service says it.
    var place: PatternPlace?

    init(reason: String, at place: PatternPlace? = nil) {
      self.reason = reason
      self.place = place
    }

    /// How the service goes on after the reason.
    func location(in text: String) -> String { place?.location(in: text) ?? "" }
  }

  private indirect enum Node: Sendable {
    case fields([(name: String, node: Node)])
    /// One of these patterns fits.
    case any([Node])
    /// All of these fit: an object with `$or` beside other fields.
    case all([Node])
    case value([Matcher])
  }

  private enum Matcher: Sendable {
    case equal(JSONValue)
    case prefix(String, ignoresCase: Bool)
    case suffix(String, ignoresCase: Bool)
    case ignoringCase(String)
    case wildcard(String)
    case exists(Bool)
    case numeric([(operation: String, bound: Double)])
    case cidr(Network)
    /// Fits everything that none of these fits.
    case anythingBut([Matcher])
  }

  private let root: Node
  private static let deepest = 32

  init(_ pattern: JSONValue) throws(Malformed) {
    guard let object = pattern.object else {
      throw Malformed(reason: "Filter is not an object")
    }
    guard !object.isEmpty else { throw Malformed(reason: "Empty patterns are not allowed") }
    root = try Self.node(object, at: [])
  }

  init(text: String) throws(Malformed) {
    guard let value = try? JSONValue(parsing: text) else {
      throw Malformed(reason: "Filter is not an object")
    }
    try self.init(value)
  }

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
      if let network = Network(text) { return .cidr(network) }
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

  // MARK: - Matching

  func matches(_ event: JSONValue) -> Bool { Self.matches(event, root) }

  private static func matches(_ value: JSONValue, _ node: Node) -> Bool {
    switch node {
    case .any(let nodes): return nodes.contains { matches(value, $0) }
    case .all(let nodes): return nodes.allSatisfy { matches(value, $0) }
    case .fields(let fields):
      // Of a list one object has to fit.
      if let elements = value.array { return elements.contains { matches($0, node) } }
      return fields.allSatisfy { field in
        let inner = value[field.name]
        if case .value(let matchers) = field.node { return fits(inner, matchers) }
        return matches(inner ?? .null, field.node)
      }
    case .value(let matchers): return fits(value, matchers)
    }
  }

  private static func fits(_ value: JSONValue?, _ matchers: [Matcher]) -> Bool {
    matchers.contains { matcher in
      // `exists` looks at leaves alone: an object is none.
      if case .exists(let wanted) = matcher {
        return (value.map { $0.object == nil } ?? false) == wanted
      }
      guard let value else { return false }
      if let elements = value.array { return elements.contains { fits($0, matcher) } }
      return fits(value, matcher)
    }
  }

  private static func fits(_ value: JSONValue, _ matcher: Matcher) -> Bool {
    switch matcher {
    case .equal(let wanted):
      if let one = wanted.double, let other = value.double { return one == other }
      return wanted == value
    case .prefix(let text, let ignoresCase):
      return value.string.map { ($0.folded(ignoresCase)).utf8.starts(with: text.utf8) } ?? false
    case .suffix(let text, let ignoresCase):
      return value.string.map {
        Array($0.folded(ignoresCase).utf8).suffix(text.utf8.count).elementsEqual(text.utf8)
      } ?? false
    case .ignoringCase(let text): return value.string.map { $0.lowercased() == text } ?? false
    case .wildcard(let text):
      return value.string.map { Wildcard.matches(Array($0.utf8), Array(text.utf8)) } ?? false
    case .exists: return true
    case .numeric(let bounds):
      guard let number = value.double else { return false }
      return bounds.allSatisfy { compare(number, $0.operation, $0.bound) }
    case .cidr(let network): return value.string.map { network.contains($0) } ?? false
    case .anythingBut(let matchers): return !matchers.contains { fits(value, $0) }
    }
  }

  private static func compare(_ number: Double, _ operation: String, _ bound: Double) -> Bool {
    switch operation {
    case "<": number < bound
    case "<=": number <= bound
    case ">": number > bound
    case ">=": number >= bound
    default: number == bound
    }
  }
}

extension String {
  fileprivate func folded(_ ignoresCase: Bool) -> String { ignoresCase ? lowercased() : self }
}

/// `*` stands for any text; `\*` for a star.
enum Wildcard {
  /// Takes at most the product of both lengths.
  static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var (place, part) = (0, 0)
    var star: (part: Int, place: Int)?
    while place < text.count {
      if part < pattern.count, pattern[part] == UInt8(ascii: "*") {
        star = (part, place)
        part += 1
        continue
      }
      let isEscaped = part + 1 < pattern.count && pattern[part] == UInt8(ascii: "\\")
      if part < pattern.count, pattern[isEscaped ? part + 1 : part] == text[place] {
        part += isEscaped ? 2 : 1
        place += 1
      } else if let (starPart, starPlace) = star {
        part = starPart + 1
        place = starPlace + 1
        star = (starPart, place)
      } else {
        return false
      }
    }
    while part < pattern.count, pattern[part] == UInt8(ascii: "*") { part += 1 }
    return part == pattern.count
  }
}

/// An IPv4 network, such as `10.0.0.0/24`.
private struct Network: Sendable {
  private let address: UInt32
  private let mask: UInt32

  init?(_ text: String) {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let bits = Int(parts[1]), (0...32).contains(bits),
      let address = Self.address(String(parts[0]))
    else { return nil }
    mask = bits == 0 ? 0 : ~UInt32(0) << (32 - bits)
    self.address = address & mask
  }

  func contains(_ text: String) -> Bool {
    Self.address(text).map { $0 & mask == address } ?? false
  }

  private static func address(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let number = UInt8(part) else { return nil }
      address = address << 8 | UInt32(number)
    }
    return address
  }
}
