import Crypto
import JSON
import Server
import Template

/// A request to a route of an HTTP API, and its event in payload format 2.0.
///
/// Shape: API Gateway developer guide, "Lambda proxy integrations for HTTP APIs"; captured events.
struct HTTPCall: Sendable {
  let accountID: String
  let apiID: String
  let stage: APIStage
  let request: HTTPRequest
  let body: [UInt8]
  let route: HTTPRoute
  let parameters: [(name: String, value: String)]
  let requestID: String
  let time: GatewayTime
  let trace: String
  /// `{"lambda": …}`, `{"jwt": …}`.
  var authorizer: JSONObject?

  /// The event for the route's function, in the format that the route asks for.
  func event() -> [UInt8] {
    if route.payloadVersion == "1.0" { return olderEvent() }
    var root: JSONObject = ["version": "2.0", "routeKey": .string(route.key)]
    addRequest(to: &root)
    root["requestContext"] = .object(context())
    if !body.isEmpty {
      let text = text
      root["body"] = .string(text ?? Base64.standard.encode(body))
      addParameters(to: &root)
      root["isBase64Encoded"] = .bool(text == nil)
    } else {
      addParameters(to: &root)
      root["isBase64Encoded"] = false
    }
    return JSONValue.object(root).encoded()
  }

  /// The event for a Lambda authorizer, format 2.0.
  func authorizerEvent(identitySources: [String], routeARN: String) -> [UInt8] {
    var root: JSONObject = [
      "version": "2.0", "type": "REQUEST", "routeArn": .string(routeARN),
      "identitySource": .array(identitySources.map { .string($0) }),
      "routeKey": .string(route.key),
    ]
    addRequest(to: &root)
    root["requestContext"] = .object(context())
    addParameters(to: &root)
    return JSONValue.object(root).encoded()
  }

  private func addRequest(to root: inout JSONObject) {
    root["rawPath"] = .string(request.path)
    root["rawQueryString"] = .string(request.query ?? "")
    let cookies = request.headers.values(of: "Cookie").flatMap { header in
      header.split(separator: ";").map { String($0.drop { $0 == " " }) }
    }
    if !cookies.isEmpty { root["cookies"] = .array(cookies.map { .string($0) }) }
    root["headers"] = .object(headers())
    let query = PercentEncoding.parameters(of: request.query)
    if !query.isEmpty { root["queryStringParameters"] = .object(joined(query)) }
  }

  private func addParameters(to root: inout JSONObject) {
    if !parameters.isEmpty { root["pathParameters"] = .object(joined(parameters)) }
    if !stage.variables.isEmpty {
      root["stageVariables"] = .object(
        joined(stage.variables.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }
  }

  /// Names in lower case, values of one name joined by commas.
  private func headers() -> JSONObject {
    joined(
      forwardedHeaders.filter { $0.name.lowercased() != "cookie" }
        .map { ($0.name.lowercased(), $0.value) })
  }

  /// The request's headers without those that are between two neighbours only, and with what a
  /// gateway adds.
  var forwardedHeaders: [(name: String, value: String)] {
    var fields: [(name: String, value: String)] = []
    for (name, value) in request.headers where !HTTPCall.dropped.contains(name.lowercased()) {
      fields.append((name, value))
    }
    if !request.headers.contains("Content-Length") {
      fields.append(("content-length", String(body.count)))
    }
    if !request.headers.contains("X-Amzn-Trace-Id") { fields.append(("x-amzn-trace-id", trace)) }
    fields.append(("x-forwarded-for", request.peer.address))
    fields.append(("x-forwarded-port", request.localPort))
    fields.append(("x-forwarded-proto", "http"))
    return fields
  }

  private static let dropped: Set<String> = [
    "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade",
    "proxy-authorization", "proxy-connection", "expect",
  ]

  private func joined(_ fields: [(name: String, value: String)]) -> JSONObject {
    fields.reduce(into: JSONObject()) { object, field in
      let before = object[field.name]?.string
      object[field.name] = .string(before.map { "\($0),\(field.value)" } ?? field.value)
    }
  }

  private func context() -> JSONObject {
    var context: JSONObject = ["accountId": .string(accountID), "apiId": .string(apiID)]
    if let authorizer { context["authorizer"] = .object(authorizer) }
    context["domainName"] = .string(request.domainName)
    context["domainPrefix"] = .string(domainPrefix)
    context["http"] = [
      "method": .string(request.method), "path": .string(request.path),
      "protocol": request.version == .http11 ? "HTTP/1.1" : "HTTP/1.0",
      "sourceIp": .string(request.peer.address),
      "userAgent": .string(request.headers["User-Agent"] ?? ""),
    ]
    context["requestId"] = .string(requestID)
    context["routeKey"] = .string(route.key)
    context["stage"] = .string(stage.name)
    context["time"] = .string(time.requestTime)
    context["timeEpoch"] = .int(time.milliseconds)
    return context
  }

  /// The first label of a host name; an address has none, so the API's id stands in.
  var domainPrefix: String {
    let host = request.domainName.prefix { $0 != ":" }
    guard let label = host.split(separator: ".").first, label.contains(where: \.isLetter) else {
      return apiID
    }
    return String(label)
  }

  /// The body where it goes into the event as it is; everything else goes as base64.
  var text: String? { isText ? String(validating: body, as: UTF8.self) : nil }
  private var isText: Bool {
    guard let type = request.headers["Content-Type"]?.lowercased() else { return true }
    let name = type.prefix { $0 != ";" && $0 != " " }
    return name.hasPrefix("text/") || name.hasSuffix("+json") || name.hasSuffix("+xml")
      || ["application/json", "application/javascript", "application/xml"].contains(String(name))
  }
}
