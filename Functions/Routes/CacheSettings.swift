import Agent

/// How long what is kept, and what is made before it is asked for.
struct CacheSettings: Sendable {
  let answers: Duration
  let services: Duration
  let conversations: Duration
  let messages: Duration
  /// Frequent questions of an assistant and tenant that are answered anew after a change of the
  /// knowledge.
  let warmed: Int
  let table: String
  /// Name of the secret that keys the digests.
  let key: String

  init(_ read: SettingReader) throws(SettingError) {
    answers = .seconds(try read.whole(.answerCache, 0...86_400))
    services = .seconds(try read.whole(.serviceCache, 0...86_400))
    conversations = .seconds(try read.whole(.conversationCache, 0...86_400))
    messages = .seconds(try read.whole(.messageCache, 0...86_400))
    warmed = try read.whole(.warmedQuestions, 0...100)
    table = try read.text(.cacheTable, 3...255)
    key = try read.text(.cacheKey, 1...512)
  }
}

extension Setting {
  private static let seconds = "a whole number from 0 to 86400"

  static let answerCache = Setting(
    name: "ANSWER_CACHE_SECONDS", standard: "3600", range: seconds,
    meaning: "How long an answer is given again to others who ask the same, where the assistant's "
      + "profile allows it, see `docs/cache.md`; 0: never.")
  static let serviceCache = Setting(
    name: "SERVICE_CACHE_SECONDS", standard: "3600", range: seconds,
    meaning: "How long vectors of questions and results of tools are kept; 0: not at all.")
  static let conversationCache = Setting(
    name: "CONVERSATION_CACHE_SECONDS", standard: "1800", range: seconds,
    meaning: "How long a function keeps the turns of a conversation that nobody has changed.")
  static let messageCache = Setting(
    name: "MESSAGE_CACHE_SECONDS", standard: "600", range: seconds,
    meaning: "The same for parts of the list of its messages.")
  static let warmedQuestions = Setting(
    name: "CACHE_WARM_QUESTIONS", standard: "10", range: "a whole number from 0 to 100",
    meaning: "How many frequent questions of each tenant and assistant are answered anew when the "
      + "knowledge has changed; 0: none, and nothing is counted.")
  static let cacheTable = Setting(
    name: "CACHE_TABLE", standard: "martlet-cache", range: "3 to 255 characters",
    meaning: "Table of the cache.")
  static let cacheKey = Setting(
    name: "CACHE_KEY_SECRET", standard: "martlet/cache-key", range: "1 to 512 characters",
    meaning: "Name of the secret that keys the names of what is kept.")

  static let ofCache = [
    answerCache, serviceCache, conversationCache, messageCache, warmedQuestions, cacheTable,
    cacheKey,
  ]
}
