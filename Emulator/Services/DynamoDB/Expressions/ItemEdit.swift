/// An item while an update is applied to it.
///
/// Indexes of lists mean places of the list as it was: elements that go and elements that come behind
/// the end are put in order only when everything has been said.
struct ItemEdit {
  private var item: Attributes
  private var removedElements: [DocumentPath] = []
  private var appendedElements: [(path: DocumentPath, value: AttributeValue)] = []

  init(_ item: Attributes) { self.item = item }

  mutating func set(_ path: DocumentPath, to value: AttributeValue) throws(UpdateError) {
    guard let last = path.rest.last else {
      item[path.root] = value
      return
    }
    var isBehindEnd = false
    try change(path) { (parent) throws(UpdateError) in
      switch (last, parent) {
      case (.name(let name), .map(var attributes)):
        attributes[name] = value
        parent = .map(attributes)
      case (.index(let index), .list(var values)):
        isBehindEnd = index >= values.count
        if !isBehindEnd {
          values[index] = value
          parent = .list(values)
        }
      default: throw .invalidPath
      }
    }
    if isBehindEnd { appendedElements.append((path, value)) }
  }

  mutating func remove(_ path: DocumentPath) throws(UpdateError) {
    guard let last = path.rest.last else {
      item[path.root] = nil
      return
    }
    var isElement = false
    try change(path) { (parent) throws(UpdateError) in
      switch (last, parent) {
      case (.name(let name), .map(var attributes)):
        attributes[name] = nil
        parent = .map(attributes)
      case (.index(let index), .list(let values)): isElement = index < values.count
      default: throw .invalidPath
      }
    }
    if isElement { removedElements.append(path) }
  }

  /// The item with all changes made.
  var finished: Attributes {
    var edit = self
    // From the back, so that no removal moves the place of another.
    for path in removedElements.sorted(by: Self.isBehind) {
      edit.changeList(of: path) { values, index in
        if index < values.count { values.remove(at: index) }
      }
    }
    for (path, value) in appendedElements.sorted(by: { Self.isBehind($1.path, $0.path) }) {
      edit.changeList(of: path) { values, _ in values.append(value) }
    }
    return edit.item
  }

  private mutating func changeList(
    of path: DocumentPath, _ body: (inout [AttributeValue], Int) -> Void
  ) {
    try? change(path) { (parent) throws(UpdateError) in
      guard case .list(var values) = parent, case .index(let index) = path.rest.last else { return }
      body(&values, index)
      parent = .list(values)
    }
  }

  /// Lets `body` change the map or list that holds the last element of the path.
  private mutating func change(
    _ path: DocumentPath, _ body: (inout AttributeValue) throws(UpdateError) -> Void
  ) throws(UpdateError) {
    guard var value = item[path.root] else { throw .invalidPath }
    try Self.change(&value, path.rest.dropLast()[...], body)
    item[path.root] = value
  }

  private static func change(
    _ value: inout AttributeValue, _ way: ArraySlice<DocumentPath.Element>,
    _ body: (inout AttributeValue) throws(UpdateError) -> Void
  ) throws(UpdateError) {
    guard let step = way.first else { return try body(&value) }
    switch (step, value) {
    case (.name(let name), .map(var attributes)):
      guard var inner = attributes[name] else { throw .invalidPath }
      try change(&inner, way.dropFirst(), body)
      attributes[name] = inner
      value = .map(attributes)
    case (.index(let index), .list(var values)):
      guard index < values.count else { throw .invalidPath }
      try change(&values[index], way.dropFirst(), body)
      value = .list(values)
    default: throw .invalidPath
    }
  }

  private static func isBehind(_ left: DocumentPath, _ right: DocumentPath) -> Bool {
    guard case .index(let a) = left.rest.last, case .index(let b) = right.rest.last else {
      return false
    }
    return a > b
  }
}
