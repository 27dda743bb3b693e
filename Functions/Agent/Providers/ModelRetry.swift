/// When a failed request to a provider is tried again: the same table for all of them.
///
/// | signal | then |
/// | --- | --- |
/// | 408, 409, 5xx, no connection | again, 3 attempts in all, full jitter of 0.5 s × 2ⁿ up to 8 s |
/// | 429 with a time to wait | after exactly that time, if it fits; else given up |
/// | 429 without one | like a 5xx |
/// | 429 for quota or credit, other 4xx, undecodable events | never |
/// | broken or silent stream, nothing passed on yet | like a 5xx |
/// | anything after text was passed on | never |
///
/// No wait reaches into the last second before the deadline.
package enum ModelRetry {
  package static let attempts = 3
  package static let reserve: Duration = .seconds(1)

  /// How long to wait before the next attempt; nil gives up. `attempt` counts the failures from 1,
  /// `random` is the jitter's part, 0 to 1.
  package static func wait(
    after error: ModelError, attempt: Int, hasPassedText: Bool, remaining: Duration, random: Double
  ) -> Duration? {
    guard !hasPassedText, attempt < attempts else { return nil }
    let wait: Duration
    switch error {
    case .throttled(let retryAfter?): wait = max(.zero, retryAfter)
    case .throttled, .unavailable, .unreachable, .interrupted, .incomplete, .silent:
      wait = backoff(attempt) * min(max(random, 0), 1)
    case .exhausted, .rejected, .malformed, .deadlineExceeded: return nil
    }
    return wait <= remaining - reserve ? wait : nil
  }

  /// The longest wait after this many failures: 0.5, 1, 2, 4, 8, 8 … seconds.
  private static func backoff(_ attempt: Int) -> Duration {
    min(.milliseconds(500) * (1 << min(max(attempt - 1, 0), 4)), .seconds(8))
  }

  /// What an HTTP status means when the provider's body said nothing more exact.
  package static func error(
    status: Int, code: String?, message: String, retryAfter: Duration?
  ) -> ModelError {
    switch status {
    case 429: .throttled(retryAfter: retryAfter)
    case 408, 409, 500...599: .unavailable(status: status, message: message)
    default: .rejected(status: status, code: code, message: message)
    }
  }
}
