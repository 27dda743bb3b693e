/// Times as the service writes them in the labels of streams.
enum Timestamp {
  /// `2026-01-31T23:59:59.123` in UTC.
  static func text(ofMilliseconds milliseconds: Int) -> String {
    let seconds = milliseconds / 1000
    let (days, time) = (seconds / 86_400, seconds % 86_400)
    let (year, month, day) = civil(days)
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
      + "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))."
      + padded(milliseconds % 1000, 3)
  }

  /// Days since 1970 as a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level
  /// date algorithms").
  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let index = (5 * dayOfYear + 2) / 153
    let month = index < 10 ? index + 3 : index - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * index + 2) / 5 + 1
    )
  }
}
