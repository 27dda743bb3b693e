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
