import Events
import LambdaRuntime

/// `$default`: frames without a route of their own. `ping` and `stop` live here, a plain `message`
/// is answered like `chat`, and everything else learns what was wrong with it.
struct Default: Handler {
  let turn: ChatTurn

  func handle(
    _ event: WebSocketEvent, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    try await turn.answer(event, invocation)
  }
}
