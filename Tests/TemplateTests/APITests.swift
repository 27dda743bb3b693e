import Testing

@testable import Template

@Suite struct APITests {
  static let function = #""Type": "AWS::Serverless::Function""#

  static let integration = #"""
    {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${X.Arn}/invocations"}
    """#

  static let webSocket = #"""
    "F": {\#(function)}, "G": {\#(function)},
    "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "n",
      "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}},
    "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"},
      "StageName": "dev", "StageVariables": {"colour": "red"}}},
    "Int": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "Api"},
      "IntegrationType": "AWS_PROXY", "TimeoutInMillis": 5000,
      "IntegrationUri": \#(integration.replacing("X", with: "F"))}},
    "Auth": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"ApiId": {"Ref": "Api"},
      "AuthorizerType": "REQUEST", "Name": "a",
      "AuthorizerUri": \#(integration.replacing("X", with: "G")),
      "IdentitySource": ["route.request.header.Authorization"]}}
    """#

  func api(_ routes: String) throws -> Application {
    try application(APITests.webSocket + "," + routes)
  }

  @Test func `reads a WebSocket API with authorizer and response`() throws {
    let application = try api(
      #"""
      "C": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
        "RouteKey": "$connect", "AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Auth"},
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Int"}]]}}},
      "D": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"},
        "RouteKey": "echo", "RouteResponseSelectionExpression": "$default",
        "Target": {"Fn::Sub": "integrations/${Int}"}}},
      "E": {"Type": "AWS::ApiGatewayV2::RouteResponse", "Properties": {"ApiId": {"Ref": "Api"},
        "RouteId": {"Ref": "D"}, "RouteResponseKey": "$default"}}
      """#)
    let api = try #require(application.webSocketAPIs.first)
    #expect(application.warnings.isEmpty)
    #expect(api.stages == [APIStage(name: "dev", variables: ["colour": "red"])])
    #expect(api.routes.map(\.key) == ["$connect", "echo"])
    #expect(api.routes.map(\.timeout) == [5000, 5000])
    #expect(api.routes.map(\.returnsResponse) == [false, true])
    #expect(
      api.routes[0].authorizer
        == AuthorizerDefinition(
          name: "a", kind: .function(name: "G", payloadVersion: "1.0", simpleAnswers: false),
          identitySources: ["route.request.header.Authorization"], timeToLive: 300))
  }

  @Test(arguments: [
    (#""RouteKey": "x", "Target": "integrations/Nothing""#, "expected integrations/"),
    (
      #"""
      "RouteKey": "x", "Target": "integrations/Int", "AuthorizationType": "CUSTOM",
      "AuthorizerId": {"Ref": "Auth"}
      """#, "on $connect only"
    ),
    (#""Target": "integrations/Int""#, #""RouteKey" is missing"#),
  ])
  func `refuses a WebSocket route with`(properties: String, message: String) {
    let text = refusal {
      _ = try api(
        #"""
        "R": {"Type": "AWS::ApiGatewayV2::Route",
          "Properties": {"ApiId": {"Ref": "Api"}, \#(properties)}}
        """#)
    }
    #expect(text.contains(message), "\(text)")
    #expect(text.contains(": R: "), "\(text)")
  }

  @Test func `leaves out routes to integrations it does not play, and says so`() throws {
    let application = try api(
      #"""
      "M": {"Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "MOCK"}},
      "R": {"Type": "AWS::ApiGatewayV2::Route",
        "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "x", "Target": "integrations/M"}}
      """#)
    #expect(application.webSocketAPIs[0].routes.isEmpty)
    #expect(
      application.warnings.map(\.text)
        == ["integrations of type MOCK are not played here: the route R is left out"])
  }

  static let http = #"""
    "A": {\#(function)},
    "F": {\#(function), "Properties": {"Events": {
      "One": {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "H"}, "Path": "/x/{id}",
        "Method": "get", "TimeoutInMillis": 1000,
        "Auth": {"Authorizer": "Jwt", "AuthorizationScopes": ["read"]}}},
      "Two": {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "H"}, "Path": "/open",
        "Method": "*", "PayloadFormatVersion": "1.0", "Auth": {"Authorizer": "NONE"}}},
      "Three": {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "H"}}},
      "Four": {"Type": "HttpApi"}}}},
    "H": {"Type": "AWS::Serverless::HttpApi", "Properties": {"StageName": "v1",
      "CorsConfiguration": {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"],
        "AllowCredentials": true, "MaxAge": 60},
      "Auth": {"DefaultAuthorizer": "Lam", "Authorizers": {
        "Jwt": {"JwtConfiguration": {"issuer": "https://i", "audience": ["me"]}},
        "Lam": {"FunctionArn": {"Fn::GetAtt": ["A", "Arn"]}, "EnableSimpleResponses": true,
          "AuthorizerPayloadFormatVersion": "2.0",
          "Identity": {"Headers": ["X-Key"], "ReauthorizeEvery": 60}}}}}}
    """#

  @Test func `reads HTTP APIs with CORS and authorizers`() throws {
    let application = try application(APITests.http)
    #expect(application.httpAPIs.map(\.id) == ["martlethttp", "martlethttp2"])
    let api = application.httpAPIs[0]
    #expect(api.routes.map(\.key) == ["GET /x/{id}", "ANY /open", "$default"])
    #expect(api.routes[0].timeout == 1000)
    #expect(api.routes[0].scopes == ["read"])
    #expect(api.routes[0].authorizer?.kind == .jwt(issuer: "https://i", audience: ["me"]))
    #expect(api.routes[0].authorizer?.identitySources == ["$request.header.Authorization"])
    #expect(api.routes[1].authorizer == nil)
    #expect(api.routes[1].payloadVersion == "1.0")
    #expect(
      api.routes[2].authorizer
        == AuthorizerDefinition(
          name: "Lam", kind: .function(name: "A", payloadVersion: "2.0", simpleAnswers: true),
          identitySources: ["$request.header.X-Key"], timeToLive: 60))
    #expect(api.cors?.origins == ["https://a.example"])
    #expect(api.cors?.allowsCredentials == true)
    #expect(api.cors?.maxAge == 60)
    #expect(api.stages == [APIStage(name: "v1")])
    #expect(application.httpAPIs[1].routes.map(\.key) == ["$default"])
  }

  @Test func `refuses credentials for every origin and a route that stands twice`() {
    let every = refusal {
      _ = try application(
        #"""
        "H": {"Type": "AWS::Serverless::HttpApi", "Properties": {
          "CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": true}}}
        """#)
    }
    #expect(every.contains("does not go with the origin"), "\(every)")
    let twice = refusal {
      _ = try application(
        #"""
        "F": {\#(APITests.function), "Properties": {"Events": {
          "A": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "GET"}},
          "B": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "get"}}}}}
        """#)
    }
    #expect(twice.contains(#"has the route "GET /" already"#), "\(twice)")
  }
}
