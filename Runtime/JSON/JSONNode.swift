/// What kind of value stands at a node.
package enum JSONKind: Sendable {
  case null
  case bool
  case number
  case string
  case array
  case object
}

/// A value of a `JSONDocument`, in place: nothing is built until it is asked for.
package struct JSONNode: Sendable {
  package let document: JSONDocument
  private let index: Int

  init(document: JSONDocument, index: Int) {
    self.document = document
    self.index = index
  }

  private var entry: TapeEntry { document.tape[index] }

  package var kind: JSONKind {
    switch entry.kind {
    case .null: .null
    case .false, .true: .bool
    case .number: .number
    case .string, .escapedString: .string
    case .array: .array
    case .object: .object
    }
  }

  /// The bytes of the source that this value stands in, quotes and brackets included.
  package var range: Range<Int> { Int(entry.start)..<Int(entry.end) }

  /// The value's own text.
  package var source: ArraySlice<UInt8> { document.bytes[range] }

  package var position: JSONPosition { document.position(of: range.lowerBound) }

  /// How many elements or members it has; 0 for everything but arrays and objects.
  package var count: Int { entry.count }

  package var isNull: Bool { entry.kind == .null }

  package var bool: Bool? {
    switch entry.kind {
    case .true: true
    case .false: false
    default: nil
    }
  }

  package var number: JSONNumber? {
    guard entry.kind == .number else { return nil }
    return JSONNumber(checked: String(decoding: source, as: UTF8.self))
  }

  /// The value of a whole number that fits, however it is written.
  package var int: Int? { number?.int }

  package var double: Double? { number?.double }

  package var string: String? {
    guard entry.isString else { return nil }
    return document.text(of: entry)
  }

  /// Whether this is a string with this text, without building it.
  package func isString(_ text: String) -> Bool {
    entry.isString && document.string(entry, equals: text)
  }

  /// A member of an object; nil when this is no object or has no such member. Looks at the
  /// members one by one; of kept duplicates it gives the last.
  package subscript(key: String) -> JSONNode? {
    guard entry.kind == .object else { return nil }
    let end = Int(entry.next)
    var place = index + 1
    var found: Int?
    while place < end {
      if document.string(document.tape[place], equals: key) { found = place + 1 }
      place = Int(document.tape[place + 1].next)
    }
    return found.map { JSONNode(document: document, index: $0) }
  }

  /// The elements of an array, in order; nil when this is none.
  package var elements: JSONElements? {
    guard entry.kind == .array else { return nil }
    return JSONElements(document: document, place: index + 1, end: Int(entry.next))
  }

  /// The members of an object, in order; nil when this is none.
  package var members: JSONMembers? {
    guard entry.kind == .object else { return nil }
    return JSONMembers(document: document, place: index + 1, end: Int(entry.next))
  }

  /// The tree below this node.
  package var value: JSONValue {
    switch entry.kind {
    case .null: return .null
    case .true: return true
    case .false: return false
    case .number: return .number(JSONNumber(checked: String(decoding: source, as: UTF8.self)))
    case .string, .escapedString: return .string(document.text(of: entry))
    case .array:
      var values: [JSONValue] = []
      values.reserveCapacity(count)
      for element in JSONElements(document: document, place: index + 1, end: Int(entry.next)) {
        values.append(element.value)
      }
      return .array(values)
    case .object:
      var object = JSONObject()
      object.reserveCapacity(count)
      for member in JSONMembers(document: document, place: index + 1, end: Int(entry.next)) {
        if document.hasUniqueNames {
          object.append(unique: member.key, member.value.value)
        } else {
          object[member.key] = member.value.value
        }
      }
      return .object(object)
    }
  }

  /// The tape index behind this value.
  var next: Int { Int(entry.next) }
}

/// The elements of an array, one after the other.
package struct JSONElements: Sequence, IteratorProtocol, Sendable {
  let document: JSONDocument
  var place: Int
  let end: Int

  package mutating func next() -> JSONNode? {
    guard place < end else { return nil }
    let node = JSONNode(document: document, index: place)
    place = node.next
    return node
  }
}

/// A name and its value.
package struct JSONMember: Sendable {
  /// The name, in place.
  package let name: JSONNode
  package let value: JSONNode

  package var key: String { name.string ?? "" }
}

/// The members of an object, one after the other.
package struct JSONMembers: Sequence, IteratorProtocol, Sendable {
  let document: JSONDocument
  var place: Int
  let end: Int

  package mutating func next() -> JSONMember? {
    guard place < end else { return nil }
    let name = JSONNode(document: document, index: place)
    let value = JSONNode(document: document, index: place + 1)
    place = value.next
    return JSONMember(name: name, value: value)
  }
}
