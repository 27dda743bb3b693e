import Agent
import Events
import JSON
import LambdaRuntime
import Support
import Testing

@testable import Routes

@Suite struct ClientFrameTests {
  private func frame(_ text: String) throws -> ClientFrame {
    var event = try fixture(WebSocketEvent.self, "default")
    event.body = text
    return try ClientFrame(event)
  }

  @Test func `reads what clients may send`() throws {
    #expect(try frame(#"{"action":"ping"}"#) == .ping(id: nil))
    #expect(try frame(#"{"action":"ping","id":"p"}"#) == .ping(id: "p"))
    #expect(try frame(#"{"action":"stop","id":"m-1"}"#) == .stop(id: "m-1"))
    guard case .chat(let chat) = try frame(#"{"message":"hi"}"#) else {
      Issue.record("a plain message is no chat frame")
      return
    }
    #expect(chat.message == "hi")
    #expect(chat.id == "R1knPc2ntjMCFIA=")
  }

  @Test(arguments: [
    "", "{", "[]", "1", "null", #""text""#, "{}", #"{"id":"x"}"#, #"{"message":1}"#,
    #"{"message":null}"#, #"{"action":"chat","id":"x"}"#, #"{"action":"stop"}"#,
    #"{"action":"chat","id":"","message":"x"}"#, #"{"action":"chat","id":7,"message":"x"}"#,
    #"{"action":"chat","id":"x","message":"y","conversationId":5}"#,
    #"{"action":"chat","action":"stop","id":"x"}"#,
    #"{"message":"x","id":"\#(String(repeating: "i", count: 129))"}"#,
    #"{"action":"resume"}"#, #"{"action":"resume","id":"x","index":-2}"#,
    #"{"action":"resume","id":"x","index":"3"}"#, #"{"action":"resume","id":"x","index":1.5}"#,
    String(repeating: "[", count: 10_000),
  ]) func `says what is wrong`(_ text: String) throws {
    let error = #expect(throws: FrameError.self) { try frame(text) }
    #expect(error?.problem.code == "bad_frame")
  }

