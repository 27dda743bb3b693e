import JSON

/// An IAM policy as authorizers answer it: what allows and what denies.
struct AccessPolicy: Sendable {
  private struct Statement: Sendable {
    let isAllow: Bool
    let actions: [String]
    let resources: [String]
  }

  private let statements: [Statement]

  /// Nil when it is no policy document.
  init?(_ document: JSONValue?) {
    guard let list = document?["Statement"] else { return nil }
    var statements: [Statement] = []
    for entry in list.array ?? [list] {
      guard let effect = entry["Effect"]?.string, effect == "Allow" || effect == "Deny",
        let actions = AccessPolicy.texts(entry["Action"]),
        let resources = AccessPolicy.texts(entry["Resource"])
      else { return nil }
      statements.append(
        Statement(isAllow: effect == "Allow", actions: actions, resources: resources))
    }
    self.statements = statements
  }

  /// Whether a statement allows it and none denies it.
  func allows(_ action: String, on resource: String) -> Bool {
    let meant = statements.filter { statement in
      statement.actions.contains { AccessPolicy.matches($0.lowercased(), action.lowercased()) }
        && statement.resources.contains { AccessPolicy.matches($0, resource) }
    }
    return !meant.isEmpty && meant.allSatisfy(\.isAllow)
  }

  private static func texts(_ value: JSONValue?) -> [String]? {
    if let text = value?.string { return [text] }
    guard let array = value?.array else { return nil }
    let texts = array.compactMap(\.string)
    return texts.count == array.count ? texts : nil
  }

  /// `*` for any run of characters, `?` for one; time at most length times length.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.utf8)
    let text = Array(text.utf8)
    var place = 0
    var position = 0
    var star: (place: Int, position: Int)?
    while position < text.count {
      if place < pattern.count, pattern[place] == 0x2A {
        star = (place, position)
        place += 1
      } else if place < pattern.count, pattern[place] == 0x3F || pattern[place] == text[position] {
        place += 1
        position += 1
      } else if let last = star {
        star = (last.place, last.position + 1)
        place = last.place + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == 0x2A }
  }
}
