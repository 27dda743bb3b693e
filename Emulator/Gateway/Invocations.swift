import Server

/// What became of an invocation.
package enum InvocationOutcome: Sendable, Equatable {
  /// What the function answered.
  case success([UInt8])
  /// The function failed, crashed or ran out of its own time; the payload names the error.
  case functionError([UInt8])
  /// The function's concurrency is used up.
  case throttled
  /// The event is longer than Lambda takes (6 MB).
  case eventTooLarge
  /// It did not answer in the time of its integration; it may still be running.
  case timedOut
  /// There is no such function, or it cannot be started.
  case unavailable
}

/// Invokes a function and gives its response on while it comes. What the function does not stream,
/// and every failure before the first piece, is the outcome alone.
package typealias InvokeStreaming =
  @Sendable (
    _ function: String, _ event: [UInt8],
    _ consume: @escaping @Sendable (InvocationPart) async throws -> Void
  ) async -> InvocationOutcome

/// Invokes a function with an event and waits for its answer.
package typealias Invoke =
  @Sendable (_ function: String, _ event: [UInt8]) async -> InvocationOutcome

/// The invocations that the gateway has begun. They live on the event loop, as the requests that ask
/// for them and the functions' pools do.
///
/// API Gateway stops waiting when an integration's time is over or its client is gone; the function
/// goes on. So each invocation runs in a task of its own that only `end()` cancels.
actor Invocations {
  private typealias Waiter = CheckedContinuation<InvocationOutcome, Never>

  private let invoke: Invoke
  private let loop: EventLoop
  private var tasks: [Int: Task<Void, Never>] = [:]
  private var timers: [Int: UInt64] = [:]
  private var waiters: [Int: Waiter] = [:]
  private var next = 0
  private var hasEnded = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ invoke: @escaping Invoke, on loop: EventLoop) {
    self.invoke = invoke
    self.loop = loop
  }

  /// Invokes a function and waits for it at most `limit`.
  func invoke(
    _ function: String, _ event: [UInt8], within limit: Duration
  ) async -> InvocationOutcome {
    guard !hasEnded else { return .unavailable }
    next += 1
    let number = next
    return await withCheckedContinuation { waiter in
      waiters[number] = waiter
      tasks[number] = Task(executorPreference: loop.tasks) { [invoke] in
        let outcome = await invoke(function, event)
        await self.finish(number, outcome)
      }
      timers[number] = loop.after(Int64(limit / .milliseconds(1))) { [weak self] in
        self?.assumeIsolated { $0.answer(number, .timedOut) }
      }
    }
  }

  /// Begins work that nobody waits for here.
  func begin(_ work: @escaping @Sendable () async -> Void) {
    guard !hasEnded else { return }
    next += 1
    let number = next
    tasks[number] = Task(executorPreference: loop.tasks) {
      await work()
      await self.forget(number)
    }
  }

  /// Cancels everything that runs and refuses what comes.
  func end() {
    hasEnded = true
    for task in tasks.values { task.cancel() }
    for number in Array(waiters.keys) { answer(number, .unavailable) }
  }

  private func finish(_ number: Int, _ outcome: InvocationOutcome) {
    tasks[number] = nil
    answer(number, outcome)
  }

  private func forget(_ number: Int) {
    tasks[number] = nil
  }

  private func answer(_ number: Int, _ outcome: InvocationOutcome) {
    if let timer = timers.removeValue(forKey: number) { loop.forget(timer) }
    waiters.removeValue(forKey: number)?.resume(returning: outcome)
  }
}
