import Agent
import Cloud
import Crypto
import Events
import Foundation
import JSON
import LambdaRuntime
import Network
import Support
import Testing

@testable import Routes

/// A token signed with the cloud's own key.
func signedToken(
  _ user: String, role: String, _ environment: [String: String]
) async throws -> String {
  let client = CloudClient(CloudSettings(environment: environment), http: HTTPClient())
  let secret = try await Secrets(client).value(of: "martlet/token-key").bytes
  let now = Double(WallClock.milliseconds()) / 1000
  return try TokenSigner(key: TokenKey(secret: secret)).token([
    "sub": .string(user), "tenant": "acme", "role": .string(role), "iat": .double(now),
    "exp": .double(now + 600),
  ])
}

/// The handshake of a client that shows a token as browsers can.
func connectEvent(_ token: String) throws -> WebSocketEvent {
  var event = try fixture(WebSocketEvent.self, "connect")
  event.headers?["Sec-WebSocket-Protocol"] = "martlet, bearer.\(token)"
  return event
}

/// The routes as `main.swift` makes them, against a cloud on a socket.
@Suite struct WholeTests {
  private func frame(_ text: String) throws -> WebSocketEvent {
    var event = try fixture(WebSocketEvent.self, "chat")
    event.body = text
    return event
  }

  @Test func `ingest, connect, chat, lists, disconnect`() async throws {
    try await SmallCloud.run { cloud, environment in
      let program = try Program(environment: environment)
      let summary = try await program.ingest().handle(.null, Invocation())
      #expect(summary.hasWritten)
      #expect(summary.words > 20)
      #expect(try await program.ingest().handle(.null, Invocation()).hasWritten == false)

      let user = try await signedToken("ana", role: "user", environment)
      let opened = try await program.connect().handle(connectEvent(user), Invocation())
      #expect(opened.statusCode == 200)
      let id = try connectEvent(user).connectionID

      let chat = program.chat()
      for (text, answer) in [
        ("What does 食べる mean?", "to eat"), ("How many strokes does 語 have?", "14"),
      ] {
        let before = cloud.frames(to: id).count
        let body = #"{"action":"chat","id":"\#(answer)","message":"\#(text)"}"#
        _ = try await chat.handle(frame(body), Invocation())
        let frames = Array(cloud.frames(to: id)[before...])
        #expect(frames.first?["type"] == "start")
        let said = frames.compactMap { $0["content"]?.string }.joined()
        #expect(said.contains(answer), "\(text): \(said)")
        let complete = try #require(frames.last)
        #expect(complete["type"] == "complete", "\(complete)")
        #expect(complete["sources"]?.array?.isEmpty == false)
      }
      try await lists(program, user, environment)
      let gone = try await program.disconnect().handle(
        fixture(WebSocketEvent.self, "disconnect"), Invocation())
      #expect(gone == .ok)
      let before = cloud.frames(to: id).count
      _ = try await chat.handle(frame(#"{"action":"chat","id":"x","message":"hi"}"#), Invocation())
      #expect(cloud.frames(to: id)[before...].map { $0["code"] } == ["unauthorized"])
    }
  }

  private func lists(
    _ program: Routes.Program, _ user: String, _ environment: [String: String]
  ) async throws {
    let own = await program.conversations().handle(
      try request("/api/v1/conversations", token: user, ["limit": "1"]), Invocation())
    let page = try body(own)
    #expect(page["conversations"]?.array?.count == 1)
    let cursor = try #require(page["nextCursor"]?.string)
    let second = try body(
      await program.conversations().handle(
        try request("/api/v1/conversations", token: user, ["cursor": cursor]), Invocation()))
    #expect(second["conversations"]?.array?.count == 1)
    let id = try #require(page["conversations"]?[0]?["id"]?.string)
    let messages = try body(
      await program.conversations().handle(
        try request("/api/v1/conversations/\(id)/messages", token: user), Invocation()))
    #expect(messages["messages"]?.array?.count == 2)

    let admin = try await signedToken("root", role: "admin", environment)
    for (path, status) in [
      ("conversations", 200), ("conversations/\(id)", 200), ("conversations/user/ana", 200),
      ("conversations/c-404", 404), ("stats", 200),
    ] {
      let response = await program.admin().handle(
        try request("/api/v1/admin/chat/\(path)", token: admin), Invocation())
      #expect(response.statusCode == status, "\(path): \(response.body ?? "")")
    }
    let forbidden = await program.admin().handle(
      try request("/api/v1/admin/chat/stats", token: user), Invocation())
    #expect(forbidden.statusCode == 403)
  }

  @Test func `claims are taken once, other texts are noticed`() async throws {
    try await SmallCloud.run { _, environment in
      let client = CloudClient(CloudSettings(environment: environment), http: HTTPClient())
      let store = Store(client)
      let claims = StoredClaims(claims: Claims(store, table: "martlet-claims"))
      let key = MessageKey(
        caller: Caller(user: "ana", tenant: "acme"), connection: "c#1", message: "m%1")
      guard case .granted(let complete) = try await claims.take(key, text: "a") else {
        Issue.record("the first one was not granted")
        return
      }
      for _ in 0..<2 {
        guard case .taken = try await claims.take(key, text: "a") else {
          Issue.record("granted twice")
          return
        }
        guard case .otherText = try await claims.take(key, text: "b") else {
          Issue.record("another text passed")
          return
        }
        try await complete()
      }
    }
  }

  @Test func `a client that has gone ends the turn without an error`() async throws {
    try await SmallCloud.run { cloud, environment in
      let program = try Program(environment: environment)
      let user = try await signedToken("ana", role: "user", environment)
      let event = try connectEvent(user)
      _ = try await program.connect().handle(event, Invocation())
      cloud.end(event.connectionID)
      let logged = try await program.chat().handle(
        frame(#"{"action":"chat","id":"x","message":"hi"}"#), Invocation())
      #expect(logged == .ok)
    }
  }
}
