import Synchronization

/// Wakes those who wait for a message.
final class QueueSignals: Sendable {
  private struct State {
    var next = 0
    var waiting: [String: [Int: QueueSignal]] = [:]
  }

  private let state = Mutex(State())

  /// Somebody put a message into a queue, or gave one back.
  func notify(_ queue: String) {
    let waiting = state.withLock { $0.waiting[queue].map { Array($0.values) } ?? [] }
    for signal in waiting { signal.ring() }
  }

  /// Registers a waiter; signals that come from now on are not missed.
  func listen(to queue: String) -> (signal: QueueSignal, id: Int) {
    let signal = QueueSignal()
    let id = state.withLock { state in
      state.next += 1
      state.waiting[queue, default: [:]][state.next] = signal
      return state.next
    }
    return (signal, id)
  }

  func leave(_ queue: String, _ id: Int) {
    state.withLock { state in
      state.waiting[queue]?[id] = nil
      if state.waiting[queue]?.isEmpty == true { state.waiting[queue] = nil }
    }
  }
}

/// What one waiter waits for, as often as it likes; a ring while nobody waits is kept, once.
///
/// Not an `AsyncStream`: one whose reader is cancelled has ended, so a wait that came to its limit would
/// be the last one, and all after it would return at once.
final class QueueSignal: Sendable {
  private struct State {
    var isRung = false
    /// Counts the waits, so that a late timer ends no later one.
    var round = 0
    var hasExpired = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func ring() {
    let waiting = state.withLock { state in
      state.isRung = state.waiting == nil
      return state.waiting.take()
    }
    waiting?.resume()
  }

  /// Returns at a ring, after `limit`, or when the task is cancelled. For one task at a time.
  func wait(atMost limit: Duration) async {
    let round = state.withLock { state in
      state.round += 1
      state.hasExpired = false
      return state.round
    }
    let timer = Task {
      try await Task.sleep(for: limit)
      expire(round)
    }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard !state.isRung, !state.hasExpired, !Task.isCancelled else {
            state.isRung = false
            return true
          }
          state.waiting = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      expire(round)
    }
  }

  private func expire(_ round: Int) {
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.round == round else { return nil }
      state.hasExpired = true
      return state.waiting.take()
    }
    waiting?.resume()
  }
}
