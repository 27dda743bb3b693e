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
  private let prices: [(name: String, price: ModelPrice)]

  package init(date: String, _ prices: [(name: String, price: ModelPrice)]) {
    self.date = date
    self.prices = prices
  }

  /// The price of a model as providers and logs call it: `openai/gpt-4o-mini-2024-07-18`,
  /// `bedrock/us.amazon.nova-lite-v1:0`. The longest name that fits counts. Nil: not known.
  package func price(of model: String) -> ModelPrice? {
    let name = model.lowercased().split(separator: "/").last ?? ""
    var rest = name[...]
    var best: (name: String, price: ModelPrice)?
    // Bedrock puts regions and makers in front, with points: us.anthropic.claude-…
    while true {
      for entry in prices where Self.fits(rest, entry.name) {
        if entry.name.utf8.count > best?.name.utf8.count ?? 0 { best = entry }
      }
      guard best == nil, let point = rest.firstIndex(of: ".") else { return best?.price }
      rest = rest[rest.index(after: point)...]
    }
  }

  /// Whether a model is the one that an entry names, or a revision of it: `gpt-4o-2024-08-06` is a
  /// `gpt-4o`, but `gpt-4o-mini` and `gpt-5.7` are models of their own, whose price nobody knows from
  /// that of `gpt-4o` or `gpt-5`. An entry with a hyphen at its end stands for all that begin so.
  private static func fits(_ model: Substring, _ entry: String) -> Bool {
    guard model.hasPrefix(entry) else { return false }
    let rest = model.dropFirst(entry.count)
    guard let mark = rest.first, entry.last != "-" else { return true }
    guard mark == "-" || mark == "@" || mark == ":" else { return false }
    return rest.dropFirst().split(whereSeparator: { $0 == "-" || $0 == "@" }).allSatisfy(isRevision)
  }

  /// `20251001`, `07`, `v1:0`, `latest`, `preview`; not `5`, which is a part of the model's name.
  private static func isRevision(_ part: Substring) -> Bool {
    if ["latest", "preview", "exp"].contains(part) { return true }
    let digits = part.first == "v" ? part.dropFirst().prefix { $0 != ":" } : part
    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) }
    return isNumber && (part.first == "v" || digits.utf8.count > 1)
  }

  /// These prices, before those of the table.
  package func replacing(_ others: [(name: String, price: ModelPrice)]) -> PriceTable {
    let names = Set(others.map(\.name))
    return PriceTable(date: date, others + prices.filter { !names.contains($0.name) })
  }
}

extension PriceTable {
  /// `model=input/output[/cached[/audioInput/audioOutput]]` in dollars per million tokens, several with
  /// commas between them; nil when one is none.
  package static func list(_ text: String) -> [(name: String, price: ModelPrice)]? {
    var prices: [(name: String, price: ModelPrice)] = []
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
