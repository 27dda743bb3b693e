import Agent
import Events
import JSON
import LambdaRuntime

/// `GET /api/v1/admin/chat/…`: a tenant's conversations, for its administrators.
///
/// Everything is of the caller's own tenant; nothing in a request can name another one.
struct Admin: Handler {
  let tokens: TokenCheck
  let queries: AdminQueries

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await tokens.caller(of: event)
      guard caller.role == .admin else { throw Refusal.forbidden }
      let prefix = ["api", "v1", "admin", "chat"]
      guard let segments = event.segments, segments.starts(with: prefix) else {
        throw Refusal.notFound
      }
      guard let query = AdminQuery(Array(segments.dropFirst(prefix.count))) else {
        throw Refusal.notFound
      }
      try event.require(["GET"])
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
  case statistics

  /// nil when the path, below `/api/v1/admin/chat`, is none of ours.
  init?(_ path: [String]) {
    switch path {
    case ["conversations"]: self = .conversations
    case ["stats"]: self = .statistics
    default:
      if path.count == 2, path[0] == "conversations" {
        self = .conversation(id: path[1])
      } else if path.count == 3, path[0] == "conversations", path[1] == "user" {
        self = .conversationsOf(user: path[2])
      } else {
        return nil
      }
    }
  }
}
