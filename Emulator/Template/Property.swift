import JSON

/// A value of a resource as its reader sees it: resolved at its top, and knowing where it stands.
struct Property {
  let scope: Scope
  let place: Place
  let value: Located

  /// A resource's `Properties`, or what `Globals` makes of them.
  init(_ value: Located, of logicalID: String, path: String = "Properties", in scope: Scope) {
    self.init(scope: scope, place: Place(logicalID: logicalID, path: path), value: value)
  }

  init(scope: Scope, place: Place, value: Located) {
    self.scope = scope
    self.place = place
    self.value = value
  }

  func error(_ problem: String) -> TemplateError { scope.error(problem, value, place) }

  /// A member; nil when it is absent or `AWS::NoValue`.
  func member(_ key: String) throws -> Property? {
    guard value.members != nil else { throw error("expected an object, found \(value.kind)") }
    guard let member = value[key], let resolved = try scope.resolved(member, place.member(key))
    else { return nil }
    if case .null = resolved.content {
      throw scope.error("null is no value in a template; leave it out", resolved, place.member(key))
    }
    return Property(scope: scope, place: place.member(key), value: resolved)
  }

  func required(_ key: String) throws -> Property {
    guard let property = try member(key) else {
      throw error("\"\(key)\" is missing")
    }
    return property
  }

  func members() throws -> [(key: String, value: Property)] {
    guard let members = value.members else {
      throw error("expected an object, found \(value.kind)")
    }
    return try members.compactMap { entry in
      try member(entry.key).map { (entry.key, $0) }
    }
  }

  func elements() throws -> [Property] {
    guard let elements = value.elements else {
      throw error("expected a list, found \(value.kind)")
    }
    return try elements.enumerated().compactMap { index, element in
      try scope.resolved(element, place.element(index)).map {
        Property(scope: scope, place: place.element(index), value: $0)
      }
    }
  }

  func text() throws -> String {
    guard let text = value.text else { throw error("expected text, found \(value.kind)") }
    return text
  }

  /// One of a few texts.
  func text(among allowed: [String]) throws -> String {
    let text = try text()
    guard allowed.contains(text) else {
      throw error("\"\(text)\" is none of \(allowed.joined(separator: ", "))")
    }
    return text
  }

  func texts() throws -> [String] { try elements().map { try $0.text() } }

  func int(_ range: ClosedRange<Int>, unit: String = "") throws -> Int {
    let text = try text()
    guard let number = Int(text) else { throw error("\"\(text)\" is not a whole number") }
    guard range.contains(number) else {
      let unit = unit.isEmpty ? "" : " \(unit)"
      throw error("\(number) must be between \(range.lowerBound) and \(range.upperBound)\(unit)")
    }
    return number
  }

  func flag() throws -> Bool {
    switch value.text {
    case "true": return true
    case "false": return false
    default: throw error("expected true or false")
    }
  }
}
