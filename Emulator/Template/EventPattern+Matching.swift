package import JSON

extension EventPattern {
  package func matches(_ event: JSONValue) -> Bool { Self.matches(event, root) }

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
