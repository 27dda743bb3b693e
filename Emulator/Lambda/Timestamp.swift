import Glibc

/// An instant of the wall clock, in Unix milliseconds.
struct Timestamp: Sendable, Equatable {
  var milliseconds: Int64

  static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// `2026-11-21T10:02:03.004Z`.
  var text: String {
    let parts = utc
    return "\(Self.padded(Int(parts.tm_year) + 1900, 4))-\(Self.padded(Int(parts.tm_mon) + 1, 2))-"
      + "\(Self.padded(Int(parts.tm_mday), 2))T\(Self.padded(Int(parts.tm_hour), 2)):"
      + "\(Self.padded(Int(parts.tm_min), 2)):\(Self.padded(Int(parts.tm_sec), 2))."
      + "\(Self.padded(Int(milliseconds % 1000), 3))Z"
  }

  /// `2026/11/21`, as log streams begin.
  var day: String {
    let parts = utc
    return "\(Self.padded(Int(parts.tm_year) + 1900, 4))/\(Self.padded(Int(parts.tm_mon) + 1, 2))/"
      + Self.padded(Int(parts.tm_mday), 2)
  }

  private var utc: tm {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return parts
  }

  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Duration {
  /// Milliseconds with two digits behind the point, as `REPORT` writes them.
  var millisecondsText: String {
    let hundredths = inMicroseconds / 10
    return "\(hundredths / 100).\(Timestamp.padded(Int(hundredths % 100), 2))"
  }

  /// Seconds with two digits behind the point, as `Task timed out` writes them.
  var secondsText: String {
    let hundredths = inMicroseconds / 10_000
    return "\(hundredths / 100).\(Timestamp.padded(Int(hundredths % 100), 2))"
  }

  /// Whole milliseconds, begun ones counted: what is billed.
  var billedMilliseconds: Int64 { (inMicroseconds + 999) / 1000 }

  var inMilliseconds: Int64 { inMicroseconds / 1000 }

  private var inMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
