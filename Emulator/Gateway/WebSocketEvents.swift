import Crypto
import JSON
import Server

/// What API Gateway knows about an open connection, and its events for functions.
///
/// Shapes: captured events of the service; API Gateway developer guide, "WebSocket API mapping
/// template and access logging variable reference". Times are Unix milliseconds.
struct ConnectionContext: Sendable {
  let apiID: String
  let stage: String
  let stageVariables: [String: String]
  let domainName: String
  /// 15 letters and digits and `=`.
  let connectionID: String
  let connectedAt: GatewayTime
  let sourceIP: String
  let userAgent: String?
  /// What an authorizer found out; on every event of the connection.
  var authorizer: JSONObject?

  /// One event on the connection.
  enum Event {
    case connect(HTTPRequest, trace: String)
    case message(String, id: String)
    case disconnect(code: Int, reason: String)
  }

  static func newID() -> String {
    Random.text(15, from: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + "="
  }

  /// The event for the function of a route.
  func event(
    _ event: Event, routeKey: String, requestID: String, at time: GatewayTime
  ) -> [UInt8] {
    var root = JSONObject()
    switch event {
    case .connect(let request, let trace):
      let headers = ConnectionContext.headers(of: request, trace: trace)
      root["headers"] = .object(headers.single)
      root["multiValueHeaders"] = .object(headers.multiple)
      ConnectionContext.addQuery(of: request, to: &root)
    case .disconnect:
      let headers = ["Host": domainName, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""]
      let order = ["Host", "x-api-key", "X-Forwarded-For", "x-restapi"]
      root["headers"] = .object(JSONObject(order.map { ($0, .string(headers[$0] ?? "")) }))
      root["multiValueHeaders"] = .object(
        JSONObject(order.map { ($0, .array([.string(headers[$0] ?? "")])) }))
    case .message: break
    }
    if !stageVariables.isEmpty {
      root["stageVariables"] = .object(
        JSONObject(
          stageVariables.sorted { $0.key < $1.key }
            .map { ($0.key, .string($0.value)) }))
    }
    root["requestContext"] = .object(
      context(of: event, routeKey: routeKey, requestID: requestID, at: time))
    if case .message(let body, _) = event { root["body"] = .string(body) }
    root["isBase64Encoded"] = false
    return JSONValue.object(root).encoded()
  }

  private func context(
    of event: Event, routeKey: String, requestID: String, at time: GatewayTime
  ) -> JSONObject {
    var context: JSONObject = ["routeKey": .string(routeKey)]
    if let authorizer { context["authorizer"] = .object(authorizer) }
    switch event {
    case .connect: context["eventType"] = "CONNECT"
    case .message(_, let id):
      context["messageId"] = .string(id)
      context["eventType"] = "MESSAGE"
    case .disconnect(let code, let reason):
      context["disconnectStatusCode"] = .int(code)
      context["eventType"] = "DISCONNECT"
      context["disconnectReason"] = .string(reason)
    }
    context["extendedRequestId"] = .string(requestID)
    context["requestTime"] = .string(time.requestTime)
    context["messageDirection"] = "IN"
    context["stage"] = .string(stage)
    context["connectedAt"] = .int(connectedAt.milliseconds)
    context["requestTimeEpoch"] = .int(time.milliseconds)
    context["identity"] = .object(identity)
    context["requestId"] = .string(requestID)
    context["domainName"] = .string(domainName)
    context["connectionId"] = .string(connectionID)
    context["apiId"] = .string(apiID)
    return context
  }

  private var identity: JSONObject {
    var identity = JSONObject()
    if let userAgent { identity["userAgent"] = .string(userAgent) }
    identity["sourceIp"] = .string(sourceIP)
    return identity
  }

  /// The event for a REQUEST authorizer of `$connect`.
  func authorizerEvent(
    _ request: HTTPRequest, trace: String, methodARN: String, requestID: String,
    at time: GatewayTime
  ) -> [UInt8] {
    let headers = ConnectionContext.headers(of: request, trace: trace)
    var root: JSONObject = [
      "type": "REQUEST", "methodArn": .string(methodARN), "headers": .object(headers.single),
      "multiValueHeaders": .object(headers.multiple),
      "queryStringParameters": [:], "multiValueQueryStringParameters": [:],
    ]
    ConnectionContext.addQuery(of: request, to: &root)
    root["stageVariables"] = .object(
      JSONObject(stageVariables.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    root["requestContext"] = .object(
      context(
        of: .connect(request, trace: trace), routeKey: "$connect", requestID: requestID, at: time))
    return JSONValue.object(root).encoded()
  }

  /// The headers of the upgrade in their spelling, with what a gateway adds and without those that
  /// are between two neighbours only.
  private static func headers(
    of request: HTTPRequest, trace: String
  ) -> (single: JSONObject, multiple: JSONObject) {
    var order: [String] = []
    var values: [String: [String]] = [:]
    var spelling: [String: String] = [:]
    func add(_ name: String, _ value: String) {
      let key = name.lowercased()
      if spelling.updateValue(spelling[key] ?? name, forKey: key) == nil { order.append(key) }
      values[key, default: []].append(value)
    }
    for (name, value) in request.headers where !isHopByHop(name) { add(name, value) }
    if !request.headers.contains("X-Amzn-Trace-Id") { add("X-Amzn-Trace-Id", trace) }
    add("X-Forwarded-For", request.peer.address)
    add("X-Forwarded-Port", request.localPort)
    add("X-Forwarded-Proto", "http")
    var single = JSONObject()
    var multiple = JSONObject()
    for key in order {
      let name = spelling[key] ?? key
      single[name] = .string(values[key]?.last ?? "")
      multiple[name] = .array(values[key]?.map { .string($0) } ?? [])
    }
    return (single, multiple)
  }

  private static func isHopByHop(_ name: String) -> Bool {
    ["connection", "upgrade", "keep-alive", "transfer-encoding"].contains(name.lowercased())
  }

  private static func addQuery(of request: HTTPRequest, to root: inout JSONObject) {
    let parameters = PercentEncoding.parameters(of: request.query)
    guard !parameters.isEmpty else { return }
    var single = JSONObject()
    var multiple = JSONObject()
    for (name, value) in parameters {
      single[name] = .string(value)
      multiple[name] = .array((multiple[name]?.array ?? []) + [.string(value)])
    }
    root["queryStringParameters"] = .object(single)
    root["multiValueQueryStringParameters"] = .object(multiple)
  }
}

extension HTTPRequest {
  /// The port of the `Host` header, else 80.
  var localPort: String {
    guard let host = headers["Host"], let colon = host.lastIndex(of: ":"),
      !host[colon...].contains("]")
    else { return "80" }
    return String(host[host.index(after: colon)...])
  }

  /// The host a client addressed, with its port.
  var domainName: String { headers["Host"] ?? "localhost" }
}

/// `X-Amzn-Trace-Id` of a request: the client's, else a new one.
enum TraceID {
  static func of(_ request: HTTPRequest, at time: GatewayTime) -> String {
    if let given = request.headers["X-Amzn-Trace-Id"] { return given }
    let seconds = String(time.milliseconds / 1_000, radix: 16)
    return "Root=1-\(seconds)-\(Hex.encode(Random.bytes(12)))"
  }
}
