import Crypto
import JSON
import Server
import Template

/// The WebSocket APIs: `$connect` before the upgrade, a route for each message, `$disconnect`.
///
/// Source: API Gateway developer guide, "WebSocket APIs" and its quotas.
struct WebSocketGateway: Sendable {
  private struct API: Sendable {
    let definition: WebSocketAPI
    let selection: RouteSelection
    let routes: [String: WebSocketRoute]
  }

  private let configuration: GatewayConfiguration
  private let invocations: Invocations
  private let authorizers: Authorizers
  private let connections: Connections
  private let apis: [API]

  init(
    _ configuration: GatewayConfiguration, _ invocations: Invocations, _ connections: Connections
  ) {
    self.configuration = configuration
    self.invocations = invocations
    self.connections = connections
    authorizers = Authorizers(configuration, invocations)
    apis = configuration.webSocketAPIs.map { api in
      API(
        definition: api, selection: RouteSelection(api.selectionExpression),
        routes: Dictionary(api.routes.map { ($0.key, $0) }) { first, _ in first })
    }
  }

  /// Closes every open connection and waits a while for their `$disconnect`.
  func end(within limit: Duration) async {
    for id in await connections.ids {
      await connections.close(id, code: 1001, reason: "Going away")
    }
    await connections.waitUntilServed(within: limit)
  }

  // MARK: Connections without a socket

  func attach(
    _ id: String, stage: String, receive: @escaping @Sendable (String) -> Void
  ) async {
    let context = ConnectionContext(
      apiID: apis.first?.definition.id ?? "", stage: stage, stageVariables: [:],
      domainName: "localhost", connectionID: id, connectedAt: configuration.now(),
      sourceIP: "127.0.0.1", userAgent: nil)
    await connections.add(context, .attached(receive))
  }

  func detach(_ id: String) async {
    await connections.remove(id)
  }

  // MARK: $connect

  /// Answers an upgrade: with the 101 when `$connect` lets the client in, else with its status.
  func answer(_ request: HTTPRequest) async -> HTTPAnswer {
    let time = configuration.now()
    let requestID = RequestID.gateway()
    guard let (api, stage) = place(of: request) else {
      log(.connect, request.path, nil, 403, requestID, nil, request.peer.address, since: time)
      return .response(.message(403, "Forbidden"))
    }
    var context = ConnectionContext(
      apiID: api.definition.id, stage: stage.name, stageVariables: stage.variables,
      domainName: request.domainName, connectionID: ConnectionContext.newID(), connectedAt: time,
      sourceIP: request.peer.address, userAgent: request.headers["User-Agent"])
    let admission = await admit(request, &context, requestID, at: time, api: api)
    log(
      .connect, request.path, "$connect", admission.status, requestID, context.connectionID,
      context.sourceIP, since: time)
    switch admission {
    case .refused(let response): return .response(response)
    case .admitted(let subprotocol):
      guard !Task.isCancelled else {
        // The client left while the function let it in: the function must hear of that.
        await disconnect(context, api, code: 1006, reason: WebSocketGateway.reason("", 1006))
        return .response(.message(400, "Bad Request"))
      }
      return .webSocket(
        WebSocketUpgrade(subprotocol: subprotocol) { [context] socket in
          await serve(socket, context, api)
        })
    }
  }

  private enum Admission {
    case admitted(subprotocol: String?)
    case refused(HTTPResponse)

    var status: Int {
      switch self {
      case .admitted: 101
      case .refused(let response): response.status
      }
    }
  }

  private func place(of request: HTTPRequest) -> (API, APIStage)? {
    let host = request.domainName
    let named = apis.filter { host.hasPrefix($0.definition.id + ".") }
    let parts = request.path.split(separator: "/").map { PercentEncoding.decoded($0) }
    guard parts.count == 1 else { return nil }
    for api in named.isEmpty ? apis : named {
      if let stage = api.definition.stages.first(where: { $0.name == parts[0] }) {
        return (api, stage)
      }
    }
    return nil
  }

  /// Asks the authorizer and the function of `$connect`; without them everybody may come in.
  private func admit(
    _ request: HTTPRequest, _ context: inout ConnectionContext, _ requestID: String,
    at time: GatewayTime, api: API
  ) async -> Admission {
    guard let route = api.routes["$connect"] else { return .admitted(subprotocol: nil) }
    let trace = TraceID.of(request, at: time)
    func refusal(_ status: Int, _ message: String) -> Admission {
      let body = frame(message, context, requestID)
      return .refused(
        HTTPResponse(status: status, text: body, type: "application/json"))
    }
    if let authorizer = route.authorizer {
      let decision = await authorizers.decide(
        authorizer, for: request, context, requestID: requestID, trace: trace, at: time)
      switch decision {
      case .allowed(let found): context.authorizer = found
      case .refused(let status, let message): return refusal(status, message)
      }
    }
    let event = context.event(
      .connect(request, trace: trace), routeKey: "$connect", requestID: requestID, at: time)
    let outcome = await invocations.invoke(
      route.function, event, within: .milliseconds(route.timeout))
    guard case .success(let bytes) = outcome, let answer = FunctionAnswer.proxy(bytes) else {
      return outcome == .timedOut
        ? refusal(504, "Endpoint request timed out") : refusal(502, "Internal server error")
    }
    guard (200...299).contains(answer.status) else {
      return .refused(HTTPResponse(status: answer.status))
    }
    let chosen = answer.headers.first { $0.name.lowercased() == "sec-websocket-protocol" }?.value
    // One that the client has not offered would make it fail the connection (RFC 6455 §4.1).
    let isOffered =
      chosen.map { request.headers.list("Sec-WebSocket-Protocol", contains: $0) } ?? false
    return .admitted(subprotocol: isOffered ? chosen : nil)
  }

