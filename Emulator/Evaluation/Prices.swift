import JSON

/// What a million tokens cost, in US dollars.
package struct Price: Sendable, Equatable {
  package var input: Double
  package var output: Double
  /// For input that the provider had in its cache.
  package var cached: Double

  package init(input: Double, output: Double, cached: Double? = nil) {
    self.input = input
    self.output = output
    self.cached = cached ?? input
  }

  /// `0.15/0.60` or `0.15/0.60/0.075`: input, output, cached input; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }
    guard (2...3).contains(parts.count), numbers.count == parts.count,
      numbers.allSatisfy({ (0...100_000).contains($0) })
    else { return nil }
    self.init(input: numbers[0], output: numbers[1], cached: numbers.count == 3 ? numbers[2] : nil)
  }

  /// As `GET /api/v1/admin/usage` tells it: texts; nil for a model without a price.
  init?(_ value: JSONValue?) {
    guard let input = value?["input"]?.string.flatMap(Double.init),
      let output = value?["output"]?.string.flatMap(Double.init)
    else { return nil }
    self.init(
      input: input, output: output, cached: value?["cachedInput"]?.string.flatMap(Double.init))
  }

  /// US dollars.
  func cost(of tokens: Answer.Tokens) -> Double {
    let cached = min(tokens.cached, tokens.input)
    return
      (Double(tokens.input - cached) * input + Double(cached) * self.cached
      + Double(tokens.output) * output) / 1_000_000
  }
}

/// What the models of a stack cost.
package struct Prices: Sendable {
  /// Counts for every model when it is given.
  private var own: Price?
  private var listed: [String: Price] = [:]
  /// Models that the stack told of, with a price or without.
  private(set) var models: Set<String> = []
  /// The day of the stack's price table.
  private var date: String?

  package init(own: Price? = nil) { self.own = own }

  /// From the answer of `GET /api/v1/admin/usage`.
  init(report: JSONValue) {
    date = report["pricesFrom"]?.string
    for line in report["models"]?.array ?? [] {
      guard let model = line["model"]?.string else { continue }
      models.insert(model)
      listed[model] = Price(line["price"])
    }
  }

  /// nil for a model whose price is not known.
  func price(of model: String?) -> Price? { own ?? model.flatMap { listed[$0] } }

  /// How the costs came about, in words.
  package var note: String {
    if own != nil { return "at the price that was given" }
    return date.map { "at the stack's list prices of \($0)" }
      ?? "not known: the stack tells prices to administrators only"
  }
}
