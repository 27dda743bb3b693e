/// One turn from its question to its stored answer.
struct TurnRun: Sendable {
  let profile: Profile
  let model: any Model
  let tools: ToolTable
  let store: any ConversationStore
  let question: Question
  let conversation: ConversationID
  let deadline: ContinuousClock.Instant
  let askedAt: Timestamp
  let now: @Sendable () -> Timestamp
  let emit: @Sendable (TurnEvent) async throws -> Void

  private let draft = Draft()
  private var message: String { question.key.messageID }

  /// How the model's side came to its end.
  enum Ending: Sendable {
    case finished(FinishReason)
    case stopped
    case failed(AgentError)
    case disconnected
    case cancelled
  }

  func run(_ retrieve: @escaping @Sendable () async throws -> [Passage]?) async -> TurnReport {
    let start = ContinuousClock.now
    do {
      async let found = retrieve()
      let history = try await history()
      let passages = try await found
      if let before = history.first(where: { $0.message == message }) {
        return await replay(before)
      }
      var report = await answer(history, passages ?? [], start)
      report.passages = passages?.count
      return report
    } catch {
      return await refuse((error as? AgentError) ?? .storeUnavailable(reason: "\(error)"))
    }
  }

  private func history() async throws -> [Turn] {
    let turns = max(1, profile.limits.history / 2)
    let recent: (conversation: Conversation, turns: [Turn])?
    do {
      recent = try await store.recent(conversation, of: question.caller, turns: turns)
    } catch {
      throw AgentError.storeUnavailable(reason: "\(error)")
    }
    if recent == nil, question.conversation != nil { throw AgentError.conversationNotFound }
    return recent?.turns ?? []
  }

  // MARK: The ways a turn goes

  private func answer(
    _ history: [Turn], _ passages: [Passage], _ start: ContinuousClock.Instant
  ) async -> TurnReport {
    let prepared = start.duration(to: .now)
    var ending = Ending.disconnected
    if await send(.started(conversation: conversation, message: message)) {
      let prompt = Prompt(profile)
      ending = await generate(
        system: prompt.system(passages: passages),
        messages: prompt.messages(history: history, question: question.text))
    }
    // Even when the invocation is being ended, what was said is kept and the client is told.
    return await Task { [ending] in
      var report = await finish(ending, passages)
      report.preparation = prepared
      report.firstText = draft.current.firstText.map { start.duration(to: $0) }
      return report
    }.value
  }

  private func finish(_ ending: Ending, _ passages: [Passage]) async -> TurnReport {
    let content = draft.current
    var report = report(.cancelled)
    report.usage = content.usage
    report.rounds = content.rounds
    report.tools = content.toolTimes
    report.answerBytes = content.text.utf8.count
    let sources = Citations(
      passages: passages, toolSources: content.sources, grounding: content.grounding
    ).sources(of: content.text)
    let status = status(of: ending)
    if case .finished = ending, content.text.allSatisfy(\.isWhitespace) {
      return await end(report, .failed(.modelUnavailable(reason: "an empty answer")), sources)
    }
    if !content.text.isEmpty {
      do {
        report.turn = try await store.append(
          turn(status, sources), of: question.caller,
          title: Conversation.title(from: question.text.text))
      } catch {
        return await end(report, .failed(.storeUnavailable(reason: "\(error)")), sources)
      }
    }
    return await end(report, ending, sources)
  }

