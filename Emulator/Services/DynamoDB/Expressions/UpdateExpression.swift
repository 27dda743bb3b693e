/// What an update does to an item, with names and values already put in place of their references.
struct UpdateExpression: Sendable {
  var assignments: [(path: DocumentPath, value: Source)] = []
  var removals: [DocumentPath] = []
  var additions: [(path: DocumentPath, value: AttributeValue)] = []
  var deletions: [(path: DocumentPath, value: AttributeValue)] = []

  /// Where an assigned value comes from.
  indirect enum Source: Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case ifNotExists(DocumentPath, Source)
    case listAppend(Source, Source)
    case sum(Source, Source)
    case difference(Source, Source)
    /// A reference that is not defined; the parse ends with an error.
    case undefined
  }

  /// Every path that is written to, in the order of the clauses.
  var targets: [DocumentPath] {
    assignments.map(\.path) + removals + additions.map(\.path) + deletions.map(\.path)
  }
}

/// Why an update cannot be applied to the item it met.
struct UpdateError: Error, Equatable {
  let message: String

  static let missingAttribute = UpdateError(
    message: "The provided expression refers to an attribute that does not exist in the item")
  static let invalidPath = UpdateError(
    message: "The document path provided in the update expression is invalid for update")
  static let wrongType = UpdateError(
    message: "An operand in the update expression has an incorrect data type")
}

extension UpdateExpression {
  /// The item after the update. All values are taken from the item as it was before.
  func applied(to item: Attributes) throws(UpdateError) -> Attributes {
    var edit = ItemEdit(item)
    for (path, source) in assignments {
      try edit.set(path, to: try source.value(in: item))
    }
    for (path, value) in additions {
      try edit.set(path, to: try value.added(to: path.value(in: item)))
    }
    for (path, value) in deletions {
      guard let old = path.value(in: item) else { continue }
      if let left = try old.removing(value) {
        try edit.set(path, to: left)
      } else {
        try edit.remove(path)
      }
    }
    for path in removals { try edit.remove(path) }
    return edit.finished
  }
}

extension UpdateExpression.Source {
  fileprivate func value(in item: Attributes) throws(UpdateError) -> AttributeValue {
    switch self {
    case .path(let path):
      guard let value = path.value(in: item) else { throw .missingAttribute }
      return value
    case .value(let value): return value
    case .ifNotExists(let path, let other):
      if let value = path.value(in: item) { return value }
      return try other.value(in: item)
    case .listAppend(let first, let second):
      guard case .list(let head) = try first.value(in: item),
        case .list(let tail) = try second.value(in: item)
      else { throw .wrongType }
      return .list(head + tail)
    case .sum(let left, let right):
      let (a, b) = try (left.number(in: item), right.number(in: item))
      return try AttributeValue.calculated { () throws(NumberError) in try a.adding(b) }
    case .difference(let left, let right):
      let (a, b) = try (left.number(in: item), right.number(in: item))
      return try AttributeValue.calculated { () throws(NumberError) in try a.subtracting(b) }
    case .undefined: throw .missingAttribute
    }
  }

  private func number(in item: Attributes) throws(UpdateError) -> DecimalNumber {
    guard case .number(let number) = try value(in: item) else { throw .wrongType }
    return number
  }
}

extension AttributeValue {
  fileprivate static func calculated(
    _ body: () throws(NumberError) -> DecimalNumber
  ) throws(UpdateError) -> AttributeValue {
    do throws(NumberError) {
      return .number(try body())
    } catch {
      throw UpdateError(message: error.message)
    }
  }

  /// What `ADD` makes of an attribute: a sum, a union, or this value where there was none. Lists are
  /// appended, as the older `AttributeUpdates` can.
  func added(to old: AttributeValue?) throws(UpdateError) -> AttributeValue {
    switch (old, self) {
    case (nil, _): return self
    case (.number(let a), .number(let b)):
      return try Self.calculated { () throws(NumberError) in try a.adding(b) }
    case (.stringSet(let a), .stringSet(let b)): return .stringSet(Self.union(a, b))
    case (.numberSet(let a), .numberSet(let b)): return .numberSet(Self.union(a, b))
    case (.binarySet(let a), .binarySet(let b)): return .binarySet(Self.union(a, b))
    case (.list(let a), .list(let b)): return .list(a + b)
    default: throw .wrongType
    }
  }

  /// What `DELETE` leaves of a set; nil when nothing is left, since no set is empty.
  func removing(_ other: AttributeValue) throws(UpdateError) -> AttributeValue? {
    switch (self, other) {
    case (.stringSet(let a), .stringSet(let b)):
      return Self.difference(a, b).map { .stringSet($0) }
    case (.numberSet(let a), .numberSet(let b)):
      return Self.difference(a, b).map { .numberSet($0) }
    case (.binarySet(let a), .binarySet(let b)):
      return Self.difference(a, b).map { .binarySet($0) }
    default: throw .wrongType
    }
  }

  private static func union<T: Hashable>(_ first: [T], _ second: [T]) -> [T] {
    let known = Set(first)
    return first + second.filter { !known.contains($0) }
  }

  private static func difference<T: Hashable>(_ first: [T], _ second: [T]) -> [T]? {
    let gone = Set(second)
    let left = first.filter { !gone.contains($0) }
    return left.isEmpty ? nil : left
  }
}
