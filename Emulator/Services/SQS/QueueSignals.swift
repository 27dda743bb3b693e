import Synchronization

/// Wakes those who wait for a message.
final class QueueSignals: Sendable {
  private struct State {
    var next = 0
    var waiting: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
  }

  private let state = Mutex(State())

  /// Somebody put a message into a queue, or gave one back.
  func notify(_ queue: String) {
    let waiting = state.withLock { $0.waiting[queue].map { Array($0.values) } ?? [] }
    for continuation in waiting { continuation.yield() }
  }

  /// Registers a waiter; signals that come from now on are not missed.
  func listen(to queue: String) -> (signals: AsyncStream<Void>, id: Int) {
    let (signals, continuation) = AsyncStream<Void>.makeStream(
      bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.next += 1
      state.waiting[queue, default: [:]][state.next] = continuation
      return state.next
    }
    return (signals, id)
  }

  func leave(_ queue: String, _ id: Int) {
    state.withLock { state in
      state.waiting[queue]?[id] = nil
      if state.waiting[queue]?.isEmpty == true { state.waiting[queue] = nil }
    }
  }

  /// Returns at a signal, after `limit`, or when the task is cancelled.
  static func wait(for signals: AsyncStream<Void>, atMost limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var iterator = signals.makeAsyncIterator()
        _ = await iterator.next()
      }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }
}
