/// What a message is about, and how that was found out; kept with each turn and logged.
package struct Intent: Sendable, Equatable {
  package enum Source: String, Sendable {
    /// The example sentences were clear, or nobody else could say.
    case lexical
    /// The classifier model decided.
    case model
    /// It goes on from the turn before.
    case conversation
    /// The client named it.
    case named
    /// Nothing decided.
    case none
  }

  /// A wish to speak with a person.
  package static let human = "human"
  /// A wish to have the assistant back.
  package static let back = "assistant"
  /// No specialist's.
  package static let general = "general"
  /// Goes on from what was said before; becomes what that was about.
  static let continuation = "continuation"
  /// Names that no specialist can have.
  static let reserved: Set<String> = [human, back, general, continuation]

  /// A specialist's name, or one of the reserved ones.
  package var name: String
  /// 0 to 1, by the example sentences.
  package var confidence: Double
  package var source: Source

  package init(_ name: String, confidence: Double, source: Source) {
    self.name = name
    self.confidence = confidence
    self.source = source
  }
}
