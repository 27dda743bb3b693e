import Glibc

/// Whether the process is to stop, and whether a handler is still at work.
///
/// SIGTERM ends an idle process at once. A busy one has its tasks cancelled, so that handlers can
/// end their work early, and `grace` to do it.
final class Lifecycle: Sendable {
  /// Lambda leaves 300 ms to a runtime with an internal extension.
  static let grace = Duration.milliseconds(250)

  private struct State: Sendable {
    var isStopping = false
    var busy = 0
    var tasks: [Task<Void, Never>] = []
  }

  private let state = Guarded(State())

  var isStopping: Bool {
    state.withLock { $0.isStopping }
  }

  /// The task of a run loop, to be cancelled when the process stops.
  func add(_ task: Task<Void, Never>) {
    state.withLock { $0.tasks.append(task) }
  }

  func begin() {
    state.withLock { $0.busy += 1 }
  }

  /// The handler is done. The last one to end while the process stops ends it.
  func end() {
    let isOver = state.withLock { state in
      state.busy -= 1
      return state.isStopping && state.busy == 0
    }
    if isOver { Program.exit(0) }
  }

  /// SIGTERM has come: ends the process, at once or after the grace. Does not return.
  func stop() -> Never {
    let (isBusy, tasks) = state.withLock { state in
      state.isStopping = true
      return (state.busy > 0, state.tasks)
    }
    if isBusy {
      for task in tasks { task.cancel() }
      Pause.sleep(Self.grace)
    }
    Program.exit(0)
  }
}

/// SIGTERM, taken by a thread that waits for it.
enum Termination {
  /// Keeps SIGTERM from ending the process; threads made later inherit that.
  static func block() {
    var signals = terminate
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Waits for SIGTERM.
  static func wait() {
    var signals = terminate
    var received: Int32 = 0
    while sigwait(&signals, &received) != 0 {}
  }

  private static var terminate: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    return signals
  }
}

/// Starts a thread of ours that nobody waits for.
enum Thread {
  static func start(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      return
    }
    pthread_detach(thread)
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }
}
