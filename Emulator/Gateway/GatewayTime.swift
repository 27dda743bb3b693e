import Glibc

/// An instant as API Gateway writes it.
package struct GatewayTime: Sendable, Equatable {
  /// Unix milliseconds.
  package let milliseconds: Int

  package init(milliseconds: Int) {
    self.milliseconds = milliseconds
  }

  package static func now() -> GatewayTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return GatewayTime(milliseconds: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000)
  }

  /// As in an access log: `20/Jan/2024:11:55:00 +0000`.
  var requestTime: String {
    let parts = parts
    let month = GatewayTime.months[parts.month - 1]
    return "\(two(parts.day))/\(month)/\(parts.year):\(clock(parts)) +0000"
  }

  /// ISO 8601 with milliseconds: `2024-01-20T11:55:00.453Z`.
  var iso8601: String {
    let parts = parts
    let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
    return "\(parts.year)-\(two(parts.month))-\(two(parts.day))T\(clock(parts)).\(fraction)Z"
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private struct Parts {
    var year: Int
    var month: Int
    var day: Int
    var second: Int
  }

  /// The Gregorian date in UTC (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
  /// civil_from_days).
  private var parts: Parts {
    let seconds = milliseconds / 1_000
    let shifted = seconds / 86_400 + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return Parts(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, second: seconds % 86_400)
  }

  private func clock(_ parts: Parts) -> String {
    "\(two(parts.second / 3600)):\(two(parts.second / 60 % 60)):\(two(parts.second % 60))"
  }

  private func two(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
