import Agent
import Cloud
import Events
import JSON
import LambdaRuntime
import Network
import Support
import Testing

@testable import Routes

/// Answers as server-sent events, and clients that come back for them.
@Suite struct ChatStreamTests {
  private let ana = Caller(user: "ana", tenant: "acme")

  /// A desk whose assistant is a parrot, over the tables of a cloud.
  private func desk(
    _ environment: [String: String], words: [String] = ["To ", "eat."], grace: Duration = .zero
  ) -> (desk: TurnDesk, live: StoredLiveTurns, conversations: StoredConversations) {
    let store = Store(CloudClient(CloudSettings(environment: environment), http: HTTPClient()))
    let live = StoredLiveTurns(store: store, table: "martlet-claims")
    let conversations = StoredConversations(
      store, conversations: "martlet-conversations", turns: "martlet-turns")
    let profile = Profile(name: "japanese", title: "Tutor", instructions: "Be brief.")
    let agent = Agent(
      profile: profile, model: Parrot(words: words), tools: [], knowledge: nil,
      store: conversations, now: { .now })
    let desk = TurnDesk(
      tokens: .test, claims: StoredClaims(claims: Claims(store, table: "martlet-claims")),
      relayed: RelayedTurns(live: live, sender: SentFrames(), grace: grace),
      conversations: conversations,
      confirmations: StoredConfirmations(store, table: "martlet-claims"), profiles: [profile],
      defaultAssistant: "japanese",
      agent: { _ in agent })
    return (desk, live, conversations)
  }

  private func ask(
    _ desk: TurnDesk, _ sink: SentStream, key: String = "k", last: String? = nil,
    bearer: String? = nil
  ) async throws {
    var headers = ["idempotency-key": key]
    headers["last-event-id"] = last
    let event = try request(
      "/api/v1/chat/stream", method: "POST", token: bearer ?? token(),
      body: ["message": "What does 食べる mean?"], headers: headers)
    try await ChatStream(desk: desk).respond(
      to: FunctionURLEvent(event), sink, Invocation())
  }

  @Test func `looks for wishes less often when looks come late`() {
    #expect(TurnRelay.interval(afterLateness: .zero) == TurnRelay.lookInterval)
    #expect(TurnRelay.interval(afterLateness: .milliseconds(1)) == TurnRelay.lookInterval)
    #expect(TurnRelay.interval(afterLateness: .milliseconds(12)) == .milliseconds(600))
    #expect(TurnRelay.interval(afterLateness: .seconds(5)) == TurnRelay.longestLookInterval)
  }

  @Test func `events come in order, and any of them leads to the rest`() async throws {
    try await SmallCloud.run { _, environment in
      let (desk, _, _) = desk(environment)
      let whole = SentStream()
      try await ask(desk, whole)
      #expect(whole.status == 200)
      #expect(whole.types.first == "start")
      #expect(whole.types.last == "complete")
      #expect(whole.said == "To eat.")
      for (place, event) in whole.events.enumerated() {
        let rest = SentStream()
        try await ask(desk, rest, last: event.id)
        let before = whole.events[...place].compactMap { $0.data["content"]?.string }.joined()
        #expect(before + rest.said == "To eat.", "\(event.id)")
        #expect(rest.types.last == "complete")
      }
      let last = try #require(whole.events.last?.id)
      for (last, bearer, status) in [
        ("nonsense", nil, 400), ("c-1/m-1/0/0", nil, 404), (last + "9", nil, 400),
        (last, try token("bob"), 404),
      ] {
        let refused = SentStream()
        try await ask(desk, refused, last: last, bearer: bearer)
        #expect(refused.status == status, "\(last): \(refused.text)")
      }
    }
  }

