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
    name: "LLM_PROVIDER", standard: "openai",
    range: "one or more of \(ProviderName.known), each with `:model` behind it if wanted",
    meaning: "Who answers, with commas between them: the next one is asked when one cannot answer. "
      + "`openai` is every service that speaks Chat Completions.")
  static let model = Setting(
    name: "LLM_MODEL", standard: "", range: "up to \(ModelChoice.longestName) characters",
    meaning: "The model of the first provider; empty: the one that `LLM_PROVIDER` names, else the "
      + "provider's standard model.")
  static let assistantProviders = Setting(
    name: "ASSISTANT_PROVIDERS", standard: "",
    range: "`assistant=` with a list as in `LLM_PROVIDER`, several with semicolons between them",
    meaning: "Other providers for single assistants, or for versions of one: "
      + "`japanese=gemini,openai:gpt-4o;japanese/short=anthropic`.")
  static let classifierModel = Setting(
    name: "CLASSIFIER_MODEL", standard: "", range: "one entry as in `LLM_PROVIDER`",
    meaning: "The small model that is asked, at temperature 0, when the example sentences leave an "
      + "intent open; empty: the first model of `LLM_PROVIDER`.")
  static let summaryModel = Setting(
    name: "SUMMARY_MODEL", standard: "", range: "one entry as in `LLM_PROVIDER`",
    meaning:
      "The small model that keeps the memory of long conversations: it is given what falls out "
      + "of the part that is seen again, with every few turns; empty: the assistant's own.")
  static let searchGrounding = Setting(
    name: "SEARCH_GROUNDING", standard: "false",
    range: "true, false, or assistants (`japanese`, `japanese/short`) with commas between them",
    meaning: "Which assistants may look things up in Google Search, through Gemini: by a tool "
      + "`search_web`, or directly where no tool is offered; the pages are shown as sources.")
  static let temperature = Setting(
    name: "LLM_TEMPERATURE", standard: "0.7", range: "a number from 0 to 2",
    meaning: "How freely the model words its answers.")
  static let longestAnswer = Setting(
    name: "LLM_MAX_TOKENS", standard: "2048", range: "a whole number from 1 to 32768",
    meaning: "The longest answer, in the provider's tokens.")
  static let openAIBase = Setting(
    name: "OPENAI_BASE_URL", standard: "https://api.openai.com/v1",
    range: "an address that begins with https:// or http://",
    meaning: "Address of OpenAI or of a compatible server, without `/chat/completions`.")
  static let anthropicBase = Setting(
    name: "ANTHROPIC_BASE_URL", standard: "https://api.anthropic.com",
    range: "an address that begins with https:// or http://",
    meaning: "Address of Anthropic's API, without `/v1/messages`.")
  static let geminiBase = Setting(
    name: "GOOGLE_GEMINI_BASE_URL", standard: "https://generativelanguage.googleapis.com",
    range: "an address that begins with https:// or http://",
    meaning: "Address of Gemini's API, without the version.")
  static let vertexBase = Setting(
    name: "GOOGLE_VERTEX_BASE_URL", standard: "",
    range: "an address that begins with https:// or http://",
    meaning: "Address of Vertex AI; empty: that of the location.")
  static let googleProject = Setting(
    name: "GOOGLE_CLOUD_PROJECT", standard: "", range: "up to 128 characters",
    meaning: "Project of Vertex AI; needed when `vertex` is a provider.")
  static let googleLocation = Setting(
    name: "GOOGLE_CLOUD_LOCATION", standard: "us-central1", range: "1 to 64 characters",
    meaning: "Location of Vertex AI.")
  static let bedrockRegion = Setting(
    name: "BEDROCK_REGION", standard: "", range: "up to 64 characters",
    meaning: "Region of Bedrock; empty: the function's own.")
  static let providerKeys = Setting(
    name: "PROVIDER_KEYS_SECRET", standard: "martlet/provider-keys", range: "1 to 512 characters",
    meaning: "Name of the secret with the providers' keys, see below.")
  static let assistant = Setting(
    name: "DEFAULT_ASSISTANT", standard: "japanese", range: "japanese",
    meaning: "The assistant of a connection that names none.")
  static let flags = Setting(
    name: "FEATURE_FLAGS", standard: "",
    range: "entries `name=assistant/variant:share%` with commas between them",
    meaning: "Which share of the users gets another version of an assistant, see below.")
  static let origins = Setting(
    name: "ALLOWED_ORIGINS", standard: "",
    range: "origins (`https://host[:port]`) with commas between them",
    meaning: "Whose pages may connect; other origins are refused, clients without one are not.")
  static let cacheTime = Setting(
    name: "CACHE_TTL_SECONDS", standard: "300", range: "a whole number from 0 to 3600",
    meaning:
      "Seconds for which a function keeps what it has read: the token key, the tutor's search index."
  )
  static let resumeGrace = Setting(
    name: "RESUME_GRACE_SECONDS", standard: "10", range: "a whole number from 0 to 25",
    meaning: "Seconds for which an answer goes on after its client went away; a client that comes "
      + "back in time gets what it missed and then the live rest.")
  static let sessionPause = Setting(
    name: "SESSION_TIMEOUT_SECONDS", standard: "25200", range: "a whole number from 60 to 604800",
    meaning: "The pause in a conversation that ends a session.")
  static let workingHours = Setting(
    name: "WORKING_HOURS", standard: "",
    range: "a time zone and periods, such as `Asia/Tokyo Mon-Fri 09:00-18:00, Sat 10:00-14:00`",
    meaning:
      "When people of yours are at work; sessions do not go over opening or closing time. The "
      + "zone's file has to be in the package, see `docs/chat.md`.")
  static let budgets = Setting(
    name: "BUDGETS", standard: "",
    range: "entries `user/day=200000` or `tenant/month=50usd` with commas between them",
    meaning: "What each person and each tenant may use in a day or a month, see `docs/cost.md`.")
  static let prices = Setting(
    name: "MODEL_PRICES", standard: "",
    range:
      "entries `model=input/output[/cached[/audioInput/audioOutput]]` with commas between them",
    meaning: "Prices in US dollars per million tokens, before those that are built in.")
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
  static let usage = table("USAGE_TABLE", "martlet-usage", "what people use")
  static let context = table("CONTEXT_TABLE", "martlet-context", "what is remembered about people")
  static let knowledgeBucket = Setting(
    name: "KNOWLEDGE_BUCKET", standard: "martlet-knowledge", range: "3 to 63 characters",
    meaning: "Bucket of the search index.")
  static let contentBucket = Setting(
    name: "CONTENT_BUCKET", standard: "martlet-content", range: "3 to 63 characters",
    meaning: "Bucket of what is too long for a table: long questions and answers.")

  // Keys: never in the template; see `ProviderKeys`.
  static let openAIKey = key(
    "OPENAI_API_KEY",
    "Key of OpenAI or a compatible server; without one no `Authorization` is sent.")
  static let anthropicKey = key("ANTHROPIC_API_KEY", "Key of Anthropic.")
  static let geminiKey = key("GEMINI_API_KEY", "Key of the Gemini API.")
  static let googleAccount = key(
    "GOOGLE_SERVICE_ACCOUNT", "The JSON file of a service account that may use Vertex AI.")
  static let bedrockKey = key(
    "AWS_BEARER_TOKEN_BEDROCK",
    "A Bedrock API key; without one requests are signed with the function's credentials.")

  /// What opens doors. The environment comes before the secret.
  static let keys = [openAIKey, anthropicKey, geminiKey, googleAccount, bedrockKey]

  /// All others, in the order of the document.
  static let all =
    [
      provider, model, assistantProviders, classifierModel, summaryModel, temperature,
      longestAnswer,
      searchGrounding, openAIBase, anthropicBase, geminiBase, vertexBase, googleProject,
      googleLocation, bedrockRegion, providerKeys, assistant, flags, origins, cacheTime,
      resumeGrace, sessionPause, workingHours, budgets, prices, logLevel, webSocketURL, tokenKey,
      connections, conversations, turns, claims, knowledge, usage, context, knowledgeBucket,
      contentBucket,
    ] + ofKnowledge + ofCache

  private static func key(_ name: String, _ meaning: String) -> Setting {
    Setting(name: name, standard: "", range: "any text", meaning: meaning)
  }

  private static func table(_ name: String, _ standard: String, _ what: String) -> Setting {
    Setting(
      name: name, standard: standard, range: "3 to 255 characters",
      meaning: "Table of \(what).")
  }
}
