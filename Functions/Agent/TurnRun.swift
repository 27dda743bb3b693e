import Cloud

/// One turn from its question to its stored answer.
struct TurnRun: Sendable {
  private(set) var profile: Profile
  let model: any Model
  private(set) var tools: ToolTable
  let steering: Steering
  /// Who tells what fell out of the window; nil: who answers.
  let summaryModel: (any Model)?
  let store: any ConversationStore
  let question: Question
  let conversation: ConversationID
  let deadline: ContinuousClock.Instant
  let askedAt: Timestamp
  let now: @Sendable () -> Timestamp
  let admit: @Sendable (Caller) async throws -> Void
  let reading: @Sendable () async -> TurnReading
  /// Nil when the answer is not to be shared.
  let cache: TurnCache?
  let watch: @Sendable () async -> TurnInterruption
  let emit: @Sendable (TurnEvent) async throws -> Void
  let audit: @Sendable (ToolAudit) -> Void

  /// What was decided before the model was asked; nil until then.
  private(set) var direction: Direction?
  let draft = Draft()
  var message: String { question.key.messageID }

  /// `search` looks for passages and tells what that took.
  func run(
    _ search:
      @escaping @Sendable (
        _ count: @escaping @Sendable (ModelUse) -> Void
      ) async throws -> Retrieval?
  ) async -> TurnReport {
    var report = await answered { [draft] in
      try await search { use in draft.change { $0.embeddings.append(use) } }
    }
    report.others += draft.current.embeddings
    return report
  }

  private func answered(
    _ retrieve: @escaping @Sendable () async throws -> Retrieval?
  ) async -> TurnReport {
    let start = ContinuousClock.now
    do {
      async let prepared = prepare(retrieve)
      async let admitted: Void = admit(question.caller)
      let reading = await reading()
      let recent = try reading.recent.get()
      let history = recent?.turns ?? []
      if let before = history.first(where: { $0.message == message }) {
        return await replay(try await store.whole(before, of: question.caller))
      }
      let known = reading.person
      var (look, retrieval) = try await prepared
      let isSearched = look?.answer == nil
      if look == nil, history.isEmpty, question.conversation != nil { look = await cache?.look() }
      if !history.isEmpty || known?.isEmpty != true { look = nil }
      if let look, let cached = look.answer {
        try await admitted
        return await steered(by: cached.direction(profile)).give(
          cached, look, after: recent, start)
      }
      let direction = try await steering.direction(
        of: question, profile, recent?.conversation, history, until: deadline)
      if direction.words != nil {
        // Whoever asks for a person gets one, whatever is used up.
        return await steered(by: direction).answer(recent, [], [], start)
      }
      try await admitted
      if !isSearched { retrieval = try await retrieve() }
      draft.change { [look, retrieval] content in
        content.look = look
        content.retrieval = retrieval
      }
      // What cannot be read is not remembered for once.
      var report = await steered(by: direction).answer(
        recent, retrieval?.passages, known ?? [], start)
      report.passages = retrieval?.passages.count
      report.retrieval = retrieval?.mode
      return report
    } catch {
      return await refuse((error as? AgentError) ?? .storeUnavailable(reason: "\(error)"))
    }
  }

  /// The turn as the direction wants it answered.
  private func steered(by direction: Direction) -> TurnRun {
    var run = self
    run.direction = direction
    if direction.words != nil {
      run.tools = tools.only([])
    } else if let specialist = direction.specialist {
      run.profile = profile.specialised(as: specialist)
      run.tools = tools.only(run.profile.tools)
    }
    return run
  }

  /// Who says the answer.
  private var speaker: any Model {
    direction?.words.map { FixedModel(words: $0) } ?? model
  }

  /// Where questions for a yes go.
  private var consent: Consent? {
    steering.confirmations.map {
      Consent(
        store: $0, conversation: conversation, specialist: direction?.specialist?.name,
        language: FixedLanguage(of: question.text.text, among: profile.languages), now: now)
    }
  }

  // MARK: The ways a turn goes

  private func answer(
    _ recent: RecentTurns?, _ found: [Passage]?, _ person: [ContextEntry],
    _ start: ContinuousClock.Instant
  ) async -> TurnReport {
    let prepared = start.duration(to: .now)
    let passages = found ?? []
    let window = HistoryWindow(path: recent?.turns ?? [], profile.limits)
    let condensing = condensing(window)
    async let condensed = condensing.run()
    let prompt = Prompt(profile, isSearched: found != nil)
    let generation = Generation(
      rounds: Rounds(
        model: speaker, tools: tools, profile: profile, caller: question.caller, turn: message,
        deadline: deadline, draft: draft, outbox: Outbox(), consent: consent,
        agreed: direction?.agreed, audit: audit),
      start: .started(conversation: conversation, message: message),
      watch: watch,
      send: { event in
        let isThere = await send(event)
        if case .chunk = event { condensing.begin() }
        return isThere
      })
    let ending = await generation.run(
      system: prompt.system(passages: passages, person: person, summary: window.told),
      messages: prompt.messages(history: window, question: question.text))
    // Even when the invocation is being ended, what was said is kept and the client is told.
    var report = await uninterrupted {
      var report = await finish(ending, passages, after: recent)
      report.preparation = prepared
      report.firstText = draft.current.firstText.map { start.duration(to: $0) }
      report.total = start.duration(to: .now)
      if let look = draft.current.look {
        await cache?.finish(look, draft.current, report, direction)
      }
      return report
    }
    condensing.begin()
    if let use = await condensed { report.others.append(use) }
    return report
  }

