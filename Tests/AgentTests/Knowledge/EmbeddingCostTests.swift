import Cloud
import Events
import JSON
import Network
import Server
import Support
import Synchronization
import Testing

@testable import Agent

/// What embeddings take, from the provider's answer to whoever pays for it.
@Suite struct EmbeddingCostTests {
  private let each = TopicEmbedder.tokensOfText

  /// What an embedder of OpenAI's or Gemini's protocol counts when a server gives these answers, in
  /// order, to one text each.
  private func counted(
    _ wire: HTTPEmbedder.Wire, _ answers: [String], _ texts: [String]
  ) async throws -> (tokens: [Int], vectors: [[Float]]?) {
    let loop = try EventLoop()
    let left = Mutex(answers[...])
    let server = try await HTTPServer.start(on: loop) { _ in
      let answer = left.withLock { $0.popFirst() }
      return .response(
        HTTPResponse(
          status: answer == nil ? 500 : 200, headers: ["content-type": "application/json"],
          body: .bytes(Array((answer ?? "{}").utf8))))
    }
    let tokens = Mutex<[Int]>([])
    var retry = RetryPolicy()
    retry.attempts = 1
    let embedder = HTTPEmbedder(
      wire, model: "m", dimension: 8, base: "http://127.0.0.1:\(server.port)",
      client: HTTPClient(), retry: retry
    ) { nil }
    let vectors = try? await embedder.embed(
      texts, for: .passage, until: .now + .seconds(20)
    ) { more in tokens.withLock { $0.append(more) } }
    await server.stop(within: .milliseconds(500))
    loop.end()
    return (tokens.withLock { $0 }, vectors)
  }

  private static let vector = "[1,0,0,0,0,0,0,0]"

  private static func openAI(_ usage: String) -> String {
    #"{"data":[{"index":0,"embedding":\#(vector)}]\#(usage)}"#
  }

