import Network

/// When a failed request to a provider is tried again: `RetryPolicy` told what each failure means.
///
/// | failure | counts as |
/// | --- | --- |
/// | 429 | itself; for quota or credit one that no wait heals |
/// | other status | itself |
/// | no connection; broken, silent or unfinished stream, nothing passed on yet | 503 |
/// | a tool call that the provider itself calls broken | 503 without a wait, once |
/// | undecodable event, deadline | never again |
/// | anything after text was passed on | never again |
enum ModelRetry {
  /// How long to wait before the next attempt; nil gives up. `attempt` counts the failures from 1.
  static func wait(
    after error: ModelError, attempt: Int, hasPassedText: Bool, remaining: Duration,
    policy: RetryPolicy, using generator: inout some RandomNumberGenerator
  ) -> Duration? {
    // There are no arguments that could go back to the model; it is asked the same again.
    if error == .brokenCall {
      return attempt == 1 && !hasPassedText && remaining > policy.reserve ? .zero : nil
    }
    guard let failure = failure(error) else { return nil }
    return policy.wait(
      after: failure, attempt: attempt, remaining: remaining, hasPassedOn: hasPassedText,
      using: &generator)
  }

  private static func failure(_ error: ModelError) -> RetryPolicy.Failure? {
    switch error {
    case .throttled(let retryAfter): .status(429, retryAfter: retryAfter)
    case .exhausted: .status(429, mayWait: false)
    case .unavailable(let status, _), .rejected(let status, _, _): .status(status)
    case .unreachable, .interrupted, .incomplete, .silent: .status(503)
    case .malformed, .brokenCall, .deadlineExceeded: nil
    }
  }

  /// What an HTTP status means when the provider's body said nothing more exact.
  static func error(
    status: Int, code: String?, message: String, retryAfter: Duration?
  ) -> ModelError {
    switch status {
    case 429: .throttled(retryAfter: retryAfter)
    case 408, 409, 500...599: .unavailable(status: status, message: message)
    default: .rejected(status: status, code: code, message: message)
    }
  }
}
