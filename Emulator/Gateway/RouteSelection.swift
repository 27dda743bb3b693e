import JSON

/// A route selection expression of a WebSocket API: `$request.body.action`,
/// `${request.body.service}/${request.body.action}`, `\$default`.
///
/// Source: API Gateway developer guide, "API Gateway WebSocket API selection expressions".
struct RouteSelection: Sendable, Equatable {
  private enum Part: Sendable, Equatable {
    case literal(String)
    /// What stands in the message at a path.
    case body([Step])
    /// Something that a message does not have.
    case nothing
  }

  private enum Step: Sendable, Equatable {
    case member(String)
    case element(Int)
  }

  private let parts: [Part]

  init(_ expression: String) {
    var parts: [Part] = []
    var literal = ""
    var rest = expression[...]
    func endLiteral() {
      if !literal.isEmpty { parts.append(.literal(literal)) }
      literal = ""
    }
    while let character = rest.popFirst() {
      if character == "\\", rest.first == "$" {
        literal.append("$")
        rest = rest.dropFirst()
      } else if character == "$", rest.first == "{", let end = rest.firstIndex(of: "}") {
        endLiteral()
        parts.append(RouteSelection.part(rest[rest.index(after: rest.startIndex)..<end]))
        rest = rest[rest.index(after: end)...]
      } else if character == "$", rest.hasPrefix("request.") {
        endLiteral()
        let end = rest.firstIndex { !RouteSelection.isPath($0) } ?? rest.endIndex
        parts.append(RouteSelection.part(rest[..<end]))
        rest = rest[end...]
      } else {
        literal.append(character)
      }
    }
    endLiteral()
    self.parts = parts
  }

  /// The route key of a message; nil when it is no JSON object, which no expression can look into.
  func key(of message: String) -> String? {
    let limits = JSONLimits(duplicates: .kept, loneSurrogates: .replaced)
    guard let document = try? JSONDocument(message, limits: limits), document.root.kind == .object
    else { return nil }
    return parts.reduce(into: "") { key, part in
      switch part {
      case .literal(let text): key += text
      case .body(let steps): key += text(at: steps, in: document.root)
      case .nothing: break
      }
    }
  }

  private func text(at steps: [Step], in root: JSONNode) -> String {
    var node = root
    for step in steps {
      let next: JSONNode? =
        switch step {
        case .member(let name): node[name]
        case .element(let index): node.elements?.dropFirst(index).first { _ in true }
        }
      guard let next else { return "" }
      node = next
    }
    if node.isNull { return "" }
    return node.string ?? node.value.description
  }

  private static func isPath(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "._-[]".contains(character)
  }

  private static func part(_ text: Substring) -> Part {
    guard text.hasPrefix("request.body") else { return .nothing }
    var steps: [Step] = []
    for name in text.dropFirst("request.body".count).split(separator: ".") {
      let pieces = name.split(separator: "[")
      if !name.hasPrefix("["), let first = pieces.first { steps.append(.member(String(first))) }
      for index in pieces.dropFirst(name.hasPrefix("[") ? 0 : 1) {
        guard let number = Int(index.dropLast()), number >= 0 else { return .nothing }
        steps.append(.element(number))
      }
    }
    return .body(steps)
  }
}
