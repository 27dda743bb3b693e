import JSON
import Testing

@testable import Evaluation

@Suite struct ReportTests {
  private func question(_ number: Int) -> Question {
    var question = Question.eat
    question.id = "q\(number)"
    question.tags = [number % 2 == 0 ? "even" : "odd"]
    return question
  }

  /// `isRight` says which of the questions are answered rightly.
  private func summary(
    _ variant: String?, count: Int = 40, prices: Prices = .mini, _ isRight: (Int) -> Bool
  ) -> Summary {
    let verdicts = (0..<count).map { number in
      var answer = Answer.good
      if !isRight(number) { answer.text = "I do not know." }
      answer.total = .milliseconds(number + 1)
      return Verdict(question(number), answer)
    }
    return Summary(variant: variant, verdicts, prices: prices)
  }

  private func report(_ summaries: Summary...) -> Report {
    Report(
      assistant: "japanese", address: "http://127.0.0.1:3000", file: "questions.jsonl",
      date: "2026-11-21 16:00 UTC", summaries: summaries, prices: .mini)
  }

  @Test func `figures of one version`() {
    let summary = summary(nil) { $0 >= 4 }
    #expect(summary.accuracy == Summary.Rate(count: 36, total: 40))
    #expect(summary.hits(at: 1).count == 0)
    #expect(summary.hits(at: 3).share == 1)
    #expect(summary.named.share == 1)
    #expect(summary.needlesslyDeclined == Summary.Rate(count: 4, total: 40))
    #expect(summary.declined.total == 0)
    #expect(summary.tools.share == 1)
    #expect(summary.total.percentile(0.5) == .milliseconds(20))
    #expect(summary.tokens == Answer.Tokens(input: 40_000, output: 4_000, cached: 16_000))
    #expect(abs((summary.cost ?? 0) - 40 * (600 * 0.15 + 400 * 0.075 + 100 * 0.6) / 1e6) < 1e-12)
    #expect(summary.tags.map(\.tag) == ["even", "odd"])
    let text = report(summary).text
    #expect(text.contains("90.0 % (36 of 40; 76.9–96.0)"))
    #expect(text.contains("✗ q0: missing: eat, たべる"))
    #expect(!text.contains("q7:"))
  }

  @Test func `a model without a price has no cost`() {
    let answer: Answer = {
      var answer = Answer.good
      answer.model = "llama3"
      return answer
    }()
    #expect(Summary(variant: nil, [Verdict(.eat, answer)], prices: Prices()).cost == nil)
    let own = Prices(own: Price(input: 1, output: 1))
    #expect(Summary(variant: nil, [Verdict(.eat, answer)], prices: own).cost != nil)
  }

  @Test func `a clear difference is told, chance is not`() throws {
    let clear = try #require(
      report(summary("standard") { $0 >= 20 }, summary("short") { $0 >= 4 }).comparison)
    #expect(abs(clear.accuracyDifference - 0.4) < 1e-9)
    #expect(clear.accuracyInterval.lowerBound > 0.2)
    #expect(clear.onlySecond.count == 16)
    #expect(clear.onlyFirst.isEmpty)
    #expect(clear.p < 0.001)
    #expect(clear.conclusion == "short is right more often")
    let chance = try #require(
      report(summary("standard") { $0 != 3 }, summary("short") { $0 != 8 }).comparison)
    #expect(chance.accuracyDifference == 0)
    #expect(chance.p == 1)
    #expect(chance.accuracyInterval.contains(0))
    #expect(chance.conclusion.contains("no difference"))
  }

  @Test func `times are compared question by question`() throws {
    let slow = summary("short") { _ in true }
    let slower = slow.verdicts.map { verdict in
      var answer = verdict.answer
      answer.total += .milliseconds(verdict.question.id == "q7" ? 9_000 : 5)
      return Verdict(verdict.question, answer)
    }
    let comparison = Comparison(
      slow, Summary(variant: "tools", slower.reversed(), prices: .mini))
    let difference = try #require(comparison.difference { $0.total })
    #expect(abs(difference.median - 5) < 1e-9)
    #expect(abs((difference.interval?.upperBound ?? 0) - 5) < 1e-9)
    #expect(comparison.difference(of: \.firstChunk)?.median == 0)
  }

  @Test func `a run that was broken off says so, also with different answers`() throws {
    let half = Summary(
      variant: "short", Array(summary(nil) { _ in true }.verdicts.prefix(7)), prices: .mini)
    let report = Report(
      assistant: "japanese", address: "http://127.0.0.1:3000", file: "q", date: "",
      summaries: [summary("standard") { $0 > 2 }, half], prices: .mini, missing: 33)
    #expect(report.text.contains("broken off: 33 questions were not asked"))
    #expect(HTMLReport(report).page.contains("broken off"))
    let comparison = try #require(report.comparison)
    #expect(comparison.onlySecond.count == 3)
    #expect(abs(comparison.accuracyDifference - 3.0 / 7) < 1e-9)
    #expect(report.json["notAsked"]?.int == 33)
    let none = Summary(variant: "short", [], prices: .mini)
    #expect(Comparison(none, none).accuracyDifference == 0)
  }

  @Test func `the page shows text as text`() {
    var question = Question.eat
    question.id = "<script>alert(1)</script>"
    question.messages.insert("<b>before</b>", at: 0)
    var answer = Answer.good
    answer.text = "</blockquote><img src=x onerror=alert(1)> \u{202E}&\u{0}"
    let page = HTMLReport(
      report(Summary(variant: nil, [Verdict(question, answer)], prices: .mini))
    ).page
    #expect(!page.contains("<script"))
    #expect(!page.contains("<b>before"))
    #expect(!page.contains("<img"))
    #expect(!page.unicodeScalars.contains("\u{202E}"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!page.contains("http://www"))
  }

  @Test func `JSON has the figures and each answer`() throws {
    let value = report(summary("standard") { $0 >= 4 }, summary("short") { _ in true }).json
    let read = try JSONValue(parsing: value.encoded())
    #expect(read["versions"]?[0]?["accuracy"]?["share"]?.double == 0.9)
    #expect(read["versions"]?[0]?["answers"]?.array?.count == 40)
    #expect(read["versions"]?[1]?["totalMs"]?["p95"]?.double == 38)
    #expect(read["comparison"]?["onlySecond"]?.array?.count == 4)
  }

  @Test(arguments: [
    (0.125, 1, "0.1"), (0.15, 1, "0.2"), (-0.04, 1, "0.0"), (-1.25, 2, "-1.25"), (12, 0, "12"),
    (0.000_123, 6, "0.000123"), (.infinity, 1, "–"),
  ]) func `numbers`(_ value: Double, _ decimals: Int, _ text: String) {
    #expect(Figures.fixed(value, decimals) == text)
  }
}

extension Prices {
  static let mini = Prices(own: Price(input: 0.15, output: 0.60, cached: 0.075))
}
