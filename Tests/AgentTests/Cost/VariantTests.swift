import Cloud
import Events
import Support
import Testing

@testable import Agent

@Suite struct TimeCountsTests {
  @Test(arguments: [1, 10, 37, 250, 1_000, 5_400, 60_000])
  func `a percentile of one time is right to about 20 percent`(milliseconds: Int) throws {
    var counts = TimeCounts()
    for _ in 0..<100 { counts.add(.milliseconds(milliseconds)) }
    let median = try #require(counts.percentile(0.5))
    if milliseconds >= 10 {
      #expect(abs(median / Double(milliseconds) - 1) < 0.2, "\(median)")
    } else {
      #expect((0...10).contains(median))
    }
  }

  @Test func `percentiles are in order, and what took too long counts in the last step`() throws {
    var counts = TimeCounts()
    #expect(counts.percentile(0.5) == nil)
    for number in 1...200 { counts.add(.milliseconds(number * 10)) }
    let values = [0.0, 0.1, 0.5, 0.9, 0.95, 1].compactMap { counts.percentile($0) }
    #expect(values == values.sorted())
    #expect(abs(values[2] - 1_000) < 200 && abs(values[4] - 1_900) < 380, "\(values)")
    counts = TimeCounts()
    counts.add(.seconds(3_600))
    counts.add(.zero - .seconds(1))
    #expect(try #require(counts.percentile(1)) > 80_000)
    #expect(try #require(counts.percentile(0.5)) <= 10)
  }
}

@Suite struct VariantLedgerTests {
  private static let now = Timestamp(milliseconds: 1_794_000_000_000)

  private func report(
    _ variant: String?, _ outcome: TurnReport.Outcome, seconds: Int = 1
  ) throws -> TurnReport {
    var report = TurnReport(
      outcome: outcome, conversation: try #require(ConversationID("c-1")), message: "m",
      assistant: "japanese", model: "openai/gpt-4o-mini", variant: variant)
    report.usage = Usage(input: 1_000, output: 100)
    report.total = .seconds(seconds)
    report.firstText = .milliseconds(seconds * 500)
    return report
  }

  private func turn(_ variant: String?, _ thumb: Feedback.Thumb?) throws -> Turn {
    var turn = Turn(
      conversation: try #require(ConversationID("c-1")), number: 1, message: "m", question: "?",
      answer: "!", status: .complete, sources: [], tools: [], usage: Usage(),
      assistant: "japanese", model: "m", askedAt: Self.now, answeredAt: Self.now)
    turn.variant = variant
    turn.feedback = thumb.map { Feedback(thumb: $0, text: nil, at: Self.now) }
    return turn
  }

  @Test func `turns, failures, times, cost and thumbs of each version`() async throws {
    let month = Month(of: Self.now)
    try await withTables { store in
      let ledger = UsageLedger(
        store, table: "martlet-usage", prices: .standard, budgets: [])
      let reports = [
        try report(nil, .completed(.complete)), try report(nil, .completed(.length), seconds: 4),
        try report(nil, .failed(.deadlineExceeded)), try report("short", .completed(.complete)),
        // These say nothing about a version.
        try report(nil, .repeated), try report(nil, .failed(.conversationNotFound)),
        try report(nil, .failed(.budgetUsedUp(.user, .day, retryAfter: .seconds(1)))),
      ]
      for report in reports { try await ledger.count(report, of: .ana, at: Self.now) }
      try await ledger.count(.up, on: try turn("short", nil), of: .ana)
      try await ledger.count(.down, on: try turn(nil, nil), of: .ana)
      try await ledger.count(.up, on: try turn(nil, .down), of: .ana)
      try await ledger.count(nil, on: try turn("short", .up), of: .ana)
      try await ledger.count(.up, on: try turn("short", .up), of: .ana)
      let variants = try await ledger.variants(of: Caller.ana.tenant, month: month)
      #expect(variants.map(\.variant) == ["short", "standard"])
      let standard = try #require(variants.last)
      #expect(standard.assistant == "japanese")
      #expect(standard.turns.turns == 3 && standard.failed == 1)
      #expect(standard.turns.usage == Usage(input: 3_000, output: 300))
      #expect(standard.thumbsUp == 1 && standard.thumbsDown == 0)
      #expect(abs(try #require(standard.total.percentile(1)) - 4_000) < 800)
      #expect(abs(try #require(standard.firstText.percentile(0.5)) - 500) < 100)
      #expect(variants.first?.turns.turns == 1 && variants.first?.thumbsUp == 0)
      #expect(try await ledger.variants(of: "other", month: month).isEmpty)
      // Versions are no models, people or days.
      let all = try await ledger.report(
        of: Caller.ana.tenant, month: month, people: 9, at: Self.now)
      #expect(all.models.isEmpty && all.users.isEmpty && all.total.turns == 0)
    }
  }
}
