/// Whether and when a failed request is sent again: one table for all providers and services.
package struct RetryPolicy: Sendable {
  /// How a request failed.
  package enum Failure: Sendable {
    /// An answer came. `mayWait` is false for a 429 that time does not heal (a quota, credit or
    /// spending limit).
    case status(Int, retryAfter: Duration? = nil, mayWait: Bool = true)
    case network(NetworkError)
  }

  /// Attempts in all.
  package var attempts = 3
  /// The first wait lies between nothing and this, every further one doubles it.
  package var base = Duration.milliseconds(500)
  package var cap = Duration.seconds(8)
  /// What has to be left of the caller's time after a wait.
  package var reserve = Duration.seconds(1)

  package init() {}

  /// How long to wait before the next attempt; nil: give up and report the failure.
  ///
  /// - Parameters:
  ///   - failure: How the last attempt failed.
  ///   - attempt: Its number, from 1.
  ///   - remaining: What is left of the caller's time.
  ///   - hasPassedOn: Something of the answer has been passed on: it must not be repeated.
  ///   - generator: Draws the jitter.
  /// - Returns: The wait, or nil.
  package func wait(
    after failure: Failure, attempt: Int, remaining: Duration, hasPassedOn: Bool = false,
    using generator: inout some RandomNumberGenerator
  ) -> Duration? {
    guard !hasPassedOn, attempt < attempts else { return nil }
    let wait: Duration
    switch failure {
    case .status(429, _, false): return nil
    case .status(429, let exactly?, _): wait = exactly
    case .status(let status, _, _):
      guard RetryPolicy.isTransient(status) else { return nil }
      wait = jitter(attempt, &generator)
    case .network(let error):
      guard error.isBeforeFirstByte else { return nil }
      wait = jitter(attempt, &generator)
    }
    return wait + reserve <= remaining ? wait : nil
  }

  package func wait(
    after failure: Failure, attempt: Int, remaining: Duration, hasPassedOn: Bool = false
  ) -> Duration? {
    var generator = SystemRandomNumberGenerator()
    return wait(
      after: failure, attempt: attempt, remaining: remaining, hasPassedOn: hasPassedOn,
      using: &generator)
  }

  private static func isTransient(_ status: Int) -> Bool {
    [408, 409, 429, 500, 502, 503, 504, 529].contains(status)
  }

  /// Evenly between nothing and the doubled base ("full jitter").
  private func jitter(_ attempt: Int, _ generator: inout some RandomNumberGenerator) -> Duration {
    let most = min(base * (1 << min(attempt - 1, 16)), cap)
    return most * Double.random(in: 0..<1, using: &generator)
  }
}

extension HeaderFields {
  /// The wait that `retry-after-ms` or `retry-after` asks for, in seconds or as a date. `now` is in
  /// Unix seconds.
  package func retryAfter(now: Double) -> Duration? {
    if let text = self["retry-after-ms"], let milliseconds = Double(text), milliseconds >= 0,
      milliseconds < 1e9
    {
      return .milliseconds(milliseconds)
    }
    guard let text = self["retry-after"] else { return nil }
    if let seconds = Double(text) {
      return seconds >= 0 && seconds < 1e6 ? .seconds(seconds) : nil
    }
    return HTTPDate.seconds(text).map { .seconds(max(Double($0) - now, 0)) }
  }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7: the one form that is still made).
enum HTTPDate {
  private static let months: [Substring] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Unix seconds.
  static func seconds(_ text: String) -> Int? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]),
      let month = months.firstIndex(of: parts[2]), let year = Int(parts[3])
    else { return nil }
    let time = parts[4].split(separator: ":").compactMap { Int($0) }
    guard time.count == 3, (1...31).contains(day), (1_970...9_999).contains(year),
      (0..<24).contains(time[0]), (0..<60).contains(time[1]), (0...60).contains(time[2])
    else { return nil }
    // Days since 1970-03-01 shifted so that a leap day ends its year.
    let shifted = month < 2 ? year - 1 : year
    let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return days * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
  }
}
