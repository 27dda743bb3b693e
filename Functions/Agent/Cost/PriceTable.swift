/// What a model's tokens cost, each kind apart.
package struct ModelPrice: Sendable, Equatable {
  /// The price of one token.
  package var input: Money
  package var cachedInput: Money
  package var output: Money
  package var audioInput: Money
  package var audioOutput: Money

  /// Prices in US dollars per million tokens, as providers state them; audio costs as text, and what
  /// the provider has in its cache as what it has not, when nothing else is said.
  package init?(
    input: String, output: String, cachedInput: String? = nil, audioInput: String? = nil,
    audioOutput: String? = nil
  ) {
    guard let input = Self.token(input), let output = Self.token(output),
      let cached = cachedInput.map(Self.token) ?? input,
      let audioInput = audioInput.map(Self.token) ?? input,
      let audioOutput = audioOutput.map(Self.token) ?? output
    else { return nil }
    self.input = input
    self.output = output
    self.cachedInput = cached
    self.audioInput = audioInput
    self.audioOutput = audioOutput
  }

  private static func token(_ perMillion: some StringProtocol) -> Money? {
    Money(dollars: perMillion).map { Money(picodollars: $0.picodollars / 1_000_000) }
  }

  /// What this use costs. Audio and cached tokens are parts of input and output.
  package func cost(of usage: Usage) -> Money {
    let cached = min(max(0, usage.cachedInput), max(0, usage.input))
    let heard = min(max(0, usage.audioInput), max(0, usage.input) - cached)
    let spoken = min(max(0, usage.audioOutput), max(0, usage.output))
    return input * (max(0, usage.input) - cached - heard) + cachedInput * cached
      + audioInput * heard + output * (max(0, usage.output) - spoken) + audioOutput * spoken
  }
}

/// Prices of models, as they were on a day.
package struct PriceTable: Sendable {
  /// `YYYY-MM-DD`: the day that the prices are of.
  package let date: String
  /// By the beginning of a model's name.
  private let prices: [(prefix: String, price: ModelPrice)]

  package init(date: String, _ prices: [(prefix: String, price: ModelPrice)]) {
    self.date = date
    self.prices = prices
  }

  /// The price of a model as providers and logs call it: `openai/gpt-4o-mini-2024-07-18`,
  /// `bedrock/us.amazon.nova-lite-v1:0`. The longest beginning that fits counts. Nil: not known.
  package func price(of model: String) -> ModelPrice? {
    let name = model.lowercased().split(separator: "/").last ?? ""
    var rest = name[...]
    var best: (prefix: String, price: ModelPrice)?
    // Bedrock puts regions and makers in front, with points: us.anthropic.claude-…
    while true {
      for entry in prices where rest.hasPrefix(entry.prefix) {
        if entry.prefix.utf8.count > best?.prefix.utf8.count ?? 0 { best = entry }
      }
      guard best == nil, let point = rest.firstIndex(of: ".") else { return best?.price }
      rest = rest[rest.index(after: point)...]
    }
  }

  /// These prices, before those of the table.
  package func replacing(_ others: [(prefix: String, price: ModelPrice)]) -> PriceTable {
    let names = Set(others.map(\.prefix))
    return PriceTable(date: date, others + prices.filter { !names.contains($0.prefix) })
  }
}

