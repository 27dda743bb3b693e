import Agent
import Events
import JSON
import LambdaRuntime

/// `/api/v1/conversations/{id}/sessions`: the stretches of a conversation.
struct SessionRoutes: Sendable {
  let conversations: StoredConversations
  let now: Timestamp
  /// The cursors of a conversation's sessions.
  let cursors: ListCursors

  func answer(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    guard let id = ConversationID(try request.parameter("id")) else { throw Refusal.notFound }
    if request.operation == .setSession { return try await change(id, request, event, caller) }
    guard let conversation = try await conversations.conversation(id, of: caller) else {
      throw Refusal.notFound
    }
    if request.operation == .listSessions {
      let page = try PageRequest(event, cursors)
      let part = try await conversations.sessions(
        of: conversation, caller, limit: page.limit, after: page.after)
      return .json([
        "sessions": .array(part.elements.map { .object(members(of: $0)) }),
        "nextCursor": part.next.map { .string(cursors.text(for: $0)) } ?? .null,
      ])
    }
    guard
      let session = try await conversations.session(
        try number(of: request), of: conversation, caller)
    else { throw Refusal.notFound }
    let turns = try await conversations.turns(
      of: session, in: id, caller, limit: SessionSummary.mostTurns)
    var view = members(of: session)
    view["summary"] = Self.view(SessionSummary(turns))
    return .json(.object(view))
  }

  private func change(
    _ id: ConversationID, _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    var fields = try BodyFields(event, headers: event.headers)
    let status: Session.Status? = fields.choice("status", isRequired: true)
    try fields.finish()
    guard let status,
      let session = try await conversations.setSession(
        try number(of: request), status, of: id, caller, at: now)
    else { throw Refusal.notFound }
    return .json(.object(members(of: session)))
  }

  private func number(of request: APIRequest) throws(Refusal) -> Int {
    let text = try request.parameter("number")
    guard let number = Int(text), number > 0, String(number) == text else { throw .notFound }
    return number
  }

  private func members(of session: Session) -> JSONObject {
    Self.members(of: session, at: now, conversations.rules)
  }

  static func members(
    of session: Session, at now: Timestamp, _ rules: SessionRules
  ) -> JSONObject {
    let seconds = (session.lastAt.milliseconds - session.startedAt.milliseconds) / 1_000
    let status = session.status(at: now, rules)
    return [
      "number": .int(session.number), "status": .string(status.rawValue),
      "turns": .int(session.turns), "usage": session.usage.json,
      "startedAt": .string(session.startedAt.iso), "lastAt": .string(session.lastAt.iso),
      "seconds": .int(Int(seconds)),
      "inWorkingHours": session.inWorkingHours.map { .bool($0) } ?? .null,
      "intents": .object(
        JSONObject(session.intents.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })),
    ]
  }

  private static func view(_ summary: SessionSummary) -> JSONValue {
    [
      "topics": .array(summary.topics.map { .string($0) }),
      "firstQuestion": .string(summary.firstQuestion),
      "lastQuestion": .string(summary.lastQuestion), "lastAnswer": .string(summary.lastAnswer),
      "sources": .array(summary.sources.map { .string($0) }),
      "tools": .object(
        JSONObject(summary.tools.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })),
      "feedback": ["up": .int(summary.thumbsUp), "down": .int(summary.thumbsDown)],
      "unfinished": .int(summary.unfinished),
    ]
  }
}
