import Foundation
import Synchronization

/// An executor that runs everything on one thread, as a function's main does.
final class OneThread: TaskExecutor {
  private let condition = NSCondition()
  // Guarded by the condition.
  nonisolated(unsafe) private var jobs: [UnownedJob] = []
  nonisolated(unsafe) private var isStopped = false

  init() {
    let loop = Loop(self)
    Thread.detachNewThread { loop.run() }
  }

  deinit {
    condition.withLock { isStopped = true }
    condition.signal()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock { jobs.append(job) }
    condition.signal()
  }

  /// The thread, which does not keep the executor alive while it waits.
  private final class Loop: Sendable {
    private let condition: NSCondition
    nonisolated(unsafe) private weak var executor: OneThread?

    init(_ executor: OneThread) {
      condition = executor.condition
      self.executor = executor
    }

    func run() {
      while let executor {
        let job = condition.withLock { executor.jobs.isEmpty ? nil : executor.jobs.removeFirst() }
        if let job {
          job.runSynchronously(on: executor.asUnownedTaskExecutor())
        } else {
          condition.withLock { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.01)) }
        }
      }
    }
  }
}
