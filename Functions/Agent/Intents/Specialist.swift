/// A part of an assistant that is good at one kind of question.
package struct Specialist: Sendable, Equatable {
  /// Within its assistant: `kanji`.
  package var name: String
  package var title: String
  /// Follow the assistant's own instructions.
  package var instructions: String
  /// What it can do, for people who choose.
  package var abilities: [String]
  /// Sentences that are for it, in every language of the assistant. They train the classifier; the
  /// first ones are shown to people.
  package var examples: [String]
  /// The tools it may use, of those of the assistant; nil is all.
  package var tools: [String]?

  package init(
    name: String, title: String, instructions: String, abilities: [String] = [],
    examples: [String], tools: [String]? = nil
  ) {
    self.name = name
    self.title = title
    self.instructions = instructions
    self.abilities = abilities
    self.examples = examples
    self.tools = tools
  }
}

/// Who a client wants to be answered by: an assistant, or one of its specialists.
///
/// `japanese.kanji` names both, `kanji` a specialist of an assistant that is known otherwise,
/// `japanese` the assistant as a whole.
package struct AgentName: Sendable, Equatable {
  package var assistant: String
  /// Nil: none of the specialists.
  package var specialist: String?

  /// Nil when there is nobody of this name. `standing` is the assistant that a bare specialist's name
  /// is looked for in first.
  package init?(_ text: String, among profiles: [Profile], standing: String? = nil) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      guard let profile = profiles.first(where: { $0.name == parts[0] }),
        profile.specialist(String(parts[1])) != nil
      else { return nil }
      self.init(assistant: profile.name, specialist: String(parts[1]))
    } else if let profile = profiles.first(where: { $0.name == text }) {
      self.init(assistant: profile.name, specialist: nil)
    } else {
      let first = profiles.filter { $0.name == standing } + profiles
      guard let profile = first.first(where: { $0.specialist(text) != nil }) else { return nil }
      self.init(assistant: profile.name, specialist: text)
    }
  }

  private init(assistant: String, specialist: String?) {
    self.assistant = assistant
    self.specialist = specialist
  }

  /// `japanese.kanji`; nil without a specialist.
  static func text(_ specialist: String?, of assistant: String) -> String? {
    specialist.map { "\(assistant).\($0)" }
  }
}

extension Profile {
  package func specialist(_ name: String) -> Specialist? {
    specialists.first { $0.name == name }
  }

  /// The profile as the specialist answers with it.
  func specialised(as specialist: Specialist) -> Profile {
    var special = self
    special.instructions += "\n\n" + specialist.instructions
    if let tools = specialist.tools { special.tools = self.tools.filter(tools.contains) }
    return special
  }
}
