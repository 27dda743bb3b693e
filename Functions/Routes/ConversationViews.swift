import Agent
import Events
import JSON

/// How sessions stand at a moment: a long pause closes an open one.
struct SessionClock: Sendable {
  let now: Timestamp
  let rules: SessionRules
}

/// What lists and details show of stored conversations; no field of an item gets out by itself.
enum ConversationViews {
  static func conversation(_ conversation: Conversation, _ clock: SessionClock) -> JSONValue {
    [
      "id": .string(conversation.id.text), "userId": .string(conversation.user),
      "title": .string(conversation.title), "status": .string(conversation.status.rawValue),
      "assistant": .string(conversation.assistant), "metadata": metadata(conversation.metadata),
      "turns": .int(conversation.turns), "usage": conversation.usage.json,
      "session": conversation.sessions.last.map {
        [
          "number": .int($0.number),
          "status": .string($0.status(at: clock.now, clock.rules).rawValue),
        ]
      } ?? .null,
      "escalatedAt": conversation.escalatedAt.map { .string($0.iso) } ?? .null,
      "createdAt": .string(conversation.createdAt.iso),
      "updatedAt": .string(conversation.updatedAt.iso),
    ]
  }

  /// Kept as JSON texts; one that is none any more is shown as the text it is.
  private static func metadata(_ texts: [String: String]) -> JSONValue {
    .object(
      JSONObject(
        texts.sorted { $0.key < $1.key }.map { name, text in
          (name, (try? JSONValue(parsing: text)) ?? .string(text))
        }))
  }

  static func list(
    _ page: ArchivePage<Conversation>, _ cursors: ListCursors, _ clock: SessionClock
  ) -> JSONValue {
    [
      "conversations": .array(page.elements.map { conversation($0, clock) }),
      "nextCursor": page.next.map { .string(cursors.text(for: $0)) } ?? .null,
    ]
  }

  static func found(_ hit: SearchHit) -> JSONObject {
    [
      "conversationId": .string(hit.conversation.text),
      "messageId": hit.message.map { .string($0) } ?? .null,
      "excerpt": .string(hit.excerpt), "at": .string(hit.at.iso),
    ]
  }

  /// The messages of a page of turns, oldest first; the cursor leads to older ones.
  static func messages(
    _ page: ArchivePage<Turn>, _ cursors: ListCursors
  ) -> JSONObject {
    [
      "messages": .array(page.elements.reversed().flatMap(messages)),
      "nextCursor": page.next.map { .string(cursors.text(for: $0)) } ?? .null,
    ]
  }

  static func statistics(_ statistics: TenantStatistics) -> JSONValue {
    [
      "conversations": .int(statistics.conversations), "users": .int(statistics.userCount),
      "turns": .int(statistics.turns), "usage": statistics.usage.json,
      "conversationsByAssistant": .object(
        JSONObject(
          statistics.byAssistant.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })),
      "updatedAt": statistics.lastUpdate.map { .string($0.iso) } ?? .null,
      "sessions": sessions(statistics),
      "intents": .object(
        JSONObject(
          statistics.intents.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { ($0.key, .int($0.value)) })),
      "isComplete": .bool(statistics.isComplete),
    ]
  }

  private static func sessions(_ statistics: TenantStatistics) -> JSONValue {
    var counts: JSONObject = [:]
    for status in Session.Status.allCases {
      counts[status.rawValue] = .int(statistics.sessions[status] ?? 0)
    }
    return .object(counts)
  }

  /// The question and the answer of a turn.
  static func messages(_ turn: Turn) -> [JSONValue] {
    let id = JSONValue.string(turn.conversation.text)
    let place: JSONValue = ["turn": .int(turn.number), "parentTurn": .int(turn.before)]
    return [
      [
        "id": .string("\(turn.message)-question"), "conversationId": id, "role": "user",
        "content": .string(turn.question), "metadata": place,
        "createdAt": .string(turn.askedAt.iso),
      ],
      [
        "id": .string(turn.message), "conversationId": id, "role": "assistant",
        "content": .string(turn.answer), "metadata": place,
        "createdAt": .string(turn.answeredAt.iso), "status": .string(turn.status.rawValue),
        "stopped": .bool(turn.status == .stopped), "model": .string(turn.model),
        "assistant": .string(turn.assistant), "sources": .array(turn.sources.map(\.json)),
        "tools": .array(turn.tools.map(tool)), "usage": turn.usage.json,
        "variant": .string(turn.variant ?? Profile.standardVariant),
        "cached": .bool(turn.isCached),
        "feedback": turn.feedback.map(feedback) ?? .null,
        "agent": turn.completion?.agent.map { .string($0) } ?? .null,
        "intent": turn.intent.map(intent) ?? .null,
        "confirmation": turn.confirmation?.json ?? .null,
      ],
    ]
  }

  private static func intent(_ intent: Intent) -> JSONValue {
    [
      "name": .string(intent.name), "confidence": .double(intent.confidence),
      "source": .string(intent.source.rawValue),
    ]
  }

  static func feedback(_ feedback: Feedback) -> JSONValue {
    var view: JSONObject = [
      "thumb": .string(feedback.thumb.rawValue), "createdAt": .string(feedback.at.iso),
    ]
    view["text"] = feedback.text.map { .string($0) }
    return .object(view)
  }

  private static func tool(_ step: ToolStep) -> JSONValue {
    [
      "callId": .int(step.number), "name": .string(step.name),
      "arguments": .string(step.arguments), "status": .string(step.status.rawValue),
    ]
  }
}