  @Test func `a reader gets what is kept of a turn that runs, as it grows`() async throws {
    try await SmallCloud.run { _, environment in
      let (desk, live, conversations) = desk(environment)
      let key = MessageKey(caller: ana, connection: "http", message: "k")
      let question = Question(caller: ana, key: key, text: try MessageText("?"))
      let name = LiveTurnName(owner: ana.owner, id: key.messageID)
      try await live.begin(
        name,
        LiveTurn(
          message: key.messageID, leaseUntil: Timestamp.now.milliseconds + 30_000))
      func step(_ status: ToolStep.Status, _ number: Int = 0) -> ToolStep {
        ToolStep(number: number, name: "look", arguments: "{}", status: status)
      }
      try await live.keep(
        name, message: key.messageID, text: "食べる", sizes: [9], steps: [step(.running)])
      let sink = SentStream()
      let position = "\(question.conversationID.text)/\(key.messageID)/1/6"
      async let reading: Void = ask(desk, sink, last: position)
      try await eventually { sink.said == "る" }
      // The turn sees that somebody reads, and goes on.
      try await eventually { try await live.find(name)?.receiver?.address == nil }
      let receiver = try #require(try await live.find(name)?.receiver)
      try await live.keep(
        name, message: key.messageID, text: "食べる means", sizes: [9, 6],
        steps: [step(.done), step(.running, 1)])
      try await eventually { sink.said == "る means" }
      let turn = Turn(
        conversation: question.conversationID, number: 0, message: key.messageID, question: "?",
        answer: "食べる means to eat.", status: .complete, sources: [],
        tools: [step(.done), step(.failed, 1)], usage: Usage(),
        assistant: "japanese", model: "m", askedAt: .now, answeredAt: .now)
      let number = try await conversations.append(turn, of: ana, title: "?")
      let end = LiveTurnEnd(
        conversation: question.conversationID.text, sizes: [9, 6], turn: number, problem: nil)
      // A reader says again and again that it is there: the newest word counts.
      try await eventually {
        let token = try await live.find(name)?.receiver?.token ?? receiver.token
        return try await live.end(name, message: key.messageID, end, served: token)
      }
      try await reading
      #expect(sink.said == "る means to eat.")
      #expect(sink.types.last == "complete")
      // How the tools stood, and what changed; each state once.
      let told = sink.events.filter { $0.data["type"] == "tool" }.map {
        "\($0.data["callId"]?.int ?? -1) \($0.data["status"]?.string ?? "")"
      }
      #expect(told == ["0 running", "0 done", "1 running", "1 failed"])
      // Whoever has all of it hears nothing about them again.
      let last = try #require(sink.events.last?.id)
      #expect(last.hasSuffix("/4"))
      let again = SentStream()
      try await ask(desk, again, last: last)
      #expect(again.types == ["complete"])
      #expect(sink.events.map { $0.data["index"]?.int }.compactMap { $0 } == [1, 2, 3])
    }
  }

  @Test func `whoever answered has died: the client is told`() async throws {
    try await SmallCloud.run { _, environment in
      let (desk, live, _) = desk(environment)
      let key = MessageKey(caller: ana, connection: "http", message: "k")
      let name = LiveTurnName(owner: ana.owner, id: key.messageID)
      try await live.begin(name, LiveTurn(message: key.messageID, leaseUntil: 1))
      let sink = SentStream()
      try await ask(desk, sink, last: "c-1/\(key.messageID)/0/0")
      #expect(sink.types == ["error"])
      #expect(sink.events.first?.data["code"] == "model_unavailable")
    }
  }

  @Test func `a client that leaves ends the turn after the grace time`() async throws {
    try await SmallCloud.run { _, environment in
      let words = (0..<200).map { "word\($0) " }
      let (desk, live, conversations) = desk(environment, words: words)
      let sink = SentStream(goneAfter: 1)
      try await ask(desk, sink)
      let start = try #require(sink.events.first?.data)
      let message = try #require(start["messageId"]?.string)
      let id = try #require(start["conversationId"]?.string.flatMap { ConversationID($0) })
      let found = try await live.find(LiveTurnName(owner: ana.owner, id: message))
      #expect(found?.isRunning == false)
      if let turn = try await conversations.turn(message, in: id, of: ana) {
        #expect(turn.status == .interrupted || turn.answer == words.joined())
      }
    }
  }
}
