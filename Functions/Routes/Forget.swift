import Agent
import Events
import LambdaRuntime

/// `DELETE /api/v1/conversations/{id}`: deletes for good.
///
/// A function of its own, because it is the only one for people that may delete what was said.
struct Forget: Handler {
  let tokens: TokenCheck
  let conversations: StoredConversations
  let vectors: TurnVectors
  /// Takes an answer out of the cache.
  let unshare: @Sendable (_ cacheEntry: String) async throws -> Void
  var now: @Sendable () -> Timestamp = { .now }

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await tokens.caller(of: event)
      let request = try APIRoutes.request(event.method, event.segments, to: "forget")
      guard let id = ConversationID(try request.parameter("id")) else { throw Refusal.notFound }
      let wasThere = try await conversations.delete(
        id, of: caller, at: now(), unsharing: unshare)
      // Also when it is asked again after a failure.
      try await vectors.remove(of: caller, conversation: id)
      guard wasThere else { throw Refusal.notFound }
      invocation.log.info(
        "conversation deleted",
        [
          "conversationId": .string(id.text), "user": .string(caller.user),
          "tenant": .string(caller.tenant),
        ])
      return .noContent
    }
  }
}