  private func condensing(_ window: HistoryWindow) -> Condensing {
    Condensing(
      window, model: summaryModel ?? model, settings: profile.model, store: store,
      conversation: conversation, caller: question.caller, deadline: deadline)
  }

  func finish(
    _ ending: Generation.Ending, _ passages: [Passage], after recent: RecentTurns?
  ) async -> TurnReport {
    let content = draft.current
    var report = report(.cancelled)
    report.usage = content.usage
    report.rounds = content.rounds
    report.model = content.model ?? report.model
    report.tools = content.toolTimes
    report.answerBytes = content.text.utf8.count
    report.cache = content.look.map { content.cached == nil ? .none : $0.level }
    let sources =
      content.cached?.sources
      ?? Citations(
        passages: passages, toolSources: content.sources, grounding: content.grounding
      ).sources(of: content.text)
    draft.change { $0.named = sources }
    let status = content.cached == nil ? status(of: ending) : .complete
    if case .finished = ending, content.text.allSatisfy(\.isWhitespace) {
      return await end(report, .failed(.modelUnavailable(reason: "an empty answer")), sources)
    }
    if !content.text.isEmpty {
      do {
        var turn = turn(status, sources)
        if question.replacing != nil { turn.parent = recent?.turns.last?.number ?? 0 }
        report.turn = try await store.append(
          turn, of: question.caller,
          title: Conversation.title(question: turn.question, answer: turn.answer),
          after: ConversationReading(recent?.conversation))
      } catch let error as AgentError {
        return await end(report, .failed(error), sources)
      } catch {
        return await end(report, .failed(.storeUnavailable(reason: "\(error)")), sources)
      }
    }
    return await end(report, ending, sources)
  }

  /// Sends the last event; the report says how the turn ended.
  private func end(
    _ report: TurnReport, _ ending: Generation.Ending, _ sources: [Source]
  ) async -> TurnReport {
    var report = report
    switch ending {
    case .disconnected: report.outcome = .disconnected
    case .failed(let error):
      report.outcome = .failed(error)
      _ = await send(.failed(error))
    case .cancelled:
      report.outcome = .cancelled
      _ = await send(.failed(.modelUnavailable(reason: "cancelled")))
    case .stopped, .finished:
      let finish = finishWord(of: ending)
      report.outcome = .completed(finish)
      var completion = Completion(
        conversation: conversation, message: message, finish: finish, sources: sources,
        usage: report.usage, model: report.model, variant: report.variant)
      completion.agent = AgentName.text(direction?.specialist?.name, of: profile.name)
      completion.session = direction?.session
      completion.confirmation = draft.current.confirmation
      completion.isCached = draft.current.cached != nil
      if await !send(.completed(completion)) { report.outcome = .disconnected }
    }
    return report
  }

  private func refuse(_ error: AgentError) async -> TurnReport {
    // Also when the invocation is being ended.
    _ = await uninterrupted { await send(.failed(error)) }
    return report(.failed(error))
  }

  // MARK: Values

  @Sendable func send(_ event: TurnEvent) async -> Bool {
    do {
      try await emit(event)
      return true
    } catch {
      return false
    }
  }

  private func status(of ending: Generation.Ending) -> Turn.Status {
    switch ending {
    case .finished(.length): .length
    case .finished(.contentFilter): .filtered
    case .finished: .complete
    case .stopped: .stopped
    case .failed, .disconnected, .cancelled: .interrupted
    }
  }

  private func finishWord(of ending: Generation.Ending) -> Completion.Finish {
    Completion.Finish(rawValue: status(of: ending).rawValue) ?? .complete
  }

  private func turn(_ status: Turn.Status, _ sources: [Source]) -> Turn {
    let content = draft.current
    var turn = Turn(
      conversation: conversation, number: 0, message: message, question: question.text.text,
      answer: content.text, status: status, sources: sources, tools: content.steps,
      usage: content.usage, assistant: profile.name, model: content.model ?? speaker.name,
      askedAt: askedAt,
      answeredAt: max(now(), askedAt))
    turn.variant = profile.variant
    turn.intent = direction?.intent
    turn.specialist = direction?.specialist?.name
    turn.session = direction?.session
    turn.confirmation = content.confirmation
    turn.isCached = content.cached != nil
    if let look = content.look, turn.isCached || TurnCache.isForAll(content, status) {
      turn.cacheEntry = look.entry
    }
    return turn
  }

  func report(_ outcome: TurnReport.Outcome) -> TurnReport {
    var report = TurnReport(
      outcome: outcome, conversation: conversation, message: message, assistant: profile.name,
      model: speaker.name, variant: profile.variant)
    report.intent = direction?.intent
    report.specialist = direction?.specialist?.name
    report.session = direction?.session
    if let finding = direction?.finding, let model = finding.model {
      report.others.append(ModelUse(model: model, usage: finding.usage))
      report.asksClassifier = true
    }
    return report
  }
}

extension AgentError {
  /// What a failure on the model's side means to the person.
  init(_ error: any Error) {
    switch error {
    case let error as AgentError: self = error
    case ModelError.throttled(let retryAfter): self = .tooManyRequests(retryAfter: retryAfter)
    case ModelError.deadlineExceeded: self = .deadlineExceeded
    default: self = .modelUnavailable(reason: "\(error)")
    }
  }
}
