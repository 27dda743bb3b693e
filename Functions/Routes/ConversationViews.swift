import Agent
import Events
import JSON

/// What lists and details show of stored conversations; no field of an item gets out by itself.
enum ConversationViews {
  /// `user` is shown to administrators only.
  static func conversation(_ conversation: Conversation, showsUser: Bool) -> JSONValue {
    var view: JSONObject = [
      "id": .string(conversation.id.text), "title": .string(conversation.title),
      "assistant": .string(conversation.assistant), "turns": .int(conversation.turns),
      "usage": conversation.usage.json, "createdAt": .string(conversation.createdAt.iso),
      "updatedAt": .string(conversation.updatedAt.iso),
    ]
    if showsUser { view["userId"] = .string(conversation.user) }
    return .object(view)
  }

  static func list(
    _ page: ArchivePage<Conversation>, showsUser: Bool, _ cursors: ListCursors
  ) -> JSONValue {
    [
      "conversations": .array(
        page.elements.map { Self.conversation($0, showsUser: showsUser) }),
      "nextCursor": page.next.map { .string(cursors.text(for: $0)) } ?? .null,
    ]
  }

  /// The messages of a page of turns, oldest first; the cursor leads to older ones.
  static func messages(_ page: ArchivePage<Turn>, _ cursors: ListCursors) -> JSONObject {
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
      "isComplete": .bool(statistics.isComplete),
    ]
  }

  private static func messages(_ turn: Turn) -> [JSONValue] {
    [
      [
        "id": .string("\(turn.message)-question"), "role": "user",
        "content": .string(turn.question), "createdAt": .string(turn.askedAt.iso),
      ],
      [
        "id": .string(turn.message), "role": "assistant", "content": .string(turn.answer),
        "createdAt": .string(turn.answeredAt.iso), "status": .string(turn.status.rawValue),
        "stopped": .bool(turn.status == .stopped), "model": .string(turn.model),
        "assistant": .string(turn.assistant), "sources": .array(turn.sources.map(\.json)),
        "tools": .array(turn.tools.map(tool)), "usage": turn.usage.json,
        "variant": .string(turn.variant ?? Profile.standardVariant),
      ],
    ]
  }

  private static func tool(_ step: ToolStep) -> JSONValue {
    [
      "callId": .int(step.number), "name": .string(step.name),
      "arguments": .string(step.arguments), "status": .string(step.status.rawValue),
    ]
  }
}
