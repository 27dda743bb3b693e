/// A way into an item: an attribute's name, then names of maps' members and indexes of lists.
struct DocumentPath: Hashable, Sendable {
  enum Element: Hashable, Sendable {
    case name(ByteText)
    case index(Int)
  }

  var root: ByteText
  var rest: [Element] = []

  var isNested: Bool { !rest.isEmpty }

  var elements: [Element] { [.name(root)] + rest }

  func value(in item: Attributes) -> AttributeValue? {
    guard var value = item[root] else { return nil }
    for element in rest {
      switch (element, value) {
      case (.name(let name), .map(let attributes)):
        guard let inner = attributes[name] else { return nil }
        value = inner
      case (.index(let index), .list(let values)):
        guard index < values.count else { return nil }
        value = values[index]
      default: return nil
      }
    }
    return value
  }
}

extension DocumentPath: CustomStringConvertible {
  /// As the service's messages show it: `[a, b, [0]]`.
  var description: String {
    let parts = elements.map { element in
      switch element {
      case .name(let name): name.string
      case .index(let index): "[\(index)]"
      }
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}

extension DocumentPath {
  enum Clash { case overlap, conflict }

  /// Whether two paths cannot both be used in one expression: one leads through the other, or they
  /// take one place for a map and for a list.
  func clash(with other: DocumentPath) -> Clash? {
    guard root == other.root else { return nil }
    for (mine, theirs) in zip(rest, other.rest) where mine != theirs {
      switch (mine, theirs) {
      case (.name, .index), (.index, .name): return .conflict
      default: return nil
      }
    }
    return .overlap
  }
}
