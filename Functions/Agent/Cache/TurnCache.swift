/// The cache's part in one turn: looks for an answer at its beginning and keeps a new one at its end.
///
/// Only a conversation's first question of a person about whom nothing is remembered can have an answer
/// that fits everybody, and only an answer that rests on nothing but the prompt and shared knowledge is
/// one: no tool was used, nothing was looked up elsewhere, no passage is the person's own.
struct TurnCache: Sendable {
  let cache: AnswerCache
  let question: Question
  let profile: Profile
  let model: String
  /// Names what the caller can find; nil when answers from it are not for others.
  let version: @Sendable () async -> String?

  /// Nil when the question cannot have a shared answer.
  init?(
    _ cache: AnswerCache?, _ question: Question, _ profile: Profile, model: String,
    version: @escaping @Sendable () async -> String?
  ) {
    guard let cache, profile.sharesAnswers, question.replacing == nil, !question.isFresh,
      question.decision == nil
    else { return nil }
    self.cache = cache
    self.question = question
    self.profile = profile
    self.model = model
    self.version = version
  }

  func look() async -> AnswerCache.Look? {
    guard let version = await version() else { return nil }
    return await cache.look(
      for: AnswerSubject(
        tenant: question.caller.tenant, assistant: profile.name,
        circumstances: [
          question.caller.role.rawValue, profile.fingerprint, model, version,
          question.agent.map { "\($0.assistant).\($0.specialist ?? "")" } ?? "",
        ], question: question.text.text))
  }

  /// Whether an answer is one for everybody.
  static func isForAll(_ content: Draft.Content, _ status: Turn.Status) -> Bool {
    guard status == .complete, content.cached == nil, content.rounds == 1, content.steps.isEmpty,
      content.confirmation == nil, content.grounding.isEmpty, let retrieval = content.retrieval
    else { return false }
    return retrieval.mode.isAsConfigured && retrieval.passages.allSatisfy { $0.owner == nil }
  }

  /// Keeps the answer of a turn if it is for all, and counts the question that has such a one.
  func finish(
    _ look: AnswerCache.Look, _ draft: Draft.Content, _ report: TurnReport,
    _ direction: Direction?
  ) async {
    cache.counter?.add(.answers, draft.cached == nil ? .none : look.level)
    let isNew =
      report.outcome == .completed(.complete) && report.turn != nil
      && Self.isForAll(draft, .complete)
    guard isNew || draft.cached != nil else { return }
    async let kept: Void = isNew ? keep(look, draft, report, direction) : ()
    await cache.questions?.count(question.text.text, by: question.caller.user, for: look)
    await kept
  }

  private func keep(
    _ look: AnswerCache.Look, _ draft: Draft.Content, _ report: TurnReport,
    _ direction: Direction?
  ) async {
    var answer = CachedAnswer(
      id: report.message, text: draft.text, sources: draft.named, model: report.model,
      madeAt: cache.now())
    answer.intent = direction?.intent
    answer.specialist = direction?.specialist?.name
    await cache.keep(answer, for: look)
  }
}

extension Retrieval.Mode {
  /// Nothing failed and nothing is missing.
  var isAsConfigured: Bool { self == .words || self == .hybrid }
}
