import Agent
import Events
import JSON
import LambdaRuntime

/// What an administrator does about conversations in which a person is waited for: gives them back to
/// the assistant, or closes their session.
struct Escalations: Sendable {
  let conversations: StoredConversations
  var now: @Sendable () -> Timestamp = { .now }

  /// `PUT /api/v1/admin/chat/conversations/{id}/session`: how the newest session stands.
  func setSession(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    var fields = try BodyFields(event, headers: event.headers)
    let status: Session.Status? = fields.choice("status", isRequired: true)
    try fields.finish()
    guard let status, let id = ConversationID(try request.parameter("id")),
      let conversation = try await conversations.conversation(id, ofTenant: caller.tenant),
      let last = conversation.sessions.last
    else { throw Refusal.notFound }
    let owner = Caller(user: conversation.user, tenant: conversation.tenant)
    let now = now()
    guard
      let session = try await conversations.setSession(
        last.number, status, of: id, owner, at: now)
    else { throw Refusal.notFound }
    invocation.log.info(
      "session set",
      [
        "status": .string(status.rawValue), "user": .string(caller.user),
        "tenant": .string(caller.tenant), "conversationId": .string(id.text),
      ])
    return .json(.object(SessionRoutes.members(of: session, at: now, conversations.rules)))
  }
}
