import JSON
import Testing

@testable import Evaluation

extension Question {
  static let eat: Question = {
    var question = Question(id: "eat", "What does 食べる mean?")
    question.facts = [["eat", "eating"], ["たべる"]]
    question.forbidden = ["drink"]
    question.tool = .one(of: ["get_word_details"])
    question.sources = ["japanese/word/食べる"]
    question.tags = ["word"]
    return question
  }()
}

extension Answer {
  static let good: Answer = {
    var answer = Answer()
    answer.text = "食べる (たべる) means to eat."
    answer.tools = ["get_word_details"]
    answer.sources = ["japanese/word/飲む", "japanese/word/食べる"]
    answer.retrieved = ["japanese/word/飲む", "japanese/word/食べる"]
    answer.tokens = Tokens(input: 1_000, output: 100, cached: 400)
    answer.model = "gpt-4o-mini-2024-07-18"
    answer.finish = "complete"
    answer.firstChunk = .milliseconds(5)
    answer.total = .milliseconds(20)
    return answer
  }()
}

@Suite struct ScoreTests {
  @Test func `a good answer`() {
    let verdict = Verdict(.eat, .good)
    #expect(verdict.score.isCorrect)
    #expect(verdict.score.isToolRight == true)
    #expect(verdict.score.rank == 2)
    #expect(verdict.score.hit(at: 1) == false)
    #expect(verdict.score.hit(at: 3) == true)
    #expect(verdict.complaints.isEmpty)
  }

  @Test func `each thing that can be wrong`() {
    var answer = Answer.good
    answer.text = "It means to drink."
    answer.tools = ["search_words"]
    answer.sources = []
    answer.retrieved = ["japanese/word/飲む"]
    let verdict = Verdict(.eat, answer)
    #expect(!verdict.score.isCorrect)
    #expect(verdict.score.missing == ["eat", "たべる"])
    #expect(verdict.score.claimed == ["drink"])
    #expect(verdict.score.isToolRight == false)
    #expect(verdict.score.hit(at: 5) == false)
    #expect(verdict.complaints.count == 4)
  }

  @Test(
    arguments: [("length", nil), ("stopped", nil), (nil, "deadline_exceeded: …")]
      as [(String?, String?)])
  func `an answer without its end is wrong, whatever it says`(_ finish: String?, _ failure: String?)
  {
    var answer = Answer.good
    answer.finish = finish
    answer.failure = failure
    #expect(!Score(answer, to: .eat).isCorrect)
  }

  @Test func `no tool at all can be expected`() {
    var question = Question(id: "hi", "Hello")
    question.tool = Question.ExpectedTool.none
    var answer = Answer.good
    #expect(Score(answer, to: question).isToolRight == false)
    answer.tools = []
    #expect(Score(answer, to: question).isToolRight == true)
    #expect(Score(answer, to: question).hit(at: 1) == nil)
  }
}

@Suite struct DecliningTests {
  private let question: Question = {
    var question = Question(id: "future", "What will the weather be like?")
    question.declines = true
    question.forbidden = ["sunny"]
    return question
  }()

  private func score(_ text: String, to question: Question) -> Score {
    var answer = Answer.good
    answer.text = text
    return Score(answer, to: question)
  }

  @Test(arguments: [
    "I do not know: I have nothing about that.", "I don’t know.", "Sorry, I COULDN’T find it.",
    "There is no kanji 齉 in the list.", "申し訳ありませんが、分かりません。", "答えが見つかりませんでした。",
  ]) func `an answer that says so is right`(_ text: String) {
    #expect(score(text, to: question).isCorrect)
  }

  @Test(arguments: [
    "It will rain.", "", "I do not know, but it will be sunny.", "I know it: it will rain.",
  ]) func `an answer that does not, or claims something beside it, is wrong`(_ text: String) {
    #expect(!score(text, to: question).isCorrect)
  }

  @Test func `declining what can be known is told`() {
    #expect(score("I do not know.", to: .eat).isNeedlesslyDeclined)
    #expect(!score("It means to eat (たべる); there is no other word.", to: .eat).isNeedlesslyDeclined)
    #expect(!score("It means to drink.", to: .eat).isNeedlesslyDeclined)
  }

  @Test func `nobody saw what is found: no hit and no miss`() {
    var answer = Answer.good
    answer.retrieved = nil
    #expect(Score(answer, to: .eat).hit(at: 1) == nil)
    answer.retrieved = []
    #expect(Score(answer, to: .eat).hit(at: 1) == false)
  }
}

@Suite struct StatisticsTests {
  @Test func `percentiles by nearest rank`() {
    let values = [15, 20, 35, 40, 50]
    #expect(Statistics.percentile(values, 0.05) == 15)
    #expect(Statistics.percentile(values, 0.3) == 20)
    #expect(Statistics.percentile(values, 0.4) == 20)
    #expect(Statistics.percentile(values, 0.5) == 35)
    #expect(Statistics.percentile(values, 1) == 50)
    #expect(Statistics.percentile([Int](), 0.5) == nil)
  }

