/// The model's side and the receiver's side of a turn, run beside each other until both are through.
struct Generation: Sendable {
  let rounds: Rounds
  /// Returns when the turn is to end before its time; at once when its task is cancelled.
  let watch: @Sendable () async -> TurnInterruption
  /// Sends an event; false when the receiver is gone.
  let send: @Sendable (TurnEvent) async -> Bool

  /// How the model's side came to its end.
  enum Ending: Sendable {
    case finished(FinishReason)
    case stopped
    case failed(AgentError)
    case disconnected
    case cancelled
  }

  private enum Step: Sendable {
    case generated(Ending)
    /// False when the receiver went away.
    case delivered(Bool)
    case drainTimedOut
  }

  /// How long after the deadline the receiver may take for what still waits.
  private static let drainTime: Duration = .seconds(1)

  /// Runs the model's side and the receiver's side together until both are through.
  func run(system: String, messages: [ModelMessage]) async -> Ending {
    await withTaskGroup(of: Step.self) { group in
      group.addTask { .delivered(await deliver()) }
      group.addTask {
        let ending = await race(system, messages)
        rounds.outbox.close()
        return .generated(ending)
      }
      var ending: Ending?
      var isDelivered = false
      while let step = await group.next() {
        switch step {
        case .generated(let how):
          ending = ending ?? how
          // The receiver's side may be heard of first.
          if isDelivered { return how }
          group.addTask {
            try? await Task.sleep(until: max(rounds.deadline, .now) + Self.drainTime)
            return .drainTimedOut
          }
        case .delivered(let isThere):
          if !isThere { ending = Task.isCancelled ? .cancelled : .disconnected }
          if isThere, ending == nil {
            isDelivered = true
            continue
          }
          group.cancelAll()
          return ending ?? .cancelled
        case .drainTimedOut:
          group.cancelAll()
          // What the receiver did not get must not end as if it had.
          if case .stopped? = ending { return .stopped }
          return .failed(.deadlineExceeded)
        }
      }
      return ending ?? .cancelled
    }
  }

  private func deliver() async -> Bool {
    while let event = await rounds.outbox.next() {
      guard await send(event) else { return false }
    }
    return !Task.isCancelled
  }

  /// The model, the deadline and the person's wish to stop: the first one ends the others.
  private func race(_ system: String, _ messages: [ModelMessage]) async -> Ending {
    await withTaskGroup(of: Ending?.self) { group in
      group.addTask {
        do {
          return .finished(try await rounds.run(system: system, messages: messages))
        } catch {
          return Task.isCancelled ? .cancelled : .failed(AgentError(error))
        }
      }
      group.addTask {
        try? await Task.sleep(until: rounds.deadline)
        return Task.isCancelled ? nil : .failed(.deadlineExceeded)
      }
      group.addTask {
        let interruption = await watch()
        if Task.isCancelled { return nil }
        return interruption == .stopped ? .stopped : .disconnected
      }
      for await ending in group {
        guard let ending else { continue }
        group.cancelAll()
        return ending
      }
      return .cancelled
    }
  }
}
