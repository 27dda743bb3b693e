package import Events
import JSON

/// Where in an item a value stands: an attribute, or a member of maps inside it.
///
/// A literal is one name, whatever characters it has: `"a.b"` is the attribute called `a.b`.
package struct AttributePath: Sendable, Hashable, ExpressibleByStringLiteral {
  let names: [String]

  package init(stringLiteral name: String) { names = [name] }
  package init(_ names: String...) { self.names = names }
}

/// What an item has to be for a write to happen, or to be found.
package indirect enum Condition: Sendable, Equatable {
  case exists(AttributePath)
  case absent(AttributePath)
  case equals(AttributePath, AttributeValue)
  case differs(AttributePath, AttributeValue)
  case less(AttributePath, AttributeValue)
  case atMost(AttributePath, AttributeValue)
  case greater(AttributePath, AttributeValue)
  case atLeast(AttributePath, AttributeValue)
  case between(AttributePath, AttributeValue, AttributeValue)
  /// 1 to 100 values.
  case isOneOf(AttributePath, [AttributeValue])
  case beginsWith(AttributePath, String)
  case contains(AttributePath, AttributeValue)
  case not(Condition)
  /// One part or more.
  case all([Condition])
  /// One part or more.
  case any([Condition])
}

/// A change of an item in place.
package enum Change: Sendable, Equatable {
  case set(AttributePath, AttributeValue)
  case setIfAbsent(AttributePath, AttributeValue)
  /// Adds to a number (absent: 0), or members to a set.
  case add(AttributePath, AttributeValue)
  /// Adds elements to the end of a list, absent or not.
  case append(AttributePath, [AttributeValue])
  case remove(AttributePath)
  /// Takes members out of a set.
  case removeMembers(AttributePath, AttributeValue)
}

/// Makes expressions: every name and every value becomes a placeholder, so that none of them can be
/// read as part of the expression.
struct ExpressionWriter {
  private var names: [String] = []
  private var values: [AttributeValue] = []

  mutating func path(_ path: AttributePath) -> String {
    path.names.map { name in
      if let place = names.firstIndex(of: name) { return "#\(place)" }
      names.append(name)
      return "#\(names.count - 1)"
    }.joined(separator: ".")
  }

  mutating func value(_ value: AttributeValue) -> String {
    values.append(value)
    return ":\(values.count - 1)"
  }

  mutating func condition(_ condition: Condition) -> String {
    switch condition {
    case .exists(let path): "attribute_exists(\(self.path(path)))"
    case .absent(let path): "attribute_not_exists(\(self.path(path)))"
    case .equals(let path, let value): comparison(path, "=", value)
    case .differs(let path, let value): comparison(path, "<>", value)
    case .less(let path, let value): comparison(path, "<", value)
    case .atMost(let path, let value): comparison(path, "<=", value)
    case .greater(let path, let value): comparison(path, ">", value)
    case .atLeast(let path, let value): comparison(path, ">=", value)
    case .between(let path, let low, let high):
      "\(self.path(path)) BETWEEN \(value(low)) AND \(value(high))"
    case .isOneOf(let path, let values):
      "\(self.path(path)) IN (\(values.map { value($0) }.joined(separator: ",")))"
    case .beginsWith(let path, let text):
      "begins_with(\(self.path(path)),\(value(.string(text))))"
    case .contains(let path, let member): "contains(\(self.path(path)),\(value(member)))"
    case .not(let inner): "NOT (\(self.condition(inner)))"
    case .all(let parts): joined(parts, "AND")
    case .any(let parts): joined(parts, "OR")
    }
  }

  mutating func update(_ changes: [Change]) -> String {
    var set: [String] = []
    var add: [String] = []
    var remove: [String] = []
    var delete: [String] = []
    for change in changes {
      switch change {
      case .set(let path, let value): set.append("\(self.path(path))=\(self.value(value))")
      case .setIfAbsent(let path, let value):
        let path = self.path(path)
        set.append("\(path)=if_not_exists(\(path),\(self.value(value)))")
      case .append(let path, let elements):
        let path = self.path(path)
        let (empty, more) = (value(.list([])), value(.list(elements)))
        set.append("\(path)=list_append(if_not_exists(\(path),\(empty)),\(more))")
      case .add(let path, let value): add.append("\(self.path(path)) \(self.value(value))")
      case .remove(let path): remove.append(self.path(path))
      case .removeMembers(let path, let value):
        delete.append("\(self.path(path)) \(self.value(value))")
      }
    }
    return [("SET", set), ("ADD", add), ("REMOVE", remove), ("DELETE", delete)]
      .filter { !$0.1.isEmpty }
      .map { "\($0.0) \($0.1.joined(separator: ","))" }.joined(separator: " ")
  }

  /// Writes the tables of placeholders into a request.
  func write(to body: inout RequestBody) {
    if !names.isEmpty {
      body.member("ExpressionAttributeNames") { bytes in
        bytes.append(UInt8(ascii: "{"))
        for (place, name) in names.enumerated() {
          if place > 0 { bytes.append(UInt8(ascii: ",")) }
          bytes.append(contentsOf: "\"#\(place)\":".utf8)
          bytes.appendJSON(name)
        }
        bytes.append(UInt8(ascii: "}"))
      }
    }
    guard !values.isEmpty else { return }
    body.member("ExpressionAttributeValues") { bytes in
      bytes.append(UInt8(ascii: "{"))
      for (place, value) in values.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: "\":\(place)\":".utf8)
        bytes.appendAttribute(value)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private mutating func comparison(
    _ path: AttributePath, _ sign: String, _ value: AttributeValue
  ) -> String {
    "\(self.path(path)) \(sign) \(self.value(value))"
  }

  private mutating func joined(_ parts: [Condition], _ word: String) -> String {
    precondition(!parts.isEmpty, "a condition of no parts")
    return parts.map { "(\(condition($0)))" }.joined(separator: " \(word) ")
  }
}
