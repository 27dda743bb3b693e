import Models
import Network
import Server
import Support
import Synchronization
import Testing

@testable import Agent
@testable import Assistants

/// Nothing is remembered: each question stands alone.
private struct NoConversations: ConversationStore {
  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? { nil }

  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int { 1 }
}

/// Whole turns: real data, real tools, the local model over HTTP.
@Suite struct JapaneseTurnTests {
  private struct Answer {
    var text = ""
    var chunks = 0
    var tools: [String] = []
    var completion: Completion?
    var failure: AgentError?
  }

  /// The client of a provider, pointed at its stand-in.
  enum Provider: String, CaseIterable, Sendable {
    case openAI
    case anthropic
    case gemini
    case vertex
    case bedrock

    func model(_ service: String, _ name: String) -> any Model {
      let client = HTTPClient()
      switch self {
      case .openAI:
        let wire = OpenAI(base: service + "/openai/v1", key: { "local" })
        return HTTPModel(wire, model: name, client: client)
      case .anthropic:
        let wire = Anthropic(base: service + "/anthropic", key: { "local" })
        return HTTPModel(wire, model: name, client: client)
      case .gemini:
        let wire = Gemini(
          .key(base: service + "/gemini", version: "v1beta", key: { "local" }))
        return HTTPModel(wire, model: name, client: client)
      case .vertex:
        let wire = Gemini(
          .vertex(
            base: service + "/vertex", project: "p", location: "us-central1", token: { "local" }))
        return HTTPModel(wire, model: name, client: client)
      case .bedrock:
        let wire = Bedrock(
          base: service + "/bedrock", region: "us-east-1", access: .bearer { "local" }, now: { 0 })
        return HTTPModel(wire, model: name, client: client)
      }
    }
  }

  private func ask(_ text: String, _ provider: Provider = .openAI) async throws -> Answer {
    let models = ModelProviders()
    let loop = try EventLoop()
    let server = try await HTTPServer.start(on: loop) { .response(await models.answer($0)) }
    let settings = ModelSettings(name: "martlet-local-1")
    let model = provider.model("http://127.0.0.1:\(server.port)", settings.name)
    let index = try #require(try await Loaded.table.value.index)
    let agent = Agent(
      profile: Japanese.profile(model: settings), model: model,
      tools: try await Loaded.tools.value.all,
      knowledge: Knowledge(checkEvery: .seconds(60)) { _ in .init(bytes: index, tag: "1") },
      store: NoConversations(), now: { Timestamp(milliseconds: 1_000) })
    let caller = Caller(user: "ana", tenant: "acme")
    let question = Question(
      caller: caller, key: MessageKey(caller: caller, connection: "c", message: "m"),
      text: try MessageText(text))
    let answer = Mutex(Answer())
    _ = await agent.answer(question, until: .now + .seconds(25)) { event in
      answer.withLock { answer in
        switch event {
        case .started: break
        case .chunk(_, let text):
          answer.text += text
          answer.chunks += 1
        case .tool(let step): if step.status == .done { answer.tools.append(step.name) }
        case .completed(let completion): answer.completion = completion
        case .failed(let error): answer.failure = error
        }
      }
    }
    await server.stop(within: .milliseconds(500))
    loop.end()
    return answer.withLock { $0 }
  }

  @Test(arguments: Provider.allCases)
  func `says what a word means, names it, and streams`(provider: Provider) async throws {
    let answer = try await ask("What does 食べる mean?", provider)
    #expect(answer.text.contains("to eat"), "\(answer)")
    #expect(answer.completion?.sources.map(\.source).contains("japanese/word/食べる") == true)
    #expect(answer.chunks > 1)
  }

  @Test(arguments: Provider.allCases)
  func `counts strokes`(provider: Provider) async throws {
    let answer = try await ask("How many strokes does 語 have?", provider)
    #expect(answer.text.contains("14"), "\(answer)")
    #expect(answer.completion?.sources.map(\.source).contains("japanese/kanji/語") == true)
  }

  @Test(arguments: Provider.allCases)
  func `gives an example sentence`(provider: Provider) async throws {
    let answer = try await ask("Give me an example sentence with 猫", provider)
    let sentences = try JapaneseFiles(folder: folder).sentences.filter {
      $0.japanese.contains("猫")
    }
    #expect(sentences.contains { answer.text.contains($0.japanese) }, "\(answer)")
    #expect(answer.completion?.sources.contains { $0.type == "sentence" } == true)
  }

  @Test(arguments: [
    ("How do you say \"to swim\" in Japanese?", "泳ぐ"), ("What is the reading of 猫?", "ねこ"),
    ("What JLPT level is 食べる?", "N5"), ("食べるはどういう意味ですか。", "to eat"),
  ])
  func `answers other questions from its tools`(question: String, fact: String) async throws {
    let answer = try await ask(question)
    #expect(answer.text.contains(fact), "\(answer)")
  }

  @Test func `says that it does not know`() async throws {
    let answer = try await ask("Who won the football match yesterday in Brazil?")
    #expect(answer.failure == nil)
    #expect(answer.completion?.sources.isEmpty == true, "\(answer)")
  }
}
