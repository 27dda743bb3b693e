import JSON
import Server
import Support
import Synchronization
import Template
import Testing

@testable import Gateway

@Suite struct JWTRulesTests {
  @Test(arguments: [
    ("Bearer abc", "abc"), ("bearer abc", "abc"), ("abc", "abc"), ("Basic abc", "Basic abc"),
  ])
  func `finds the token`(value: String, token: String) {
    #expect(JWTRules.token(in: value) == token)
  }

  @Test(arguments: [
    (#"{"aud":"me"}"#, true), (#"{"aud":["x","me"]}"#, true), (#"{"client_id":"me"}"#, true),
    (#"{"aud":"x","client_id":"me"}"#, false), (#"{}"#, false), (#"{"aud":5}"#, false),
  ])
  func `knows whom a token is for`(claims: String, expected: Bool) throws {
    let claims = try #require(try JSONValue(parsing: claims).object)
    #expect(JWTRules.isMeant(claims, for: ["me", "you"]) == expected)
  }

  @Test(arguments: [
    (#"{"scope":"a b"}"#, ["a", "b"]), (#"{"scp":["a","b"]}"#, ["a", "b"]),
    (#"{"scp":"a"}"#, ["a"]),
    (#"{}"#, []),
  ])
  func `reads scopes`(claims: String, expected: [String]) throws {
    #expect(JWTRules.scopes(of: try #require(try JSONValue(parsing: claims).object)) == expected)
  }

  @Test func `hands claims on as text`() {
    let context = JWTRules.context(
      ["sub": "me", "exp": 1_300_819_380, "groups": ["a", "b"], "admin": true], scopes: ["a"])
    #expect(
      JSONValue.object(context) == [
        "jwt": [
          "claims": ["sub": "me", "exp": "1300819380", "groups": "[a b]", "admin": "true"],
          "scopes": ["a"],
        ]
      ])
    #expect(JWTRules.context([:], scopes: nil)["jwt"]?["scopes"]?.isNull == true)
  }
}

@Suite(.serialized) struct JWTAuthorizerTests {
  /// RFC 7515, appendix A.2: the issuer is `joe`, it ends at 1,300,819,380.
  static let example = Result {
    let file = try JSONValue(
      parsing: Project.bytes("Tests/CryptoTests/Fixtures/jose/rfc-examples.json"))
    return try #require(file["cases"]?.array?.first { $0["name"] == "RFC 7515 A.2" })
  }

  static func api(_ audience: [String] = [], scopes: [String] = []) -> HTTPAPI {
    TestAPIs.http { api in
      api.routes[0].authorizer = AuthorizerDefinition(
        name: "j", kind: .jwt(issuer: "joe", audience: audience),
        identitySources: ["$request.header.Authorization"])
      api.routes[0].scopes = scopes
    }
  }

  func withIssuer(
    _ api: HTTPAPI, at seconds: Int = 1_300_819_000,
    _ body: (Emulated, _ token: String, _ fetched: Mutex<[String]>.Box) async throws -> Void
  ) async throws {
    let example = try JWTAuthorizerTests.example.get()
    let keys = JSONValue.object(["keys": [try #require(example["jwk"])]]).encoded()
    let fetched = Mutex<[String]>.Box([])
    let edit = { (configuration: inout GatewayConfiguration) in
      configuration.now = { GatewayTime(milliseconds: seconds * 1000) }
      configuration.fetch = { address in
        fetched.mutex.withLock { $0.append(address) }
        return address == "joe/.well-known/openid-configuration"
          ? Array(#"{"jwks_uri":"joe/keys"}"#.utf8) : keys
      }
    }
    try await withGateway(TestAPIs.webSocket(), api, edit: edit) { emulated in
      try await body(emulated, try #require(example["token"]?.string), fetched)
    }
  }

  @Test func `lets a signed token in and hands its claims on`() async throws {
    try await withIssuer(JWTAuthorizerTests.api()) { emulated, token, fetched in
      let client = try emulated.client()
      for _ in 0..<3 {
        #expect(try await client.request("GET /", ["Authorization: Bearer \(token)"]).status == 200)
      }
      #expect(fetched.value == ["joe/.well-known/openid-configuration", "joe/keys"])
      let event = try #require(emulated.functions.calls(of: "page").first)
      let jwt = event["requestContext"]?["authorizer"]?["jwt"]
      #expect(jwt?["claims"]?["iss"] == "joe")
      #expect(jwt?["claims"]?["exp"] == "1300819380")
      #expect(jwt?["scopes"]?.isNull == true)
    }
  }

  @Test func `refuses what is no token of the issuer`() async throws {
    try await withIssuer(JWTAuthorizerTests.api()) { emulated, token, _ in
      let client = try emulated.client()
      let none = #"{"alg":"none"}"#
      for bad in [
        "", "x", String(token.dropLast(3)), token + "A", "a.b.c",
        String(repeating: "a", count: 9000),
        "eyJhbGciOiJub25lIn0" + token.drop { $0 != "." }, none,
      ] {
        let answer = try await client.request("GET /", ["Authorization: \(bad)"])
        #expect(answer.status == 401)
        #expect(answer.body == #"{"message":"Unauthorized"}"#)
      }
      #expect(emulated.functions.calls.isEmpty)
    }
  }

  @Test func `refuses a token past its end, for others, or without the scope`() async throws {
    try await withIssuer(JWTAuthorizerTests.api(), at: 1_300_819_380) { emulated, token, _ in
      let answer = try await emulated.client().request("GET /", ["Authorization: \(token)"])
      #expect(answer.status == 401)
    }
    try await withIssuer(JWTAuthorizerTests.api(["me"])) { emulated, token, _ in
      let answer = try await emulated.client().request("GET /", ["Authorization: \(token)"])
      #expect(answer.status == 401)
    }
    try await withIssuer(JWTAuthorizerTests.api(scopes: ["read"])) { emulated, token, _ in
      let answer = try await emulated.client().request("GET /", ["Authorization: \(token)"])
      #expect(answer.status == 403)
    }
  }
}

@Suite(.serialized) struct AuthorizerCacheTests {
  @Test func `keeps an answer for its time, by who asks`() async throws {
    let clock = Mutex<Int>.Box(0)
    let api = TestAPIs.http { api in
      api.routes[0].authorizer = AuthorizerDefinition(
        name: "a", kind: .function(name: "authorize", payloadVersion: "2.0", simpleAnswers: true),
        identitySources: ["$request.header.Authorization"], timeToLive: 60)
    }
    let edit = { (configuration: inout GatewayConfiguration) in
      configuration.now = { GatewayTime(milliseconds: clock.value) }
    }
    try await withGateway(TestAPIs.webSocket(), api, edit: edit) { emulated in
      emulated.functions.set("authorize", #"{"isAuthorized":true}"#)
      let client = try emulated.client()
      func ask(_ who: String) async throws -> Int {
        let answer = try await client.request("GET /", ["Authorization: \(who)"])
        #expect(answer.status == 200)
        return emulated.functions.calls(of: "authorize").count
      }
      #expect(try await ask("a") == 1)
      #expect(try await ask("a") == 1)
      #expect(try await ask("b") == 2)
      clock.mutex.withLock { $0 = 59_999 }
      #expect(try await ask("a") == 2)
      clock.mutex.withLock { $0 = 60_000 }
      #expect(try await ask("a") == 3)
    }
  }

  @Test func `stays within its bound`() async {
    let cache = AuthorizerCache()
    let start = GatewayTime(milliseconds: 0)
    let end = GatewayTime(milliseconds: 10)
    func key(_ number: Int) -> AuthorizerCache.Key {
      AuthorizerCache.Key(api: "a", authorizer: "b", identity: ["\(number)"])
    }
    for number in 0..<1_001 { await cache.keep(true, for: key(number), until: end, at: start) }
    #expect(await cache.answer(for: key(0), at: start) == nil)
    #expect(await cache.answer(for: key(1_000), at: start) == true)
    #expect(await cache.answer(for: key(1_000), at: end) == nil)
  }
}

@Suite struct OlderEventTests {
  @Test func `writes format 1.0 for routes that ask for it`() throws {
    let call = HTTPCall(
      accountID: "0", apiID: "api", stage: APIStage(name: "$default", variables: ["v": "1"]),
      request: .init(
        method: "POST", target: "/items/7?a=1&a=2",
        headers: ["Host": "h.example", "X-A": "1", "X-A": "2", "Cookie": "c=1"]),
      body: [0xFF],
      route: HTTPRoute(key: "POST /items/{id}", function: "F", payloadVersion: "1.0"),
      parameters: [("id", "7")], requestID: "r", time: GatewayTime(milliseconds: 0), trace: "t",
      authorizer: ["lambda": ["who": "me"]])
    let event = try JSONValue(parsing: call.event())
    #expect(event["version"] == "1.0")
    #expect(event["resource"] == "/items/{id}")
    #expect(event["path"] == "/items/7")
    #expect(event["httpMethod"] == "POST")
    #expect(event["headers"]?["X-A"] == "2")
    #expect(event["headers"]?["Cookie"] == "c=1")
    #expect(event["multiValueHeaders"]?["X-A"] == ["1", "2"])
    #expect(event["queryStringParameters"] == ["a": "2"])
    #expect(event["multiValueQueryStringParameters"] == ["a": ["1", "2"]])
    #expect(event["pathParameters"] == ["id": "7"])
    #expect(event["stageVariables"] == ["v": "1"])
    #expect(event["requestContext"]?["authorizer"] == ["who": "me"])
    #expect(event["body"] == "/w==")
    #expect(event["isBase64Encoded"] == true)
  }
}
