import Glibc
package import Template

/// When a scheduled rule fires next: `rate(…)`, `cron(…)` or `at(…)`, all in UTC.
///
/// Source: EventBridge user guide, "Setting a schedule pattern for scheduled rules".
package struct Schedule: Sendable {
  private enum Kind: Sendable {
    case rate(seconds: Int)
    case cron(Cron)
    case at(Int)
  }

  private let kind: Kind

  /// Nil when the text is no expression of these forms.
  package init?(_ text: String) {
    guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
    let fields = text[text.index(after: open)...].dropLast().split(separator: " ").map(String.init)
    switch text[..<open] {
    case "rate":
      guard fields.count == 2, let count = Int(fields[0]), (1..<1_000_000).contains(count) else {
        return nil
      }
      let units = ["minute": 60, "hour": 3_600, "day": 86_400]
      let unit = fields[1].hasSuffix("s") ? String(fields[1].dropLast()) : fields[1]
      // One of a unit is written without the s, several with it.
      guard let seconds = units[unit], (count == 1) == (unit == fields[1]) else { return nil }
      kind = .rate(seconds: count * seconds)
    case "cron":
      guard let cron = Cron(fields) else { return nil }
      kind = .cron(cron)
    case "at":
      guard fields.count == 1, let time = Self.time(fields[0]) else { return nil }
      kind = .at(time)
    default: return nil
    }
  }

  package init?(_ expression: ScheduleDefinition.Expression) {
    switch expression {
    case .rate(let seconds): kind = .rate(seconds: seconds)
    case .cron(let fields):
      guard let cron = Cron(fields) else { return nil }
      kind = .cron(cron)
    case .at(let text):
      guard let time = Self.time(text) else { return nil }
      kind = .at(time)
    }
  }

  /// The first time after `now` in Unix seconds, for a rule that counts from `start`; nil when there is
  /// none any more.
  package func next(after now: Int, countingFrom start: Int) -> Int? {
    switch kind {
    case .rate(let seconds):
      return start + (max(0, now - start) / seconds + 1) * seconds
    case .cron(let cron): return cron.next(after: now)
    case .at(let time): return time > now ? time : nil
    }
  }

  /// `2026-11-21T10:00:00` in Unix seconds.
  private static func time(_ text: String) -> Int? {
    let basic = text.filter { $0 != "-" && $0 != ":" }
    return WireTime.seconds(basic: basic + "Z")
  }
}

/// The six fields of EventBridge's cron: minutes, hours, day of month, month, day of week, year.
struct Cron: Sendable {
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let months: Set<Int>
  private let years: Set<Int>
  private let day: Day

  /// One of the two day fields says when, the other is `?`.
  private enum Day: Sendable {
    case ofMonth(Set<Int>)
    case last
    /// The weekday nearest to a day of the month; nil stands for the month's last day.
    case weekday(nearest: Int?)
    /// 1 is Sunday.
    case ofWeek(Set<Int>)
    case lastOfWeek(Int)
    case nth(day: Int, number: Int)
  }

