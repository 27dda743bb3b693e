import Agent
import JSON
import LambdaRuntime
import Support
import Synchronization
import Testing

@testable import Routes

/// Every frame stays under 32 KB, whatever is in it: the worst texts are such that each byte takes six.
@Suite struct FrameSizeTests {
  private static let worst = String(repeating: "\u{1}", count: 8_192)
  private let id = String(worst.prefix(128))

  private func size(_ event: TurnEvent) -> Int {
    ServerFrame.turn(event, id: id).encoded().count
  }

  @Test func `chunks, steps and ends`() throws {
    let id = try #require(ConversationID(String(repeating: "c", count: 64)))
    let source = Source(
      source: "knowledge/" + Self.worst.prefix(1_000), title: Self.worst, type: "document")
    var completion = Completion(
      conversation: id, message: "m-" + String(repeating: "0", count: 32), finish: .complete,
      sources: Array(repeating: source, count: 8), usage: Usage(),
      model: Self.worst.prefix(256) + "",
      variant: "short")
    let call = ConfirmationRequest.Call(
      name: String(Self.worst.prefix(64)), summary: String(Self.worst.prefix(320)),
      arguments: String(Self.worst.prefix(200)))
    #expect(size(.started(conversation: id, message: completion.message)) < 2_048)
    #expect(size(.chunk(index: .max, text: String(Self.worst.prefix(4_096)))) < ServerFrame.longest)
    let step = ToolStep(
      number: 63, name: String(Self.worst.prefix(64)), arguments: String(Self.worst.prefix(400)),
      status: .failed)
    #expect(size(.tool(step)) < 8_192)
    #expect(size(.failed(.budgetUsedUp(.tenant, .month, retryAfter: .seconds(1)))) < 2_048)
    completion.confirmation = ConfirmationRequest(
      id: String(repeating: "0", count: 32), calls: Array(repeating: call, count: 8),
      validUntil: testNow)
    let frame = ServerFrame.turn(.completed(completion), id: self.id)
    #expect(frame.encoded().count < ServerFrame.longest)
    #expect(frame["confirmation"]?["calls"]?.array?.count == 8)
    completion.confirmation = nil
    let plain = ServerFrame.turn(.completed(completion), id: self.id)
    #expect(plain["sources"]?.array?.isEmpty == false)
    #expect(plain.encoded().count < ServerFrame.longest)
  }

  @Test func `usual sources are all there`() throws {
    let id = try #require(ConversationID("c-1"))
    let sources = (0..<8).map { Source(source: "s/\($0)", title: "語 \($0)", type: "word") }
    let completion = Completion(
      conversation: id, message: "m", finish: .complete, sources: sources, usage: Usage(),
      model: "m")
    let frame = ServerFrame.turn(.completed(completion), id: "x")
    #expect(frame["sources"]?.array?.count == 8)
  }

  @Test func `a wish to stop ends the model's answer at once, and keeps what was said`()
    async throws
  {
    let model = EndlessModel()
    let live = MemoryLiveTurns()
    let sent = SentFrames()
    let archive = MemoryArchive()
    var profile = Profile(name: "japanese", title: "Tutor", instructions: "")
    profile.limits.duration = .seconds(300)
    let agent = Agent(
      profile: profile, model: model, tools: [], knowledge: nil, store: archive, now: { testNow })
    let caller = Caller(user: "ana", tenant: "acme")
    let question = Question(
      caller: caller, key: MessageKey(caller: caller, connection: "c", message: "m-1"),
      text: try MessageText("Talk."))
    let turns = RelayedTurns(live: live, sender: sent, grace: .zero, now: { testNow })
    let gateway = GatewayAddress(domainName: "d", stage: "s")
    async let answer: Void = turns.answer(question, by: agent, as: "m-1", Invocation()) {
      try await sent.send(ServerFrame.turn($0, id: "m-1").encoded(), to: "c", at: gateway)
    }
    try await eventually { sent.types.contains("chunk") }
    try await live.requestStop(LiveTurnName(owner: caller.owner, id: "m-1"))
    try await eventually { model.isOver.withLock { $0 } }
    await answer
    #expect(sent.frames.last?["finishReason"] == "stopped")
    let stored = try await archive.conversations(ofTenant: "acme", PageRequest())
    #expect(stored.elements.count == 1)
  }

  /// Says one thing and then nothing, until it is cancelled.
  private final class EndlessModel: Model {
    let name = "endless"
    let isOver = Mutex(false)

    func stream(
      _ request: ModelRequest, until deadline: ContinuousClock.Instant,
      _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
      defer { isOver.withLock { $0 = true } }
      try await receive(.text("Well,"))
      try await Task.sleep(for: .seconds(3_600))
    }
  }
}
