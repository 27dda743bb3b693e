extension Scope {
  /// Evaluates every condition of the template.
  mutating func settleConditions() throws {
    for name in conditions.keys.sorted() {
      _ = try settle(name, Place(logicalID: name, path: ""), within: [])
    }
  }

  private mutating func settle(
    _ name: String, _ place: Place, within outer: Set<String>
  ) throws -> Bool {
    if let outcome = outcomes[name] { return outcome }
    guard let condition = conditions[name] else {
      throw error(
        "there is no condition \"\(name)\" in \"Conditions\"", at: nil, in: place.logicalID)
    }
    guard !outer.contains(name) else {
      throw error("the condition refers to itself", at: condition.offset, in: name)
    }
    let outcome = try evaluate(
      condition, Place(logicalID: name, path: ""), within: outer.union([name]))
    outcomes[name] = outcome
    return outcome
  }

  /// Whether a condition of the template holds.
  func holds(_ name: String, _ place: Place) throws -> Bool {
    guard let outcome = outcomes[name] else {
      throw error(
        "there is no condition \"\(name)\" in \"Conditions\"", at: nil, in: place.logicalID)
    }
    return outcome
  }

  /// A resource without a condition is always there.
  func exists(_ resource: Resource) throws -> Bool {
    guard let condition = resource.condition else { return true }
    return try holds(condition, Place(logicalID: resource.logicalID, path: "Condition"))
  }

  private mutating func evaluate(
    _ value: Located, _ place: Place, within outer: Set<String>
  ) throws -> Bool {
    guard let (name, argument) = value.intrinsic else {
      if let text = value.text, text == "true" || text == "false" { return text == "true" }
      throw error("a condition is a call of Fn::Equals, Fn::And, Fn::Or or Fn::Not", value, place)
    }
    switch name {
    case "Condition":
      guard let other = argument.text else {
        throw error("\"Condition\" names a condition", argument, place)
      }
      return try settle(other, place, within: outer)
    case "Fn::Equals":
      let sides = try list(argument, exactly: 2, of: name, place)
      return try resolvedFully(sides[0], place)?.json == resolvedFully(sides[1], place)?.json
    case "Fn::Not":
      let term = try list(argument, exactly: 1, of: name, place)[0]
      return try !evaluate(term, place, within: outer)
    case "Fn::And":
      return try terms(argument, of: name, place).allSatisfy {
        try evaluate($0, place, within: outer)
      }
    case "Fn::Or":
      return try terms(argument, of: name, place).contains {
        try evaluate($0, place, within: outer)
      }
    default:
      throw error("\(name) cannot stand in a condition", value, place)
    }
  }

  private func terms(_ argument: Located, of name: String, _ place: Place) throws -> [Located] {
    guard let terms = argument.elements, (2...10).contains(terms.count) else {
      throw error("\(name) takes a list of 2 to 10 conditions", argument, place)
    }
    return terms
  }

  func list(
    _ argument: Located, exactly count: Int, of name: String, _ place: Place
  ) throws -> [Located] {
    guard let elements = argument.elements, elements.count == count else {
      throw error(
        "\(name) takes a list of \(count) value\(count == 1 ? "" : "s")", argument, place)
    }
    return elements
  }
}
