import JSON

/// Answers of authorizers, kept by who asked.
actor AuthorizerCache {
  struct Key: Hashable, Sendable {
    let api: String
    let authorizer: String
    let identity: [String]
  }

  private struct Entry {
    let answer: JSONValue
    let end: Int
  }

  /// When there are more, those that are over go, then all.
  private static let mostEntries = 1_000
  private var entries: [Key: Entry] = [:]

  func answer(for key: Key, at time: GatewayTime) -> JSONValue? {
    guard let entry = entries[key], time.milliseconds < entry.end else { return nil }
    return entry.answer
  }

  func keep(_ answer: JSONValue, for key: Key, until end: GatewayTime, at time: GatewayTime) {
    if entries.count >= AuthorizerCache.mostEntries {
      entries = entries.filter { $0.value.end > time.milliseconds }
      if entries.count >= AuthorizerCache.mostEntries { entries = [:] }
    }
    entries[key] = Entry(answer: answer, end: end.milliseconds)
  }
}
