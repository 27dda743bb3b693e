import Events

/// Turns with their tokens and what they cost, added up.
package struct Tally: Sendable, Equatable {
  package var turns: Int
  package var usage: Usage
  package var cost: Money
  /// Tokens of models whose price is not known; they are not in the cost.
  package var unpriced: Int

  package init(turns: Int = 0, usage: Usage = Usage(), cost: Money = .zero, unpriced: Int = 0) {
    self.turns = turns
    self.usage = usage
    self.cost = cost
    self.unpriced = unpriced
  }

  /// A turn with a model, or what was used beside one (no turn).
  package init(_ usage: Usage, model: String, _ prices: PriceTable, turns: Int = 1) {
    let price = prices.price(of: model)
    self.init(
      turns: turns, usage: usage, cost: price?.cost(of: usage) ?? .zero,
      unpriced: price == nil ? usage.tokens : 0)
  }

  init(_ item: Item) {
    self.init(
      turns: item["turns"]?.int ?? 0,
      usage: Usage(
        input: item["input"]?.int ?? 0, output: item["output"]?.int ?? 0,
        cachedInput: item["cachedInput"]?.int ?? 0, audioInput: item["audioInput"]?.int ?? 0,
        audioOutput: item["audioOutput"]?.int ?? 0),
      cost: Money(picodollars: item["cost"]?.int ?? 0), unpriced: item["unpriced"]?.int ?? 0)
  }

  /// By the names of a counter's attributes, without those that are 0.
  var counts: [(name: String, count: Int)] {
    [
      ("turns", turns), ("input", usage.input), ("output", usage.output),
      ("cachedInput", usage.cachedInput), ("audioInput", usage.audioInput),
      ("audioOutput", usage.audioOutput), ("cost", cost.picodollars), ("unpriced", unpriced),
    ].filter { $0.1 != 0 }
  }

  package static func + (a: Tally, b: Tally) -> Tally {
    Tally(
      turns: a.turns + b.turns, usage: a.usage + b.usage, cost: a.cost + b.cost,
      unpriced: a.unpriced + b.unpriced)
  }

  /// What was there before `b` was added.
  static func - (a: Tally, b: Tally) -> Tally {
    Tally(
      turns: a.turns - b.turns,
      usage: Usage(
        input: a.usage.input - b.usage.input, output: a.usage.output - b.usage.output,
        cachedInput: a.usage.cachedInput - b.usage.cachedInput,
        audioInput: a.usage.audioInput - b.usage.audioInput,
        audioOutput: a.usage.audioOutput - b.usage.audioOutput),
      cost: Money(picodollars: a.cost.picodollars - b.cost.picodollars),
      unpriced: a.unpriced - b.unpriced)
  }
}