  @Test(arguments: [
    (HTTPEmbedder.Wire.openAI, openAI(#","usage":{"prompt_tokens":5,"total_tokens":5}"#), 5),
    // A compatible server that says nothing, or nonsense: four bytes of ASCII are a token.
    (.openAI, openAI(""), 3), (.openAI, openAI(#","usage":{"prompt_tokens":-9}"#), 3),
    (.openAI, openAI(#","usage":{"prompt_tokens":1e300}"#), 3),
    (.gemini, #"{"embeddings":[{"values":\#(vector)}]}"#, 3),
    (
      .gemini,
      #"{"embeddings":[{"values":\#(vector)}],"usageMetadata":{"promptTokenCount":6}}"#, 6
    ),
  ])
  func `tokens are those of the answer, else an estimate`(
    wire: HTTPEmbedder.Wire, answer: String, tokens: Int
  ) async throws {
    let found = try await counted(wire, [answer], ["twelve bytes"])
    #expect(found.tokens == [tokens])
    #expect(found.vectors?.count == 1)
  }

  @Test func `what was answered before a failure, or came to nothing, was paid for`() async throws {
    // 96 texts of 97 are answered with one vector: nothing comes of it.
    let texts = (0..<97).map { "text \($0)" }
    let found = try await counted(
      .openAI, [Self.openAI(#","usage":{"prompt_tokens":480}"#)], texts)
    #expect(found.tokens == [480] && found.vectors == nil)
    let refused = try await counted(.openAI, [], ["x"])
    #expect(refused.tokens.isEmpty && refused.vectors == nil)
  }

  @Test func `models of embeddings have a price each`() {
    for (model, dollars) in [
      ("openai/text-embedding-3-small", "0.02"), ("openai/text-embedding-3-large", "0.13"),
      ("gemini/gemini-embedding-001", "0.15"), ("bedrock/amazon.titan-embed-text-v1", "0.10"),
      ("bedrock/amazon.titan-embed-text-v2:0", "0.02"),
    ] {
      let cost = PriceTable.standard.price(of: model)?.cost(of: Usage(input: 1_000_000))
      #expect(cost?.text() == dollars, "\(model)")
    }
  }

  @Test func `documents are charged to their tenant, each word for word once`() async throws {
    try await withKnowledgeCloud { cloud in
      let (embedder, meter) = (TopicEmbedder(), EmbeddingMeter())
      let library = cloud.library(embedder)
      let document = Library.Document(
        id: "d", source: "s", title: "T", text: "A dog.\n\n# Cars\n\nA car.")
      let (_, added) = try await library.add(
        document, tenant: "acme", until: .now + .seconds(20), meter: meter)
      guard case .added(let passages, _) = added else { return #expect(Bool(false), "not added") }
      for _ in 0..<2 {
        _ = try await library.add(
          document, tenant: "acme", until: .now + .seconds(20), meter: meter)
      }
      #expect(meter.uses.map(\.caller) == [.ingestion(of: "acme")])
      #expect(meter.uses.map(\.usage) == [Usage(input: passages * each)])
      // Without an embedder nothing is made and nothing costs.
      let words = EmbeddingMeter()
      _ = try await cloud.library().add(
        document, tenant: "other", until: .now + .seconds(20), meter: words)
      #expect(words.uses.isEmpty)
    }
  }

  @Test func `the index charges each tenant for its own items, and no vector twice`() async throws {
    try await withKnowledgeCloud { cloud in
      let (embedder, meter) = (TopicEmbedder(), EmbeddingMeter())
      let items = [
        cloud.item("a", "A dog."), cloud.item("b", "A car.", tenant: "other"),
        cloud.item("c", "A soup."),
        cloud.item("d", "For all.", ["collection": "documents"]),
      ]
      for item in items { try await cloud.store.put(item, into: KnowledgeCloud.table) }
      let deadline = ContinuousClock.now + .seconds(20)
      let summary = try await cloud.keeper(embedder).apply(
        items.map { .put($0) }, until: deadline, meter: meter)
      #expect(summary.vectors == 4)
      func sums(_ meter: EmbeddingMeter) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: meter.uses.map { ($0.caller.tenant, $0.usage.input) })
      }
      #expect(sums(meter) == ["acme": 2 * each, "other": each, "default": each])
      // Items without a vector get one at a rebuild; the next finds them there.
      for tokens in [["acme": 2 * each, "other": each, "default": each], [:]] {
        let meter = EmbeddingMeter()
        _ = try await cloud.keeper(embedder).rebuild(until: deadline, meter: meter)
        #expect(sums(meter) == tokens)
      }
    }
  }

  @Test func `batches have one tenant and room for so many`() {
    let items = (0..<250).map { number -> Item in
      [
        "collection": .string(Documents.collection(of: number % 5 == 0 ? "b" : "a")),
        "id": .string("\(number)"), "text": number == 7 ? " " : "x",
      ]
    }
    let batches = EmbeddingBatch.list(items) { $0 != 9 }
    #expect(batches.map(\.tenant) == ["b", "a", "a", "a"])
    #expect(batches.map(\.places.count) == [50, 96, 96, 6])
    #expect(Set(batches.flatMap(\.places)) == Set(0..<250).subtracting([7, 9]))
  }

  @Test func `a turn reports what its question's vector took, and one at hand takes nothing`()
    async throws
  {
    let embedder = TopicEmbedder()
    var builder = SegmentBuilder(embedder: embedder.id)
    try builder.add(
      Passage(id: "1", source: "s", title: "Pets", text: "Pets sleep."),
      vector: [Float](repeating: 1, count: 8))
    let bytes = try builder.file()
    let retriever = Retriever(
      Knowledge(checkEvery: .seconds(60), load: { _ in .init(bytes: bytes, tag: "1") }),
      embedder: embedder)
    var profile = TestAgent().profile
    profile.tools = []
    func report(_ error: AgentError?) async throws -> TurnReport {
      let agent = Agent(
        profile: profile, model: ScriptedModel([.text("Well."), .finish()]), tools: [],
        knowledge: nil, retriever: retriever, store: MemoryStore(),
        admit: { _ in if let error { throw error } }, now: { Timestamp(milliseconds: 1_000) })
      let question = Question(
        caller: .ana, key: .test(), text: try MessageText("Where does the dog sleep?"))
      return await agent.answer(question, until: .now + .seconds(300)) { _ in }
    }
    let use = ModelUse(model: "test/topics", usage: Usage(input: each))
    #expect(try await report(nil).others == [use])
    // The search had begun when the question was refused.
    let refusal = AgentError.budgetUsedUp(.user, .day, retryAfter: .seconds(1))
    #expect(try await report(refusal).others == [use])
  }
}
