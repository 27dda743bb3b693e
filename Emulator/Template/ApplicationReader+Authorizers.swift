import JSON

extension ApplicationReader {
  /// The authorizers of an `AWS::Serverless::HttpApi`.
  func readAuthorizers(_ property: Property?) throws -> [String: AuthorizerDefinition] {
    var authorizers: [String: AuthorizerDefinition] = [:]
    for (name, value) in try property?.members() ?? [] {
      if let jwt = try value.member("JwtConfiguration") {
        let source = try value.member("IdentitySource")?.text()
        authorizers[name] = try jwtAuthorizer(
          name, jwt, issuer: "issuer", audience: "audience",
          sources: [source ?? "$request.header.Authorization"])
      } else {
        authorizers[name] = try serverlessFunctionAuthorizer(name, value)
      }
    }
    return authorizers
  }

  private func jwtAuthorizer(
    _ name: String, _ jwt: Property, issuer: String, audience: String, sources: [String]
  ) throws -> AuthorizerDefinition {
    let kind = AuthorizerDefinition.Kind.jwt(
      issuer: try jwt.required(issuer).text(),
      audience: try jwt.member(audience)?.texts() ?? [])
    return AuthorizerDefinition(name: name, kind: kind, identitySources: sources, timeToLive: 0)
  }

  private func serverlessFunctionAuthorizer(
    _ name: String, _ value: Property
  ) throws -> AuthorizerDefinition {
    let function = try value.required("FunctionArn")
    let identity = try value.member("Identity")
    var sources = try identity?.member("Headers")?.texts().map { "$request.header.\($0)" } ?? []
    sources +=
      try identity?.member("QueryStrings")?.texts().map { "$request.querystring.\($0)" } ?? []
    sources += try identity?.member("Context")?.texts().map { "$context.\($0)" } ?? []
    sources += try identity?.member("StageVariables")?.texts().map { "$stageVariables.\($0)" } ?? []
    let version =
      try value.member("AuthorizerPayloadFormatVersion")?.text(among: ["1.0", "2.0"]) ?? "2.0"
    let kind = AuthorizerDefinition.Kind.function(
      name: try functionName(in: function.text(), function), payloadVersion: version,
      simpleAnswers: try value.member("EnableSimpleResponses")?.flag() ?? false)
    return AuthorizerDefinition(
      name: name, kind: kind, identitySources: sources,
      timeToLive: try identity?.member("ReauthorizeEvery")?.int(0...3600, unit: "seconds")
        ?? (sources.isEmpty ? 0 : 300))
  }

  /// The authorizer of an `AWS::ApiGatewayV2::Route`.
  func readAuthorizer(of route: Property) throws -> AuthorizerDefinition? {
    let type = try route.member("AuthorizationType")?.text(
      among: ["NONE", "AWS_IAM", "CUSTOM", "JWT"])
    switch type ?? "NONE" {
    case "NONE": return nil
    case "AWS_IAM":
      return AuthorizerDefinition(name: "AWS_IAM", kind: .iam, identitySources: [], timeToLive: 0)
    default: break
    }
    let reference = try route.required("AuthorizerId")
    let id = try reference.text()
    guard
      let resource = resources.first(where: {
        $0.type == "AWS::ApiGatewayV2::Authorizer" && $0.logicalID == id
      })
    else { throw reference.error("\"\(id)\" is no authorizer of this template") }
    let properties = properties(of: resource)
    let name = try properties.required("Name").text()
    let sources = try identitySources(of: properties)
    if let jwt = try properties.member("JwtConfiguration") {
      return try jwtAuthorizer(
        name, jwt, issuer: "Issuer", audience: "Audience", sources: sources)
    }
    let uri = try properties.required("AuthorizerUri")
    let version =
      try properties.member("AuthorizerPayloadFormatVersion")?.text(among: ["1.0", "2.0"]) ?? "1.0"
    let kind = AuthorizerDefinition.Kind.function(
      name: try functionName(in: uri.text(), uri), payloadVersion: version,
      simpleAnswers: try properties.member("EnableSimpleResponses")?.flag() ?? false)
    return AuthorizerDefinition(
      name: name, kind: kind, identitySources: sources,
      timeToLive: try properties.member("AuthorizerResultTtlInSeconds")?.int(
        0...3600, unit: "seconds") ?? (sources.isEmpty ? 0 : 300))
  }

  private func identitySources(of properties: Property) throws -> [String] {
    guard let sources = try properties.member("IdentitySource") else { return [] }
    return sources.value.elements == nil ? [try sources.text()] : try sources.texts()
  }
}
