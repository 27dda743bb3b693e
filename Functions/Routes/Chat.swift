import Events
import LambdaRuntime

/// `chat`: frames whose `action` is `chat`.
struct Chat: Handler {
  let turn: ChatTurn

  func handle(
    _ event: WebSocketEvent, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    try await turn.answer(event, invocation)
  }
}