  private static let monthNames = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
  ]
  private static let dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
  /// Days that are looked through for the next time: what comes later than in 30 years never comes.
  private static let horizon = 366 * 30

  init?(_ fields: [String]) {
    guard fields.count == 6, let minutes = Self.set(fields[0], 0...59),
      let hours = Self.set(fields[1], 0...23),
      let months = Self.set(fields[3], 1...12, names: Self.monthNames),
      let years = Self.set(fields[5], 1970...2199), let day = Self.day(fields[2], fields[4])
    else { return nil }
    self.minutes = minutes
    self.hours = hours
    self.months = months
    self.years = years
    self.day = day
  }

  private static func day(_ month: String, _ week: String) -> Day? {
    // Exactly one of the two may be given.
    guard (month == "?") != (week == "?") else { return nil }
    if week == "?" {
      if month == "L" { return .last }
      if month == "LW" { return .weekday(nearest: nil) }
      if month.hasSuffix("W") {
        return Int(month.dropLast()).flatMap { (1...31).contains($0) ? .weekday(nearest: $0) : nil }
      }
      return set(month, 1...31).map { .ofMonth($0) }
    }
    if week == "L" { return .ofWeek([7]) }
    if week.hasSuffix("L") {
      return number(week.dropLast(), 1...7, dayNames).map { .lastOfWeek($0) }
    }
    let parts = week.split(separator: "#")
    if parts.count == 2 {
      guard let day = number(parts[0], 1...7, dayNames), let count = Int(parts[1]),
        (1...5).contains(count)
      else { return nil }
      return .nth(day: day, number: count)
    }
    return set(week, 1...7, names: dayNames).map { .ofWeek($0) }
  }

  private static func number(
    _ text: Substring, _ range: ClosedRange<Int>, _ names: [String]
  ) -> Int? {
    if let place = names.firstIndex(of: text.uppercased()) { return place + 1 }
    return Int(text).flatMap { range.contains($0) ? $0 : nil }
  }

  /// `*`, `5`, `1-5`, `0/15`, `MON,WED`.
  private static func set(
    _ text: String, _ range: ClosedRange<Int>, names: [String] = []
  ) -> Set<Int>? {
    var all: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let steps = part.split(separator: "/", omittingEmptySubsequences: false)
      guard let base = steps.first, steps.count <= 2 else { return nil }
      let step = steps.count == 2 ? Int(steps[1]) : 1
      guard let step, step > 0 else { return nil }
      let bounds = base.split(separator: "-", omittingEmptySubsequences: false)
      if base == "*" {
        all.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
      } else if bounds.count == 2 {
        guard let low = number(bounds[0], range, names), let high = number(bounds[1], range, names)
        else { return nil }
        // `FRI-MON` goes around the end.
        let span = low <= high ? high - low : high - low + range.count
        for offset in stride(from: 0, through: span, by: step) {
          all.insert(range.lowerBound + (low - range.lowerBound + offset) % range.count)
        }
      } else {
        guard let low = number(base, range, names) else { return nil }
        if steps.count == 2 {
          all.formUnion(stride(from: low, through: range.upperBound, by: step))
        } else {
          all.insert(low)
        }
      }
    }
    return all.isEmpty ? nil : all
  }

  /// Unix seconds; nil when no such time comes.
  func next(after now: Int) -> Int? {
    let start = (now / 60 + 1) * 60
    var midnight = start / 86_400 * 86_400
    for _ in 0..<Self.horizon {
      if matches(midnight) {
        for hour in hours.sorted() {
          for minute in minutes.sorted() {
            let time = midnight + hour * 3_600 + minute * 60
            if time >= start { return time }
          }
        }
      }
      midnight += 86_400
    }
    return nil
  }

  private func matches(_ midnight: Int) -> Bool {
    var time = time_t(midnight)
    var date = tm()
    gmtime_r(&time, &date)
    let (year, month) = (Int(date.tm_year) + 1900, Int(date.tm_mon) + 1)
    guard years.contains(year), months.contains(month) else { return false }
    let (day, weekday) = (Int(date.tm_mday), Int(date.tm_wday) + 1)
    let length = Self.length(of: month, year)
    switch self.day {
    case .ofMonth(let days): return days.contains(day)
    case .last: return day == length
    case .weekday(let wanted):
      let target = min(wanted ?? length, length)
      let first = (weekday - 1 + 35 - (day - 1) % 7) % 7
      return day == Self.nearestWeekday(target, length: length, firstWeekday: first)
    case .ofWeek(let days): return days.contains(weekday)
    case .lastOfWeek(let wanted): return weekday == wanted && day + 7 > length
    case .nth(let wanted, let number): return weekday == wanted && (day - 1) / 7 + 1 == number
    }
  }

  /// `firstWeekday` is that of the month's first day, 0 for Sunday.
  private static func nearestWeekday(_ day: Int, length: Int, firstWeekday: Int) -> Int {
    switch (firstWeekday + day - 1) % 7 {
    case 6: return day == 1 ? 3 : day - 1
    case 0: return day == length ? day - 2 : day + 1
    default: return day
    }
  }

  private static func length(of month: Int, _ year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
