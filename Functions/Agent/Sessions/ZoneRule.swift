/// What a zone does for ever: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX `TZ`, with RFC 8536's hours).
struct ZoneRule: Sendable, Equatable {
  /// A day of the year, and the time on it in seconds.
  private struct Change: Equatable {
    enum Day: Equatable {
      /// 1 to 365; 29 February is never counted.
      case julian(Int)
      /// 0 to 365.
      case ordinal(Int)
      /// Week 5 is the last one; day 0 is Sunday.
      case weekday(month: Int, week: Int, day: Int)
    }

    var day: Day
    var time: Int
  }

  private let standard: Int
  private var summer: (offset: Int, start: Change, end: Change)?

  static func == (a: ZoneRule, b: ZoneRule) -> Bool {
    a.standard == b.standard && a.summer?.offset == b.summer?.offset
      && a.summer?.start == b.summer?.start && a.summer?.end == b.summer?.end
  }

  /// Nil for anything else.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    guard Self.name(&rest), let offset = Self.time(&rest) else { return nil }
    standard = -offset
    guard !rest.isEmpty else { return }
    guard Self.name(&rest) else { return nil }
    var other = standard + 3600
    if let first = rest.first, first != UInt8(ascii: ",") {
      guard let offset = Self.time(&rest) else { return nil }
      other = -offset
    }
    guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else {
      return nil
    }
    summer = (other, start, end)
  }

  /// Seconds to add to UTC at a moment (Unix seconds).
  func offset(at moment: Int64) -> Int {
    guard let summer else { return standard }
    let year = Timestamp(milliseconds: max(0, moment + Int64(standard)) * 1_000).year
    let start = Self.moment(of: summer.start, in: year) - Int64(standard)
    let end = Self.moment(of: summer.end, in: year) - Int64(summer.offset)
    let isSummer =
      start < end ? moment >= start && moment < end : moment >= start || moment < end
    return isSummer ? summer.offset : standard
  }

  /// Unix seconds, as if the zone were UTC.
  private static func moment(of change: Change, in year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days: Int64 =
      switch change.day {
      case .julian(let day):
        Timestamp.days(year, 1, 1) + Int64(day - 1) + (isLeap && day >= 60 ? 1 : 0)
      case .ordinal(let day): Timestamp.days(year, 1, 1) + Int64(day)
      case .weekday(let month, let week, let day):
        Self.day(Int64(day), week: week, of: Int64(month), year)
      }
    return days * 86_400 + Int64(change.time)
  }

  /// Days since 1970.
  private static func day(_ day: Int64, week: Int, of month: Int64, _ year: Int64) -> Int64 {
    let first = Timestamp.days(year, month, 1)
    let next = month == 12 ? Timestamp.days(year + 1, 1, 1) : Timestamp.days(year, month + 1, 1)
    // 1 January 1970 was a Thursday.
    let weekday = (first + 4) % 7
    var found = first + (day - weekday + 7) % 7 + Int64(week - 1) * 7
    while found >= next { found -= 7 }
    return found
  }

  // MARK: Reading

  /// Three letters or more, or anything in angle brackets.
  private static func name(_ rest: inout ArraySlice<UInt8>) -> Bool {
    if rest.first == UInt8(ascii: "<") {
      guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
      rest = rest[(end + 1)...]
      return true
    }
    let letters = rest.prefix { (65...90).contains($0) || (97...122).contains($0) }
    rest = rest.dropFirst(letters.count)
    return letters.count >= 3
  }

  /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
  private static func time(_ rest: inout ArraySlice<UInt8>) -> Int? {
    var sign = 1
    if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
      sign = first == UInt8(ascii: "-") ? -1 : 1
      rest = rest.dropFirst()
    }
    guard let hours = number(&rest, upTo: 167) else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] {
      guard rest.first == UInt8(ascii: ":") else { break }
      rest = rest.dropFirst()
      guard let part = number(&rest, upTo: 59) else { return nil }
      seconds += part * unit
    }
    return sign * seconds
  }

  private static func change(_ rest: inout ArraySlice<UInt8>) -> Change? {
    guard rest.first == UInt8(ascii: ",") else { return nil }
    rest = rest.dropFirst()
    let day: Change.Day
    switch rest.first {
    case UInt8(ascii: "M"):
      rest = rest.dropFirst()
      guard let month = number(&rest, upTo: 12), month > 0, rest.popFirst() == UInt8(ascii: "."),
        let week = number(&rest, upTo: 5), week > 0, rest.popFirst() == UInt8(ascii: "."),
        let weekday = number(&rest, upTo: 6)
      else { return nil }
      day = .weekday(month: month, week: week, day: weekday)
    case UInt8(ascii: "J"):
      rest = rest.dropFirst()
      guard let number = number(&rest, upTo: 365), number > 0 else { return nil }
      day = .julian(number)
    default:
      guard let number = number(&rest, upTo: 365) else { return nil }
      day = .ordinal(number)
    }
    guard rest.first == UInt8(ascii: "/") else { return Change(day: day, time: 2 * 3600) }
    rest = rest.dropFirst()
    return time(&rest).map { Change(day: day, time: $0) }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, upTo limit: Int) -> Int? {
    let digits = rest.prefix { (48...57).contains($0) }
    guard (1...3).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    return value <= limit ? value : nil
  }
}
