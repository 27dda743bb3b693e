import JSON
import Server
import Testing

@testable import Gateway

/// The encoder against events that the service has sent.
@Suite struct WebSocketEventTests {
  /// The connection that an event came from.
  func connection(of event: JSONValue) throws -> ConnectionContext {
    let context = try #require(event["requestContext"])
    func text(_ key: String) throws -> String { try #require(context[key]?.string) }
    return ConnectionContext(
      apiID: try text("apiId"), stage: try text("stage"), stageVariables: [:],
      domainName: try text("domainName"), connectionID: try text("connectionId"),
      connectedAt: GatewayTime(milliseconds: try #require(context["connectedAt"]?.int)),
      sourceIP: try #require(context["identity"]?["sourceIp"]?.string),
      userAgent: context["identity"]?["userAgent"]?.string)
  }

  func encoded(_ kind: ConnectionContext.Event, like event: JSONValue) throws -> JSONValue {
    let context = try #require(event["requestContext"])
    let bytes = try connection(of: event).event(
      kind, routeKey: try #require(context["routeKey"]?.string),
      requestID: try #require(context["requestId"]?.string),
      at: GatewayTime(milliseconds: try #require(context["requestTimeEpoch"]?.int)))
    return try JSONValue(parsing: bytes)
  }

  @Test func `writes a message as the service does`() throws {
    let event = try fixture("apigw-websocket-request-send-message")
    let context = try #require(event["requestContext"])
    let ours = try encoded(
      .message(
        try #require(event["body"]?.string), id: try #require(context["messageId"]?.string)),
      like: event)
    #expect(differences(ours, event) == [])
  }

  @Test(arguments: [
    "apigw-websocket-request-disconnect", "apigw-websocket-request-disconnect-route",
  ])
  func `writes the end of a connection as the service does`(name: String) throws {
    let event = try fixture(name)
    let context = try #require(event["requestContext"])
    let ours = try encoded(
      .disconnect(
        code: try #require(context["disconnectStatusCode"]?.int),
        reason: try #require(context["disconnectReason"]?.string)), like: event)
    #expect(differences(ours, event) == [])
  }

  @Test func `writes the beginning of a connection as the service does`() throws {
    let event = try fixture("apigw-websocket-request-without-method")
    var headers = HTTPHeaders()
    for (name, value) in try #require(event["headers"]?.object)
    where !name.hasPrefix("X-Forwarded") {
      headers.append(name, try #require(value.string))
    }
    headers.append("Connection", "Upgrade")
    headers.append("Upgrade", "websocket")
    let request = HTTPRequest(
      method: "GET", target: "/dev", headers: headers,
      peer: Peer(address: "10.0.0.13", port: 4000))
    let trace = TraceID.of(request, at: GatewayTime(milliseconds: 0))
    #expect(trace == "Root=1-asdf-asdfasdf")
    let ours = try encoded(.connect(request, trace: trace), like: event)
    #expect(
      differences(ours, event) == [
        // Ours is HTTP on another port.
        "headers.X-Forwarded-Port", "headers.X-Forwarded-Proto",
        "multiValueHeaders.X-Forwarded-Port", "multiValueHeaders.X-Forwarded-Proto",
        // Anonymised by hand: the two ids of a request are one.
        "requestContext.extendedRequestId",
        // There are no API keys here.
        "requestContext.identity.apiKey", "requestContext.identity.apiKeyId",
      ])
  }

  @Test func `hands query parameters, repeated headers and the authorizer's context on`() throws {
    let request = HTTPRequest(
      method: "GET", target: "/prod?a=1&b=x%20y+z&a=2&c",
      headers: ["Host": "h:3000", "X-Two": "1", "x-two": "2"])
    var context = try connection(of: fixture("apigw-websocket-request-send-message"))
    context.authorizer = ["principalId": "me", "tenant": "t"]
    let event = try JSONValue(
      parsing: context.event(
        .connect(request, trace: "t"), routeKey: "$connect", requestID: "r",
        at: GatewayTime(milliseconds: 0)))
    #expect(event["queryStringParameters"] == ["a": "2", "b": "x y z", "c": ""])
    #expect(
      event["multiValueQueryStringParameters"] == ["a": ["1", "2"], "b": ["x y z"], "c": [""]])
    #expect(event["headers"]?["X-Two"] == "2")
    #expect(event["multiValueHeaders"]?["X-Two"] == ["1", "2"])
    #expect(event["headers"]?["X-Forwarded-Port"] == "3000")
    #expect(event["requestContext"]?["authorizer"] == ["principalId": "me", "tenant": "t"])
    #expect(event["body"] == nil)
  }

  @Test func `writes what an authorizer is asked as the service does`() throws {
    let event = try fixture("apigw-v2-custom-authorizer-websocket-request")
    let request = HTTPRequest(
      method: "GET", target: "/test?parameter1=value1,value2&parameter2=value",
      headers: ["Host": "example.com", "Header1": "value1", "Header2": "value2"],
      peer: Peer(address: "1.2.3.4", port: 1))
    let context = try #require(event["requestContext"])
    let ours = try JSONValue(
      parsing: connection(of: event).authorizerEvent(
        request, trace: "t", methodARN: try #require(event["methodArn"]?.string),
        requestID: try #require(context["requestId"]?.string),
        at: GatewayTime(milliseconds: try #require(context["requestTimeEpoch"]?.int))))
    let own = differences(ours, event).filter { path in
      // Added by the capturing program, or shortened in it.
      ![
        "context", "deadline", "invoked_function_arn", "xray_trace_id", "client_context",
        "identity", "env_config", "memory", "log_stream", "log_group", "version",
      ].contains { path == $0 || path.hasPrefix($0 + ".") }
        && !path.contains("eaders.X-") && !path.hasSuffix("eaders.Host")
        && path != "multiValueQueryStringParameters.parameter1"
        && path != "multiValueQueryStringParameters.parameter2"
    }
    #expect(own == ["requestContext.extendedRequestId"])
  }

  @Test func `makes connection ids that need no escapes`() {
    let ids = (0..<200).map { _ in ConnectionContext.newID() }
    #expect(Set(ids).count == 200)
    for id in ids {
      #expect(id.utf8.count == 16)
      #expect(id.hasSuffix("="))
      #expect(id.dropLast().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
  }
}

@Suite struct GatewayTimeTests {
  @Test(arguments: [
    (1_705_751_700_453, "20/Jan/2024:11:55:00 +0000", "2024-01-20T11:55:00.453Z"),
    (0, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00.000Z"),
    (951_827_696_007, "29/Feb/2000:12:34:56 +0000", "2000-02-29T12:34:56.007Z"),
    (4_107_542_399_999, "28/Feb/2100:23:59:59 +0000", "2100-02-28T23:59:59.999Z"),
  ])
  func `writes instants`(milliseconds: Int, log: String, iso: String) {
    let time = GatewayTime(milliseconds: milliseconds)
    #expect(time.requestTime == log)
    #expect(time.iso8601 == iso)
  }
}
