import JSON

extension ApplicationReader {
  mutating func readHTTPAPIs() throws {
    for resource in resources {
      switch resource.type {
      case "AWS::Serverless::HttpApi": try readServerlessAPI(resource)
      case "AWS::ApiGatewayV2::Api" where try protocolType(of: resource) == "HTTP":
        try readHTTPAPI(resource)
      default: break
      }
    }
    guard let routes = eventRoutes[Scope.implicitHTTPAPI],
      scope.resource(Scope.implicitHTTPAPI) == nil, let id = scope.apiIDs[Scope.implicitHTTPAPI]
    else { return }
    var api = HTTPAPI(
      logicalID: Scope.implicitHTTPAPI, id: id, name: Scope.implicitHTTPAPI, routes: [],
      stages: [APIStage(name: "$default")])
    for route in routes { try add(route, to: &api, authorizers: [:], byDefault: nil) }
    application.httpAPIs.append(api)
  }

  func protocolType(of resource: Resource) throws -> String {
    try properties(of: resource).required("ProtocolType").text(among: ["HTTP", "WEBSOCKET"])
  }

  private mutating func readServerlessAPI(_ resource: Resource) throws {
    let properties = properties(of: resource, over: "HttpApi")
    warnOfOthers(
      in: properties,
      known: ["StageName", "StageVariables", "CorsConfiguration", "Auth", "Name", "RouteSettings"],
      harmless: [
        "Description", "Tags", "AccessLogSettings", "DefaultRouteSettings", "FailOnWarnings",
        "Domain", "DisableExecuteApiEndpoint", "PropagateTags",
      ])
    let stage = APIStage(
      name: try properties.member("StageName")?.text() ?? "$default",
      variables: try readVariables(properties.member("StageVariables")))
    var api = HTTPAPI(
      logicalID: resource.logicalID, id: scope.apiIDs[resource.logicalID] ?? resource.logicalID,
      name: try properties.member("Name")?.text() ?? resource.logicalID, routes: [],
      stages: [stage], cors: try properties.member("CorsConfiguration").flatMap { try readCORS($0) }
    )
    let auth = try properties.member("Auth")
    let authorizers = try readAuthorizers(auth?.member("Authorizers"))
    let byDefault = try auth?.member("DefaultAuthorizer")
    for route in eventRoutes[resource.logicalID] ?? [] {
      try add(route, to: &api, authorizers: authorizers, byDefault: byDefault)
    }
    application.httpAPIs.append(api)
  }

  private func add(
    _ route: EventRoute, to api: inout HTTPAPI, authorizers: [String: AuthorizerDefinition],
    byDefault: Property?
  ) throws {
    let auth = try route.event.member("Auth")
    var authorizer: AuthorizerDefinition?
    if let name = try auth?.member("Authorizer") ?? byDefault {
      authorizer = try named(name, among: authorizers)
    }
    let timeout = try route.event.member("TimeoutInMillis")?.int(
      50...30_000, unit: "milliseconds")
    let version = try route.event.member("PayloadFormatVersion")?.text(among: ["1.0", "2.0"])
    try append(
      HTTPRoute(
        key: route.key, function: route.function, timeout: timeout ?? 30_000,
        payloadVersion: version ?? "2.0", authorizer: authorizer,
        scopes: try auth?.member("AuthorizationScopes")?.texts() ?? []),
      to: &api, for: route.event)
  }

  private func named(
    _ property: Property, among authorizers: [String: AuthorizerDefinition]
  ) throws -> AuthorizerDefinition? {
    let name = try property.text()
    if name == "NONE" { return nil }
    if name == "AWS_IAM" {
      return AuthorizerDefinition(name: name, kind: .iam, identitySources: [], timeToLive: 0)
    }
    guard let authorizer = authorizers[name] else {
      throw property.error("the API has no authorizer \"\(name)\"")
    }
    return authorizer
  }

  func append(_ route: HTTPRoute, to api: inout HTTPAPI, for property: Property) throws {
    if route.key != "$default" {
      let parts = route.key.split(separator: " ", maxSplits: 1).map { String($0) }
      let methods = ["ANY", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
      guard parts.count == 2, methods.contains(parts[0]), parts[1].hasPrefix("/") else {
        throw property.error(
          "\"\(route.key)\" is no route key: expected METHOD /path, or $default")
      }
    }
    guard !api.routes.contains(where: { $0.key == route.key }) else {
      throw property.error("the API \(api.logicalID) has the route \"\(route.key)\" already")
    }
    api.routes.append(route)
  }

  // MARK: AWS::ApiGatewayV2 with ProtocolType HTTP

  private mutating func readHTTPAPI(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ["ProtocolType", "Name", "CorsConfiguration"],
      harmless: ["Description", "Tags", "Version", "DisableExecuteApiEndpoint", "FailOnWarnings"])
    let id = scope.apiIDs[resource.logicalID] ?? resource.logicalID
    var api = HTTPAPI(
      logicalID: resource.logicalID, id: id,
      name: try properties.member("Name")?.text() ?? resource.logicalID, routes: [],
      stages: try readStages(of: id),
      cors: try properties.member("CorsConfiguration").map { try readCORS($0) })
    for (route, key) in try readRoutes(of: id) {
      guard let integration = try readIntegration(of: route) else { continue }
      try append(
        HTTPRoute(
          key: key, function: integration.function, timeout: integration.timeout ?? 30_000,
          payloadVersion: integration.payloadVersion ?? "1.0",
          authorizer: try readAuthorizer(of: route),
          scopes: try route.member("AuthorizationScopes")?.texts() ?? []),
        to: &api, for: route)
    }
    for route in eventRoutes[resource.logicalID] ?? [] {
      try add(route, to: &api, authorizers: [:], byDefault: nil)
    }
    application.httpAPIs.append(api)
  }

  // MARK: CORS, variables

  func readCORS(_ property: Property) throws -> CORS {
    var cors = CORS()
    if property.value.members == nil {
      let text = try property.text()
      cors.origins = [text == "true" ? "*" : text]
      return cors
    }
    for (key, value) in try property.members() {
      switch key {
      case "AllowOrigins": cors.origins = try value.texts()
      case "AllowMethods": cors.methods = try value.texts()
      case "AllowHeaders": cors.headers = try value.texts()
      case "ExposeHeaders": cors.exposedHeaders = try value.texts()
      case "AllowCredentials": cors.allowsCredentials = try value.flag()
      case "MaxAge": cors.maxAge = try value.int(-1...86_400, unit: "seconds")
      default: throw value.error("there is no such setting of CORS")
      }
    }
    if cors.allowsCredentials, cors.origins.contains("*") {
      throw property.error("AllowCredentials does not go with the origin \"*\"; name the origins")
    }
    return cors
  }

  func readVariables(_ property: Property?) throws -> [String: String] {
    var variables: [String: String] = [:]
    for (key, value) in try property?.members() ?? [] { variables[key] = try value.text() }
    return variables
  }
}
