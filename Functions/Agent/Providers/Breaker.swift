import Synchronization

/// Stops asking a provider that keeps failing, and asks it again after a while.
///
/// Closed it lets everything through; after `threshold` failures in a row it is open for `pause`; then
/// one attempt decides.
package struct Breaker: Sendable {
  package let threshold: Int
  package let pause: Duration

  private enum State: Sendable {
    case closed(failures: Int)
    case open(until: ContinuousClock.Instant)
    /// One attempt is on its way; it counts as lost after another pause.
    case trying(until: ContinuousClock.Instant)
  }

  private var state = State.closed(failures: 0)

  package init(threshold: Int = 5, pause: Duration = .seconds(30)) {
    self.threshold = max(1, threshold)
    self.pause = pause
  }

  /// True when the provider may be asked now; then say how it went.
  package mutating func mayTry(at now: ContinuousClock.Instant) -> Bool {
    switch state {
    case .closed: return true
    case .open(let until), .trying(let until):
      guard now >= until else { return false }
      state = .trying(until: now + pause)
      return true
    }
  }

  /// True when the provider may not be asked now.
  package func isOpen(at now: ContinuousClock.Instant) -> Bool {
    switch state {
    case .closed: false
    case .open(let until), .trying(let until): now < until
    }
  }

  package mutating func succeeded() { state = .closed(failures: 0) }

  package mutating func failed(at now: ContinuousClock.Instant) {
    switch state {
    case .closed(let failures) where failures + 1 < threshold:
      state = .closed(failures: failures + 1)
    default: state = .open(until: now + pause)
    }
  }
}

/// A breaker for each model, shared by all who ask it: `openai/gpt-4o-mini`.
package final class Breakers: Sendable {
  private let closed: Breaker
  private let breakers = Mutex<[String: Breaker]>([:])

  package init(_ closed: Breaker = Breaker()) {
    self.closed = closed
  }

  func mayTry(_ model: String) -> Bool { change(model) { $0.mayTry(at: .now) } }
  func isOpen(_ model: String) -> Bool { change(model) { $0.isOpen(at: .now) } }
  func succeeded(_ model: String) { change(model) { $0.succeeded() } }
  func failed(_ model: String) { change(model) { $0.failed(at: .now) } }

  private func change<Result>(_ model: String, _ how: (inout Breaker) -> Result) -> Result {
    breakers.withLock { how(&$0[model, default: closed]) }
  }
}
