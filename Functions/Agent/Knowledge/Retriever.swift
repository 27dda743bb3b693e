/// What was found for a question, and how.
package struct Retrieval: Sendable, Equatable {
  /// How passages were looked for; anything but the first two is less than what is configured.
  package enum Mode: String, Sendable {
    /// By words, as configured.
    case words
    /// By words and by meaning.
    case hybrid
    /// By words alone: the embedder failed.
    case embedderDown = "words:embedder-down"
    /// By words, and by meaning as far as passages have vectors.
    case vectorsMissing = "hybrid:vectors-missing"
    /// An older index than there should be.
    case stale
  }

  /// Best first.
  package var passages: [Passage]
  package var mode: Mode
}

/// Finds the passages that a question is about.
///
/// By words (BM25) always; with an embedder also by meaning, the two lists joined by the reciprocals of
/// their ranks (RRF). What is below the threshold of its list does not count.
package struct Retriever: Sendable {
  /// The usual constant of RRF (Cormack, Clarke, Büttcher 2009).
  private static let smoothing: Float = 60
  /// Looked at in each list.
  private static let depth = 50
  /// What embedding a question may take.
  private static let patience = Duration.seconds(2)

  private let knowledge: Knowledge
  private let embedder: (any Embedder)?
  /// The least cosine at which a passage counts as near.
  private let nearness: Float
  /// Keeps the vectors of questions.
  private let services: ServiceCache?

  package init(
    _ knowledge: Knowledge, embedder: (any Embedder)? = nil, nearness: Float = 0.3,
    services: ServiceCache? = nil
  ) {
    self.knowledge = knowledge
    self.embedder = embedder
    self.nearness = nearness
    self.services = services
  }

  /// Names the knowledge of everybody who has none of their own, for what is made from it. Nil when
  /// there is no index, or an old one, or when the filter's owner has passages of their own.
  package func version(for filter: PassageFilter) async -> String? {
    guard let state = try? await knowledge.current(), !state.isStale,
      !state.index.hasOwn(filter)
    else { return nil }
    return "\(embedder?.id.description ?? "words") \(state.index.version(for: filter.tenant))"
  }

  /// Throws when there is no index at all. `share` is the least share of a question's words that a
  /// passage found by words must have. `count` is told what the question's vector took; one that is at
  /// hand takes nothing.
  package func passages(
    for question: String, limit: Int, share: Float, filter: PassageFilter,
    count: @escaping @Sendable (ModelUse) -> Void = { _ in }
  ) async throws -> Retrieval {
    async let vector = embedded(question, for: filter.tenant, count)
    let state = try await knowledge.current()
    let words = state.index.search(question, limit: Self.depth, filter: filter)
      .filter { $0.share >= share }.map(\.passage)
    guard let embedder else {
      return Retrieval(
        passages: Array(words.prefix(limit)), mode: state.isStale ? .stale : .words)
    }
    guard let vector = await vector else {
      return Retrieval(passages: Array(words.prefix(limit)), mode: .embedderDown)
    }
    let near = state.index.nearest(
      to: vector, of: embedder.id, limit: Self.depth, filter: filter
    ).filter { $0.score >= nearness }.map(\.passage)
    let isPartial = state.index.lacksVectors(of: embedder.id, filter: filter)
    return Retrieval(
      passages: Array(Self.joined(words, near).prefix(limit)),
      mode: state.isStale ? .stale : isPartial ? .vectorsMissing : .hybrid)
  }

  private func embedded(
    _ question: String, for tenant: String, _ count: @escaping @Sendable (ModelUse) -> Void
  ) async -> [Float]? {
    guard let embedder else { return nil }
    let make = { @Sendable in
      let deadline = ContinuousClock.now + Self.patience
      let vectors = try await embedder.embed([question], for: .question, until: deadline) {
        count(ModelUse(model: embedder.id.name, usage: Usage(input: $0)))
      }
      guard let vector = vectors.first else { throw EmbeddingError.malformed("no vector") }
      return vector
    }
    guard let services else { return try? await make() }
    return try? await services.vector(of: question, by: embedder.id, tenant: tenant, make: make)
  }

  /// The passages of two lists by the sum of their ranks' reciprocals.
  static func joined(_ lists: [Passage]...) -> [Passage] {
    var scores: [String: Float] = [:]
    var order: [Passage] = []
    for list in lists {
      for (rank, passage) in list.enumerated() {
        if scores[passage.id] == nil { order.append(passage) }
        scores[passage.id, default: 0] += 1 / (smoothing + Float(rank + 1))
      }
    }
    let places = order.indices.sorted { a, b in
      let (first, second) = (scores[order[a].id] ?? 0, scores[order[b].id] ?? 0)
      return first != second ? first > second : a < b
    }
    return places.map { order[$0] }
  }
}
