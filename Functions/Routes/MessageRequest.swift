import Agent
import Crypto
import Events
import JSON

/// What `POST /api/v1/messages` and its relatives are asked.
struct MessageRequest: Equatable {
  /// Characters of an idempotency key.
  static let longestKey = 128

  /// Nil asks the question of `replaces` once more.
  let message: String?
  let conversation: ConversationID?
  let assistant: String?
  /// Who is to answer: a specialist, or an assistant as a whole.
  let agent: AgentName?
  /// The answer whose question this one takes the place of.
  let replaces: String?
  let wantsStream: Bool
  /// The answer has to be made anew, whatever is in the cache.
  let isFresh: Bool
  /// The client's own name for this message, or one that was made for it.
  let key: String

  init(
    _ event: some EventBody, headers: [String: String], profiles: [Profile],
    defaultAssistant: String
  ) throws(Refusal) {
    var fields = try BodyFields(event, headers: headers)
    let given = fields.value("message")
    let conversation = fields.text("conversationId", 1...64)
    let assistant = fields.assistant()
    self.assistant = assistant
    let agent = fields.text("agent", 1...128)
    replaces = fields.text("replaces", 1...128)
    wantsStream = fields.flag("stream") ?? false
    isFresh = fields.flag("fresh") ?? false
    self.conversation = conversation.flatMap { ConversationID($0) }
    message = given?.string
    let named = agent.flatMap {
      AgentName($0, among: profiles, standing: assistant ?? defaultAssistant)
    }
    self.agent = named
    if let given {
      do throws(AgentError) {
        guard let text = given.string else { throw .messageEmpty }
        _ = try MessageText(text)
      } catch {
        fields.note(
          "message", given.string == nil ? "type" : error.code,
          given.string == nil ? "It must be a text." : error.userMessage)
      }
    } else if replaces == nil {
      fields.note("message", "required", "It is missing.")
    }
    if replaces != nil, conversation == nil {
      fields.note("conversationId", "required", "\"replaces\" needs it.")
    }
    if agent != nil, named == nil {
      fields.note("agent", "choice", "There is no such agent; GET /api/v1/agents lists them.")
    } else if let named, let assistant, named.assistant != assistant {
      fields.note("agent", "choice", "It is no specialist of \(assistant).")
    }
    if let key = headers.header("idempotency-key") {
      guard (1...Self.longestKey).contains(key.utf8.count),
        key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      else { throw .badRequest("\"Idempotency-Key\" must be 1 to 128 printable characters.") }
      self.key = key
    } else {
      key = RequestID.uuid()
    }
    try fields.finish()
    if conversation != nil, self.conversation == nil { throw .agent(.conversationNotFound) }
  }

  /// What makes two deliveries the same message.
  var claimText: String {
    var parts: [JSONValue] = [
      message.map { .string($0) } ?? .null, conversation.map { .string($0.text) } ?? .null,
      replaces.map { .string($0) } ?? .null,
    ]
    if let specialist = agent?.specialist { parts.append(.string(specialist)) }
    return JSONValue.array(parts).description
  }
}
