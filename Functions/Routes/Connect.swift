import Agent
import Events
import LambdaRuntime

/// `$connect`: lets a client in that shows a token and comes from a permitted origin.
struct Connect: Handler {
  let tokens: TokenCheck
  let connections: any ConnectionTable
  let allowedOrigins: Set<String>
  let defaultAssistant: String
  var now: @Sendable () -> Timestamp = { .now }

  func handle(
    _ event: WebSocketEvent, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    let headers = event.headers ?? [:]
    // Before the token: who reads tokens off other people's pages learns nothing about them.
    if let origin = headers.header("origin"), !allowedOrigins.contains(origin.lowercased()) {
      invocation.log.warn("connection refused", ["reason": "origin", "origin": "\(origin)"])
      return .refusal(.forbidden, requestID: invocation.requestID)
    }
    guard let bearer = Bearer(headers: headers),
      let signedIn = try await tokens.signedIn(bearer.token)
    else {
      invocation.log.warn("connection refused", ["reason": "token"])
      return .refusal(.unauthorized, requestID: invocation.requestID)
    }
    let assistant = event.queryStringParameters?["assistant"] ?? defaultAssistant
    guard AssistantList.names.contains(assistant) else {
      return .refusal(
        .badRequest("There is no such assistant; known: \(AssistantList.known)."),
        requestID: invocation.requestID)
    }
    let variant = event.queryStringParameters?["variant"]
    if let refusal = refusal(of: variant, of: assistant, to: signedIn.caller) {
      return .refusal(refusal, requestID: invocation.requestID)
    }
    let connection = OpenConnection(
      id: event.connectionID, signedIn: signedIn, assistant: assistant, variant: variant,
      connectedAt: now())
    try await connections.save(connection)
    invocation.log.info(
      "connected",
      [
        "connectionId": .string(connection.id), "user": .string(connection.caller.user),
        "tenant": .string(connection.caller.tenant), "assistant": .string(assistant),
      ])
    return GatewayResponse(
      statusCode: 200, headers: bearer.subprotocol.map { ["Sec-WebSocket-Protocol": $0] })
  }

  /// Versions of an assistant are chosen by the feature flags, or by administrators.
  private func refusal(
    of variant: String?, of assistant: String, to caller: Caller
  ) -> Refusal? {
    guard let variant else { return nil }
    guard caller.role == .admin else { return .forbidden }
    let known = AssistantList.variants(of: assistant)
    return known.contains(variant)
      ? nil
      : .badRequest("There is no such variant; known: \(known.joined(separator: ", ")).")
  }
}

extension AssistantList {
  static var known: String { names.joined(separator: ", ") }
}

extension Timestamp {
  /// Unix seconds with their fraction.
  var seconds: Double { Double(milliseconds) / 1000 }
}