  @Test(arguments: [
    // Newcombe 1998, table I, method 3 (Wilson without continuity correction).
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
    (1, 29, 0.0061, 0.1718),
  ]) func `Wilson's interval`(_ count: Int, _ total: Int, _ low: Double, _ high: Double) {
    let interval = Statistics.interval(count, of: total)
    #expect(abs(interval.lowerBound - low) < 0.000_05)
    #expect(abs(interval.upperBound - high) < 0.000_05)
  }

  @Test(
    arguments: [
      // Sums of the binomial distribution with 1/2.
      (0, 0, 1), (5, 5, 1), (0, 1, 1), (0, 5, 0.0625), (0, 6, 0.031_25), (2, 10, 0.038_574_218_75),
    ] as [(Int, Int, Double)]) func `McNemar's exact test`(_ a: Int, _ b: Int, _ p: Double)
  {
    #expect(abs(Statistics.mcNemar(a, b) - p) < 1e-9)
    #expect(Statistics.mcNemar(a, b) == Statistics.mcNemar(b, a))
  }

  @Test(arguments: [
    // Computed apart from this code, in Python, by the formulas of Newcombe 1998, method 10.
    ([36, 12, 2, 0], -0.34043, -0.05693), ([20, 2, 12, 16], 0.05616, 0.32921),
    ([0, 30, 20, 0], -0.44783, 0.07637), ([90, 3, 1, 6], -0.07528, 0.03039),
    ([1, 0, 98, 1], 0.91709, 0.99164), ([80, 8, 15, 0], -0.02484, 0.16120),
  ]) func `Newcombe's paired interval`(_ pairs: [Int], _ low: Double, _ high: Double) {
    let interval = Statistics.differenceInterval(
      Statistics.Pairs(
        both: pairs[0], onlyFirst: pairs[1], onlySecond: pairs[2], neither: pairs[3]))
    #expect(abs(interval.lowerBound - low) < 0.000_05)
    #expect(abs(interval.upperBound - high) < 0.000_05)
  }

  @Test func `no question differs: the interval still has a width`() {
    let interval = Statistics.differenceInterval(Statistics.Pairs(both: 50))
    #expect(interval.lowerBound < -0.05)
    #expect(interval.upperBound > 0.05)
    #expect(Statistics.differenceInterval(Statistics.Pairs()) == -1...1)
  }

  @Test func `the median and its interval`() {
    #expect(Statistics.median([3, 1, 2]) == 2)
    #expect(Statistics.median([4, 1, 2, 3]) == 2.5)
    #expect(Statistics.median([]) == nil)
    #expect(Statistics.medianInterval([1, 2, 3, 4, 5]) == nil)
    // Tables of the sign test: for 6 the whole range, for 10 the 2nd to the 9th, for 20 the 6th to the
    // 15th, for 25 the 8th to the 18th.
    for (count, low, high) in [(6, 1, 6), (10, 2, 9), (20, 6, 15), (25, 8, 18)] {
      let values = (1...count).reversed().map(Double.init)
      #expect(Statistics.medianInterval(values) == Double(low)...Double(high), "\(count)")
    }
  }
}

@Suite struct PricesTests {
  private static let report: JSONValue = [
    "pricesFrom": "2026-01-02",
    "models": [
      [
        "model": "openai/gpt-4o-mini", "turns": 3,
        "price": ["input": "0.15", "cachedInput": "0.075", "output": "0.60"],
      ],
      ["model": "openai/llama3", "turns": 1, "price": .null],
    ],
  ]

  @Test func `tokens times price, cached ones at their own`() throws {
    let tokens = Answer.Tokens(input: 1_000_000, output: 500_000, cached: 400_000)
    let prices = Prices(report: Self.report)
    let mini = try #require(prices.price(of: "openai/gpt-4o-mini"))
    #expect(abs(mini.cost(of: tokens) - (0.09 + 0.03 + 0.30)) < 1e-9)
    #expect(prices.price(of: "openai/llama3") == nil)
    #expect(prices.price(of: nil) == nil)
    #expect(prices.models == ["openai/gpt-4o-mini", "openai/llama3"])
    #expect(prices.note.contains("2026-01-02"))
    #expect(Prices(own: Price(input: 1, output: 2)).price(of: "llama3")?.output == 2)
  }

  @Test(arguments: ["", "1", "a/b", "1/2/3/4", "-1/2", "1/nan", "1/inf"])
  func `refuses what is no price`(_ text: String) { #expect(Price(text) == nil) }

  @Test func `reads a price`() {
    #expect(Price("0.15/0.6") == Price(input: 0.15, output: 0.6, cached: 0.15))
    #expect(Price("1/2/0.5") == Price(input: 1, output: 2, cached: 0.5))
  }
}
