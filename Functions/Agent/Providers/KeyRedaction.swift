import Network

/// Takes keys out of what a provider says: some repeat a refused key in their error, and errors are
/// logged.
struct KeyRedaction {
  private static let headers = [
    "authorization", "x-api-key", "x-goog-api-key", "api-key", "x-amz-security-token",
  ]
  /// Shorter ones would be found in ordinary words.
  private static let shortestKey = 8
  /// How the keys of the providers begin: OpenAI and Anthropic, Google, AWS.
  private static let beginnings = ["sk-", "AIza", "ya29.", "AKIA", "ASIA", "ABSK"]
  private static let shortestToken = 16
  /// Bytes of a message; what stands behind helps nobody.
  private static let longestMessage = 1_000

  private let keys: [String]

  /// The keys with which a request goes out.
  init(_ request: ClientRequest) {
    keys = Self.headers.compactMap { name in
      request.headers[name].map { value in
        value.hasPrefix("Bearer ") ? String(value.dropFirst(7)) : value
      }
    }.filter { $0.utf8.count >= Self.shortestKey }
  }

  func cleaned(_ text: String) -> String {
    var text = text.prefix(utf8: Self.longestMessage)
    for key in keys { text = text.replacing(key, with: "(key)") }
    guard Self.beginnings.contains(where: text.contains) else { return text }
    return text.split(omittingEmptySubsequences: false) { !Self.isOfKey($0) }
      .filter(Self.looksLikeKey)
      .reduce(into: text) { $0 = $0.replacing($1, with: "(key)") }
  }

  func cleaned(_ error: ModelError) -> ModelError {
    switch error {
    case .unavailable(let status, let message):
      .unavailable(status: status, message: cleaned(message))
    case .rejected(let status, let code, let message):
      .rejected(status: status, code: code.map(cleaned), message: cleaned(message))
    case .exhausted(let code): .exhausted(code: cleaned(code))
    case .unreachable(let text): .unreachable(cleaned(text))
    case .interrupted(let text): .interrupted(cleaned(text))
    case .malformed(let text): .malformed(cleaned(text))
    case .throttled, .incomplete, .brokenCall, .silent, .deadlineExceeded: error
    }
  }

  private static func isOfKey(_ character: Character) -> Bool {
    character.isASCII
      && (character.isLetter || character.isNumber || "-_.*".contains(character))
  }

  private static func looksLikeKey(_ word: Substring) -> Bool {
    word.utf8.count >= shortestToken && beginnings.contains { word.hasPrefix($0) }
  }
}
