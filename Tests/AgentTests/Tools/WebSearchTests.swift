import JSON
import Testing

@testable import Agent

@Suite struct WebSearchTests {
  private let page = Source(source: "https://a.example/", title: "a.example", type: "web")

  private func outcome(
    _ model: ScriptedModel, _ arguments: String
  ) async throws -> ToolTable.Outcome {
    let tool = WebSearch.tool(model, settings: ModelSettings(name: "g"))
    let table = ToolTable([tool], allowed: [WebSearch.name])
    let call = ToolCall(id: "1", name: WebSearch.name, arguments: arguments)
    let outcomes = await table.run([call], for: .ana, turn: "t", first: 0) { _, _ in }
    return try #require(outcomes.first)
  }

  @Test func `tells what was found, and where, and what it cost`() async throws {
    let model = ScriptedModel([
      .text("Blue "), .text("won."), .event(.source(page)), .event(.source(page)),
      .event(.usage(Usage(input: 5, output: 2))), .finish(),
    ])
    let outcome = try await outcome(model, #"{"query":"Who won?"}"#)
    let content = try JSONValue(parsing: outcome.content)
    #expect(content["answer"] == "Blue won.")
    #expect(content["pages"] == [["title": "a.example", "url": "https://a.example/"]])
    #expect(outcome.sources == [page])
    #expect(outcome.usage == Usage(input: 5, output: 2))
    #expect(model.requests.first?.messages == [.user("Who won?")])
    #expect(model.requests.first?.tools.isEmpty == true)
  }

  @Test func `says that nothing was found, or that nobody answers`() async throws {
    let silent = try await outcome(ScriptedModel([.text(" "), .finish()]), #"{"query":"x"}"#)
    #expect(silent.error?.code == .notFound)
    let broken = ScriptedModel([.text("half"), .fail(.incomplete)])
    #expect(try await outcome(broken, #"{"query":"x"}"#).error?.code == .failed)
    #expect(try await outcome(broken, #"{"query":""}"#).error?.code == .invalidArguments)
  }

  @Test func `its tokens and pages are the turn's`() async throws {
    let search = ScriptedModel([
      .text("Blue won."), .event(.source(page)), .event(.usage(Usage(input: 50, output: 20))),
      .finish(),
    ])
    let model = ScriptedModel(
      [
        .call(WebSearch.name, #"{"query":"Who won?"}"#),
        .event(.usage(Usage(input: 1, output: 2))), .finish(.toolCalls),
      ], [.text("Blue."), .event(.usage(Usage(input: 3, output: 4))), .finish()])
    let store = MemoryStore()
    let agent = Agent(
      profile: Profile(name: "p", title: "P", instructions: "I.", tools: [WebSearch.name]),
      model: model, tools: [WebSearch.tool(search, settings: ModelSettings())], knowledge: nil,
      store: store, now: { Timestamp(milliseconds: 1_000) })
    let receiver = Receiver()
    let question = try Question(caller: .ana, key: .test(), text: MessageText("Who won?"))
    let report = await agent.answer(question, until: .now + .seconds(300)) {
      try await receiver.take($0)
    }
    #expect(report.usage == Usage(input: 54, output: 26))
    #expect(receiver.completion?.sources == [page])
  }
}
