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
  private let cache = AuthorizerCache()
  private let issuers: IssuerKeys
  private static let limit = Duration.seconds(10)

  init(_ configuration: GatewayConfiguration, _ invocations: Invocations) {
    self.configuration = configuration
    self.invocations = invocations
    issuers = IssuerKeys(fetch: configuration.fetch, now: configuration.now)
  }

  // MARK: HTTP APIs

  func decide(_ authorizer: AuthorizerDefinition, for call: HTTPCall) async -> Decision {
    guard
      let identity = identity(authorizer.identitySources, call.request, call.stage.variables)
    else { return .unauthorized }
    switch authorizer.kind {
    case .function(let name, let version, let simple):
      return await decide(
        authorizer, function: name, version: version, simple: simple, identity, call)
    case .jwt(let issuer, let audience):
      return await decide(identity, issuer: issuer, audience: audience, scopes: call.route.scopes)
    case .iam:
      return decideSigned(call.request)
    }
  }

  /// Any signature is a caller's here: there is one account and nobody else on this machine.
  private func decideSigned(_ request: HTTPRequest) -> Decision {
    let scheme = "AWS4-HMAC-SHA256 Credential="
    guard let header = request.headers["Authorization"], header.hasPrefix(scheme) else {
      return .forbidden
    }
    let key = header.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "," }
    return .allowed([
      "iam": [
        "accessKey": .string(String(key)), "accountId": .string(configuration.accountID),
        "callerId": .string(String(key)), "cognitoIdentity": .null, "principalOrgId": .null,
        "userArn": .string("arn:aws:iam::\(configuration.accountID):user/local"),
        "userId": .string(String(key)),
      ]
    ])
  }

  private func decide(
    _ authorizer: AuthorizerDefinition, function: String, version: String, simple: Bool,
    _ identity: [String], _ call: HTTPCall
  ) async -> Decision {
    let arn =
      "arn:aws:execute-api:\(configuration.region):\(configuration.accountID):\(call.apiID)/"
      + "\(call.stage.name)/\(call.request.method)\(call.request.path)"
    let event =
      version == "1.0"
      ? call.olderAuthorizerEvent(routeARN: arn)
      : call.authorizerEvent(identitySources: identity, routeARN: arn)
    switch await answer(of: function, to: event, authorizer, identity, api: call.apiID) {
    case .failure(let refusal): return refusal.decision("Internal Server Error")
    case .success(let answer):
      let isAllowed: Bool
      if version == "2.0", simple, let flag = answer["isAuthorized"]?.bool {
        isAllowed = flag
      } else if let policy = AccessPolicy(answer["policyDocument"]) {
        isAllowed = policy.allows("execute-api:Invoke", on: arn)
      } else {
        return .refused(status: 500, message: "Internal Server Error")
      }
      return isAllowed ? .allowed(["lambda": answer["context"] ?? .null]) : .forbidden
    }
  }

  private func decide(
    _ identity: [String], issuer: String, audience: [String], scopes wanted: [String]
  ) async -> Decision {
    guard let value = identity.first,
      let claims = await issuers.claims(of: JWTRules.token(in: value), from: issuer),
      audience.isEmpty || JWTRules.isMeant(claims, for: audience)
    else { return .unauthorized }
    guard !wanted.isEmpty else { return .allowed(JWTRules.context(claims, scopes: nil)) }
    let scopes = JWTRules.scopes(of: claims)
    guard !Set(wanted).isDisjoint(with: scopes) else { return .forbidden }
    return .allowed(JWTRules.context(claims, scopes: scopes))
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
    guard let identity = identity(authorizer.identitySources, request, context.stageVariables)
    else { return .unauthorized }
    let arn =
      "arn:aws:execute-api:\(configuration.region):\(configuration.accountID):\(context.apiID)/"
      + "\(context.stage)/$connect"
    let event = context.authorizerEvent(
      request, trace: trace, methodARN: arn, requestID: requestID, at: time)
    switch await answer(of: name, to: event, authorizer, identity, api: context.apiID) {
    case .failure(let refusal): return refusal.decision("Internal server error")
    case .success(let answer):
      guard let principal = answer["principalId"]?.string,
        let policy = AccessPolicy(answer["policyDocument"])
      else { return .refused(status: 500, message: "Internal server error") }
      guard policy.allows("execute-api:Invoke", on: arn) else { return .forbidden }
      var found = JSONObject()
      for (key, value) in answer["context"]?.object ?? [:] {
        found[key] = .string(value.string ?? value.description)
      }
      found["principalId"] = .string(principal)
      found["integrationLatency"] = .int(configuration.now().milliseconds - time.milliseconds)
      return .allowed(found)
    }
  }

  // MARK: What both share

  private enum Refusal: Error {
    case unauthorized
    case failed

    func decision(_ message: String) -> Decision {
      switch self {
      case .unauthorized: .unauthorized
      case .failed: .refused(status: 500, message: message)
      }
    }
  }

  /// What the function answers, now or within its time to live before.
  private func answer(
    of function: String, to event: [UInt8], _ authorizer: AuthorizerDefinition,
    _ identity: [String], api: String
  ) async -> Result<JSONValue, Refusal> {
    let key = AuthorizerCache.Key(api: api, authorizer: authorizer.name, identity: identity)
    let isKept = authorizer.timeToLive > 0 && !identity.isEmpty
    if isKept, let answer = await cache.answer(for: key, at: configuration.now()) {
      return .success(answer)
    }
    let outcome = await invocations.invoke(function, event, within: Authorizers.limit)
    guard case .success(let bytes) = outcome, let answer = try? JSONValue(parsing: bytes),
      answer.object != nil
    else { return .failure(isUnauthorized(outcome) ? .unauthorized : .failed) }
    if isKept {
      let now = configuration.now()
      let end = GatewayTime(milliseconds: now.milliseconds + authorizer.timeToLive * 1_000)
      await cache.keep(answer, for: key, until: end, at: now)
    }
    return .success(answer)
  }

  /// A function that fails with the text "Unauthorized" says 401.
  private func isUnauthorized(_ outcome: InvocationOutcome) -> Bool {
    guard case .functionError(let payload) = outcome else { return false }
    return (try? JSONValue(parsing: payload))?["errorMessage"]?.string == "Unauthorized"
  }

  /// The values of identity sources; nil when one is missing or empty, which is refused unasked.
  private func identity(
    _ sources: [String], _ request: HTTPRequest, _ variables: [String: String]
  ) -> [String]? {
    var values: [String] = []
    for source in sources {
      guard let value = self.value(of: source, request, variables), !value.isEmpty else {
        return nil
      }
      values.append(value)
    }
    return values
  }

  /// `$request.header.X`, `route.request.header.X`, `…querystring.x`, `$stageVariables.x`.
  private func value(
    of source: String, _ request: HTTPRequest, _ variables: [String: String]
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
