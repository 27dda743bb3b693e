import Support
import Synchronization
import Testing

@testable import Services

@Suite struct QueueSignalTests {
  /// Waits in a task of its own; says how often it came back.
  private func count(
    _ signals: QueueSignals, atMost limit: Duration
  ) -> (task: Task<Void, Never>, rounds: Rounds) {
    let rounds = Rounds()
    let (signal, id) = signals.listen(to: "q")
    let task = Task {
      while !Task.isCancelled {
        await signal.wait(atMost: limit)
        rounds.number.withLock { $0 += 1 }
      }
      signals.leave("q", id)
    }
    return (task, rounds)
  }

  private final class Rounds: Sendable {
    let number = Mutex(0)
    var value: Int { number.withLock(\.self) }
  }

  @Test func `waits its time again after a wait that came to its limit`() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let (task, rounds) = count(QueueSignals(), atMost: .milliseconds(50))
    try await eventually { rounds.value >= 4 }
    #expect(clock.now - start >= .milliseconds(200))
    task.cancel()
    await task.value
    #expect(rounds.value < 1_000)
  }

  @Test func `wakes at a signal, and at one that came before`() async throws {
    let signals = QueueSignals()
    let (task, rounds) = count(signals, atMost: .seconds(3_600))
    for round in 1...100 {
      signals.notify("q")
      try await eventually { rounds.value >= round }
    }
    task.cancel()
    await task.value
    #expect(rounds.value <= 101)
  }

  @Test func `returns at once when its task is cancelled`() async {
    let (signal, _) = QueueSignals().listen(to: "q")
    let task = Task { await signal.wait(atMost: .seconds(3_600)) }
    task.cancel()
    await task.value
  }
}
