/// Answers frequent questions anew when the knowledge has changed, before somebody asks them.
///
/// Runs from time to time. A change that goes on for a while is answered for once a run, not once a
/// document. What it costs is the tenant's, within the tenant's budgets.
package struct CacheWarming: Sendable {
  /// Who asks, in the tenant's accounts.
  package static let user = "(cache warming)"
  /// Longer than a run.
  private static let hold = Duration.seconds(900)
  /// What must be left for a question to be begun.
  private static let shortest = Duration.seconds(30)

  package struct Summary: Sendable, Equatable {
    /// Caches that were looked at, and of those the ones whose knowledge had changed.
    package var places = 0
    package var changed = 0
    package var answered = 0
    /// Questions whose answers were there already.
    package var known = 0
    package var failed = 0
    package var usage = Usage()
  }

  let questions: FrequentQuestions
  /// Of a place; nothing is answered beyond them.
  let limit: Int
  /// Names the knowledge of a tenant; nil when it cannot be told now.
  let version: @Sendable (_ assistant: String, _ tenant: String) async -> String?
  /// Answers a question without storing a turn, and counts what it cost.
  let answer: @Sendable (Question, _ assistant: String) async throws -> TurnReport

  package init(
    questions: FrequentQuestions, limit: Int,
    version: @escaping @Sendable (_ assistant: String, _ tenant: String) async -> String?,
    answer: @escaping @Sendable (Question, _ assistant: String) async throws -> TurnReport
  ) {
    self.questions = questions
    self.limit = limit
    self.version = version
    self.answer = answer
  }

  package func run(until deadline: ContinuousClock.Instant) async throws -> Summary {
    var summary = Summary()
    guard limit > 0 else { return summary }
    for place in try await questions.places() {
      guard ContinuousClock.now + Self.shortest < deadline else { break }
      summary.places += 1
      guard let version = await version(place.assistant, place.tenant), version != place.version,
        try await questions.take(place, for: Self.hold)
      else { continue }
      summary.changed += 1
      let isDone: Bool
      do {
        isDone = try await warm(place, until: deadline, &summary)
      } catch {
        try await questions.giveBack(place, warmFor: nil)
        throw error
      }
      try await questions.giveBack(place, warmFor: isDone ? version : nil)
    }
    return summary
  }

  /// False when the time was too short: the next run goes on.
  private func warm(
    _ place: FrequentQuestions.Place, until deadline: ContinuousClock.Instant,
    _ summary: inout Summary
  ) async throws -> Bool {
    let caller = Caller(user: Self.user, tenant: place.tenant)
    let list = try await questions.list(
      tenant: place.tenant, assistant: place.assistant, limit: limit)
    for (number, frequent) in list.enumerated() {
      guard ContinuousClock.now + Self.shortest < deadline else { return false }
      guard let text = try? MessageText(frequent.text) else { continue }
      let key = MessageKey(
        caller: caller, connection: "warming", message: "\(questions.now().iso) \(number)")
      let report = try await answer(
        Question(caller: caller, key: key, text: text), place.assistant)
      summary.usage = summary.usage + report.usage
      switch report.outcome {
      case .completed where report.cache == .memory || report.cache == .table: summary.known += 1
      case .completed: summary.answered += 1
      case .failed(.budgetUsedUp):
        // The tenant's other questions would be refused as well.
        summary.failed += 1
        return true
      default: summary.failed += 1
      }
    }
    return true
  }
}

/// Where the turns go that are made for nobody: nowhere.
package struct UnstoredConversations: ConversationStore {
  package init() {}

  package func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? { nil }

  package func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int { 0 }
}
