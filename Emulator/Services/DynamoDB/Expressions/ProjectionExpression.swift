/// Which parts of an item are returned.
struct ProjectionExpression: Sendable {
  private let paths: [DocumentPath]

  init(_ paths: [DocumentPath]) { self.paths = paths }

  /// The roots of all paths.
  var roots: [ByteText] { paths.map(\.root) }

  /// The item without what was not asked for; elements of lists move together, in ascending order
  /// whatever the order in the text.
  func applied(to item: Attributes) -> Attributes {
    var tree = Node()
    for path in paths { tree.insert(path.elements[...]) }
    return tree.attributes(of: item)
  }

  /// Paths as a tree, so that an item is walked once.
  private struct Node {
    var names: [(name: ByteText, node: Node)] = []
    var indexes: [(index: Int, node: Node)] = []
    var isWhole = false

    mutating func insert(_ path: ArraySlice<DocumentPath.Element>) {
      guard let first = path.first else {
        isWhole = true
        return
      }
      let rest = path.dropFirst()
      switch first {
      case .name(let name):
        let place = names.firstIndex { $0.name == name } ?? names.count
        if place == names.count { names.append((name, Node())) }
        names[place].node.insert(rest)
      case .index(let index):
        let place = indexes.firstIndex { $0.index == index } ?? indexes.count
        if place == indexes.count { indexes.append((index, Node())) }
        indexes[place].node.insert(rest)
      }
    }

    func attributes(of attributes: Attributes) -> Attributes {
      var kept = Attributes()
      for (name, node) in names {
        if let value = attributes[name], let part = node.part(of: value) { kept[name] = part }
      }
      return kept
    }

    func part(of value: AttributeValue) -> AttributeValue? {
      if isWhole { return value }
      switch value {
      case .map(let attributes) where !names.isEmpty:
        let kept = self.attributes(of: attributes)
        return kept.isEmpty ? nil : .map(kept)
      case .list(let values) where !indexes.isEmpty:
        let kept = indexes.sorted { $0.index < $1.index }.compactMap { index, node in
          index < values.count ? node.part(of: values[index]) : nil
        }
        return kept.isEmpty ? nil : .list(kept)
      default: return nil
      }
    }
  }
}

extension ExpressionParser {
  /// Reads a whole projection.
  mutating func projection() throws(ExpressionError) -> ProjectionExpression {
    var paths = [try path()]
    while takeSymbol(",") { paths.append(try path()) }
    try expectEnd()
    checkClashes(of: paths)
    if let message = findings.first(of: [.reserved, .reference, .overlap, .conflict]) {
      throw ExpressionError(message)
    }
    return ProjectionExpression(paths)
  }

  /// Notes paths that lead through each other. Each is compared with each: an expression of 4 KB has
  /// at most 2,000 of them, and the first clash ends the search.
  mutating func checkClashes(of paths: [DocumentPath]) {
    for (index, path) in paths.enumerated() {
      for earlier in paths[..<index] {
        guard let clash = earlier.clash(with: path) else { continue }
        let verb = clash == .overlap ? "overlap" : "conflict"
        findings.note(
          clash == .overlap ? .overlap : .conflict,
          "Two document paths \(verb) with each other; must remove or rewrite one of these paths; "
            + "path one: \(earlier), path two: \(path)")
        return
      }
    }
  }
}
