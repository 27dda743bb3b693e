import JSON

/// A tool as the local model sees it: the words of its name, description and arguments.
struct ToolProfile {
  let tool: ToolOffer
  let properties: [Property]
  /// Nil for a tool that only looks something up.
  let action: ActionWish?
  /// What each stem and each concept weighs: most in the name, least in an argument's description.
  private let weights: [String: Double]
  private let conceptWeights: [String: Double]
  /// Concepts that name the tool's own business and so cannot be what is asked about.
  let business: Set<String>
  /// For a tool that changes something: of these stems the question has to have one. They are those of
  /// its name and of the requests that its description quotes. Empty for a tool that only looks.
  let requests: Set<String>

  struct Property {
    var name: String
    var schema: JSONValue
    var isRequired: Bool

    var description: String { schema["description"]?.string ?? "" }
    var type: String {
      schema["type"]?.string ?? schema["type"]?.array?.compactMap(\.string).first { $0 != "null" }
        ?? (schema["enum"] == nil && schema["properties"] != nil ? "object" : "string")
    }
  }

  init(_ tool: ToolOffer) {
    self.tool = tool
    action = ActionWish(tool: tool.name)
    let required = Set((tool.parameters["required"]?.array ?? []).compactMap(\.string))
    properties = (tool.parameters["properties"]?.object ?? [:]).map { name, schema in
      Property(name: name, schema: schema, isRequired: required.contains(name))
    }
    var weights: [String: Double] = [:]
    var conceptWeights: [String: Double] = [:]
    func weigh(_ stems: [String], _ weight: Double) {
      for stem in stems {
        let concept = Words.concept(stem)
        weights[stem] = max(weights[stem] ?? 0, weight)
        conceptWeights[concept] = max(conceptWeights[concept] ?? 0, weight)
      }
    }
    weigh(Words.stems(ofName: tool.name), 3)
    weigh(Words.stems(tool.description), 2)
    for property in properties {
      weigh(Words.stems(ofName: property.name), 1)
      weigh(Words.stems(property.description), 1)
      for value in property.schema["enum"]?.array ?? [] {
        weigh(Words.stems(value.string ?? ""), 1)
      }
    }
    self.weights = weights
    self.conceptWeights = conceptWeights
    let named = Words.stems(ofName: tool.name) + properties.flatMap { Words.stems(ofName: $0.name) }
    business = Set((named + Words.stems(Self.withoutExamples(tool.description))).map(Words.concept))
    let name = Words.stems(ofName: tool.name)
    requests =
      name.first.map(Self.changing.contains) == true
      ? Set(name + Words.stems(Self.quoted(tool.description))) : []
  }

  /// Stems with which names of tools begin that change something.
  private static let changing = Set(
    [
      "add", "book", "buy", "cancel", "change", "close", "create", "delete", "forget", "move",
      "order", "pay", "post", "put", "record", "register", "remember", "remove", "save", "send",
      "set", "store", "submit", "transfer", "update", "write",
    ].map(Words.stem))

  /// A word of the same meaning counts half of the word itself.
  func weight(of stem: String) -> Double {
    max(weights[stem] ?? 0, (conceptWeights[Words.concept(stem)] ?? 0) / 2)
  }

  /// What stands in quotation marks: how people ask for it.
  private static func quoted(_ description: String) -> String {
    var kept = ""
    var isQuoted = false
    for character in description {
      if "\"“”「」".contains(character) {
        isQuoted.toggle()
        kept.append(" ")
      } else if isQuoted {
        kept.append(character)
      }
    }
    return kept
  }

  /// Examples in a description name what may be asked about, not the tool's business.
  private static func withoutExamples(_ description: String) -> String {
    var kept = ""
    var isQuoted = false
    for character in description {
      if "\"“”".contains(character) {
        isQuoted.toggle()
      } else if !isQuoted {
        kept.append(character)
      }
    }
    for phrase in ["such as", "for example", "e.g."] {
      guard let example = kept.firstRange(of: phrase) else { continue }
      let end = kept[example.upperBound...].firstIndex { ".;)".contains($0) } ?? kept.endIndex
      kept.removeSubrange(example.lowerBound..<end)
    }
    return kept
  }
}
