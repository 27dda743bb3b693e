import JSON
import Server
import Support
import Synchronization
import Testing

@testable import Gateway

@Suite(.serialized) struct ConnectionServiceTests {
  func ask(
    _ emulated: Emulated, _ method: String, _ path: String, _ body: [UInt8] = []
  ) async -> HTTPResponse {
    await emulated.gateway.answerConnections(
      HTTPRequest(method: method, target: path, body: RequestBody(body)))
  }

  func json(_ response: HTTPResponse) throws -> JSONValue {
    guard case .bytes(let bytes) = response.body else { return .null }
    return try JSONValue(parsing: bytes)
  }

  @Test func `posts to an open connection, however its path is written`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      let escaped = id.replacing("=", with: "%3D")
      for path in [
        "/@connections/\(id)", "/prod/@connections/\(escaped)", "/%40connections/\(escaped)",
        "/prod/%40connections/\(id)",
      ] {
        #expect(await ask(emulated, "POST", path, Array("食べる".utf8)).status == 200)
        #expect(try await client.text() == "食べる")
      }
      #expect(await ask(emulated, "POST", "/other/@connections/\(id)").status == 410)
    }
  }

  @Test func `keeps the order of what one sender posts`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      for number in 0..<100 {
        _ = await ask(emulated, "POST", "/prod/@connections/\(id)", Array("\(number)".utf8))
      }
      for number in 0..<100 { #expect(try await client.text() == "\(number)") }
    }
  }

  @Test func `says 410 before the connection is there and after it is gone`() async throws {
    try await withGateway { emulated in
      emulated.functions.set("connect") { [emulated] event in
        let id = event["requestContext"]?["connectionId"]?.string ?? ""
        let early = await ask(emulated, "POST", "/prod/@connections/\(id)", [0x61])
        return .success(Array(#"{"statusCode":\#(early.status == 410 ? 200 : 500)}"#.utf8))
      }
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      try await client.close(code: 1000)
      try await eventually { emulated.functions.calls(of: "disconnect").count == 1 }
      let gone = await ask(emulated, "POST", "/prod/@connections/\(id)", [0x61])
      #expect(gone.status == 410)
      #expect(gone.headers["x-amzn-ErrorType"] == "GoneException")
    }
  }

  @Test func `refuses what is too long or no text`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      let path = "/prod/@connections/\(id)"
      let longest = [UInt8](repeating: 0x61, count: 131_072)
      #expect(await ask(emulated, "POST", path, longest).status == 200)
      #expect(try await client.text().utf8.count == 131_072)
      let long = await ask(emulated, "POST", path, longest + [0x61])
      #expect(long.status == 413)
      #expect(long.headers["x-amzn-ErrorType"] == "PayloadTooLargeException")
      #expect(await ask(emulated, "POST", path, [0xFF]).status == 400)
      #expect(await ask(emulated, "PUT", path).status == 403)
    }
  }

  @Test func `describes and closes a connection`() async throws {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      let path = "/prod/@connections/\(id)"
      let description = try json(await ask(emulated, "GET", path))
      #expect(description.object?.keys == ["connectedAt", "identity", "lastActiveAt"])
      #expect(description["identity"]?["sourceIp"] == "127.0.0.1")
      #expect(await ask(emulated, "DELETE", path).status == 204)
      #expect(try await client.next() == .close(code: 1000))
      try await client.close(code: 1000)
      try await eventually { emulated.functions.calls(of: "disconnect").count == 1 }
      #expect(await ask(emulated, "GET", path).status == 410)
    }
  }

  @Test func `posts to an attached connection until it is closed`() async throws {
    try await withGateway { emulated in
      let frames = Mutex<[String]>.Box([])
      await emulated.gateway.attach("R1kmxc2VNjMCFIA=", stage: "prod") { frame in
        frames.mutex.withLock { $0.append(frame) }
      }
      let path = "/prod/@connections/R1kmxc2VNjMCFIA%3D"
      #expect(await ask(emulated, "POST", path, Array("one".utf8)).status == 200)
      #expect(frames.value == ["one"])
      #expect(await ask(emulated, "DELETE", path).status == 204)
      #expect(await ask(emulated, "POST", path).status == 410)
      await emulated.gateway.attach("a", stage: "prod") { _ in }
      await emulated.gateway.detach("a")
      #expect(await ask(emulated, "GET", "/prod/@connections/a").status == 410)
    }
  }

  @Test func `is reached on the gateway's port by signed requests from this machine`() async throws
  {
    try await withGateway { emulated in
      let (client, id) = try await WebSocketGatewayTests.connected(emulated)
      let line = "POST /prod/@connections/\(id)"
      let signed = ["Authorization: AWS4-HMAC-SHA256 Credential=x"]
      #expect(try await emulated.client().request(line, body: [0x61]).status == 403)
      #expect(
        try await emulated.client().request(line, signed, body: [0x61], host: "evil.example").status
          == 403)
      #expect(try await emulated.client().request(line, signed, body: [0x61]).status == 200)
      #expect(try await client.text() == "a")
    }
  }
}
