import JSON

/// What an evaluation of one version came to.
package struct Summary: Sendable {
  /// A share with its 95 % interval.
  package struct Rate: Sendable, Equatable {
    package let count: Int
    package let total: Int

    package var share: Double { total > 0 ? Double(count) / Double(total) : 0 }
    var interval: ClosedRange<Double> { Statistics.interval(count, of: total) }
  }

  /// Percentiles of a time.
  struct Times: Sendable {
    static let shares = [0.5, 0.9, 0.95, 0.99]
    let values: [Duration]

    func percentile(_ share: Double) -> Duration? { Statistics.percentile(values, share) }
  }

  /// The hits that are told: the expected source is among the first so many.
  static let places = [1, 3, 5, 10]

  /// What was asked for: a version's name, or nil for what the stack chooses.
  package let variant: String?
  package let verdicts: [Verdict]
  let prices: Prices

  package init(variant: String?, _ verdicts: [Verdict], prices: Prices) {
    self.variant = variant
    self.verdicts = verdicts
    self.prices = prices
  }

  var title: String { variant ?? "as users get it" }

  package var accuracy: Rate { Self.rate(verdicts) { $0.score.isCorrect } }
  var failures: Int { verdicts.count { $0.answer.failure != nil } }
  /// Answers that say they do not know, of those that should.
  var declined: Rate { Self.rate(verdicts) { $0.score.shouldDecline ? $0.score.hasDeclined : nil } }
  /// Answers that say they do not know, of those that should not.
  var needlesslyDeclined: Rate {
    Self.rate(verdicts) { $0.score.shouldDecline ? nil : $0.score.isNeedlesslyDeclined }
  }
  /// Answers that name an expected source, of those that should.
  var named: Rate { Self.rate(verdicts) { $0.score.expectsSource ? $0.score.namesSource : nil } }
  var tools: Rate { Self.rate(verdicts) { $0.score.isToolRight } }
  /// Questions of which an expected source is among the first so many that are found.
  func hits(at place: Int) -> Rate { Self.rate(verdicts) { $0.score.hit(at: place) } }

  /// Of the whole answers.
  var firstChunk: Times { Times(values: answered.compactMap(\.answer.firstChunk)) }
  var total: Times { Times(values: answered.map(\.answer.total)) }
  private var answered: [Verdict] { verdicts.filter { $0.answer.failure == nil } }

  var tokens: Answer.Tokens { verdicts.reduce(Answer.Tokens()) { $0 + $1.answer.tokens } }

  /// US dollars; nil when a model's price is not known.
  var cost: Double? {
    var sum = 0.0
    for verdict in answered {
      guard let price = prices.price(of: verdict.answer.model) else { return nil }
      sum += price.cost(of: verdict.answer.tokens)
    }
    return sum
  }

  var models: [String] { Self.sorted(verdicts.compactMap(\.answer.model)) }
  /// The versions that answered.
  var variants: [String] { Self.sorted(answered.map(\.answer.variant)) }

  /// Tags with the accuracy of their questions.
  var tags: [(tag: String, rate: Rate)] {
    Self.sorted(verdicts.flatMap(\.question.tags)).map { tag in
      (tag, Self.rate(verdicts.filter { $0.question.tags.contains(tag) }) { $0.score.isCorrect })
    }
  }

  private static func sorted(_ names: [String]) -> [String] { Set(names).sorted() }

  /// Those for which `isSo` is nil do not count.
  private static func rate(_ verdicts: [Verdict], _ isSo: (Verdict) -> Bool?) -> Rate {
    let answers = verdicts.compactMap(isSo)
    return Rate(count: answers.count { $0 }, total: answers.count)
  }
}

/// Two versions on the same questions.
package struct Comparison: Sendable {
  package let first: Summary
  package let second: Summary
  /// Both verdicts of each question that both versions have an answer to.
  private let pairs: [(first: Verdict, second: Verdict)]

  package init(_ first: Summary, _ second: Summary) {
    self.first = first
    self.second = second
    let others = Dictionary(second.verdicts.map { ($0.question.id, $0) }) { one, _ in one }
    pairs = first.verdicts.compactMap { verdict in
      others[verdict.question.id].map { (verdict, $0) }
    }
  }

  /// Questions that only the first version answers rightly.
  var onlyFirst: [Verdict] { differing { $0 && !$1 } }
  /// Questions that only the second version answers rightly.
  var onlySecond: [Verdict] { differing { !$0 && $1 } }

  private func differing(_ isSo: (Bool, Bool) -> Bool) -> [Verdict] {
    pairs.filter { isSo($0.first.score.isCorrect, $0.second.score.isCorrect) }.map(\.first)
  }

  private var counts: Statistics.Pairs {
    Statistics.Pairs(
      both: differing { $0 && $1 }.count, onlyFirst: onlyFirst.count,
      onlySecond: onlySecond.count, neither: differing { !$0 && !$1 }.count)
  }

  /// How much more often the second is right.
  package var accuracyDifference: Double {
    pairs.isEmpty
      ? 0 : (Double(onlySecond.count) - Double(onlyFirst.count)) / Double(pairs.count)
  }

  /// Its 95 % interval.
  package var accuracyInterval: ClosedRange<Double> { Statistics.differenceInterval(counts) }

  /// McNemar's exact test.
  package var p: Double { Statistics.mcNemar(onlyFirst.count, onlySecond.count) }

  /// How much longer the second takes, in milliseconds: the median of the differences question by
  /// question, of those that both answered. The interval is nil for fewer than six.
  struct TimeDifference {
    let median: Double
    let interval: ClosedRange<Double>?
  }

  func difference(of time: (Answer) -> Duration?) -> TimeDifference? {
    let differences = pairs.compactMap { pair -> Double? in
      guard pair.first.answer.failure == nil, pair.second.answer.failure == nil,
        let before = time(pair.first.answer), let after = time(pair.second.answer)
      else { return nil }
      return Figures.milliseconds(after - before)
    }
    guard let median = Statistics.median(differences) else { return nil }
    return TimeDifference(median: median, interval: Statistics.medianInterval(differences))
  }

  /// The times that are compared, by their names.
  var times: [(name: String, difference: TimeDifference)] {
    [
      ("first chunk", difference(of: \.firstChunk)), ("whole answer", difference { $0.total }),
    ].compactMap { name, difference in difference.map { (name, $0) } }
  }

  /// What the numbers say, in words.
  package var conclusion: String {
    let interval = accuracyInterval
    guard interval.lowerBound > 0 || interval.upperBound < 0, p < 0.05 else {
      return "no difference in accuracy can be told from chance"
    }
    let better = accuracyDifference > 0 ? second.title : first.title
    return "\(better) is right more often"
  }
}
