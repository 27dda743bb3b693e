import Events
import LambdaRuntime

/// `$disconnect`: forgets the connection. It may come twice, or never.
struct Disconnect: Handler {
  let connections: any ConnectionTable

  func handle(
    _ event: WebSocketEvent, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    try await connections.remove(event.connectionID)
    invocation.log.info(
      "disconnected",
      [
        "connectionId": .string(event.connectionID),
        "code": .integer(event.requestContext.disconnectStatusCode ?? 1005),
      ])
    return .ok
  }
}
