/// Answers that are there already: this very message's, and those that were made for others.
extension TurnRun {
  /// Looks for an answer that was given before, and for passages if there is none. A conversation that
  /// has begun has none.
  func prepare(
    _ retrieve: @Sendable () async throws -> Retrieval?
  ) async throws -> (AnswerCache.Look?, Retrieval?) {
    let look = question.conversation == nil ? await cache?.look() : nil
    return (look, look?.answer == nil ? try await retrieve() : nil)
  }

  /// The message was answered before: the same answer again, without asking the model.
  func replay(_ turn: Turn) async -> TurnReport {
    var report = report(.repeated)
    report.turn = turn.number
    report.usage = turn.usage
    report.variant = turn.variant
    guard await say(turn.answer) else { return report }
    guard let completion = turn.completion else {
      _ = await send(.failed(.modelUnavailable(reason: "interrupted before")))
      return report
    }
    _ = await send(.completed(completion))
    return report
  }

  /// Gives an answer that was made for somebody else, and stores it as this turn's.
  func give(
    _ cached: CachedAnswer, _ look: AnswerCache.Look, after recent: RecentTurns?,
    _ start: ContinuousClock.Instant
  ) async -> TurnReport {
    let prepared = start.duration(to: .now)
    draft.change { content in
      content.look = look
      content.cached = cached
      content.model = cached.model
      content.text = cached.text
      content.firstText = .now
    }
    let isThere = await say(cached.text)
    let ending: Generation.Ending =
      isThere ? .finished(.stop) : Task.isCancelled ? .cancelled : .disconnected
    // The answer is whole, whatever became of the receiver.
    return await Task {
      var report = await finish(ending, [], after: recent)
      report.preparation = prepared
      report.firstText = draft.current.firstText.map { start.duration(to: $0) }
      report.total = start.duration(to: .now)
      await cache?.finish(look, draft.current, report, direction)
      return report
    }.value
  }

  /// Sends the beginning of a turn and an answer that is there as a whole; false when the receiver is
  /// gone.
  private func say(_ text: String) async -> Bool {
    guard await send(.started(conversation: conversation, message: message)) else { return false }
    let outbox = Outbox()
    // Beside its reading: a long answer does not fit at once.
    async let _: Void = {
      try? await outbox.add(text)
      outbox.close()
    }()
    while let event = await outbox.next() {
      guard await send(event) else { return false }
    }
    return !Task.isCancelled
  }
}
