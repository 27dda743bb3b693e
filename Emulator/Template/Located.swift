import JSON

/// A value of the template together with its place in the text.
struct Located: Sendable {
  struct Member: Sendable {
    let key: String
    let value: Located
  }

  indirect enum Content: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([Located])
    case object([Member])
  }

  /// Bytes before it in the text.
  let offset: Int
  let content: Content

  init(_ content: Content, at offset: Int) {
    self.content = content
    self.offset = offset
  }

  init(_ node: JSONNode) {
    offset = node.range.lowerBound
    if let members = node.members {
      content = .object(members.map { Member(key: $0.key, value: Located($0.value)) })
    } else if let elements = node.elements {
      content = .array(elements.map { Located($0) })
    } else if let text = node.string {
      content = .string(text)
    } else if let number = node.number {
      content = .number(number)
    } else if let bool = node.bool {
      content = .bool(bool)
    } else {
      content = .null
    }
  }

  subscript(key: String) -> Located? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.key == key }?.value
  }

  var members: [Member]? {
    guard case .object(let members) = content else { return nil }
    return members
  }

  var elements: [Located]? {
    guard case .array(let elements) = content else { return nil }
    return elements
  }

  /// A string, number or Boolean as CloudFormation turns it into text.
  var text: String? {
    switch content {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let bool): bool ? "true" : "false"
    default: nil
    }
  }

  /// What it is, for messages.
  var kind: String {
    switch content {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The whole value as JSON, places forgotten.
  var json: JSONValue {
    switch content {
    case .null: .null
    case .bool(let bool): .bool(bool)
    case .number(let number): .number(number)
    case .string(let text): .string(text)
    case .array(let elements): .array(elements.map(\.json))
    case .object(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
    }
  }

  /// This value over `base`, as SAM lays a resource over `Globals`: objects are merged, lists
  /// follow each other, anything else replaces. An intrinsic function is not looked into.
  func laid(over base: Located?) -> Located {
    guard let base else { return self }
    if let mine = members, let theirs = base.members, !isIntrinsic, !base.isIntrinsic {
      var merged = theirs.filter { member in !mine.contains { $0.key == member.key } }
      merged += mine.map { Member(key: $0.key, value: $0.value.laid(over: base[$0.key])) }
      return Located(.object(merged), at: offset)
    }
    if let mine = elements, let theirs = base.elements {
      return Located(.array(theirs + mine), at: offset)
    }
    return self
  }

  /// The name of the intrinsic function this is a call of: an object with that one member.
  var intrinsic: (name: String, argument: Located)? {
    guard case .object(let members) = content, members.count == 1, let member = members.first,
      member.key == "Ref" || member.key == "Condition" || member.key.hasPrefix("Fn::")
    else { return nil }
    return (member.key, member.value)
  }

  var isIntrinsic: Bool { intrinsic != nil }
}
