import JSON

extension Scope {
  /// The value of each parameter: the one given from outside, else its default.
  func readParameters(
    _ section: Located?, values: [String: String]
  ) throws -> [String: Located] {
    var parameters: [String: Located] = [:]
    for member in section?.members ?? [] {
      let declaration = member.value
      guard let type = declaration["Type"]?.text else {
        throw error("the parameter has no \"Type\"", at: declaration.offset, in: member.key)
      }
      let given = values[member.key]
      let isStored = type.hasPrefix("AWS::SSM::Parameter::Value")
      guard let text = given ?? (isStored ? nil : declaration["Default"]?.text) else {
        throw error(
          "the parameter has no value: give it one with --parameter \(member.key)=VALUE"
            + (isStored ? " (the Parameter Store is not played here)" : ", or a \"Default\""),
          at: declaration.offset, in: member.key)
      }
      try check(text, against: declaration, type: type, name: member.key)
      parameters[member.key] = value(text, type: type, at: declaration.offset)
    }
    for name in values.keys.sorted() where parameters[name] == nil {
      throw error(
        "the template has no parameter \"\(name)\"; it has "
          + (parameters.isEmpty ? "none" : parameters.keys.sorted().joined(separator: ", ")),
        at: section?.offset, in: nil)
    }
    return parameters
  }

  private func value(_ text: String, type: String, at offset: Int) -> Located {
    guard type == "CommaDelimitedList" || type.contains("List<") else {
      return Located(.string(text), at: offset)
    }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      Located(.string(trimmed(part)), at: offset)
    }
    return Located(.array(text.isEmpty ? [] : parts), at: offset)
  }

  private func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private func check(
    _ text: String, against declaration: Located, type: String, name: String
  ) throws {
    func refuse(_ problem: String) -> TemplateError {
      let hint = declaration["ConstraintDescription"]?.text.map { " (\($0))" } ?? ""
      return error(problem + hint, at: declaration.offset, in: name)
    }
    let isSecret = declaration["NoEcho"]?.text == "true"
    let shown = isSecret ? "its value" : "\"\(text)\""
    if type == "Number" {
      guard let value = Double(text), value.isFinite else {
        throw refuse("\(shown) is not a number")
      }
      if let lowest = declaration["MinValue"]?.text.flatMap(Double.init), value < lowest {
        throw refuse("\(shown) is under its MinValue")
      }
      if let highest = declaration["MaxValue"]?.text.flatMap(Double.init), value > highest {
        throw refuse("\(shown) is over its MaxValue")
      }
    }
    if let least = declaration["MinLength"]?.text.flatMap({ Int($0) }), text.count < least {
      throw refuse("\(shown) is shorter than its MinLength of \(least)")
    }
    if let most = declaration["MaxLength"]?.text.flatMap({ Int($0) }), text.count > most {
      throw refuse("\(shown) is longer than its MaxLength of \(most)")
    }
    if let allowed = declaration["AllowedValues"]?.elements?.compactMap(\.text),
      !allowed.contains(text)
    {
      throw refuse("\(shown) is none of its AllowedValues: \(allowed.joined(separator: ", "))")
    }
    if let pattern = declaration["AllowedPattern"]?.text {
      guard let expression = try? Regex(pattern) else {
        throw refuse("its AllowedPattern is not a regular expression that martlet reads")
      }
      guard text.wholeMatch(of: expression) != nil else {
        throw refuse("\(shown) does not match its AllowedPattern \(pattern)")
      }
    }
  }
}
