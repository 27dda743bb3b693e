import JSON
import Server
import Template

/// What an authorizer decided.
enum Decision: Sendable, Equatable {
  /// What goes into later events.
  case allowed(JSONObject)
  case refused(status: Int, message: String)

  static let unauthorized = Decision.refused(status: 401, message: "Unauthorized")
  static let forbidden = Decision.refused(status: 403, message: "Forbidden")
}

/// Asks authorizer functions.
///
/// Sources: API Gateway developer guide, "Control access to HTTP APIs with Lambda authorizers" and
/// "Control access to WebSocket APIs with REQUEST authorizers". An authorizer has 10 s.
struct Authorizers: Sendable {
  private let configuration: GatewayConfiguration
  private let invocations: Invocations
  private static let limit = Duration.seconds(10)

  init(_ configuration: GatewayConfiguration, _ invocations: Invocations) {
    self.configuration = configuration
    self.invocations = invocations
  }

  // MARK: HTTP APIs

  func decide(_ authorizer: AuthorizerDefinition, for call: HTTPCall) async -> Decision {
    guard case .function(let name, let version, let simple) = authorizer.kind, version == "2.0"
    else { return .refused(status: 500, message: "Internal Server Error") }
    var sources: [String] = []
    for source in authorizer.identitySources {
      guard let value = identity(source, call.request, call.stage.variables), !value.isEmpty else {
        return .unauthorized
      }
      sources.append(value)
    }
    let arn =
      "arn:aws:execute-api:\(configuration.region):\(configuration.accountID):\(call.apiID)/"
      + "\(call.stage.name)/\(call.request.method)\(call.request.path)"
    let outcome = await invocations.invoke(
      name, call.authorizerEvent(identitySources: sources, routeARN: arn),
      within: Authorizers.limit)
    guard let answer = answer(outcome) else {
      return isUnauthorized(outcome)
        ? .unauthorized : .refused(status: 500, message: "Internal Server Error")
    }
    let isAllowed: Bool
    if simple, let flag = answer["isAuthorized"]?.bool {
      isAllowed = flag
    } else if !simple, let policy = AccessPolicy(answer["policyDocument"]) {
      isAllowed = policy.allows("execute-api:Invoke", on: arn)
    } else {
      return .refused(status: 500, message: "Internal Server Error")
    }
    guard isAllowed else { return .forbidden }
    return .allowed(["lambda": answer["context"] ?? .null])
  }

  // MARK: WebSocket APIs

  /// Asks before `$connect`; the context goes into every event of the connection, as text.
  func decide(
    _ authorizer: AuthorizerDefinition, for request: HTTPRequest, _ context: ConnectionContext,
    requestID: String, trace: String, at time: GatewayTime
  ) async -> Decision {
    guard case .function(let name, _, _) = authorizer.kind else {
      return .refused(status: 500, message: "Internal server error")
    }
    for source in authorizer.identitySources {
      guard let value = identity(source, request, context.stageVariables), !value.isEmpty else {
        return .unauthorized
      }
    }
    let arn =
      "arn:aws:execute-api:\(configuration.region):\(configuration.accountID):\(context.apiID)/"
      + "\(context.stage)/$connect"
    let start = configuration.now()
    let outcome = await invocations.invoke(
      name,
      context.authorizerEvent(
        request, trace: trace, methodARN: arn, requestID: requestID, at: time),
      within: Authorizers.limit)
    guard let answer = answer(outcome), let principal = answer["principalId"]?.string,
      let policy = AccessPolicy(answer["policyDocument"])
    else {
      return isUnauthorized(outcome)
        ? .unauthorized : .refused(status: 500, message: "Internal server error")
    }
    guard policy.allows("execute-api:Invoke", on: arn) else { return .forbidden }
    var found = JSONObject()
    for (key, value) in answer["context"]?.object ?? [:] {
      found[key] = .string(value.string ?? value.description)
    }
    found["principalId"] = .string(principal)
    found["integrationLatency"] = .int(configuration.now().milliseconds - start.milliseconds)
    return .allowed(found)
  }

  // MARK: What both share

  private func answer(_ outcome: InvocationOutcome) -> JSONValue? {
    guard case .success(let bytes) = outcome, let value = try? JSONValue(parsing: bytes),
      value.object != nil
    else { return nil }
    return value
  }

  /// A function that fails with the text "Unauthorized" says 401.
  private func isUnauthorized(_ outcome: InvocationOutcome) -> Bool {
    guard case .functionError(let payload) = outcome else { return false }
    return (try? JSONValue(parsing: payload))?["errorMessage"]?.string == "Unauthorized"
  }

  /// The value of an identity source: `$request.header.X`, `route.request.header.X`,
  /// `…querystring.x`, `$stageVariables.x`.
  private func identity(
    _ source: String, _ request: HTTPRequest, _ variables: [String: String]
  ) -> String? {
    let path = source.drop { $0 == "$" }
    func name(after prefix: String) -> String? {
      guard let range = path.firstRange(of: prefix) else { return nil }
      return String(path[range.upperBound...])
    }
    if let header = name(after: "request.header.") { return request.headers[header] }
    if let parameter = name(after: "request.querystring.") {
      return PercentEncoding.parameters(of: request.query).first { $0.name == parameter }?.value
    }
    if let variable = name(after: "stageVariables.") { return variables[variable] }
    return path == "context.identity.sourceIp" ? request.peer.address : nil
  }
}
