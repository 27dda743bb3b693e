import JSON
import Server
import Testing

@testable import Models

@Suite struct ScriptedAnswersTests {
  private func providers(_ script: String) throws -> ModelProviders {
    ModelProviders(script: try ScriptedAnswers(Array(script.utf8)))
  }

  private func ask(
    _ text: String, model: String = "gpt-4o", _ providers: ModelProviders
  ) async throws -> (Int, JSONValue) {
    let body: JSONValue = [
      "model": .string(model), "messages": [["role": "user", "content": .string(text)]],
    ]
    let response = await providers.answer(
      HTTPRequest(
        method: "POST", target: "/openai/v1/chat/completions",
        headers: ["Authorization": "Bearer secret"],
        body: RequestBody(body.encoded())))
    guard case .bytes(let bytes) = response.body else { return (response.status, .null) }
    return (response.status, try JSONValue(parsing: bytes))
  }

  private func text(_ value: JSONValue) -> String? {
    value["choices"]?[0]?["message"]?["content"]?.string
  }

  @Test func `gives the first answer that fits, as often as it may`() async throws {
    let providers = try providers(
      """
      {"answers": [
        {"contains": "Refund", "text": "Once.", "times": 1},
        {"contains": "refund", "chunks": ["Again ", "and again."]},
        {"pattern": "order [0-9]+", "toolCalls": [{"name": "get_order", "arguments": {"id": 7}}]},
        {"model": "gpt-4*", "contains": "busy", "fault": "status=503;times=1;key=x"},
        {"model": "gpt-4*", "contains": "busy", "text": "Better."}
      ]}
      """)
    #expect(text(try await ask("My REFUND?", providers).1) == "Once.")
    #expect(text(try await ask("My refund?", providers).1) == "Again and again.")
    let call = try await ask("Where is order 12?", providers).1["choices"]?[0]?["message"]?[
      "tool_calls"]?[0]?["function"]
    #expect(call == ["name": "get_order", "arguments": "{\"id\":7}"])
    #expect(try await ask("busy", providers).0 == 503)
    #expect(text(try await ask("Who are you?", providers).1)?.contains("stand-in") == true)
  }

  @Test func `without the local model an unknown message is an error`() async throws {
    let providers = try providers("{\"answers\": [], \"otherwise\": \"error\"}")
    #expect(try await ask("hello", providers).0 == 500)
  }

  @Test(arguments: [
    "", "[]", "{}", "{\"answers\": [{}]}", "{\"answers\": [{\"text\": \"a\", \"when\": 1}]}",
    "{\"answers\": [{\"pattern\": \"(\", \"text\": \"a\"}]}",
    "{\"answers\": [{\"fault\": \"status=1\"}]}",
    "{\"answers\": [{\"text\": \"a\", \"times\": 0}]}",
    "{\"answers\": [], \"otherwise\": \"maybe\"}",
    "{\"answers\": [{\"chunks\": [1]}]}", "{\"answers\": [{\"toolCalls\": []}]}",
  ])
  func `refuses a script that it does not understand`(script: String) {
    #expect(throws: ScriptedAnswers.Invalid.self) { try ScriptedAnswers(Array(script.utf8)) }
  }

  @Test func `requests can be read back, keys hidden`() async throws {
    let providers = ModelProviders()
    _ = try await ask("remember me", providers)
    let path = "/_martlet/models/requests"
    #expect(providers.answers(path))
    let response = await providers.answer(HTTPRequest(method: "GET", target: path))
    guard case .bytes(let bytes) = response.body else { return }
    let request = try JSONValue(parsing: bytes)["requests"]?[0]
    #expect(request?["body"]?["messages"]?[0]?["content"] == "remember me")
    #expect(request?["headers"]?["authorization"] == "(hidden)")
    _ = await providers.answer(HTTPRequest(method: "DELETE", target: path))
    let after = await providers.answer(HTTPRequest(method: "GET", target: path))
    guard case .bytes(let none) = after.body else { return }
    #expect(try JSONValue(parsing: none)["requests"] == [])
  }
}
