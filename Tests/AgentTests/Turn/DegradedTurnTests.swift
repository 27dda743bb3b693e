import JSON
import Synchronization
import Testing

@testable import Agent

/// Turns in which something that belongs to them is missing: what the model is told, and the trace.
@Suite struct DegradedTurnTests {
  private let receiver = Receiver()
  private let model = ScriptedModel([.text("Well."), .finish()])

  private func knowledge(_ embedder: EmbedderID? = nil) throws -> Knowledge {
    var builder = SegmentBuilder(embedder: embedder)
    let passage = Passage(id: "1", source: "s", title: "Pets", text: "Pets sleep outside.")
    try builder.add(passage, vector: embedder.map { [Float](repeating: 1, count: $0.dimension) })
    let bytes = try builder.file()
    return Knowledge(checkEvery: .seconds(60), load: { _ in .init(bytes: bytes, tag: "1") })
  }

  private func ask(_ retriever: Retriever, _ text: String) async throws -> TurnReport {
    var profile = TestAgent().profile
    profile.tools = []
    let agent = Agent(
      profile: profile, model: model, tools: [], knowledge: nil, retriever: retriever,
      store: MemoryStore(), now: { Timestamp(milliseconds: 1_000) })
    let question = Question(caller: .ana, key: .test(), text: try MessageText(text))
    return await agent.answer(question, until: .now + .seconds(300)) { try await receiver.take($0) }
  }

  private var told: String { model.requests.first?.system ?? "" }

  @Test func `nothing found: it is to say so and to ask back`() async throws {
    let report = try await ask(Retriever(knowledge()), "Who won the cup?")
    #expect(report.passages == 0 && report.retrieval == .words)
    #expect(told.contains("Nothing was found"))
    #expect(told.contains("say that you do not know and ask a question"))
    #expect(!told.contains("<context>"))
  }

  @Test func `too little of the question found counts as nothing`() async throws {
    let question = "Which outside firm audited the yearly accounts of the northern office?"
    let report = try await ask(Retriever(knowledge()), question)
    #expect(report.passages == 0)
    #expect(told.contains("Nothing was found"))
  }

  @Test func `no index: it is to say that it cannot look now`() async throws {
    let lost = Knowledge(checkEvery: .seconds(60), load: { _ in throw MemoryStore.Broken() })
    let report = try await ask(Retriever(lost), "Where do pets sleep?")
    #expect(report.passages == nil && report.retrieval == nil)
    #expect(told.contains("cannot be looked up now"))
    #expect(report.outcome == .completed(.complete))
  }

  @Test func `an index that is lost later: what is in memory, and it is marked`() async throws {
    let state = try await knowledge().current()
    let loads = Mutex(0)
    let losing = Knowledge(
      checkEvery: .zero,
      states: { _ in
        try loads.withLock { loads in
          loads += 1
          guard loads == 1 else { throw MemoryStore.Broken() }
          return state
        }
      })
    for (mode, passages) in [(Retrieval.Mode.words, 1), (.stale, 1)] {
      let report = try await ask(Retriever(losing), "Where do pets sleep?")
      #expect(report.retrieval == mode && report.passages == passages)
    }
  }

  @Test func `embedder down: by words alone, and the trace says so`() async throws {
    let embedder = TopicEmbedder()
    embedder.isDown = true
    let report = try await ask(
      Retriever(knowledge(embedder.id), embedder: embedder), "Where do pets sleep?")
    #expect(report.passages == 1 && report.retrieval == .embedderDown)
    #expect(told.contains("Pets sleep outside."))
  }

  @Test func `a passage without a vector: by its words, and the trace says so`() async throws {
    let report = try await ask(
      Retriever(knowledge(), embedder: TopicEmbedder()), "Where do pets sleep?")
    #expect(report.passages == 1 && report.retrieval == .vectorsMissing)
  }

  @Test func `a failed tool: the model learns what failed, and is to say so`() async throws {
    struct Broken: Error {}
    let tool = Tool(
      name: "look", description: "Looks.",
      parameters: ["type": "object", "properties": ["n": ["type": "integer"]]]
    ) { _ in throw Broken() }
    let model = ScriptedModel(
      [.call("look", #"{"n":1}"#), .finish(.toolCalls)],
      [.text("I could not look it up."), .finish()])
    let agent = Agent(
      profile: TestAgent().profile, model: model, tools: [tool], knowledge: nil,
      store: MemoryStore(), now: { Timestamp(milliseconds: 1_000) })
    let question = Question(caller: .ana, key: .test(), text: try MessageText("What is 語?"))
    let report = await agent.answer(question, until: .now + .seconds(300)) {
      try await receiver.take($0)
    }
    #expect(report.outcome == .completed(.complete))
    #expect(report.tools.map(\.error) == ["failed"])
    let requests = model.requests
    #expect(requests.count == 2)
    #expect(requests[0].system.contains("When a tool fails, say what could not be looked up"))
    #expect("\(requests[1].messages)".contains("the tool failed"))
  }
}
