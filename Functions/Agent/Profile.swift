/// What makes one assistant: how it speaks, what it may use, how far it goes.
package struct Profile: Sendable {
  /// The name in addresses and items: `japanese`.
  package var name: String
  package var title: String
  /// What the assistant is and how it answers; the system message begins with it.
  package var instructions: String
  /// Questions a newcomer may try.
  package var examples: [String]
  /// The languages it answers in, as BCP 47 tags: `en`, `ja`.
  package var languages: [String]
  /// What it can do, for people who choose an assistant.
  package var abilities: [String]
  package var model: ModelSettings
  package var limits: Limits
  /// The tools it may use, by name; all others do not exist for it.
  package var tools: [String]
  /// The types of passages it is given; nil is all.
  package var passageTypes: Set<String>?
  /// Who of it answers which questions; none: it answers all of them as a whole.
  package var specialists: [Specialist]
  /// Whether an answer to a conversation's first question may be given to others of the tenant who ask
  /// the same. Not for personal assistants.
  package var sharesAnswers = false
  /// Which version of the assistant this is; nil is the standard one.
  package var variant: String?

  /// How the standard version is called where versions are chosen.
  package static let standardVariant = "standard"

  package init(
    name: String, title: String, instructions: String, examples: [String] = [],
    languages: [String] = ["en"], abilities: [String] = [], model: ModelSettings = ModelSettings(),
    limits: Limits = Limits(), tools: [String] = [],
    passageTypes: Set<String>? = nil, specialists: [Specialist] = []
  ) {
    self.name = name
    self.title = title
    self.instructions = instructions
    self.examples = examples
    self.languages = languages
    self.abilities = abilities
    self.model = model
    self.limits = limits
    self.tools = tools
    self.passageTypes = passageTypes
    self.specialists = specialists
  }

  /// What one turn may use up.
  package struct Limits: Sendable {
    /// Unicode scalars.
    package var message = MessageText.limit
    /// Messages of the conversation that the model sees again word for word, at the least; what stands
    /// before them it is told in a summary.
    package var history = 10
    /// Tokens of all that it sees again, summary apart, as ``TokenEstimate`` counts: before it has seen
    /// so many, it may see up to twice the messages.
    package var historyTokens = 4_000
    package var passages = 5
    /// A passage is given to the model when this share of the question stands in it.
    package var share: Float = 0.3
    /// How often the model may ask for tools.
    package var rounds = 8
    package var callsPerRound = 8
    /// Bytes of UTF-8; a longer answer is cut off there and marked as cut.
    package var answer = 64 * 1024
    package var duration: Duration = .seconds(25)

    package init() {}
  }
}

/// Which model answers, and how.
package struct ModelSettings: Sendable, Equatable {
  package var name: String
  /// 0 to 2; nil is the provider's own default.
  package var temperature: Double?
  /// The longest answer, in the provider's tokens.
  package var maximumTokens: Int

  package init(name: String = "gpt-4o-mini", temperature: Double? = 0.7, maximumTokens: Int = 2_048)
  {
    self.name = name
    self.temperature = temperature
    self.maximumTokens = maximumTokens
  }
}
