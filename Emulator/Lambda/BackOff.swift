/// When a function that failed to start may be started again: rules only.
struct BackOff {
  private let first: Duration
  private let longest: Duration
  private(set) var failures = 0
  private(set) var notBefore: ContinuousClock.Instant?

  init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  mutating func failed(at now: ContinuousClock.Instant) {
    var delay = first
    for _ in 0..<min(failures, 20) where delay < longest { delay *= 2 }
    failures += 1
    notBefore = now + min(delay, longest)
  }

  mutating func succeeded() {
    failures = 0
    notBefore = nil
  }

  func allows(at now: ContinuousClock.Instant) -> Bool {
    notBefore.map { $0 <= now } ?? true
  }
}