  /// Sends the last event; the report says how the turn ended.
  private func end(_ report: TurnReport, _ ending: Ending, _ sources: [Source]) async -> TurnReport
  {
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
      let completion = Completion(
        conversation: conversation, message: message, finish: finish, sources: sources,
        usage: report.usage)
      if await !send(.completed(completion)) { report.outcome = .disconnected }
    }
    return report
  }

  /// The message was answered before: the same answer again, without asking the model.
  private func replay(_ turn: Turn) async -> TurnReport {
    var report = report(.repeated)
    report.turn = turn.number
    report.usage = turn.usage
    let outbox = Outbox()
    guard await send(.started(conversation: conversation, message: message)),
      (try? await outbox.add(turn.answer)) != nil
    else { return report }
    outbox.close()
    while let event = await outbox.next() {
      guard await send(event) else { return report }
    }
    guard let finish = Completion.Finish(rawValue: turn.status.rawValue) else {
      _ = await send(.failed(.modelUnavailable(reason: "interrupted before")))
      return report
    }
    _ = await send(
      .completed(
        Completion(
          conversation: conversation, message: message, finish: finish, sources: turn.sources,
          usage: turn.usage)))
    return report
  }

  private func refuse(_ error: AgentError) async -> TurnReport {
    _ = await send(.failed(error))
    return report(.failed(error))
  }

  // MARK: Asking the model

  private enum Step: Sendable {
    case generated(Ending)
    /// False when the receiver went away.
    case delivered(Bool)
    case drainTimedOut
  }

  /// How long the receiver may take for what still waits when the model has ended.
  private static let drainTime: Duration = .seconds(2)

  /// Runs the model's side and the receiver's side together until both are through.
  private func generate(system: String, messages: [ModelMessage]) async -> Ending {
    let outbox = Outbox()
    return await withTaskGroup(of: Step.self) { group in
      group.addTask { .delivered(await deliver(outbox)) }
      group.addTask {
        let ending = await race(system, messages, outbox)
        outbox.close()
        return .generated(ending)
      }
      var ending: Ending?
      while let step = await group.next() {
        switch step {
        case .generated(let how):
          ending = ending ?? how
          group.addTask {
            try? await Task.sleep(for: Self.drainTime)
            return .drainTimedOut
          }
        case .delivered(let isThere):
          if !isThere { ending = Task.isCancelled ? .cancelled : .disconnected }
          if isThere, ending == nil { continue }
          group.cancelAll()
          return ending ?? .cancelled
        case .drainTimedOut:
          group.cancelAll()
          return ending ?? .disconnected
        }
      }
      return ending ?? .cancelled
    }
  }

  private func deliver(_ outbox: Outbox) async -> Bool {
    while let event = await outbox.next() {
      guard await send(event) else { return false }
    }
    return !Task.isCancelled
  }

  /// The model, the deadline and the person's wish to stop: the first one ends the others.
  private func race(_ system: String, _ messages: [ModelMessage], _ outbox: Outbox) async -> Ending
  {
    let rounds = Rounds(
      model: model, tools: tools, profile: profile, caller: question.caller, turn: message,
      deadline: deadline, draft: draft, outbox: outbox)
    return await withTaskGroup(of: Ending?.self) { group in
      group.addTask {
        do {
          return .finished(try await rounds.run(system: system, messages: messages))
        } catch {
          return Task.isCancelled ? .cancelled : .failed(AgentError(error))
        }
      }
      group.addTask {
        try? await Task.sleep(until: deadline)
        return Task.isCancelled ? nil : .failed(.deadlineExceeded)
      }
      group.addTask { await waitForStop() }
      for await ending in group {
        guard let ending else { continue }
        group.cancelAll()
        return ending
      }
      return .cancelled
    }
  }

  private func waitForStop() async -> Ending? {
    while true {
      do { try await Task.sleep(for: Agent.stopInterval) } catch { return nil }
      // A store that fails to answer is no wish to stop; the next look may succeed.
      if (try? await store.isStopRequested(question.key)) == true { return .stopped }
    }
  }

  // MARK: Values

  private func send(_ event: TurnEvent) async -> Bool {
    do {
      try await emit(event)
      return true
    } catch {
      return false
    }
  }

  private func status(of ending: Ending) -> Turn.Status {
    switch ending {
    case .finished(.length): .length
    case .finished(.contentFilter): .filtered
    case .finished: .complete
    case .stopped: .stopped
    case .failed, .disconnected, .cancelled: .interrupted
    }
  }

  private func finishWord(of ending: Ending) -> Completion.Finish {
    Completion.Finish(rawValue: status(of: ending).rawValue) ?? .complete
  }

  private func turn(_ status: Turn.Status, _ sources: [Source]) -> Turn {
    let content = draft.current
    return Turn(
      conversation: conversation, number: 0, message: message, question: question.text.text,
      answer: content.text, status: status, sources: sources, tools: content.steps,
      usage: content.usage, assistant: profile.name, model: model.name, askedAt: askedAt,
      answeredAt: max(now(), askedAt))
  }

  private func report(_ outcome: TurnReport.Outcome) -> TurnReport {
    TurnReport(
      outcome: outcome, conversation: conversation, message: message, assistant: profile.name,
      model: model.name)
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
