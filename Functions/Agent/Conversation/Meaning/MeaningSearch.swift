import Cloud
import Events

/// Finds turns of a person that mean the same as a question: by vectors where there is an embedder, else
/// by how many of the question's terms stand in them and how rare those are (BM25).
///
/// Only for people who allow it: what they said is sent to the embedder, and vectors of it are kept. A
/// search makes the vectors that are missing, the newest turns first, as many as there is time for.
package struct MeaningSearch: Sendable {
  package struct Hit: Sendable, Equatable {
    package var turn: SearchHit
    /// The cosine, or the share of the question's weight; 0 to 1.
    package var score: Float
  }

  package struct Result: Sendable {
    package var hits: [Hit]
    /// False when older turns were not looked at, or some have no vector yet: searching again finds more.
    package var isComplete: Bool
    /// What looked: `openai/text-embedding-3-small#1#1536`, `lexical`.
    package var embedder: String
  }

  /// Vectors that one search makes, and bytes of a turn that are embedded.
  static let mostNew = 192
  private static let longestText = 4_000
  private static let longestExcerpt = 160
  /// Pages of turns that one search reads, 1 MB each.
  private static let mostPages = 5
  /// The share of the question's weight that a turn must hold without an embedder.
  private static let leastShare: Float = 0.3

  let conversations: StoredConversations
  package let vectors: TurnVectors
  let embedder: (any Embedder)?
  /// The least cosine.
  let nearness: Float

  package init(
    conversations: StoredConversations, vectors: TurnVectors, embedder: (any Embedder)?,
    nearness: Float
  ) {
    self.conversations = conversations
    self.vectors = vectors
    self.embedder = embedder
    self.nearness = nearness
  }

  /// One hit a conversation, the nearest first. `meter` counts what the vectors take.
  package func search(
    _ text: String, of caller: Caller, limit: Int, until deadline: ContinuousClock.Instant,
    meter: EmbeddingMeter = EmbeddingMeter()
  ) async throws -> Result {
    guard let embedder else { return try await byTerms(text, caller, limit) }
    let count = { @Sendable in meter.add($0, for: caller) }
    async let question = embedder.embed([text], for: .question, until: deadline, count: count)
    async let known = vectors.entries(of: caller, by: embedder.id)
    async let said = spoken(caller)
    let (turns, isWhole) = try await said
    var entries = try await known
    let have = Set(entries.map { Place($0.conversation, $0.number) })
    let missing = turns.filter { !have.contains(Place($0.conversation, $0.number)) }
    let new = Array(missing.prefix(Self.mostNew))
    if !new.isEmpty {
      let made = try await embedder.embed(
        new.map(Self.text), for: .passage, until: deadline, count: count)
      let added = zip(new, made).compactMap { turn, vector in
        SegmentBuilder.unit(vector).map { Self.entry(turn, $0) }
      }
      try await vectors.put(added, of: caller, by: embedder.id)
      entries += added
    }
    guard let first = try await question.first, let wanted = SegmentBuilder.unit(first) else {
      throw EmbeddingError.malformed("a question without direction")
    }
    let scored = entries.map { entry in
      Hit(
        turn: SearchHit(
          conversation: entry.conversation, message: entry.message, excerpt: entry.excerpt,
          at: entry.at),
        score: zip(wanted, entry.vector).reduce(0) { $0 + $1.0 * $1.1 })
    }.filter { $0.score >= nearness }
    return Result(
      hits: try await best(scored, limit, caller),
      isComplete: isWhole && missing.count == new.count,
      embedder: embedder.id.description)
  }

  // MARK: Without an embedder

  private func byTerms(_ text: String, _ caller: Caller, _ limit: Int) async throws -> Result {
    let (turns, isWhole) = try await spoken(caller)
    var builder = LexicalIndexBuilder()
    for (place, turn) in turns.enumerated() {
      try builder.add(
        Passage(
          id: String(place), source: "", title: turn.question, text: turn.answer, type: "turn"))
    }
    let found = try LexicalIndex(builder.file()).search(
      text, limit: 10 * limit, filter: PassageFilter(tenant: caller.tenant, owner: caller.owner))
    let hits = found.compactMap { hit -> Hit? in
      guard hit.share >= Self.leastShare, let place = Int(hit.passage.id) else { return nil }
      let turn = turns[place]
      return Hit(
        turn: SearchHit(
          conversation: turn.conversation, message: turn.message,
          excerpt: Self.excerpt(turn), at: turn.at), score: min(1, hit.share))
    }
    return Result(
      hits: try await best(hits, limit, caller, isSorted: true), isComplete: isWhole,
      embedder: "lexical")
  }

  // MARK: Parts

  private struct Place: Hashable {
    let conversation: ConversationID
    let number: Int

    init(_ conversation: ConversationID, _ number: Int) {
      self.conversation = conversation
      self.number = number
    }
  }

  /// The best of each conversation that is still there.
  private func best(
    _ hits: [Hit], _ limit: Int, _ caller: Caller, isSorted: Bool = false
  ) async throws -> [Hit] {
    var seen: Set<ConversationID> = []
    var best: [Hit] = []
    let sorted = isSorted ? hits : hits.sorted { ($0.score, $0.turn.at) > ($1.score, $1.turn.at) }
    for hit in sorted where best.count < limit && seen.insert(hit.turn.conversation).inserted {
      // Its vectors are on their way out when it is not.
      guard
        try await conversations.conversation(hit.turn.conversation, of: caller) != nil
      else { continue }
      best.append(hit)
    }
    return best
  }

  private func spoken(
    _ caller: Caller
  ) async throws -> (turns: [StoredConversations.Spoken], isWhole: Bool) {
    try await conversations.spoken(by: caller, pages: Self.mostPages)
  }

  private static func text(_ turn: StoredConversations.Spoken) -> String {
    "\(turn.question)\n\(turn.answer)".prefix(utf8: longestText)
  }

  private static func excerpt(_ turn: StoredConversations.Spoken) -> String {
    let text = "\(turn.question) — \(turn.answer)".split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    return text.count > longestExcerpt ? text.prefix(longestExcerpt - 1) + "…" : text
  }

  private static func entry(
    _ turn: StoredConversations.Spoken, _ vector: [Float]
  ) -> TurnVectors.Entry {
    TurnVectors.Entry(
      conversation: turn.conversation, number: turn.number, message: turn.message,
      excerpt: excerpt(turn), at: turn.at, vector: vector)
  }
}

extension StoredConversations {
  /// A turn as the index of a person's turns has it: of long texts the beginning.
  struct Spoken: Sendable {
    var conversation: ConversationID
    var number: Int
    var message: String
    var question: String
    var answer: String
    var at: Timestamp
  }

  /// What a person has said and was told, the newest first; whether that is all.
  func spoken(by caller: Caller, pages: Int) async throws -> (turns: [Spoken], isWhole: Bool) {
    var query = Query(turns, index: "byOwner", where: "owner", is: .string(caller.owner))
    query.isAscending = false
    var found: [Spoken] = []
    for _ in 0..<pages {
      let page = try await store.query(query)
      found += page.items.compactMap { Spoken($0) }
      query.start = page.next
      if page.next == nil { return (found, true) }
    }
    return (found, false)
  }
}

extension StoredConversations.Spoken {
  fileprivate init?(_ item: Item) {
    guard let conversation = item["conversationId"]?.string.flatMap({ ConversationID($0) }),
      let number = item["number"]?.int, let message = item["message"]?.string,
      let question = item["question"]?.string, let answer = item["answer"]?.string,
      let at = item["answeredAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      conversation: conversation, number: number, message: message, question: question,
      answer: answer, at: at)
  }
}
