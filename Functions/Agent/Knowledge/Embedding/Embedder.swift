/// What a text is embedded for; some embedders tell them apart.
package enum EmbeddingPurpose: Sendable {
  case question
  case passage
}

/// Turns texts into vectors whose nearness is nearness in meaning.
package protocol Embedder: Sendable {
  var id: EmbedderID { get }

  /// One vector for each text, in order. None of an empty list is asked for.
  ///
  /// `count` is told the tokens of every request that was answered, also when a later one fails.
  func embed(
    _ texts: [String], for purpose: EmbeddingPurpose, until deadline: ContinuousClock.Instant,
    count: @escaping @Sendable (_ tokens: Int) -> Void
  ) async throws -> [[Float]]
}

/// Why there are no vectors.
package enum EmbeddingError: Error, Equatable {
  case refused(status: Int, message: String)
  /// The answer has not what was asked for.
  case malformed(String)
  case unreachable(String)
}
