import JSON

extension ModelTask {
  /// Takes `tool_choice`: `none`, `auto`, `required`, one function, or some of them.
  mutating func choose(_ choice: JSONValue) throws(Problem) {
    guard !tools.isEmpty else {
      throw Problem(
        .invalid, "'tool_choice' is only allowed when 'tools' are specified.",
        parameter: "tool_choice")
    }
    switch choice.string ?? choice["type"]?.string {
    case "none": toolUse = .never
    case "auto": toolUse = .free
    case "required": toolUse = .some
    case "function":
      let name = choice["function"]?["name"]?.string ?? ""
      guard tools.contains(where: { $0.name == name }) else {
        throw Problem(
          .invalid, "Tool choice '\(name)' is not among 'tools'.", parameter: "tool_choice")
      }
      toolUse = .named(name)
    case "allowed_tools":
      let allowed = choice["allowed_tools"] ?? choice
      let names = (allowed["tools"]?.array ?? []).compactMap {
        ($0["function"]?["name"] ?? $0["name"])?.string
      }
      tools.removeAll { !names.contains($0.name) }
      toolUse = allowed["mode"]?.string == "required" ? .some : .free
    default: throw Problem(.invalid, "Invalid value for 'tool_choice'.", parameter: "tool_choice")
    }
  }
}
