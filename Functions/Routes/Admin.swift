import Agent
import Events
import JSON
import LambdaRuntime

/// `/api/v1/admin/…`: a tenant's conversations, what it uses and its cache, for its administrators, and
/// the conversations in which a person is waited for.
///
/// Everything is of the caller's own tenant; nothing in a request can name another one.
struct Admin: Handler {
  let tokens: TokenCheck
  let queries: AdminQueries
  let escalations: Escalations

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await tokens.caller(of: event)
      guard caller.role == .admin else { throw Refusal.forbidden }
      let request = try APIRoutes.request(event.method, event.segments, to: "admin")
      if request.operation == .adminSetSession {
        return try await escalations.setSession(request, event, caller, invocation)
      }
      if let answer = try await queries.cache?.answer(request, event, caller, invocation) {
        return answer
      }
      guard let query = AdminQuery(request) else { throw Refusal.notFound }
      invocation.log.info(
        "admin read",
        [
          "query": "\(query)", "user": .string(caller.user), "tenant": .string(caller.tenant),
        ])
      return .json(try await queries.answer(query, event, caller))
    }
  }
}

/// What an administrator can ask.
enum AdminQuery: Equatable {
  case conversations
  case conversation(id: String)
  case conversationsOf(user: String)
  case escalations
  case statistics
  case usage
  case variants

  /// nil for what no administrator can ask.
  init?(_ request: APIRequest) {
    switch (request.operation, request.parameters["id"], request.parameters["user"]) {
    case (.adminConversations, _, _): self = .conversations
    case (.adminEscalations, _, _): self = .escalations
    case (.adminStatistics, _, _): self = .statistics
    case (.adminUsage, _, _): self = .usage
    case (.adminVariants, _, _): self = .variants
    case (.adminConversation, let id?, _): self = .conversation(id: id)
    case (.adminConversationsOfUser, _, let user?): self = .conversationsOf(user: user)
    default: return nil
    }
  }
}