  // MARK: Messages

  /// Carries a connection until it ends. As in the service, its messages do not wait for each
  /// other.
  private func serve(
    _ socket: WebSocketConnection, _ context: ConnectionContext, _ api: API
  ) async {
    await connections.beginServing()
    await connections.add(context, .socket(socket))
    await withTaskGroup(of: Void.self) { group in
      var running = 0
      for await message in socket.messages {
        guard case .text(let text) = message else {
          await socket.close(code: 1003, reason: "Binary frames are not supported")
          break
        }
        if running == configuration.messagesAtOnce {
          await group.next()
          running -= 1
        }
        running += 1
        group.addTask { await answer(text, on: socket, context, api) }
      }
      await connections.remove(context.connectionID)
      let closing = await socket.closing
      let code = closing?.code ?? 1006
      await disconnect(
        context, api, code: code, reason: WebSocketGateway.reason(closing?.reason ?? "", code))
      await connections.endServing()
    }
  }

  private func answer(
    _ text: String, on socket: WebSocketConnection, _ context: ConnectionContext, _ api: API
  ) async {
    let time = configuration.now()
    let requestID = RequestID.gateway()
    await connections.touch(context.connectionID, at: time)
    let route = route(for: text, api)
    var status = 200
    if let route {
      let event = context.event(
        .message(text, id: RequestID.gateway()), routeKey: route.key, requestID: requestID,
        at: time)
      let outcome = await invocations.invoke(
        route.function, event, within: .milliseconds(route.timeout))
      if case .success(let bytes) = outcome, let answer = FunctionAnswer.proxy(bytes) {
        status = answer.status
        if route.returnsResponse, !answer.body.isEmpty {
          await send(String(decoding: answer.body, as: UTF8.self), on: socket)
        }
      } else {
        status = 500
        await send(frame("Internal server error", context, requestID), on: socket)
      }
    } else {
      status = 403
      await send(frame("Forbidden", context, requestID), on: socket)
    }
    log(
      .message, route?.key ?? "-", route?.key, status, requestID, context.connectionID,
      context.sourceIP, since: time)
  }

  /// The route a message chooses, else `$default`. No message chooses a route that begins with `$`.
  private func route(for text: String, _ api: API) -> WebSocketRoute? {
    if let key = api.selection.key(of: text), !key.hasPrefix("$"), let route = api.routes[key] {
      return route
    }
    return api.routes["$default"]
  }

  /// A client that is gone does not need the frame.
  private func send(_ text: String, on socket: WebSocketConnection) async {
    try? await socket.send(text: text)
  }

  // MARK: $disconnect

  private func disconnect(
    _ context: ConnectionContext, _ api: API, code: Int, reason: String
  ) async {
    let time = configuration.now()
    let requestID = RequestID.gateway()
    if let route = api.routes["$disconnect"] {
      let event = context.event(
        .disconnect(code: code, reason: reason), routeKey: "$disconnect", requestID: requestID,
        at: time)
      _ = await invocations.invoke(
        route.function, event, within: .milliseconds(route.timeout))
    }
    log(
      .disconnect, "\(code) \(reason)", "$disconnect", 200, requestID, context.connectionID,
      context.sourceIP, since: time)
  }

  /// The reason of a close frame; where there can be none, what the service says about it.
  private static func reason(_ text: String, _ code: Int) -> String {
    switch code {
    case 1005: "Client-side close frame status not set"
    case 1006 where text.isEmpty: "Connection Closed Abnormally"
    default: text
    }
  }

  // MARK: What the gateway says itself

  /// `{"message": …, "connectionId": …, "requestId": …}`.
  private func frame(_ message: String, _ context: ConnectionContext, _ requestID: String) -> String
  {
    let frame: JSONValue = [
      "message": .string(message), "connectionId": .string(context.connectionID),
      "requestId": .string(requestID),
    ]
    return frame.description
  }

  private func log(
    _ kind: AccessLogLine.Kind, _ request: String, _ route: String?, _ status: Int,
    _ requestID: String, _ connectionID: String?, _ sourceIP: String, since start: GatewayTime
  ) {
    let end = configuration.now()
    configuration.log(
      AccessLogLine(
        kind: kind, time: start, request: request, route: route, status: status,
        milliseconds: end.milliseconds - start.milliseconds, requestID: requestID,
        connectionID: connectionID, sourceIP: sourceIP))
  }
}
