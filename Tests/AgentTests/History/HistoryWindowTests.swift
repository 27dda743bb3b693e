import Testing

@testable import Agent

/// Which turns a model sees again, and when others fall out.
@Suite struct HistoryWindowTests {
  private var limits = Profile.Limits()

  private func path(_ numbers: ClosedRange<Int>, summaryAt: Int? = nil) -> [Turn] {
    numbers.map { number in
      var turn = Turn.test(number, "question \(number)", "answer \(number)", message: "m\(number)")
      if number == summaryAt {
        turn.summary = ConversationSummary(text: "up to \(number)", turns: number, model: "m")
      }
      return turn
    }
  }

  private func window(_ path: [Turn]) -> HistoryWindow { HistoryWindow(path: path, limits) }

  @Test func `a short conversation is seen whole`() {
    let window = window(path(1...8))
    #expect(window.turns.map(\.number) == Array(1...8))
    #expect(window.falling.isEmpty && window.summary == nil && window.told == nil)
    #expect(!window.hasGap)
  }

  @Test func `the older half falls out at once when the window is full`() {
    let window = window(path(1...9))
    #expect(window.turns.map(\.number) == Array(1...9))
    #expect(window.falling.map(\.number) == Array(1...4))
  }

  @Test func `what a summary tells is not seen again`() {
    let window = window(path(3...12, summaryAt: 4))
    #expect(window.turns.map(\.number) == Array(5...12))
    #expect(window.summary?.text == "up to 4")
    #expect(window.falling.isEmpty && !window.hasGap)
  }

  @Test func `the newest summary counts`() {
    var path = path(3...12, summaryAt: 8)
    path[1].summary = ConversationSummary(text: "older", turns: 4, model: "m")
    #expect(window(path).told?.text == "up to 8")
    #expect(window(path).turns.map(\.number) == Array(9...12))
  }

  @Test func `turns without a summary before them are a gap`() {
    #expect(window(path(40...50)).hasGap)
    #expect(window(path(40...50)).falling.map(\.number) == Array(40...45))
  }

  @Test func `tokens close the window before the number does, and what is out is told meanwhile`() {
    var long = path(1...4)
    for place in long.indices { long[place].answer = String(repeating: "猫", count: 1_500) }
    let window = window(long)
    #expect(window.turns.map(\.number) == [3, 4])
    #expect(window.falling.map(\.number) == [1, 2, 3])
    #expect(window.told?.text.contains("question 2") == true)
    #expect(window.summary == nil)
  }

  @Test func `one turn is always seen, shortened to its share of the tokens`() {
    var turn = Turn.test(1, String(repeating: "q", count: 40_000), "", message: "m")
    turn.answer = String(repeating: "語", count: 100_000)
    let messages = window([turn]).messages(limits)
    #expect(messages.count == 2)
    guard case .user(let question) = messages[0], case .assistant(let answer, _) = messages[1]
    else {
      Issue.record("the sides of a turn have changed")
      return
    }
    #expect(question == String(repeating: "q", count: 4_000) + " […]")
    #expect(answer == String(repeating: "語", count: 2_000) + " […]")
  }

  @Test(arguments: [
    ("", 0), ("a", 1), ("four", 1), ("fives", 2), ("猫", 1), ("猫です", 3), ("ab猫", 2),
  ]) func `tokens are estimated by script`(_ text: String, _ tokens: Int) {
    #expect(TokenEstimate.tokens(in: text) == tokens)
    #expect(TokenEstimate.prefix(of: text, tokens: tokens) == text)
  }

  @Test func `an extract keeps the newest and stays within its size`() {
    let before = ConversationSummary(text: "- old → older", turns: 3, model: "m")
    let few = ConversationSummary(extractedFrom: path(4...5), after: before)
    #expect(few.text == "- old → older\n- question 4 → answer 4\n- question 5 → answer 5")
    #expect(few.turns == 5 && few.model == ConversationSummary.extract)
    let many = ConversationSummary(extractedFrom: path(1...500), after: before)
    #expect(many.text.utf8.count <= ConversationSummary.longest)
    #expect(many.text.hasSuffix("- question 500 → answer 500"))
    #expect(!many.text.contains("old") && many.turns == 503)
  }

  @Test func `no summary ends inside a character`() {
    let summary = ConversationSummary(
      text: String(repeating: "猫", count: 2_000), turns: 1, model: "m")
    #expect(summary.text.utf8.count == ConversationSummary.longest)
    #expect(summary.text.allSatisfy { $0 == "猫" })
  }
}
