import JSON
package import Server

/// API Gateway: the WebSocket and HTTP APIs of a template on one port, `@connections` on another.
///
/// A WebSocket API is reached at `/STAGE`, an HTTP API at `/STAGE/…`, or at `/…` for the stage
/// `$default`. With several APIs of a kind, `ID.localhost` as the host chooses one.
package struct Gateway: Sendable {
  private let configuration: GatewayConfiguration
  private let invocations: Invocations
  private let webSockets: WebSocketGateway
  private let https: HTTPGateway
  private let functionURLs: FunctionURLs
  private let connections: ConnectionService

  package init(_ configuration: GatewayConfiguration) {
    self.configuration = configuration
    invocations = Invocations(configuration.invoke, on: configuration.loop)
    let open = Connections()
    webSockets = WebSocketGateway(configuration, invocations, open)
    https = HTTPGateway(configuration, invocations)
    functionURLs = FunctionURLs(configuration, invocations)
    connections = ConnectionService(configuration, open)
  }

  /// Answers a request to the gateway's port.
  package func answer(_ request: HTTPRequest) async -> HTTPAnswer {
    if let place = functionURLs.place(of: request) {
      return .response(await functionURLs.answer(place))
    }
    if isControl(request.path) {
      guard HostRules.allows(request, trusted: configuration.trustedHosts) else {
        return .response(.message(403, "Forbidden"))
      }
      return .response(await answerControl(request))
    }
    if request.wantsWebSocket { return await webSockets.answer(request) }
    return .response(await https.answer(request))
  }

  /// Answers `[/STAGE]/@connections/ID`, wherever it is asked.
  package func answerConnections(_ request: HTTPRequest) async -> HTTPResponse {
    await connections.answer(request)
  }

  /// Opens a connection that no client holds: frames posted to it go to `receive`, and whoever
  /// closes it ends it. For an event that names a connection and is handed to a function directly.
  package func attach(
    _ connectionID: String, stage: String, receive: @escaping @Sendable (String) -> Void
  ) async {
    await webSockets.attach(connectionID, stage: stage, receive: receive)
  }

  /// Forgets a connection that was attached.
  package func detach(_ connectionID: String) async {
    await webSockets.detach(connectionID)
  }

  /// What the gateway answers to a request that the server refuses by itself.
  package static func refusal(_ refusal: HTTPRefusal) -> HTTPResponse {
    switch refusal.status {
    case 413: .message(413, "Request Entity Too Large")
    case 414: .message(414, "Request-URI Too Long")
    case 431: .message(431, "Request Header Fields Too Large")
    case 500...: .message(refusal.status, "Internal Server Error")
    default: .message(refusal.status, "Bad Request")
    }
  }

  /// Ends what runs: open connections are closed with 1001, their `$disconnect` has `limit` to run,
  /// then invocations are cancelled.
  package func end(within limit: Duration = .milliseconds(500)) async {
    await webSockets.end(within: limit)
    await invocations.end()
  }

  private func isControl(_ path: String) -> Bool {
    path == "/_martlet" || path.hasPrefix("/_martlet/") || ConnectionService.isMeant(by: path)
  }

  private func answerControl(_ request: HTTPRequest) async -> HTTPResponse {
    if ConnectionService.isMeant(by: request.path) {
      guard request.headers["Authorization"]?.hasPrefix("AWS4-HMAC-SHA256 ") == true else {
        return .refusal(
          403, type: "MissingAuthenticationTokenException", "Missing Authentication Token")
      }
      return await connections.answer(request)
    }
    return await configuration.pages?(request) ?? .message(404, "Not Found")
  }
}

extension HTTPResponse {
  /// `{"message":"…"}` as API Gateway answers for itself.
  static func message(_ status: Int, _ text: String) -> HTTPResponse {
    var body: [UInt8] = Array("{\"message\":".utf8)
    body.appendJSON(text)
    body.append(0x7D)
    return HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: .bytes(body))
  }

  /// The same with the name of the error, which SDKs read from a header.
  static func refusal(_ status: Int, type: String, _ text: String) -> HTTPResponse {
    var response = message(status, text)
    response.headers.append("x-amzn-ErrorType", type)
    return response
  }
}
