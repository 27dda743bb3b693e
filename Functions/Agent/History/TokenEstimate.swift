/// About how many tokens a text is, without a model's own tokenizer.
///
/// Four bytes of ASCII are a token, any other scalar is one: what OpenAI and Anthropic state for
/// English, and close to what their tokenizers make of Japanese and Chinese; other scripts are
/// overestimated.
package enum TokenEstimate {
  private static let bytesPerToken = 4

  package static func tokens(in text: String) -> Int {
    (text.unicodeScalars.reduce(0) { $0 + weight(of: $1) } + bytesPerToken - 1) / bytesPerToken
  }

  /// The longest beginning of this many tokens.
  package static func prefix(of text: String, tokens: Int) -> String {
    var room = tokens * bytesPerToken
    let scalars = text.unicodeScalars
    for place in scalars.indices {
      room -= weight(of: scalars[place])
      if room < 0 { return String(scalars[..<place]) }
    }
    return text
  }

  /// In quarters of a token.
  private static func weight(of scalar: Unicode.Scalar) -> Int {
    scalar.isASCII ? 1 : bytesPerToken
  }
}
