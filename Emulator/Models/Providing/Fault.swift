import Synchronization

/// A failure on request, so that clients can be tried against it.
///
/// The header `x-emulator-fault` asks for one: `status=429;retry-after=1`, `stream=disconnect;after=2`,
/// `delay=500`. `times=1` lets it happen once, counted by `key` (or by the whole text without one).
struct Fault: Sendable, Equatable {
  /// What happens to a stream after some of its pieces.
  enum Break: String, Sendable {
    /// The provider's own error event.
    case error
    /// The connection breaks.
    case disconnect
    /// The stream ends properly, but without its finish marker.
    case truncate
    /// An event that is not JSON.
    case malformed
    /// Nothing comes any more.
    case stall
    /// The arguments of a tool call are no JSON.
    case arguments
  }

  /// Longer than any client waits.
  static let stall: Duration = .seconds(600)
  static let header = "x-emulator-fault"

  var status: Int?
  /// Seconds.
  var retryAfter: Double?
  var stream: Break?
  /// Pieces before the break.
  var after = 1
  var delay: Duration = .zero
  var times: Int?
  var key: String

  init(_ text: String) throws(Problem) {
    key = text
    for part in text.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
      guard pair.count == 2 else { throw Self.wrong(String(part)) }
      try set(pair[0], pair[1])
    }
    guard status != nil || stream != nil || delay > .zero else { throw Self.wrong(text) }
  }

  private mutating func set(_ name: String, _ value: String) throws(Problem) {
    switch (name, Int(value), Double(value)) {
    case ("status", let status?, _) where (400...599).contains(status): self.status = status
    case ("retry-after", _, let seconds?) where (0...3600).contains(seconds): retryAfter = seconds
    case ("after", let after?, _) where (0...10_000).contains(after): self.after = after
    case ("delay", let delay?, _) where (1...600_000).contains(delay):
      self.delay = .milliseconds(delay)
    case ("times", let times?, _) where (1...10_000).contains(times): self.times = times
    case ("key", _, _): key = value
    case ("stream", _, _):
      guard let stream = Break(rawValue: value) else { throw Self.wrong("\(name)=\(value)") }
      self.stream = stream
    default: throw Self.wrong("\(name)=\(value)")
    }
  }

  private static func wrong(_ text: String) -> Problem {
    Problem(.invalid, "\(header): '\(text)' is not understood", parameter: header)
  }

  /// What a failed request says.
  var problem: Problem? {
    status.map {
      Problem(.status($0), "A fault that the request asked for.", retryAfter: retryAfter)
    }
  }
}

/// Counts how often faults with `times` have happened.
final class FaultCounter: Sendable {
  private static let mostKeys = 10_000
  private let counts = Mutex<[String: Int]>([:])

  /// True when the fault is to happen now.
  func happens(_ fault: Fault) -> Bool {
    guard let times = fault.times else { return true }
    return counts.withLock { counts in
      if counts.count >= Self.mostKeys { counts.removeAll() }
      let before = counts[fault.key] ?? 0
      counts[fault.key] = min(before + 1, times)
      return before < times
    }
  }
}
