import JSON

extension Scope {
  /// The value with the intrinsic function at its top resolved; nil for `AWS::NoValue`.
  func resolved(_ value: Located, _ place: Place) throws -> Located? {
    guard let (name, argument) = value.intrinsic else {
      if case .string(let text) = value.content, text.contains("{{resolve:") {
        throw error(
          "dynamic references ({{resolve:…}}) are not played here; use a parameter", value, place)
      }
      return value
    }
    switch name {
    case "Ref": return try reference(argument, place)
    case "Fn::GetAtt": return try string(attribute(argument, place), at: value)
    case "Fn::Sub": return try string(substituted(argument, place), at: value)
    case "Fn::If": return try chosen(argument, place)
    case "Fn::Join": return try string(joined(argument, place), at: value)
    case "Fn::Select": return try selected(argument, place)
    case "Fn::Split": return try split(argument, at: value, place)
    case "Fn::FindInMap": return try mapped(argument, place)
    case "Fn::Base64":
      throw error("Fn::Base64 is for machines' start scripts and not played here", value, place)
    case "Fn::GetAZs":
      let zones = ["a", "b", "c"].map {
        Located(.string(environment.region + $0), at: value.offset)
      }
      return Located(.array(zones), at: value.offset)
    case "Fn::ImportValue":
      throw error(
        "Fn::ImportValue needs another stack, and there is only this one here; use a parameter",
        value, place)
    case "Condition":
      return value
    default:
      throw error("\(name) is not played here", value, place)
    }
  }

  /// The value with all intrinsic functions in it resolved.
  func resolvedFully(_ value: Located, _ place: Place) throws -> Located? {
    guard let value = try resolved(value, place) else { return nil }
    switch value.content {
    case .array(let elements):
      let kept = try elements.enumerated().compactMap { index, element in
        try resolvedFully(element, place.element(index))
      }
      return Located(.array(kept), at: value.offset)
    case .object(let members):
      let kept = try members.compactMap { member in
        try resolvedFully(member.value, place.member(member.key)).map {
          Located.Member(key: member.key, value: $0)
        }
      }
      return Located(.object(kept), at: value.offset)
    default:
      return value
    }
  }

  /// The text a value resolves to.
  func text(_ value: Located, _ place: Place) throws -> String {
    guard let resolved = try resolved(value, place), let text = resolved.text else {
      throw error("expected text", value, place)
    }
    return text
  }

  private func string(_ text: String, at value: Located) -> Located {
    Located(.string(text), at: value.offset)
  }

  private func chosen(_ argument: Located, _ place: Place) throws -> Located? {
    let parts = try list(argument, exactly: 3, of: "Fn::If", place)
    guard let condition = parts[0].text else {
      throw error("the first value of Fn::If names a condition", parts[0], place)
    }
    return try resolved(parts[try holds(condition, place) ? 1 : 2], place)
  }

  private func joined(_ argument: Located, _ place: Place) throws -> String {
    let parts = try list(argument, exactly: 2, of: "Fn::Join", place)
    guard let separator = parts[0].text, let values = try resolved(parts[1], place)?.elements
    else {
      throw error("Fn::Join takes a separator and a list", argument, place)
    }
    let texts = try values.compactMap { value in
      try resolved(value, place).map { try text($0, place) }
    }
    return try bounded(texts.joined(separator: separator), argument, place)
  }

  private func bounded(_ text: String, _ value: Located, _ place: Place) throws -> String {
    guard text.utf8.count <= Scope.longestText else {
      throw error("the text is longer than \(Scope.longestText) bytes", value, place)
    }
    return text
  }

  private func selected(_ argument: Located, _ place: Place) throws -> Located? {
    let parts = try list(argument, exactly: 2, of: "Fn::Select", place)
    guard let index = Int(try text(parts[0], place)),
      let values = try resolved(parts[1], place)?.elements, values.indices.contains(index)
    else {
      throw error("Fn::Select takes an index and a list that has it", argument, place)
    }
    return try resolved(values[index], place)
  }

  private func split(_ argument: Located, at value: Located, _ place: Place) throws -> Located {
    let parts = try list(argument, exactly: 2, of: "Fn::Split", place)
    guard let separator = parts[0].text, separator.count == 1, let character = separator.first
    else {
      throw error("Fn::Split takes a separator of one character and a text", argument, place)
    }
    let pieces = try text(parts[1], place).split(
      separator: character, omittingEmptySubsequences: false)
    return Located(.array(pieces.map { string(String($0), at: value) }), at: value.offset)
  }

  private func mapped(_ argument: Located, _ place: Place) throws -> Located? {
    let parts = try list(argument, exactly: 3, of: "Fn::FindInMap", place)
    let keys = try parts.map { try text($0, place) }
    guard let found = mappings?[keys[0]]?[keys[1]]?[keys[2]] else {
      throw error(
        "\"Mappings\" has no \(keys[0]), \(keys[1]), \(keys[2])", argument, place)
    }
    return try resolved(found, place)
  }

  // MARK: Fn::Sub

  private func substituted(_ argument: Located, _ place: Place) throws -> String {
    var template = argument
    var values: [String: Located] = [:]
    if let parts = argument.elements {
      guard parts.count == 2, let members = parts[1].members else {
        throw error("Fn::Sub takes a text, or a list of a text and an object", argument, place)
      }
      template = parts[0]
      for member in members { values[member.key] = member.value }
    }
    guard case .string(let text) = template.content else {
      throw error("Fn::Sub takes a text", template, place)
    }
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
        throw error("\"${\" is not closed by \"}\"", template, place)
      }
      let name = rest[start.upperBound..<end]
      rest = rest[rest.index(after: end)...]
      result += try replacement(for: name, values, template, place)
    }
    return try bounded(result + rest, template, place)
  }

  private func replacement(
    for name: Substring, _ values: [String: Located], _ template: Located, _ place: Place
  ) throws -> String {
    if name.hasPrefix("!") { return "${\(name.dropFirst())}" }
    let name = String(name)
    if let value = values[name] { return try text(value, place) }
    let variable = Located(.string(name), at: template.offset)
    if let dot = name.firstIndex(of: "."), !name.contains("::") {
      return try attribute(
        of: String(name[..<dot]), String(name[name.index(after: dot)...]), variable, place)
    }
    guard let text = try reference(variable, place)?.text else {
      throw error("${\(name)} is no single text", template, place)
    }
    return text
  }
}
