import Agent
import Events
import JSON

/// A person's conversations as a file: `{user_id, export_date, conversations, messages}`, or Markdown.
///
/// A part ends after a few megabytes (Lambda answers with 6 MB at the most); a cursor leads on.
struct ConversationExport {
  /// Bytes of text in one part, and turns read at once.
  private static let longest = 2_500_000
  private static let turnsAtOnce = 200
  private static let conversationsAtOnce = 50

  let conversations: StoredConversations
  let caller: Caller
  let event: HTTPEvent
  let now: Timestamp

  private enum Format: String {
    case json
    case markdown
  }

  /// A conversation with turns of it, oldest first.
  private struct Part {
    let conversation: Conversation
    let turns: [Turn]
  }

  func answer(_ request: APIRequest, cursors: ListCursors) async throws -> GatewayResponse {
    let parameters = event.queryStringParameters ?? [:]
    guard let format = Format(rawValue: parameters["format"] ?? "json") else {
      throw Refusal.invalid("format", "choice", "It must be json or markdown.")
    }
    let after = try parameters["cursor"].map { try cursors.position(of: $0) }
    let (parts, next) =
      if request.operation == .exportConversation {
        try await one(request, after)
      } else {
        try await all(after)
      }
    let cursor = next.map { cursors.text(for: $0) }
    switch format {
    case .json: return json(parts, cursor)
    case .markdown: return markdown(parts, cursor)
    }
  }

  // MARK: Reading

  private func one(
    _ request: APIRequest, _ after: Item?
  ) async throws -> (parts: [Part], next: Item?) {
    guard let id = ConversationID(try request.parameter("id")),
      let conversation = try await conversations.conversation(id, of: caller)
    else { throw Refusal.notFound }
    let page = try await turns(of: conversation, after: after)
    return ([Part(conversation: conversation, turns: page.turns)], page.next)
  }

  /// Conversation after conversation, each read to its end before the next one begins.
  private func all(_ after: Item?) async throws -> (parts: [Part], next: Item?) {
    var parts: [Part] = []
    var bytes = 0
    var start = after
    repeat {
      let page = try await conversations.conversations(
        ofOwner: caller.owner, limit: Self.conversationsAtOnce, after: start)
      for conversation in page.elements {
        var position: Item?
        repeat {
          let turns = try await self.turns(of: conversation, after: position)
          parts.append(Part(conversation: conversation, turns: turns.turns))
          bytes += turns.bytes
          position = turns.next
        } while position != nil && bytes < 2 * Self.longest
      }
      start = page.next
    } while start != nil && bytes < Self.longest
    return (parts, start)
  }

  private func turns(
    of conversation: Conversation, after: Item?
  ) async throws -> (turns: [Turn], next: Item?, bytes: Int) {
    var turns: [Turn] = []
    var bytes = 0
    var start = after
    repeat {
      let page = try await conversations.branch(
        of: conversation.id, tenant: caller.tenant,
        endingAt: conversation.head ?? conversation.turns, limit: Self.turnsAtOnce, after: start)
      turns += page.elements
      bytes += page.elements.reduce(0) { $0 + $1.question.utf8.count + $1.answer.utf8.count }
      start = page.next
    } while start != nil && bytes < Self.longest
    return (turns.reversed(), start, bytes)
  }

  // MARK: Forms

  private var clock: SessionClock { SessionClock(now: now, rules: conversations.rules) }

  private func json(_ parts: [Part], _ cursor: String?) -> GatewayResponse {
    var seen: Set<ConversationID> = []
    let own = parts.map(\.conversation).filter { seen.insert($0.id).inserted }
    return .json(
      [
        "user_id": .string(caller.user), "export_date": .string(now.iso),
        "conversations": .array(own.map { ConversationViews.conversation($0, clock) }),
        "messages": .array(parts.flatMap(\.turns).flatMap(ConversationViews.messages)),
        "nextCursor": cursor.map { .string($0) } ?? .null,
      ], headers: ["content-disposition": "attachment; filename=\"conversations.json\""])
  }

  private func markdown(_ parts: [Part], _ cursor: String?) -> GatewayResponse {
    var text = "# Conversations of \(line(caller.user))\n\nExported \(now.iso)\n"
    var before: ConversationID?
    for part in parts {
      if part.conversation.id != before {
        text += "\n## \(line(part.conversation.title))\n\n"
        text += "\(part.conversation.assistant), \(part.conversation.createdAt.iso)\n"
        before = part.conversation.id
      }
      for turn in part.turns {
        text += "\n### You, \(turn.askedAt.iso)\n\n\(quoted(turn.question))\n"
        text += "\n### Assistant, \(turn.answeredAt.iso)\n\n\(turn.answer)\n"
        let sources = turn.sources.map { "- \(line($0.title)) (\(line($0.source)))\n" }.joined()
        if !sources.isEmpty { text += "\nSources:\n\n\(sources)" }
      }
    }
    var headers = [
      "content-type": "text/markdown; charset=utf-8", "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-disposition": "attachment; filename=\"conversations.md\"",
    ]
    headers["x-next-cursor"] = cursor
    return GatewayResponse(statusCode: 200, headers: headers, body: text)
  }

  /// What people wrote stays what it was: a quotation, whatever marks stand in it.
  private func quoted(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "> \($0)" }
      .joined(separator: "\n")
  }

  private func line(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
