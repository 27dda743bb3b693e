import JSON
import Server
import Template
import Testing

@testable import Gateway

extension HTTPRoute {
  init(_ key: String) {
    self.init(key: key, function: "F")
  }
}

/// The encoder against events of AWS's own libraries.
@Suite struct HTTPEventTests {
  /// The call that an event came from.
  func call(of event: JSONValue, _ edit: (inout HTTPHeaders) -> Void = { _ in }) throws -> HTTPCall
  {
    let context = try #require(event["requestContext"])
    var headers = HTTPHeaders()
    for (name, value) in event["headers"]?.object ?? [:] where !name.hasPrefix("x-forwarded") {
      headers.append(name, try #require(value.string))
    }
    for cookie in event["cookies"]?.array ?? [] {
      headers.append("Cookie", try #require(cookie.string))
    }
    edit(&headers)
    let query = event["rawQueryString"]?.string ?? ""
    let request = HTTPRequest(
      method: context["http"]?["method"]?.string ?? "GET",
      target: (event["rawPath"]?.string ?? "/") + (query.isEmpty ? "" : "?" + query),
      headers: headers,
      peer: Peer(address: context["http"]?["sourceIp"]?.string ?? "", port: 1))
    var variables: [String: String] = [:]
    for (name, value) in event["stageVariables"]?.object ?? [:] {
      variables[name] = value.string
    }
    return HTTPCall(
      accountID: try #require(context["accountId"]?.string),
      apiID: try #require(context["apiId"]?.string),
      stage: APIStage(name: try #require(context["stage"]?.string), variables: variables),
      request: request, body: Array((event["body"]?.string ?? "").utf8),
      route: HTTPRoute(try #require(event["routeKey"]?.string)),
      parameters: (event["pathParameters"]?.object ?? [:]).map { ($0.key, $0.value.string ?? "") },
      requestID: try #require(context["requestId"]?.string),
      time: GatewayTime(milliseconds: try #require(context["timeEpoch"]?.int)), trace: "t",
      authorizer: context["authorizer"]?.object)
  }

  @Test func `writes a request as the service does`() throws {
    let event = try fixture("apigw-v2-request-no-authorizer")
    let ours = try JSONValue(parsing: call(of: event).event())
    #expect(
      differences(ours, event) == [
        "headers.x-forwarded-port", "headers.x-forwarded-proto", "requestContext.authentication",
      ])
  }

  @Test func `writes a request with authorizer, cookies, parameters and body`() throws {
    let event = try fixture("apigw-v2-request-lambda-authorizer")
    let ours = try JSONValue(
      parsing: call(of: event) { headers in
        headers.append("Host", "id.execute-api.us-east-1.amazonaws.com")
        headers.append("User-Agent", "agent")
      }.event())
    let own = differences(ours, event).filter { !$0.hasPrefix("headers.") }
    // Its clock has lost a space.
    #expect(own == ["requestContext.authentication", "requestContext.time"])
    #expect(ours["headers"]?["header1"] == "value1")
    #expect(ours["headers"]?["cookie"] == nil)
  }

  @Test func `writes what an authorizer is asked as the service does`() throws {
    let event = try fixture("apigw-v2-custom-authorizer-v2-request")
    let call = try call(of: event) { headers in
      headers.append("Host", "id.execute-api.us-east-1.amazonaws.com")
      headers.append("User-Agent", "agent")
    }
    let ours = try JSONValue(
      parsing: call.authorizerEvent(
        identitySources: ["user1", "123"], routeARN: try #require(event["routeArn"]?.string)))
    #expect(
      differences(ours, event).filter { !$0.hasPrefix("headers.") }
        // Its two times are eight days apart.
        == ["requestContext.authentication", "requestContext.time"])
  }

  @Test func `joins what stands twice and spells headers in lower case`() throws {
    let request = HTTPRequest(
      method: "GET", target: "/a%20b?x=1&x=2&%79=+",
      headers: ["Host": "127.0.0.1:3000", "X-A": "1", "x-a": "2", "Cookie": "a=1; b=2"])
    let call = HTTPCall(
      accountID: "0", apiID: "api", stage: APIStage(name: "$default"), request: request, body: [],
      route: HTTPRoute("GET /{name}"), parameters: [("name", "a b")], requestID: "r",
      time: GatewayTime(milliseconds: 0), trace: "t")
    let event = try JSONValue(parsing: call.event())
    #expect(event["rawPath"] == "/a%20b")
    #expect(event["rawQueryString"] == "x=1&x=2&%79=+")
    #expect(event["queryStringParameters"] == ["x": "1,2", "y": " "])
    #expect(event["headers"]?["x-a"] == "1,2")
    #expect(event["cookies"] == ["a=1", "b=2"])
    #expect(event["pathParameters"] == ["name": "a b"])
    #expect(event["requestContext"]?["domainPrefix"] == "api")
    #expect(event["body"] == nil)
    #expect(event["isBase64Encoded"] == false)
  }

  @Test(
    arguments: [
      ("application/json", [0x7B, 0x7D], "{}", false),
      ("text/plain; charset=utf-8", [0xC3, 0xA9], "é", false),
      ("application/problem+json", [0x31], "1", false),
      ("application/json", [0xFF], "/w==", true),
      ("application/octet-stream", [0x61], "YQ==", true),
      ("application/x-www-form-urlencoded", [0x61, 0x3D, 0x62], "YT1i", true),
    ] as [(String, [UInt8], String, Bool)])
  func `puts the body in as text or as base64`(
    type: String, body: [UInt8], text: String, isBase64: Bool
  ) throws {
    let call = HTTPCall(
      accountID: "0", apiID: "api", stage: APIStage(name: "$default"),
      request: HTTPRequest(method: "POST", target: "/", headers: ["Content-Type": type]),
      body: body, route: HTTPRoute("POST /"), parameters: [], requestID: "r",
      time: GatewayTime(milliseconds: 0), trace: "t")
    let event = try JSONValue(parsing: call.event())
    #expect(event["body"]?.string == text)
    #expect(event["isBase64Encoded"]?.bool == isBase64)
  }
}
