import Glibc
import Synchronization

/// Work that would hold up a pool's thread, done one piece after the other on a thread of its own.
///
/// The thread starts with the first piece and ends when there is none left.
final class SlowWork: Sendable {
  static let shared = SlowWork()

  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isRunning = false
  }

  private let state = Mutex(State())

  func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      add { continuation.resume(returning: work()) }
    }
  }

  private func add(_ job: @escaping @Sendable () -> Void) {
    let needsThread = state.withLock { state in
      state.jobs.append(job)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard needsThread else { return }
    let context = Unmanaged.passRetained(self)
    var thread = pthread_t()
    guard pthread_create(&thread, nil, runJobs, context.toOpaque()) == 0 else {
      // No thread to be had: late is better than never.
      context.takeRetainedValue().work()
      return
    }
    pthread_detach(thread)
  }

  fileprivate func work() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard !state.jobs.isEmpty else {
        state.isRunning = false
        return nil
      }
      return state.jobs.removeFirst()
    }
  }
}

private func runJobs(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<SlowWork>.fromOpaque(context).takeRetainedValue().work()
  return nil
}
