import Crypto
import JSON
import Server
import Template

/// The HTTP APIs: stage, route, authorizer, function, answer.
struct HTTPGateway: Sendable {
  private struct API: Sendable {
    let definition: HTTPAPI
    let routes: HTTPRoutes
    let cors: CORSRules?
  }

  private let configuration: GatewayConfiguration
  private let invocations: Invocations
  private let authorizers: Authorizers
  private let apis: [API]

  init(_ configuration: GatewayConfiguration, _ invocations: Invocations) {
    self.configuration = configuration
    self.invocations = invocations
    authorizers = Authorizers(configuration, invocations)
    apis = configuration.httpAPIs.map {
      API(definition: $0, routes: HTTPRoutes($0.routes), cors: $0.cors.map { CORSRules($0) })
    }
  }

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let start = configuration.now()
    let requestID = RequestID.gateway()
    var route: String?
    var response: HTTPResponse
    if let (api, stage, path) = place(of: request) {
      if let preflight = api.cors?.preflight(request) {
        response = preflight
      } else {
        (response, route) = await answer(
          request, requestID, at: start, api: api, stage: stage, path: path)
        api.cors?.apply(to: &response, for: request)
      }
    } else {
      response = .message(404, "Not Found")
    }
    response.headers.append("Apigw-Requestid", requestID)
    let end = configuration.now()
    configuration.log(
      AccessLogLine(
        kind: .http, time: start, request: "\(request.method) \(request.path)", route: route,
        status: response.status, milliseconds: end.milliseconds - start.milliseconds,
        requestID: requestID, connectionID: nil, sourceIP: request.peer.address))
    return response
  }

  /// The API and stage a request means, and its path without the stage.
  private func place(of request: HTTPRequest) -> (API, APIStage, String)? {
    let host = request.domainName
    let named = apis.filter { host.hasPrefix($0.definition.id + ".") }
    let candidates = named.isEmpty ? apis : named
    let path = request.path
    let first = PercentEncoding.decoded(path.dropFirst().prefix { $0 != "/" })
    for api in candidates {
      for stage in api.definition.stages where stage.name != "$default" && stage.name == first {
        let rest = path.dropFirst().drop { $0 != "/" }
        return (api, stage, rest.isEmpty ? "/" : String(rest))
      }
    }
    for api in candidates {
      if let stage = api.definition.stages.first(where: { $0.name == "$default" }) {
        return (api, stage, path)
      }
    }
    return nil
  }

  private func answer(
    _ request: HTTPRequest, _ requestID: String, at time: GatewayTime, api: API, stage: APIStage,
    path: String
  ) async -> (HTTPResponse, route: String?) {
    guard let match = api.routes.match(method: request.method, path: path) else {
      return (.message(404, "Not Found"), nil)
    }
    let body: [UInt8]
    do {
      body = try await request.body.collect(upTo: configuration.longestBody)
    } catch ServerError.bodyTooLong {
      return (.message(413, "Request Entity Too Large"), match.route.key)
    } catch {
      return (.message(400, "Bad Request"), match.route.key)
    }
    var call = HTTPCall(
      accountID: configuration.accountID, apiID: api.definition.id, stage: stage, request: request,
      body: body, route: match.route, parameters: match.parameters, requestID: requestID,
      time: time, trace: TraceID.of(request, at: time))
    if let authorizer = match.route.authorizer {
      switch await authorizers.decide(authorizer, for: call) {
      case .allowed(let context): call.authorizer = context
      case .refused(let status, let message):
        return (.message(status, message), match.route.key)
      }
    }
    let outcome = await invocations.invoke(
      match.route.function, call.event(), within: .milliseconds(match.route.timeout))
    return (response(to: outcome), match.route.key)
  }

  private func response(to outcome: InvocationOutcome) -> HTTPResponse {
    switch outcome {
    case .success(let bytes):
      guard let answer = FunctionAnswer.http(bytes) else {
        return .message(500, "Internal Server Error")
      }
      return HTTPResponse(answer)
    case .functionError, .unavailable: return .message(500, "Internal Server Error")
    case .throttled, .timedOut: return .message(503, "Service Unavailable")
    case .eventTooLarge: return .message(413, "Request Entity Too Large")
    }
  }
}

extension HTTPResponse {
  /// A function's answer as the gateway passes it on.
  init(_ answer: FunctionAnswer) {
    self.init(status: answer.status, body: .bytes(answer.body))
    for (name, value) in answer.headers { headers.append(name, value) }
    for cookie in answer.cookies { headers.append("set-cookie", cookie) }
    if !answer.body.isEmpty, !headers.contains("Content-Type") {
      headers.append("content-type", "text/plain;charset=UTF-8")
    }
  }
}
