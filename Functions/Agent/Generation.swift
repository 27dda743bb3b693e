/// The model's side and the receiver's side of a turn, run beside each other until both are through.
struct Generation: Sendable {
  let rounds: Rounds
  /// What the receiver is told first, while the model is asked.
  let start: TurnEvent
  /// Returns when the turn is to end before its time; at once when its task is cancelled.
  let watch: @Sendable () async -> TurnInterruption
  /// Sends an event; false when the receiver is gone.
  let send: @Sendable (TurnEvent) async -> Bool

  /// How the model's side came to its end.
  enum Ending: Equatable, Sendable {
    case finished(FinishReason)
    case stopped
    case failed(AgentError)
    case disconnected
    case cancelled
  }

  /// The two sides of a turn, which come to their ends in either order. Each call returns the turn's
  /// ending as soon as it is known.
  struct Sides {
    /// How the model's side ended; nil while it goes on.
    private(set) var ending: Ending?
    private var isDelivered = false

    mutating func generated(_ how: Ending) -> Ending? {
      ending = how
      return isDelivered ? how : nil
    }

    mutating func delivered(_ isThere: Bool, isCancelled: Bool) -> Ending? {
      guard isThere else { return isCancelled ? .cancelled : .disconnected }
      isDelivered = true
      return ending
    }
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
      var sides = Sides()
      while let step = await group.next() {
        switch step {
        case .generated(let how):
          if let ending = sides.generated(how) { return ending }
          group.addTask {
            try? await Task.sleep(until: max(rounds.deadline, .now) + Self.drainTime)
            return .drainTimedOut
          }
        case .delivered(let isThere):
          guard let ending = sides.delivered(isThere, isCancelled: Task.isCancelled) else {
            continue
          }
          group.cancelAll()
          return ending
        case .drainTimedOut:
          group.cancelAll()
          // What the receiver did not get must not end as if it had.
          if case .stopped? = sides.ending { return .stopped }
          return .failed(.deadlineExceeded)
        }
      }
      return sides.ending ?? .cancelled
    }
  }

  private func deliver() async -> Bool {
    guard await send(start) else { return false }
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
