import Glibc

/// The time of day. A value, so that tests can choose it.
struct WallClock: Sendable {
  /// Unix milliseconds.
  let milliseconds: @Sendable () -> Int64

  static let system = WallClock {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}

/// A moment as ISO 8601 in UTC with milliseconds: `2026-11-21T10:00:00.123Z`.
enum Timestamp {
  static func append(_ milliseconds: Int64, to line: inout [UInt8]) {
    let seconds = Int(milliseconds / 1000)
    let days = seconds / 86_400
    let (year, month, day) = date(daysSince1970: days)
    let second = seconds % 86_400
    append(year, digits: 4, to: &line)
    line.append(UInt8(ascii: "-"))
    append(month, digits: 2, to: &line)
    line.append(UInt8(ascii: "-"))
    append(day, digits: 2, to: &line)
    line.append(UInt8(ascii: "T"))
    append(second / 3600, digits: 2, to: &line)
    line.append(UInt8(ascii: ":"))
    append(second / 60 % 60, digits: 2, to: &line)
    line.append(UInt8(ascii: ":"))
    append(second % 60, digits: 2, to: &line)
    line.append(UInt8(ascii: "."))
    append(Int(milliseconds % 1000), digits: 3, to: &line)
    line.append(UInt8(ascii: "Z"))
  }

  /// The civil date, counted in eras of 400 years (146,097 days) that begin on the first of March.
  private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func append(_ number: Int, digits: Int, to line: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      line.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}
