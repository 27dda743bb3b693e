import CCurl
import Glibc
import Synchronization

/// The thread on which all transfers of a client run, and the way to it.
///
/// Source of the shape: libcurl's own advice for one thread (`curl_multi_poll`, `curl_multi_wakeup`).
final class TransferDriver: Sendable {
  private enum Command: Sendable {
    case start(Transfer)
    case resume(Transfer)
    case cancel(Transfer)
  }

  private enum Phase {
    case idle
    case running
    case stopped
    /// libcurl is not there: why.
    case broken(String)
  }

  private struct Inbox {
    var phase = Phase.idle
    var commands: [Command] = []
    /// The thread waits in `curl_multi_poll`, or is about to.
    var isPolling = false
    /// The running multi handle, as an address.
    var multi: UInt?

    mutating func wake() {
      guard isPolling, let multi else { return }
      isPolling = false
      martlet_multi_wakeup(UnsafeMutableRawPointer(bitPattern: multi))
    }
  }

  private let configuration: HTTPClientConfiguration
  private let inbox = Mutex(Inbox())

  init(_ configuration: HTTPClientConfiguration) {
    self.configuration = configuration
  }

  func start(_ transfer: Transfer) { post(.start(transfer)) }
  func resume(_ transfer: Transfer) { post(.resume(transfer)) }
  func cancel(_ transfer: Transfer) { post(.cancel(transfer)) }

  /// Ends the thread; what is still running ends as cancelled.
  func stop() {
    inbox.withLock { inbox in
      if case .broken = inbox.phase { return }
      inbox.phase = .stopped
      inbox.wake()
    }
  }

  private func post(_ command: Command) {
    let failure = inbox.withLock { inbox -> NetworkError? in
      switch inbox.phase {
      case .stopped: return .cancelled
      case .broken(let reason): return .unavailable(reason)
      case .running: break
      case .idle:
        guard startThread() else { return .unavailable("no thread") }
        inbox.phase = .running
      }
      inbox.commands.append(command)
      inbox.wake()
      return nil
    }
    if let failure, case .start(let transfer) = command { transfer.finish(.failed(failure)) }
  }

  private func startThread() -> Bool {
    let context = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, runDriver, context.toOpaque())
    guard code == 0 else {
      context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// The thread's life.
  fileprivate func run() {
    guard martlet_curl_load() == 1, let loop = TransferLoop(configuration) else {
      return fail(String(cString: martlet_curl_failure()))
    }
    inbox.withLock { $0.multi = UInt(bitPattern: loop.multi) }
    while let commands = takeCommands() {
      for command in commands {
        switch command {
        case .start(let transfer): loop.start(transfer)
        case .resume(let transfer): loop.resume(transfer)
        case .cancel(let transfer): loop.cancel(transfer)
        }
      }
      loop.perform()
      let mayWait = inbox.withLock { inbox in
        guard inbox.commands.isEmpty, case .running = inbox.phase else { return false }
        inbox.isPolling = true
        return true
      }
      guard mayWait else { continue }
      loop.wait()
      inbox.withLock { $0.isPolling = false }
    }
    inbox.withLock { $0.multi = nil }
    loop.end()
  }

  /// What has been asked for; nil when the client has gone.
  private func takeCommands() -> [Command]? {
    let (commands, isStopped) = inbox.withLock { inbox in
      var commands: [Command] = []
      swap(&commands, &inbox.commands)
      guard case .stopped = inbox.phase else { return (commands, false) }
      return (commands, true)
    }
    guard isStopped else { return commands }
    for case .start(let transfer) in commands { transfer.finish(.failed(.cancelled)) }
    return nil
  }

  private func fail(_ reason: String) {
    let commands = inbox.withLock { inbox in
      inbox.phase = .broken(reason)
      return inbox.commands
    }
    for case .start(let transfer) in commands {
      transfer.finish(.failed(.unavailable(reason)))
    }
  }
}

private func runDriver(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<TransferDriver>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
