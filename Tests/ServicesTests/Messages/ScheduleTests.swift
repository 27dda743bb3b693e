import Testing

@testable import Services

@Suite struct ScheduleTests {
  /// 2026-01-31 23:59:00 UTC, a Saturday.
  private static let start = 1_769_903_940

  @Test func `a rate counts from its beginning`() throws {
    let schedule = try #require(Schedule("rate(5 minutes)"))
    #expect(schedule.next(after: Self.start, countingFrom: Self.start) == Self.start + 300)
    #expect(schedule.next(after: Self.start + 299, countingFrom: Self.start) == Self.start + 300)
    #expect(schedule.next(after: Self.start + 300, countingFrom: Self.start) == Self.start + 600)
  }

  /// Expressions of the EventBridge user guide, and when they come next; seconds after the start.
  @Test(arguments: [
    ("cron(0/15 * * * ? *)", 60), ("cron(0 10 * * ? *)", 36_060),
    ("cron(0 18 ? * MON-FRI *)", 2 * 86_400 - 21_540), ("cron(0 8 1 * ? *)", 28_860),
    ("cron(59 23 L * ? *)", 28 * 86_400), ("cron(0 0 ? * 1#1 *)", 60),
    ("cron(0 0 1 1 ? 2027)", 334 * 86_400 + 60),
  ])
  func `a cron expression comes next`(_ text: String, _ seconds: Int) throws {
    let schedule = try #require(Schedule(text))
    #expect(schedule.next(after: Self.start, countingFrom: 0) == Self.start + seconds, "\(text)")
  }

  @Test(arguments: [
    "rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "rate(1 week)", "rate(-1 hours)",
    "rate()", "cron(* * * * * *)", "cron(0 10 ? * ? *)", "cron(60 * * * ? *)", "cron(0 0 * * ?)",
    "cron(0 0 32 * ? *)", "every minute", "cron(0 0 * * ? 1969)", "rate(99999999999999999999 days)",
  ])
  func `is no expression`(_ text: String) {
    #expect(Schedule(text) == nil, "\(text)")
  }

  @Test func `a year that is over comes never`() throws {
    let schedule = try #require(Schedule("cron(0 0 1 1 ? 2020)"))
    #expect(schedule.next(after: Self.start, countingFrom: 0) == nil)
  }
}
