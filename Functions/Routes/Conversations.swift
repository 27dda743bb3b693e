import Agent
import Events
import JSON
import LambdaRuntime

/// `GET /api/v1/conversations…`: a caller's own conversations.
struct Conversations: Handler {
  let tokens: TokenCheck
  let archive: any Archive
  let secret: @Sendable () async throws -> [UInt8]

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await tokens.caller(of: event)
      guard let segments = event.segments, segments.starts(with: ["api", "v1", "conversations"])
      else { throw Refusal.notFound }
      let path = segments.dropFirst(3)
      if path.isEmpty { return try await list(event, caller) }
      guard path.count == 2, path.last == "messages", let id = path.first else {
        throw Refusal.notFound
      }
      return try await messages(of: id, event, caller)
    }
  }

  private func list(_ event: HTTPEvent, _ caller: Caller) async throws -> GatewayResponse {
    try event.require(["GET"])
    let cursors = try ListCursors(secret: try await secret(), caller: caller, query: "own")
    let page = try await archive.conversations(
      ofOwner: caller.owner, try PageRequest(event, cursors))
    return .json(ConversationViews.list(page, showsUser: false, cursors))
  }

  /// Somebody else's conversation looks like one that is not there.
  private func messages(
    of text: String, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    try event.require(["GET"])
    let cursors = try ListCursors(
      secret: try await secret(), caller: caller, query: "messages", text)
    let request = try PageRequest(event, cursors)
    guard let id = ConversationID(text),
      let conversation = try await archive.conversation(id, ofTenant: caller.tenant),
      conversation.user == caller.user
    else { throw Refusal.notFound }
    let page = try await archive.turns(of: id, ofTenant: caller.tenant, request)
    var view = ConversationViews.messages(page, cursors)
    view["conversation"] = ConversationViews.conversation(conversation, showsUser: false)
    return .json(.object(view))
  }
}

extension HTTPEvent {
  /// Refuses other methods than these.
  func require(_ methods: [String]) throws(Refusal) {
    guard methods.contains(method) else { throw .methodNotAllowed(allowed: methods) }
  }
}
