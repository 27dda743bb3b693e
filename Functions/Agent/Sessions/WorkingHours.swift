/// When people of an organisation are at work: `Asia/Tokyo Mon-Fri 09:00-18:00, Sat 10:00-14:00`.
package struct WorkingHours: Sendable, Equatable {
  private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let week = 7 * 24 * 60
  private static let mostPeriods = 28

  /// `Europe/Berlin`.
  package let zoneName: String
  private let zone: ZoneRules
  /// Minutes of the week, Monday first; a period may go over the week's end.
  private let periods: [Range<Int>]

  /// Nil for text that says no hours. `zone` reads the file of a zone; nil when there is none.
  package init?(_ text: String, zone: (String) -> ZoneRules?) {
    let parts = text.trimmed.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, Self.isZoneName(parts[0]), let rules = zone(String(parts[0])) else {
      return nil
    }
    var periods: [Range<Int>] = []
    for entry in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      guard let found = Self.periods(entry) else { return nil }
      periods += found
    }
    guard (1...Self.mostPeriods).contains(periods.count) else { return nil }
    zoneName = String(parts[0])
    self.zone = rules
    self.periods = periods.sorted { $0.lowerBound < $1.lowerBound }
  }

  /// Letters, digits and `_+-`, in parts with slashes between them: never a way out of a folder.
  package static func isZoneName(_ text: some StringProtocol) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return (1...3).contains(parts.count) && text.utf8.count <= 64
      && parts.allSatisfy { part in
        part.utf8.first.map { (65...90).contains($0) } == true
          && part.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
              || $0 == 95 || $0 == 43 || $0 == 45
          }
      }
  }

  package func isOpen(at moment: Timestamp) -> Bool {
    let minute = minuteOfWeek(moment)
    return periods.contains { $0.contains(minute) || $0.contains(minute + Self.week) }
  }

  /// Whether it opens or closes behind `a` and not behind `b`; they are less than a week apart.
  func changes(between a: Timestamp, and b: Timestamp) -> Bool {
    let start = minuteOfWeek(a)
    let length = Int((localSeconds(b) - localSeconds(a)) / 60) + 1
    return periods.contains { period in
      [period.lowerBound, period.upperBound].contains { minute in
        let distance = ((minute - start - 1) % Self.week + Self.week) % Self.week + 1
        return distance < length
      }
    }
  }

  private func localSeconds(_ moment: Timestamp) -> Int64 {
    let seconds = moment.milliseconds / 1_000
    return seconds + Int64(zone.offset(at: seconds))
  }

  private func minuteOfWeek(_ moment: Timestamp) -> Int {
    // 5 January 1970 was a Monday.
    let minutes = (localSeconds(moment) - 4 * 86_400) / 60
    return Int((minutes % Int64(Self.week) + Int64(Self.week)) % Int64(Self.week))
  }

  // MARK: Reading

  /// `Mon-Fri 09:00-18:00`.
  private static func periods(_ entry: Substring) -> [Range<Int>]? {
    let parts = entry.trimmed.split(separator: " ")
    guard parts.count == 2, let days = days(parts[0]) else { return nil }
    let times = parts[1].split(separator: "-", omittingEmptySubsequences: false)
    guard times.count == 2, let start = minute(times[0]), start < 24 * 60,
      let end = minute(times[1]), end != start
    else { return nil }
    return days.map { day in
      let begin = day * 24 * 60 + start
      return begin..<(begin + (end > start ? end - start : end - start + 24 * 60))
    }
  }

  private static func days(_ text: Substring) -> [Int]? {
    let names = text.split(separator: "-", omittingEmptySubsequences: false).map {
      days.firstIndex(of: $0.lowercased())
    }
    guard (1...2).contains(names.count), let first = names[0], let last = names[names.count - 1]
    else { return nil }
    return (0...((last - first + 7) % 7)).map { (first + $0) % 7 }
  }

  /// `00:00` to `24:00` in minutes.
  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1_440
    else { return nil }
    return hour * 60 + minute
  }
}

extension String {
  fileprivate var trimmed: Substring { self[...].trimmed }
}
