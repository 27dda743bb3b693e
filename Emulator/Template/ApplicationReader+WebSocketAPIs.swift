import JSON

extension ApplicationReader {
  mutating func readWebSocketAPIs() throws {
    for resource in resources
    where try resource.type == "AWS::ApiGatewayV2::Api"
      && protocolType(of: resource) == "WEBSOCKET"
    {
      let properties = properties(of: resource)
      warnOfOthers(
        in: properties, known: ["ProtocolType", "Name", "RouteSelectionExpression"],
        harmless: ["Description", "Tags", "Version", "DisableExecuteApiEndpoint"])
      let id = scope.apiIDs[resource.logicalID] ?? resource.logicalID
      var api = WebSocketAPI(
        logicalID: resource.logicalID, id: id,
        name: try properties.member("Name")?.text() ?? resource.logicalID,
        selectionExpression: try properties.required("RouteSelectionExpression").text(),
        routes: [], stages: try readStages(of: id))
      for (route, key) in try readRoutes(of: id) { try add(route, key: key, to: &api) }
      application.webSocketAPIs.append(api)
    }
  }

  private mutating func add(
    _ route: Property, key: String, to api: inout WebSocketAPI
  ) throws {
    guard let integration = try readIntegration(of: route) else { return }
    guard !api.routes.contains(where: { $0.key == key }) else {
      throw route.error("the API \(api.logicalID) has the route \"\(key)\" already")
    }
    let authorizer = try readAuthorizer(of: route)
    if authorizer != nil, key != "$connect" {
      throw route.error("a WebSocket API asks an authorizer on $connect only")
    }
    if case .jwt? = authorizer?.kind {
      throw route.error("a WebSocket API has no JWT authorizers; use one of type REQUEST")
    }
    api.routes.append(
      WebSocketRoute(
        key: key, function: integration.function,
        timeout: min(integration.timeout ?? 29_000, 29_000),
        returnsResponse: try hasResponse(route), authorizer: authorizer))
  }

  /// A function's answer goes back to the client when the route says so and has a response.
  private func hasResponse(_ route: Property) throws -> Bool {
    guard try route.member("RouteResponseSelectionExpression")?.text() == "$default" else {
      return false
    }
    for resource in resources where resource.type == "AWS::ApiGatewayV2::RouteResponse" {
      let response = properties(of: resource)
      if try response.required("RouteId").text() == route.place.logicalID { return true }
    }
    return false
  }

  // MARK: What both kinds of API share

  func readStages(of api: String) throws -> [APIStage] {
    var stages: [APIStage] = []
    for resource in resources where resource.type == "AWS::ApiGatewayV2::Stage" {
      let stage = properties(of: resource)
      guard try stage.required("ApiId").text() == api else { continue }
      stages.append(
        APIStage(
          name: try stage.required("StageName").text(),
          variables: try readVariables(stage.member("StageVariables"))))
    }
    return stages
  }

  /// The routes of an API with their keys.
  func readRoutes(of api: String) throws -> [(Property, String)] {
    var routes: [(Property, String)] = []
    for resource in resources where resource.type == "AWS::ApiGatewayV2::Route" {
      let route = properties(of: resource)
      guard try route.required("ApiId").text() == api else { continue }
      routes.append((route, try route.required("RouteKey").text()))
    }
    return routes
  }

  struct Integration {
    let function: String
    /// Milliseconds.
    let timeout: Int?
    let payloadVersion: String?
  }

  /// The function behind a route; nil, with a warning, when something else is behind it.
  mutating func readIntegration(of route: Property) throws -> Integration? {
    guard let target = try route.member("Target") else {
      warn("the route has no \"Target\" and is left out", at: route.value, in: route.id)
      return nil
    }
    let id = try target.text().split(separator: "/").last.map { String($0) } ?? ""
    guard
      let resource = resources.first(where: {
        $0.type == "AWS::ApiGatewayV2::Integration" && $0.logicalID == id
      })
    else {
      throw target.error(
        "expected integrations/ and the id of an integration of this template, "
          + "{\"Fn::Sub\": \"integrations/${…}\"}")
    }
    let properties = properties(of: resource)
    let type = try properties.required("IntegrationType").text()
    guard type == "AWS_PROXY" else {
      warn(
        "integrations of type \(type) are not played here: the route \(route.id) is left out",
        at: properties.value, in: id)
      return nil
    }
    let uri = try properties.required("IntegrationUri")
    return Integration(
      function: try functionName(in: uri.text(), uri),
      timeout: try properties.member("TimeoutInMillis")?.int(50...30_000, unit: "milliseconds"),
      payloadVersion: try properties.member("PayloadFormatVersion")?.text(among: ["1.0", "2.0"]))
  }
}

extension Property {
  fileprivate var id: String { place.logicalID ?? "" }
}