  @Test(arguments: [#""dance""#, #""$disconnect""#, #""""#, "7", "{}", "[]"])
  func `unknown actions`(_ action: String) throws {
    let error = #expect(throws: FrameError.self) {
      try frame(#"{"action":\#(action),"id":"m-9"}"#)
    }
    #expect(error?.problem == .unknownAction)
    #expect(error?.id == "m-9")
  }
}

@Suite struct ChatTests {
  private let connections = MemoryConnections()
  private let claims = MemoryClaims()
  private let archive = MemoryArchive()
  private let live = MemoryLiveTurns()

  private func connect(tokenLife: Double = 3600) async throws {
    let signedIn = SignedIn(
      caller: Caller(user: "ana", tenant: "acme"), expires: testNow.seconds + tokenLife)
    try await connections.save(
      OpenConnection(
        id: "R1kmxc2VNjMCFIA=", signedIn: signedIn, assistant: "japanese", connectedAt: testNow))
  }

  private func answer(
    _ event: WebSocketEvent, _ sent: SentFrames, after: Double = 0
  ) async throws {
    let now = Timestamp(milliseconds: testNow.milliseconds + Int64(after * 1000))
    let profile = Profile(
      name: "japanese", title: "Tutor", instructions: "Be brief.",
      specialists: [
        Specialist(name: "kanji", title: "Kanji", instructions: "", examples: ["strokes"])
      ])
    let agent = Agent(
      profile: profile, model: Parrot(), tools: [], knowledge: nil, store: archive, now: { testNow }
    )
    let turn = ChatTurn(
      connections: connections, claims: claims, sender: sent,
      relayed: RelayedTurns(live: live, sender: sent, grace: .zero, now: { now }),
      storedTurn: { [archive] in archive.turn($1, of: $0, $2) },
      confirmations: .unreachable, profiles: [profile], agent: { _ in agent },
      now: { now })
    let response = try await Chat(turn: turn).handle(event, Invocation())
    #expect(response == .ok)
  }

  private func event(_ text: String) throws -> WebSocketEvent {
    var event = try fixture(WebSocketEvent.self, "chat")
    event.body = text
    return event
  }

  @Test func `start, chunks, complete; stored once`() async throws {
    try await connect()
    let sent = SentFrames()
    try await answer(fixture(WebSocketEvent.self, "chat"), sent)
    #expect(sent.types.first == "start")
    #expect(sent.types.last == "complete")
    #expect(sent.frames.allSatisfy { $0["id"] == "m-1" })
    let chunks = sent.frames.filter { $0["type"] == "chunk" }
    #expect(chunks.map { $0["index"]?.int } == Array(0..<chunks.count).map(Optional.some))
    #expect(chunks.compactMap { $0["content"]?.string }.joined() == "To eat.")
    let complete = try #require(sent.frames.last)
    #expect(complete["conversationId"] == sent.frames[0]["conversationId"])
    #expect(complete["usage"]?["inputTokens"] == 12)
    #expect(complete["finishReason"] == "complete")
    #expect(claims.completed.count == 1)
    let stored = try await archive.conversations(ofTenant: "acme", PageRequest())
    #expect(stored.elements.count == 1)
  }

  @Test func `the same message twice is answered once`() async throws {
    try await connect()
    let sent = SentFrames()
    try await answer(fixture(WebSocketEvent.self, "chat"), sent)
    let count = sent.frames.count
    try await answer(fixture(WebSocketEvent.self, "chat"), sent)
    #expect(sent.frames.count == count)
  }

  @Test func `the same id with another text is duplicate_id`() async throws {
    try await connect()
    try await answer(fixture(WebSocketEvent.self, "chat"), SentFrames())
    for text in [
      #"{"action":"chat","id":"m-1","message":"Something else"}"#,
      #"{"action":"chat","id":"m-1","message":"What does 食べる mean?","conversationId":"c-1"}"#,
    ] {
      let sent = SentFrames()
      try await answer(event(text), sent)
      #expect(sent.frames.map { $0["code"] } == ["duplicate_id"])
      #expect(sent.frames.first?["id"] == "m-1")
    }
  }

  @Test func `messages outside the limits are refused before they are claimed`() async throws {
    try await connect()
    let long = String(repeating: "語", count: 4001)
    for (message, code) in [
      ("", "message_empty"), (" \\n\\t", "message_empty"), (long, "message_too_long"),
    ] {
      let sent = SentFrames()
      try await answer(event(#"{"action":"chat","id":"m-1","message":"\#(message)"}"#), sent)
      #expect(sent.frames.map { $0["code"]?.string } == [code])
    }
    #expect(claims.completed.isEmpty)
  }

  @Test func `a conversation of somebody else is one that is not there`() async throws {
    try await connect()
    archive.add(try .test(1, user: "bob"))
    for id in ["c-1", "c-404", "../c-1", "c 1"] {
      let sent = SentFrames()
      let text = #"{"action":"chat","id":"\#(id)","message":"hi","conversationId":"\#(id)"}"#
      try await answer(event(text), sent)
      #expect(sent.frames.map { $0["code"] } == ["conversation_not_found"], "\(id)")
    }
  }

  @Test func `without a connection, or past its token, frames are unauthorized`() async throws {
    let sent = SentFrames()
    try await answer(fixture(WebSocketEvent.self, "chat"), sent)
    #expect(sent.frames.map { $0["code"] } == ["unauthorized"])
    #expect(sent.disconnected == ["R1kmxc2VNjMCFIA="])
    try await connect(tokenLife: 60)
    for name in ["chat", "chat-stop"] {
      let late = SentFrames()
      try await answer(fixture(WebSocketEvent.self, name), late, after: 61)
      #expect(late.frames.map { $0["code"] } == ["unauthorized"])
      #expect(late.disconnected.count == 1)
    }
    #expect(live.stops.isEmpty)
  }

  @Test func `a client that comes back behind the end gets the rest once`() async throws {
    try await connect()
    let sent = SentFrames(goneAfter: 2)
    try await answer(fixture(WebSocketEvent.self, "chat"), sent)
    let first = sent.frames.compactMap { $0["content"]?.string }
    let back = SentFrames()
    try await answer(event(#"{"action":"resume","id":"m-1","index":\#(first.count - 1)}"#), back)
    let rest = back.frames.compactMap { $0["content"]?.string }
    #expect((first + rest).joined() == archive.turn(1)?.answer)
    #expect(back.types.first == "start")
    #expect(["complete", "error"].contains(back.types.last))
    let again = SentFrames()
    try await answer(event(#"{"action":"resume","id":"m-1"}"#), again)
    #expect(
      again.frames.compactMap { $0["content"]?.string }.joined() == archive.turn(1)?.answer)
  }

  @Test func `nobody comes back for what is not known, or somebody else's`() async throws {
    try await connect()
    for text in [
      #"{"action":"resume","id":"m-404","index":3}"#, #"{"action":"resume","id":"m-1"}"#,
    ] {
      let sent = SentFrames()
      try await answer(event(text), sent)
      #expect(sent.frames.map { $0["code"] } == ["message_not_found"])
    }
  }

  @Test func `a client that goes away ends the turn, and what was said is kept`() async throws {
    try await connect()
    let sent = SentFrames(goneAfter: 2)
    try await answer(fixture(WebSocketEvent.self, "chat"), sent)
    #expect(sent.frames.count == 2)
    #expect(claims.completed.count == 1)
  }

  @Test func `stop leaves a wish for the sandbox that answers`() async throws {
    try await connect()
    let sent = SentFrames()
    try await answer(fixture(WebSocketEvent.self, "chat-stop"), sent)
    #expect(sent.frames.isEmpty)
    #expect(live.stops.map(\.id) == ["m-1"])
    #expect(live.stops.first?.owner == Caller(user: "ana", tenant: "acme").owner)
  }

  @Test func `ping is answered, broken frames are explained`() async throws {
    for (name, type, code) in [
      ("default-ping", "pong", nil), ("default-unknown", "error", "unknown_action"),
      ("default-broken", "error", "bad_frame"),
    ] as [(String, String, String?)] {
      let sent = SentFrames()
      try await answer(fixture(WebSocketEvent.self, name), sent)
      #expect(sent.types == [type])
      #expect(sent.frames.first?["code"]?.string == code)
    }
  }

  @Test func `a plain message is answered like chat`() async throws {
    try await connect()
    let sent = SentFrames()
    try await answer(fixture(WebSocketEvent.self, "default"), sent)
    #expect(sent.types.last == "complete")
  }
}
