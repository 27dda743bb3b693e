import JSON
import Support
import Synchronization
import Template
import Testing

@testable import Gateway

@Suite(.serialized) struct WebSocketGatewayTests {
  static func connected(
    _ emulated: Emulated, _ path: String = "/prod"
  ) async throws -> (client: TestClient, id: String) {
    let client = try emulated.client()
    let answer = try await client.upgrade(path)
    #expect(answer.status == 101)
    let id = emulated.functions.calls(of: "connect").last?["requestContext"]?["connectionId"]
    return (client, try #require(id?.string))
  }

  // MARK: $connect

  @Test func `asks $connect before it lets a client in`() async throws {
    try await withGateway { emulated in
      let client = try emulated.client()
      let answer = try await client.upgrade(
        "/prod?assistant=a", ["Origin: http://o.example", "User-Agent: test"])
      #expect(answer.status == 101)
      #expect(answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      let event = try #require(emulated.functions.calls(of: "connect").first)
      #expect(event["requestContext"]?["eventType"] == "CONNECT")
      #expect(event["requestContext"]?["routeKey"] == "$connect")
      #expect(event["requestContext"]?["stage"] == "prod")
      #expect(event["requestContext"]?["identity"]?["sourceIp"] == "127.0.0.1")
      #expect(event["requestContext"]?["domainName"]?.string == "127.0.0.1:\(emulated.port)")
      #expect(event["headers"]?["Origin"] == "http://o.example")
      #expect(event["queryStringParameters"] == ["assistant": "a"])
    }
  }

  @Test func `passes the status of a refusal on`() async throws {
    try await withGateway { emulated in
      emulated.functions.set("connect", #"{"statusCode":403,"body":"no"}"#)
      #expect(try await emulated.client().upgrade("/prod").status == 403)
      emulated.functions.set("connect") { _ in .functionError(Array("{}".utf8)) }
      let failed = try await emulated.client().upgrade("/prod")
      #expect(failed.status == 502)
      #expect(try JSONValue(parsing: failed.body)["message"] == "Internal server error")
      emulated.functions.set("connect", "null")
      #expect(try await emulated.client().upgrade("/prod").status == 502)
      #expect(try await emulated.client().upgrade("/other").status == 403)
      #expect(emulated.functions.calls(of: "disconnect").isEmpty)
    }
  }

  @Test func `answers the subprotocol that the function chose, if it was offered`() async throws {
    try await withGateway { emulated in
      emulated.functions.set(
        "connect", #"{"statusCode":200,"headers":{"sec-websocket-protocol":"chat","X-Other":"1"}}"#)
      let answer = try await emulated.client().upgrade(
        "/prod", ["Sec-WebSocket-Protocol: token, chat"])
      #expect(answer.header("Sec-WebSocket-Protocol") == "chat")
      #expect(answer.header("X-Other") == nil)
      let other = try await emulated.client().upgrade("/prod", ["Sec-WebSocket-Protocol: token"])
      #expect(other.status == 101)
      #expect(other.header("Sec-WebSocket-Protocol") == nil)
    }
  }

  @Test func `lets everybody in without a $connect route`() async throws {
    let api = TestAPIs.webSocket { $0.routes.removeAll { $0.key == "$connect" } }
    try await withGateway(api) { emulated in
      let answer = try await emulated.client().upgrade("/prod")
      #expect(answer.status == 101)
    }
  }

  @Test func `gives up on $connect when its time is over`() async throws {
    let api = TestAPIs.webSocket { $0.routes[0].timeout = 50 }
    try await withGateway(api) { emulated in
      emulated.functions.set("connect") { _ in
        try? await Task.sleep(for: .seconds(20))
        return .unavailable
      }
      let answer = try await emulated.client().upgrade("/prod")
      #expect(answer.status == 504)
    }
  }

  // MARK: Authorizer

  static func guarded() -> WebSocketAPI {
    TestAPIs.webSocket { api in
      api.routes[0].authorizer = AuthorizerDefinition(
        name: "a", kind: .function(name: "authorize", payloadVersion: "1.0", simpleAnswers: false),
        identitySources: ["route.request.querystring.token"])
    }
  }

  @Test func `asks the authorizer first and keeps what it found`() async throws {
    try await withGateway(WebSocketGatewayTests.guarded()) { emulated in
      let policy = { (effect: String) in
        #"{"principalId":"me","policyDocument":{"Statement":[{"Effect":"\#(effect)","Action":"execute-api:Invoke","Resource":"*"}]},"context":{"level":3,"tenant":"t"}}"#
      }
      #expect(try await emulated.client().upgrade("/prod").status == 401)
      #expect(emulated.functions.calls.isEmpty)
      emulated.functions.set("authorize", policy("Deny"))
      #expect(try await emulated.client().upgrade("/prod?token=x").status == 403)
      emulated.functions.set("authorize") { _ in
        .functionError(Array(#"{"errorMessage":"Unauthorized"}"#.utf8))
      }
      #expect(try await emulated.client().upgrade("/prod?token=x").status == 401)
      emulated.functions.set("authorize", "{}")
      #expect(try await emulated.client().upgrade("/prod?token=x").status == 500)
      #expect(emulated.functions.calls(of: "connect").isEmpty)
      emulated.functions.set("authorize", policy("Allow"))
      let (client, _) = try await WebSocketGatewayTests.connected(emulated, "/prod?token=x")
      let asked = try #require(emulated.functions.calls(of: "authorize").last)
      #expect(
        asked["methodArn"] == "arn:aws:execute-api:us-east-1:000000000000:martletws1/prod/$connect")
      try await client.send(#"{"action":"chat"}"#)
      try await eventually { !emulated.functions.calls(of: "chat").isEmpty }
      let found = emulated.functions.calls(of: "chat")[0]["requestContext"]?["authorizer"]
      #expect(found?["principalId"] == "me")
      #expect(found?["level"] == "3")
      #expect(found?["tenant"] == "t")
    }
  }

  // MARK: Messages

  @Test func `routes messages by their action`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      for text in [
        #"{"action":"chat","n":1}"#, #"{"action":"nothing"}"#, "no json", #"{"action":"$connect"}"#,
        #"{"action":"$disconnect"}"#,
      ] { try await client.send(text) }
      try await eventually { emulated.functions.calls.count == 6 }
      let chat = try #require(emulated.functions.calls(of: "chat").first)
      #expect(chat["body"] == #"{"action":"chat","n":1}"#)
      #expect(chat["requestContext"]?["routeKey"] == "chat")
      #expect(chat["requestContext"]?["connectionId"]?.string == id)
      #expect(chat["requestContext"]?["messageId"]?.string?.utf8.count == 16)
      #expect(chat["headers"] == nil)
      let connect = emulated.functions.calls(of: "connect")[0]["requestContext"]
      #expect(chat["requestContext"]?["connectedAt"] == connect?["connectedAt"])
      #expect(emulated.functions.calls(of: "default").count == 4)
      #expect(emulated.functions.calls(of: "connect").count == 1)
      #expect(emulated.functions.calls(of: "disconnect").isEmpty)
    }
  }

  @Test func `tells a client that its function failed and stays open`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      let outcomes: [InvocationOutcome] = [
        .functionError([]), .throttled, .unavailable, .success(Array("null".utf8)),
      ]
      for outcome in outcomes {
        emulated.functions.set("chat") { _ in outcome }
        try await client.send(#"{"action":"chat"}"#)
        let frame = try JSONValue(parsing: await client.text())
        #expect(frame.object?.keys == ["message", "connectionId", "requestId"])
        #expect(frame["message"] == "Internal server error")
        #expect(frame["connectionId"]?.string == id)
        let asked = emulated.functions.calls(of: "chat").last
        #expect(frame["requestId"] == asked?["requestContext"]?["requestId"])
      }
    }
  }

  @Test func `stops waiting for a function, which goes on`() async throws {
    try await withGateway { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      emulated.functions.set("slow") { _ in
        try? await Task.sleep(for: .milliseconds(200))
        emulated.functions.set("finished", Task.isCancelled ? "cancelled" : "ran to its end")
        _ = await emulated.functions.invoke("finished", Array("{}".utf8))
        return .success(Array(#"{"statusCode":200}"#.utf8))
      }
      try await client.send(#"{"action":"slow"}"#)
      #expect(try await client.text().contains("Internal server error"))
      try await eventually { !emulated.functions.calls(of: "finished").isEmpty }
      let outcome = await emulated.functions.invoke("finished", Array("{}".utf8))
      #expect(outcome == .success(Array("ran to its end".utf8)))
    }
  }

  @Test func `forbids messages without a route`() async throws {
    let api = TestAPIs.webSocket { $0.routes.removeAll { $0.key == "$default" } }
    try await withGateway(api) { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      try await client.send("hello")
      #expect(try JSONValue(parsing: await client.text())["message"] == "Forbidden")
    }
  }

  @Test func `sends a function's answer back only where the route has a response`() async throws {
    try await withGateway { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      emulated.functions.set("chat", #"{"statusCode":200,"body":"unseen"}"#)
      emulated.functions.set("echo", #"{"statusCode":200,"body":"seen"}"#)
      try await client.send(#"{"action":"chat"}"#)
      try await eventually { !emulated.functions.calls(of: "chat").isEmpty }
      try await client.send(#"{"action":"echo"}"#)
      #expect(try await client.text() == "seen")
    }
  }

  @Test func `does not let messages of one connection wait for each other`() async throws {
    try await withGateway { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      emulated.functions.set("chat") { _ in
        // Answers once the second message is there, too.
        try? await eventually { emulated.functions.calls(of: "echo").count == 1 }
        return .functionError([])
      }
      emulated.functions.set("echo", #"{"statusCode":200,"body":"second"}"#)
      try await client.send(#"{"action":"chat"}"#)
      try await client.send(#"{"action":"echo"}"#)
      var frames = [try await client.text(), try await client.text()]
      frames.removeAll { $0 == "second" }
      #expect(frames.count == 1)
    }
  }

  @Test func `handles no more messages of a connection at once than its limit`() async throws {
    let edit = { (configuration: inout GatewayConfiguration) in configuration.messagesAtOnce = 2 }
    try await withGateway(edit: edit) { emulated in
      let gate = Mutex<Bool>.Box(false)
      emulated.functions.set("chat") { _ in
        try? await eventually { gate.value }
        return .success(Array(#"{"statusCode":200}"#.utf8))
      }
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      for _ in 0..<5 { try await client.send(#"{"action":"chat"}"#) }
      try await eventually { emulated.functions.calls(of: "chat").count == 2 }
      // The server answers a ping at once: the other messages have arrived, and wait.
      try await client.send([], opcode: 9)
      #expect(try await client.next() == .other(opcode: 10))
      #expect(emulated.functions.calls(of: "chat").count == 2)
      gate.mutex.withLock { $0 = true }
      try await eventually { emulated.functions.calls(of: "chat").count == 5 }
    }
  }

  @Test func `refuses binary messages with 1003`() async throws {
    try await withGateway { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      try await client.send([1, 2, 3], opcode: 2)
      #expect(try await client.next() == .close(code: 1003))
      try await client.close(code: 1003)
      try await eventually { emulated.functions.calls(of: "disconnect").count == 1 }
    }
  }

  // MARK: $disconnect

  @Test(arguments: [
    (1000, 1000, ""), (4001, 4001, ""), (0, 1005, "Client-side close frame status not set"),
  ])
  func `tells how a connection ended`(sent: Int, code: Int, reason: String) async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      if sent == 0 {
        try await client.send([], opcode: 8)
      } else {
        try await client.close(code: sent)
      }
      try await eventually { emulated.functions.calls(of: "disconnect").count == 1 }
      let context = emulated.functions.calls(of: "disconnect")[0]["requestContext"]
      #expect(context?["eventType"] == "DISCONNECT")
      #expect(context?["connectionId"]?.string == id)
      #expect(context?["disconnectStatusCode"]?.int == code)
      #expect(context?["disconnectReason"]?.string == reason)
    }
  }

  @Test func `tells that a connection broke, while a message still runs`() async throws {
    try await withGateway { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      emulated.functions.set("chat") { _ in
        try? await eventually { emulated.functions.calls(of: "disconnect").count == 1 }
        return .success(Array(#"{"statusCode":200}"#.utf8))
      }
      try await client.send(#"{"action":"chat"}"#)
      try await eventually { emulated.functions.calls(of: "chat").count == 1 }
      client.end()
      try await eventually { emulated.functions.calls(of: "disconnect").count == 1 }
      let context = emulated.functions.calls(of: "disconnect")[0]["requestContext"]
      #expect(context?["disconnectStatusCode"] == 1006)
      #expect(context?["disconnectReason"] == "Connection Closed Abnormally")
    }
  }

  @Test func `closes connections and lets functions know when it ends`() async throws {
    try await withGateway { emulated in
      let (client, _) = try await WebSocketGatewayTests.connected(emulated)
      let (other, _) = try await WebSocketGatewayTests.connected(emulated)
      await emulated.gateway.end(within: .seconds(10))
      let codes = emulated.functions.calls(of: "disconnect").map {
        $0["requestContext"]?["disconnectStatusCode"]?.int
      }
      #expect(codes == [1001, 1001])
      #expect(try await client.next() == .close(code: 1001))
      #expect(try await other.next() == .close(code: 1001))
    }
  }

  @Test func `does not wait for $disconnect without end`() async throws {
    try await withGateway { emulated in
      emulated.functions.set("disconnect") { _ in
        try? await Task.sleep(for: .seconds(60))
        return .unavailable
      }
      let (_, _) = try await WebSocketGatewayTests.connected(emulated)
      let start = ContinuousClock.now
      await emulated.gateway.end(within: .milliseconds(50))
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test func `writes the access log`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      try await client.send(#"{"action":"chat"}"#)
      try await eventually { emulated.lines.value.count == 2 }
      try await client.close(code: 1000)
      try await eventually { emulated.lines.value.count == 3 }
      let lines = emulated.lines.value
      #expect(lines.map(\.kind) == [.connect, .message, .disconnect])
      #expect(lines.map(\.route) == ["$connect", "chat", "$disconnect"])
      #expect(lines.map(\.status) == [101, 200, 200])
      #expect(lines.allSatisfy { $0.connectionID == id && $0.sourceIP == "127.0.0.1" })
    }
  }
}
