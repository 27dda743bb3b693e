import Agent
import Events
import JSON
import LambdaRuntime
import Support
import Testing

@testable import Routes

@Suite struct BearerTests {
  @Test(
    arguments: [
      (["Authorization": "Bearer t.o.k"], "t.o.k", nil),
      (["authorization": "bearer  t.o.k"], "t.o.k", nil),
      (["Sec-WebSocket-Protocol": "martlet, bearer.a.b.c"], "a.b.c", "martlet"),
      (["sec-websocket-protocol": "bearer.a.b.c,martlet,other"], "a.b.c", "martlet"),
      (["Sec-WebSocket-Protocol": "eyJh.b.c , martlet"], "eyJh.b.c", "martlet"),
      (["Sec-WebSocket-Protocol": "bearer.a.b.c"], "a.b.c", nil),
      (["Authorization": "Bearer x", "Sec-WebSocket-Protocol": "martlet"], "x", "martlet"),
    ] as [([String: String], String, String?)])
  func `finds the token and what to answer`(
    _ headers: [String: String], _ token: String, _ subprotocol: String?
  ) {
    let bearer = Bearer(headers: headers)
    #expect(bearer?.token == token)
    #expect(bearer?.subprotocol == subprotocol)
  }

  @Test(arguments: [
    [:], ["Authorization": "Basic abc"], ["Authorization": "Bearer"],
    ["Authorization": "Bearer a b"], ["Sec-WebSocket-Protocol": "martlet"],
    ["Sec-WebSocket-Protocol": "bearer."], ["Sec-WebSocket-Protocol": ""],
  ]) func `no token`(_ headers: [String: String]) {
    #expect(Bearer(headers: headers) == nil)
  }
}

@Suite struct ConnectTests {
  private let connections = MemoryConnections()

  private func answer(
    _ event: WebSocketEvent, origins: Set<String> = []
  ) async throws -> GatewayResponse {
    let connect = Connect(
      tokens: .test, connections: connections, allowedOrigins: origins,
      defaultAssistant: "japanese", now: { testNow })
    return try await connect.handle(event, Invocation())
  }

  private func event(_ headers: [String: String]) throws -> WebSocketEvent {
    var event = try fixture(WebSocketEvent.self, "connect-refused")
    event.headers = headers
    return event
  }

  @Test func `lets a client in and remembers it`() async throws {
    let response = try await answer(fixture(WebSocketEvent.self, "connect"))
    #expect(response.statusCode == 200)
    #expect(response.headers == ["Sec-WebSocket-Protocol": "martlet"])
    let connection = try #require(connections.all.first)
    #expect(connection.id == "R1kmxc2VNjMCFIA=")
    #expect(connection.caller == Caller(user: "ana", tenant: "acme"))
    #expect(connection.assistant == "japanese")
    #expect(connection.expires == testNow.seconds + 7200)
    #expect(OpenConnection(connection.item) == connection)
    #expect(connection.item["owner"]?.string == "acme#ana")
  }

  @Test func `a token in a header needs no subprotocol`() async throws {
    let response = try await answer(fixture(WebSocketEvent.self, "connect-header"))
    #expect(response.statusCode == 200)
    #expect(response.headers == nil)
  }

  @Test func `no token is 401 and leaves nothing`() async throws {
    let response = try await answer(fixture(WebSocketEvent.self, "connect-refused"))
    #expect(response.statusCode == 401)
    #expect(try body(response)["error"]?["code"] == "unauthorized")
    #expect(connections.all.isEmpty)
  }

  @Test func `tokens that are not accepted`() async throws {
    let other = Array(repeating: UInt8(1), count: 64)
    for bad in [
      try token(life: 0), try token(secret: other), try token(role: "king"), try token(""),
      try token(tenant: ""), try token("a\u{0}b"), try token(String(repeating: "x", count: 257)),
      "a.b.c", "",
    ] {
      let response = try await answer(event(["Authorization": "Bearer \(bad)"]))
      #expect(response.statusCode == 401, "\(bad)")
    }
    #expect(connections.all.isEmpty)
  }

  @Test func `a foreign origin is 403, token or not`() async throws {
    let listed: Set = ["https://chat.example"]
    for origin in [
      "https://evil.example", "null", "https://chat.example.evil", "http://chat.example",
      "https://chat.example:8443", "https://chat.exampl", "https://chat.example/", "",
    ] {
      let headers = ["Authorization": "Bearer \(try token())", "Origin": origin]
      let response = try await answer(event(headers), origins: listed)
      #expect(response.statusCode == 403, "\(origin)")
    }
    #expect(connections.all.isEmpty)
    let headers = ["Authorization": "Bearer \(try token())", "origin": "https://Chat.example"]
    #expect(try await answer(event(headers), origins: listed).statusCode == 200)
  }

  @Test func `an unknown assistant is refused`() async throws {
    var event = try fixture(WebSocketEvent.self, "connect")
    event.queryStringParameters = ["assistant": "pirate"]
    let response = try await answer(event)
    #expect(response.statusCode == 400)
    #expect(connections.all.isEmpty)
  }

  @Test func `administrators choose a version, others do not`() async throws {
    for (role, variant, status) in [
      ("admin", "short", 200), ("admin", "standard", 200), ("admin", "pirate", 400),
      ("admin", "", 400), ("user", "short", 403),
    ] {
      var event = try event(["Authorization": "Bearer \(try token(role: role))"])
      event.queryStringParameters = ["variant": variant]
      #expect(try await answer(event).statusCode == status, "\(role) \(variant)")
      guard status == 200 else { continue }
      let connection = try #require(connections.all.first)
      #expect(connection.variant == variant)
      #expect(OpenConnection(connection.item) == connection)
    }
  }

  @Test func `disconnect forgets, also twice`() async throws {
    _ = try await answer(fixture(WebSocketEvent.self, "connect"))
    for _ in 0..<2 {
      let response = try await Disconnect(connections: connections)
        .handle(fixture(WebSocketEvent.self, "disconnect"), Invocation())
      #expect(response == .ok)
    }
    #expect(connections.all.isEmpty)
  }
}
