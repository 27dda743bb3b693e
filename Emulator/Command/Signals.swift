import Dispatch
import Glibc
import Synchronization

/// The wish of SIGINT, SIGTERM or SIGHUP that the program ends. The second one ends it at once: the
/// kernel closes what is open, and sandboxes end with their emulator.
final class EndRequest: Sendable {
  private struct Waiting {
    var isRequested = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let waiting = Mutex(Waiting())
  // Dispatch sources may be used from any thread; these are only kept alive.
  nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

  /// What a shell reports for a program that SIGINT ended.
  private static let interrupted: Int32 = 130

  /// From now on these signals no longer end the process by themselves.
  init() {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { [unowned self] in self.arrived() }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  var isRequested: Bool { waiting.withLock { $0.isRequested } }

  /// Returns once the end has been asked for.
  func wait() async {
    await withCheckedContinuation { waiter in
      let isRequested = waiting.withLock { waiting in
        if !waiting.isRequested { waiting.waiters.append(waiter) }
        return waiting.isRequested
      }
      if isRequested { waiter.resume() }
    }
  }

  private func arrived() {
    let waiters = waiting.withLock { waiting -> [CheckedContinuation<Void, Never>]? in
      if waiting.isRequested { return nil }
      waiting.isRequested = true
      defer { waiting.waiters = [] }
      return waiting.waiters
    }
    guard let waiters else { _exit(Self.interrupted) }
    for waiter in waiters { waiter.resume() }
  }
}
