/// One setting of the functions, as an environment variable.
///
/// `docs/configuration.md` lists them all; a test compares it with this list.
struct Setting: Sendable {
  let name: String
  /// What counts when the variable is absent or empty.
  let standard: String
  /// The values that are accepted, in words.
  let range: String
  let meaning: String

  static let provider = Setting(
    name: "LLM_PROVIDER", standard: "openai", range: "openai",
    meaning: "Who answers: `openai` is every service that speaks OpenAI's Chat Completions.")
  static let model = Setting(
    name: "LLM_MODEL", standard: "gpt-4o-mini", range: "1 to 128 characters",
    meaning: "The model that answers, by the provider's name for it.")
  static let temperature = Setting(
    name: "LLM_TEMPERATURE", standard: "0.7", range: "a number from 0 to 2",
    meaning: "How freely the model words its answers.")
  static let longestAnswer = Setting(
    name: "LLM_MAX_TOKENS", standard: "2048", range: "a whole number from 1 to 32768",
    meaning: "The longest answer, in the provider's tokens.")
  static let openAIKey = Setting(
    name: "OPENAI_API_KEY", standard: "", range: "any text",
    meaning: "Key of the provider; without one no `Authorization` is sent.")
  static let openAIBase = Setting(
    name: "OPENAI_BASE_URL", standard: "https://api.openai.com/v1",
    range: "an address that begins with https:// or http://",
    meaning: "Address of the service, up to and without `/chat/completions`.")
  static let assistant = Setting(
    name: "DEFAULT_ASSISTANT", standard: "japanese", range: "japanese",
    meaning: "The assistant of a connection that names none.")
  static let origins = Setting(
    name: "ALLOWED_ORIGINS", standard: "",
    range: "origins (`https://host[:port]`) with commas between them",
    meaning: "Whose pages may connect; other origins are refused, clients without one are not.")
  static let cacheTime = Setting(
    name: "CACHE_TTL_SECONDS", standard: "300", range: "a whole number from 0 to 3600",
    meaning: "Seconds for which a function keeps what it has read: the token key, the search index."
  )
  static let logLevel = Setting(
    name: "LOG_LEVEL", standard: "INFO", range: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL",
    meaning: "The least severe lines that are written.")
  static let webSocketURL = Setting(
    name: "WEBSOCKET_URL", standard: "", range: "an address that begins with wss:// or ws://",
    meaning: "Where the page opens its connection; empty: the page's own host, stage `prod`.")
  static let tokenKey = Setting(
    name: "TOKEN_KEY_SECRET", standard: "martlet/token-key", range: "1 to 512 characters",
    meaning: "Name of the secret that signs and checks tokens.")
  static let connections = table("CONNECTIONS_TABLE", "martlet-connections", "open connections")
  static let conversations = table(
    "CONVERSATIONS_TABLE", "martlet-conversations", "conversations")
  static let turns = table("TURNS_TABLE", "martlet-turns", "questions with their answers")
  static let claims = table("CLAIMS_TABLE", "martlet-claims", "messages being answered")
  static let knowledge = table("KNOWLEDGE_TABLE", "martlet-knowledge", "the tutor's knowledge")
  static let knowledgeBucket = Setting(
    name: "KNOWLEDGE_BUCKET", standard: "martlet-knowledge", range: "3 to 63 characters",
    meaning: "Bucket of the search index.")

  /// All of them, in the order of the document.
  static let all = [
    provider, model, temperature, longestAnswer, openAIKey, openAIBase, assistant, origins,
    cacheTime, logLevel, webSocketURL, tokenKey, connections, conversations, turns, claims,
    knowledge, knowledgeBucket,
  ]

  private static func table(_ name: String, _ standard: String, _ what: String) -> Setting {
    Setting(
      name: name, standard: standard, range: "3 to 255 characters",
      meaning: "Table of \(what).")
  }
}
