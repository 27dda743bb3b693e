import Synchronization

/// Answers messages: one `answer` is one turn.
///
/// Holds nothing between turns but what was put in at the start. Each turn emits `started`, chunks
/// and tool steps, then exactly one of `completed` and `failed`; after a turn with an answer, whole or
/// broken off, one turn is stored, however often the message is delivered.
package struct Agent: Sendable {
  /// A profile with who answers for it and what it may use.
  private struct Version: Sendable {
    let profile: Profile
    let model: any Model
    let tools: ToolTable
  }

  private let standard: Version
  private let others: [String: Version]
  private let choose: @Sendable (Caller) -> String?
  private let retriever: Retriever?
  private let store: any ConversationStore
  private let summaryModel: (any Model)?
  private let cache: AnswerCache?
  private let admit: @Sendable (Caller) async throws -> Void
  private let person: @Sendable (Caller) async throws -> [ContextEntry]
  private let steering: Steering
  private let now: @Sendable () -> Timestamp

  /// The assistant's.
  package var name: String { standard.profile.name }

  /// Waits until its task is cancelled: nobody can end the turn before its time.
  package static let undisturbed: @Sendable () async -> TurnInterruption = {
    while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
    return .gone
  }

  /// Of `tools` those that the profile names are used; `now` is the wall clock, for stored turns.
  ///
  /// `variants` are other versions of the profile, each with its model. Which one answers a caller is
  /// what `choose` says; nil is the standard one. `admit` throws an `AgentError` when a caller may not
  /// ask at the moment; `person` says what is remembered about one.
  ///
  /// `summaryModel` tells what falls out of the part of a conversation that models see again; nil: the
  /// one that answers.
  ///
  /// `classifier` is asked what a message is about when the example sentences of the profile's
  /// specialists leave it open; without one they alone decide. Without `confirmations` there are no
  /// writing tools.
  ///
  /// With a `retriever` passages are looked for by it, else by words in `knowledge`. With a `cache`
  /// answers of profiles that share theirs are given again.
  package init(
    profile: Profile, model: any Model, tools: [Tool], knowledge: Knowledge?,
    retriever: Retriever? = nil, store: any ConversationStore, cache: AnswerCache? = nil,
    classifier: (any Model)? = nil, confirmations: StoredConfirmations? = nil,
    variants: [(profile: Profile, model: any Model)] = [],
    summaryModel: (any Model)? = nil,
    choose: @escaping @Sendable (Caller) -> String? = { _ in nil },
    admit: @escaping @Sendable (Caller) async throws -> Void = { _ in },
    person: @escaping @Sendable (Caller) async throws -> [ContextEntry] = { _ in [] },
    now: @escaping @Sendable () -> Timestamp
  ) {
    let tools = tools.filter { $0.isReadOnly || confirmations != nil }
    steering = Steering(
      router: IntentRouter(profile, model: classifier), confirmations: confirmations, now: now)
    standard = Version(
      profile: profile, model: model, tools: ToolTable(tools, allowed: profile.tools))
    var others: [String: Version] = [:]
    for (profile, model) in variants {
      guard let name = profile.variant else { continue }
      others[name] = Version(
        profile: profile, model: model, tools: ToolTable(tools, allowed: profile.tools))
    }
    self.others = others
    self.choose = choose
    self.retriever = retriever ?? knowledge.map { Retriever($0) }
    self.store = store
    self.summaryModel = summaryModel
    self.cache = cache
    self.admit = admit
    self.person = person
    self.now = now
  }

  /// Answers a question and stores the turn.
  ///
  /// At `deadline` the caller's own time is up; the turn ends earlier if the profile says so. `emit`
  /// takes the events one after the other. When it throws, the receiver counts as gone: the turn ends
  /// and what there is of the answer is stored. `watch` returns when the turn is to end before its
  /// time, or when its task is cancelled; without one nothing ends it but the time. `audit` is told each
  /// call of a tool as soon as it is over. `reading` is what ``read(for:)`` has read for the question.
  package func answer(
    _ question: Question, until deadline: ContinuousClock.Instant,
    reading: TurnReading? = nil,
    watch: @escaping @Sendable () async -> TurnInterruption = Agent.undisturbed,
    audit: @escaping @Sendable (ToolAudit) -> Void = { _ in },
    _ emit: @escaping @Sendable (TurnEvent) async throws -> Void
  ) async -> TurnReport {
    let start = ContinuousClock.now
    let version = version(for: question)
    let profile = version.profile
    let run = TurnRun(
      profile: profile, model: version.model, tools: version.tools, steering: steering,
      summaryModel: summaryModel, store: store, question: question,
      conversation: question.conversationID,
      deadline: min(deadline, start + profile.limits.duration), askedAt: now(), now: now,
      admit: admit,
      reading: {
        if let reading { return reading }
        return await TurnReading(question, profile, store, person)
      },
      cache: TurnCache(cache, question, profile, model: version.model.name) {
        await knowledgeVersion(for: question.caller, profile)
      }, watch: watch, emit: emit, audit: audit
    )
    var report = await run.run { try await passages(for: question, profile, $0) }
    // What is done behind the answer is not counted.
    if report.total == .zero { report.total = start.duration(to: .now) }
    return report
  }

  /// Reads what a turn begins with; for ``answer(_:until:reading:watch:audit:_:)``.
  package func read(for question: Question) async -> TurnReading {
    await TurnReading(question, version(for: question).profile, store, person)
  }

  /// The version that the question asks for, else the one that is chosen for the caller.
  private func version(for question: Question) -> Version {
    (question.variant ?? choose(question.caller)).flatMap { others[$0] } ?? standard
  }

  /// Nil when the knowledge cannot be searched: the turn goes on without it.
  private func passages(
    for question: Question, _ profile: Profile, _ count: @escaping @Sendable (ModelUse) -> Void
  ) async throws -> Retrieval? {
    guard let retriever, profile.limits.passages > 0 else {
      return Retrieval(passages: [], mode: .words)
    }
    let filter = filter(question.caller, profile)
    return try? await retriever.passages(
      for: question.text.text, limit: profile.limits.passages, share: profile.limits.share,
      filter: filter, count: count)
  }

  /// Empty for an assistant without knowledge, nil when what is made from it is not for others.
  private func knowledgeVersion(for caller: Caller, _ profile: Profile) async -> String? {
    guard let retriever, profile.limits.passages > 0 else { return "" }
    return await retriever.version(for: filter(caller, profile))
  }

  /// Names the knowledge of a caller, as answers of the standard version rest on it.
  package func knowledgeVersion(for caller: Caller) async -> String? {
    await knowledgeVersion(for: caller, standard.profile)
  }

  private func filter(_ caller: Caller, _ profile: Profile) -> PassageFilter {
    PassageFilter(tenant: caller.tenant, owner: caller.owner, types: profile.passageTypes)
  }
}
