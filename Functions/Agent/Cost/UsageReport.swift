/// A calendar month in UTC.
package struct Month: Sendable, Equatable {
  /// `2026-11`.
  package let text: String
  package let start: Timestamp
  /// The first moment behind it.
  package let end: Timestamp

  /// Nil for anything but `YYYY-MM`.
  package init?(_ text: some StringProtocol) {
    guard let start = Timestamp(iso: "\(text)-01T00:00:00.000Z"), start.month == text else {
      return nil
    }
    self.text = String(text)
    self.start = start
    // Any moment 31 days on lies in the next month or is its end.
    let later = Timestamp(milliseconds: start.milliseconds + 31 * 86_400_000)
    end = Timestamp(iso: "\(later.month)-01T00:00:00.000Z") ?? later
  }

  package init(of moment: Timestamp) {
    self = Month(moment.month) ?? Month(text: moment.month, start: moment, end: moment)
  }

  private init(text: String, start: Timestamp, end: Timestamp) {
    self.text = text
    self.start = start
    self.end = end
  }

  /// How much of it is over, from 0 to 1.
  package func elapsed(at now: Timestamp) -> Double {
    guard now > start else { return 0 }
    guard now < end else { return 1 }
    return Double(now.milliseconds - start.milliseconds)
      / Double(end.milliseconds - start.milliseconds)
  }
}

extension Timestamp {
  /// `2026-11-21`, in UTC.
  package var day: String { String(iso.prefix(10)) }
  /// `2026-11`, in UTC.
  package var month: String { String(iso.prefix(7)) }

  /// The next midnight.
  var nextDay: Timestamp {
    Timestamp(milliseconds: (milliseconds / 86_400_000 + 1) * 86_400_000)
  }
}

/// What a tenant used in a month.
package struct UsageReport: Sendable {
  /// Lines of one list that are read.
  static let mostLines = 10_000

  package struct Line: Sendable, Equatable {
    package var name: String
    package var tally: Tally
  }

  package var tenant: String
  package var month: Month
  package var at: Timestamp
  package var total: Tally
  /// By day, the first one first.
  package var days: [Line]
  package var models: [Line]
  /// Who cost most, first.
  package var users: [Line]
  /// All of them.
  package var userCount: Int
  /// When the price table was made.
  package var pricesFrom: String

  /// What the month comes to when it goes on as it did so far; nil in its first hour and before it.
  package var projection: (tokens: Int, cost: Money)? {
    let elapsed = month.elapsed(at: at)
    guard at.milliseconds - month.start.milliseconds >= 3_600_000 else { return nil }
    return (
      Int(Double(total.usage.tokens) / elapsed),
      Money(picodollars: Int(min(Double(total.cost.picodollars) / elapsed, 9e18)))
    )
  }
}