extension PriceTable {
  /// List prices of the providers in US dollars per million tokens, without discounts for batches,
  /// tiers or long prompts. They change: compare them with your provider's list, and put what differs into
  /// `MODEL_PRICES`. Stand-ins cost nothing.
  package static let standard = PriceTable(
    date: "2025-10-01",
    [
      ("gpt-4o-mini", "0.15", "0.60", "0.075", nil, nil),
      ("gpt-4o-mini-audio", "0.15", "0.60", nil, "10", "20"),
      ("gpt-4o-audio", "2.50", "10", nil, "40", "80"),
      ("gpt-4o", "2.50", "10", "1.25", nil, nil), ("gpt-4.1", "2", "8", "0.50", nil, nil),
      ("gpt-4.1-mini", "0.40", "1.60", "0.10", nil, nil),
      ("gpt-4.1-nano", "0.10", "0.40", "0.025", nil, nil),
      ("gpt-5", "1.25", "10", "0.125", nil, nil), ("gpt-5-mini", "0.25", "2", "0.025", nil, nil),
      ("gpt-5-nano", "0.05", "0.40", "0.005", nil, nil), ("o3", "2", "8", "0.50", nil, nil),
      ("o4-mini", "1.10", "4.40", "0.275", nil, nil),
      ("claude-3-haiku", "0.25", "1.25", "0.03", nil, nil),
      ("claude-3-5-haiku", "0.80", "4", "0.08", nil, nil),
      ("claude-haiku-4", "1", "5", "0.10", nil, nil),
      ("claude-3-5-sonnet", "3", "15", "0.30", nil, nil),
      ("claude-3-7-sonnet", "3", "15", "0.30", nil, nil),
      ("claude-sonnet-4", "3", "15", "0.30", nil, nil),
      ("claude-opus-4", "15", "75", "1.50", nil, nil),
      ("gemini-2.0-flash", "0.10", "0.40", "0.025", "0.70", nil),
      ("gemini-2.5-flash", "0.30", "2.50", "0.075", "1", nil),
      ("gemini-2.5-flash-lite", "0.10", "0.40", "0.025", "0.30", nil),
      ("gemini-2.5-flash-native-audio", "0.50", "2", nil, "3", "12"),
      ("gemini-live-2.5-flash", "0.50", "2", nil, "3", "12"),
      ("gemini-2.5-pro", "1.25", "10", "0.31", nil, nil),
      ("nova-micro", "0.035", "0.14", "0.00875", nil, nil),
      ("nova-lite", "0.06", "0.24", "0.015", nil, nil),
      ("nova-pro", "0.80", "3.20", "0.20", nil, nil), ("martlet-", "0", "0", nil, nil, nil),
    ].compactMap { name, input, output, cached, audioInput, audioOutput in
      ModelPrice(
        input: input, output: output, cachedInput: cached, audioInput: audioInput,
        audioOutput: audioOutput
      ).map { (name, $0) }
    })

  /// `model=input/output[/cached[/audioInput/audioOutput]]` in dollars per million tokens, several with
  /// commas between them; nil when one is none.
  package static func list(_ text: String) -> [(prefix: String, price: ModelPrice)]? {
    var prices: [(prefix: String, price: ModelPrice)] = []
    for entry in text.split(separator: ",") {
      let sides = entry.split(separator: "=", omittingEmptySubsequences: false)
        .map { String($0.trimmed) }
      guard sides.count == 2, (1...128).contains(sides[0].utf8.count) else { return nil }
      let parts = sides[1].split(separator: "/", omittingEmptySubsequences: false)
        .map { String($0.trimmed) }
      guard [2, 3, 5].contains(parts.count),
        let price = ModelPrice(
          input: parts[0], output: parts[1], cachedInput: parts.count > 2 ? parts[2] : nil,
          audioInput: parts.count > 3 ? parts[3] : nil,
          audioOutput: parts.count > 4 ? parts[4] : nil)
      else { return nil }
      prices.append((sides[0].lowercased(), price))
    }
    return prices
  }
}

extension Usage {
  /// Tokens of a second of speech (Gemini Live).
  package static let tokensPerSecond = 25

  /// Speech heard and spoken, in seconds.
  package init(secondsHeard: Int, secondsSpoken: Int) {
    self.init(
      input: secondsHeard * Self.tokensPerSecond, output: secondsSpoken * Self.tokensPerSecond,
      audioInput: secondsHeard * Self.tokensPerSecond,
      audioOutput: secondsSpoken * Self.tokensPerSecond)
  }
}
