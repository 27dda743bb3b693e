import JSON
import Server
import Support
import Template
import Testing

@testable import Gateway

@Suite(.serialized) struct HTTPGatewayTests {
  @Test func `asks the function of the route and passes its answer on`() async throws {
    try await withGateway { emulated in
      emulated.functions.set(
        "items",
        #"{"statusCode":201,"headers":{"X-A":"1","content-type":"text/x"},"cookies":["a=1","b=2"],"body":"made"}"#
      )
      let answer = try await emulated.client().request(
        "POST /items/a%20b?x=1", ["Content-Type: application/json"], body: Array("{}".utf8))
      #expect(answer.status == 201)
      #expect(answer.body == "made")
      #expect(answer.header("X-A") == "1")
      #expect(answer.header("Content-Type") == "text/x")
      #expect(answer.head.lowercased().contains("set-cookie: a=1\r\nset-cookie: b=2"))
      #expect(answer.header("Apigw-Requestid")?.utf8.count == 16)
      let event = try #require(emulated.functions.calls(of: "items").first)
      #expect(event["routeKey"] == "POST /items/{id}")
      #expect(event["rawPath"] == "/items/a%20b")
      #expect(event["pathParameters"] == ["id": "a b"])
      #expect(event["body"] == "{}")
      #expect(event["requestContext"]?["stage"] == "$default")
      #expect(
        event["requestContext"]?["requestId"]?.string == answer.header("Apigw-Requestid"))
    }
  }

  @Test func `finds the stage in the path`() async throws {
    try await withGateway { emulated in
      emulated.functions.set("page", #"{"hello":1}"#)
      let answer = try await emulated.client().request("GET /v1/")
      #expect(answer.status == 200)
      #expect(answer.body == #"{"hello":1}"#)
      #expect(answer.header("Content-Type") == "application/json")
      let event = try #require(emulated.functions.calls(of: "page").first)
      #expect(event["requestContext"]?["stage"] == "v1")
      #expect(event["stageVariables"] == ["colour": "red"])
      #expect(event["rawPath"] == "/v1/")
      #expect(try await emulated.client().request("GET /v1").status == 200)
      #expect(try await emulated.client().request("GET /v2").status == 404)
    }
  }

  @Test func `answers for itself`() async throws {
    try await withGateway { emulated in
      let client = try emulated.client()
      let missing = try await client.request("GET /nothing")
      #expect(missing.status == 404)
      #expect(missing.body == #"{"message":"Not Found"}"#)
      #expect(try await client.request("DELETE /").status == 404)
      let outcomes: [(InvocationOutcome, Int, String)] = [
        (.functionError([]), 500, "Internal Server Error"),
        (.success(Array(#"{"statusCode":"x"}"#.utf8)), 500, "Internal Server Error"),
        (.throttled, 503, "Service Unavailable"),
        (.eventTooLarge, 413, "Request Entity Too Large"),
      ]
      for (outcome, status, message) in outcomes {
        emulated.functions.set("page") { _ in outcome }
        let answer = try await client.request("GET /")
        #expect(answer.status == status)
        #expect(answer.body == #"{"message":"\#(message)"}"#)
      }
      emulated.functions.set("slow") { _ in
        try? await Task.sleep(for: .seconds(20))
        return .unavailable
      }
      #expect(try await client.request("GET /slow").status == 503)
    }
  }

  @Test func `refuses a body over the limit`() async throws {
    let edit = { (configuration: inout GatewayConfiguration) in configuration.longestBody = 100 }
    try await withGateway(edit: edit) { emulated in
      let client = try emulated.client()
      let full = [UInt8](repeating: 0x61, count: 100)
      #expect(try await client.request("POST /items/1", body: full).status == 200)
      let answer = try await client.request("POST /items/1", body: full + [0x61])
      #expect(answer.status == 413)
      #expect(emulated.functions.calls(of: "items").count == 1)
    }
  }

  @Test func `asks an authorizer of the route`() async throws {
    let api = TestAPIs.http { api in
      api.routes[0].authorizer = AuthorizerDefinition(
        name: "a", kind: .function(name: "authorize", payloadVersion: "2.0", simpleAnswers: true),
        identitySources: ["$request.header.Authorization"])
    }
    try await withGateway(TestAPIs.webSocket(), api) { emulated in
      let client = try emulated.client()
      let header = ["Authorization: secret"]
      #expect(try await client.request("GET /").status == 401)
      #expect(emulated.functions.calls.isEmpty)
      emulated.functions.set("authorize", #"{"isAuthorized":false}"#)
      let forbidden = try await client.request("GET /", header)
      #expect(forbidden.status == 403)
      #expect(forbidden.body == #"{"message":"Forbidden"}"#)
      emulated.functions.set("authorize", #"{"statusCode":200}"#)
      #expect(try await client.request("GET /", header).status == 500)
      emulated.functions.set("authorize", #"{"isAuthorized":true,"context":{"who":"me"}}"#)
      #expect(try await client.request("GET /", header).status == 200)
      let asked = try #require(emulated.functions.calls(of: "authorize").last)
      #expect(asked["identitySource"] == ["secret"])
      #expect(
        asked["routeArn"] == "arn:aws:execute-api:us-east-1:000000000000:martlethttp/$default/GET/")
      let event = try #require(emulated.functions.calls(of: "page").last)
      #expect(event["requestContext"]?["authorizer"] == ["lambda": ["who": "me"]])
    }
  }

  @Test func `answers preflights itself and minds the function's answer`() async throws {
    var cors = CORS()
    cors.origins = ["https://a.example"]
    cors.methods = ["GET"]
    let api = TestAPIs.http { $0.cors = cors }
    try await withGateway(TestAPIs.webSocket(), api) { emulated in
      let client = try emulated.client()
      let preflight = try await client.request(
        "OPTIONS /", ["Origin: https://a.example", "Access-Control-Request-Method: GET"])
      #expect(preflight.status == 204)
      #expect(preflight.header("Access-Control-Allow-Origin") == "https://a.example")
      #expect(emulated.functions.calls.isEmpty)
      emulated.functions.set(
        "page", #"{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}"#)
      let answer = try await client.request("GET /", ["Origin: https://a.example"])
      #expect(answer.header("Access-Control-Allow-Origin") == "https://a.example")
    }
  }

  @Test func `keeps its own pages to this machine`() async throws {
    try await withGateway { emulated in
      let client = try emulated.client()
      #expect(try await client.request("GET /_martlet/").body == "console")
      #expect(try await client.request("GET /_martlet/", host: "evil.example").status == 403)
      let foreign = try await client.request("POST /_martlet/", ["Origin: http://evil.example"])
      #expect(foreign.status == 403)
      #expect(emulated.functions.calls.isEmpty)
    }
  }

  @Test func `does not let a function split the answer's head`() async throws {
    try await withGateway { emulated in
      emulated.functions.set(
        "page", #"{"statusCode":200,"headers":{"X-A":"1\r\nSet-Cookie: evil=1"},"body":"x"}"#)
      let answer = try await emulated.client().request("GET /")
      #expect(answer.status == 500)
      #expect(answer.header("Set-Cookie") == nil)
    }
  }

  @Test func `writes the access log`() async throws {
    try await withGateway { emulated in
      _ = try await emulated.client().request("GET /?secret=1")
      try await eventually { emulated.lines.value.count == 1 }
      let line = emulated.lines.value[0]
      #expect(line.kind == .http)
      #expect(line.request == "GET /")
      #expect(line.route == "GET /")
      #expect(line.status == 200)
    }
  }
}
