import JSON
import Server
import Testing

@testable import Models

/// OpenAI's Responses; the SDK itself is tried in the system tests.
@Suite struct ResponsesTests {
  private let providers = ModelProviders()

  private func send(
    _ body: JSONValue?, _ path: String = "", method: String = "POST"
  ) async throws -> (status: Int, value: JSONValue) {
    let response = await providers.answer(
      HTTPRequest(
        method: method, target: "/openai/v1/responses" + path,
        headers: ["Authorization": "Bearer k"], body: RequestBody(body?.encoded() ?? [])))
    guard case .bytes(let bytes) = response.body else { return (response.status, .null) }
    return (response.status, try JSONValue(parsing: bytes))
  }

  private func events(_ body: JSONValue, fault: String? = nil) throws -> [JSONValue] {
    let request = ProviderRequest(
      method: "POST", segments: ["responses"], query: [:],
      header: { $0 == "Authorization" ? "Bearer k" : $0 == Fault.header ? fault : nil },
      body: body.encoded())
    let answer = providers.answer(request, OpenAI())
    return try String(decoding: answer.body, as: UTF8.self).split(separator: "\n\n").map { event in
      let lines = event.split(separator: "\n")
      let value = try JSONValue(parsing: String(lines[1].dropFirst(6)))
      #expect(lines[0] == "event: \(value["type"]?.string ?? "")")
      return value
    }
  }

  private let tools: JSONValue = [
    [
      "type": "function", "name": "get_word_details",
      "description": "Looks up one Japanese word: what it means in English.",
      "parameters": [
        "type": "object", "required": ["word"],
        "properties": ["word": ["type": "string", "description": "A Japanese word."]],
      ],
    ]
  ]

  @Test func `answers, remembers, and goes on where it was`() async throws {
    let (status, first) = try await send([
      "model": "m", "instructions": "Refunds take five days.", "input": "Who are you?",
    ])
    #expect(status == 200)
    #expect(first["status"] == "completed")
    #expect(first["object"] == "response")
    #expect(first["output"]?[0]?["content"]?[0]?["text"]?.string?.contains("stand-in") == true)
    let id = try #require(first["id"]?.string)
    #expect(try await send(nil, "/\(id)", method: "GET").value == first)
    let items = try await send(nil, "/\(id)/input_items", method: "GET").value
    #expect(items["data"]?[0]?["content"]?[0]?["text"] == "Who are you?")
    let next = try await send([
      "model": "m", "previous_response_id": .string(id), "input": "And?",
    ]).value
    #expect(next["previous_response_id"] == .string(id))
    #expect(try await send(nil, "/\(id)", method: "DELETE").value["deleted"] == true)
    #expect(try await send(nil, "/\(id)", method: "GET").status == 404)
    let orphan = try await send(["model": "m", "previous_response_id": "resp_0", "input": "x"])
    #expect(orphan.status == 400)
    #expect(orphan.value["error"]?["param"] == "previous_response_id")
  }

  @Test func `numbers its events, and they make the response`() throws {
    let body: JSONValue = ["model": "m", "input": "Who are you?", "stream": true]
    let events = try events(body)
    #expect(events.compactMap { $0["sequence_number"]?.int } == Array(events.indices))
    let types = events.compactMap { $0["type"]?.string }.filter { !$0.hasSuffix(".delta") }
    #expect(
      types == [
        "response.created", "response.in_progress", "response.output_item.added",
        "response.content_part.added", "response.output_text.done", "response.content_part.done",
        "response.output_item.done", "response.completed",
      ])
    let text = events.compactMap { $0["delta"]?.string }.joined()
    let last = try #require(events.last?["response"])
    #expect(last["output"]?[0]?["content"]?[0]?["text"] == .string(text))
  }

  @Test func `calls a tool, and takes its output`() async throws {
    let body: JSONValue = [
      "model": "m", "input": "What does 食べる mean?", "tools": tools, "stream": true,
    ]
    let response = try #require(try events(body).last?["response"])
    let call = try #require(response["output"]?[0])
    #expect(call["type"] == "function_call")
    #expect(call["name"] == "get_word_details")
    let output: JSONValue = [
      "type": "function_call_output", "call_id": call["call_id"] ?? .null,
      "output": #"{"word":"食べる","meanings":["to eat"]}"#,
    ]
    var next = body
    next["stream"] = false
    next["input"] = [["role": "user", "content": "What does 食べる mean?"], call, output]
    let answer = try await send(next).value
    #expect(answer["output"]?[0]?["content"]?[0]?["text"]?.string?.contains("to eat") == true)
    next["input"] = [["role": "user", "content": "x"], call]
    #expect(try await send(next).status == 400)
    next["input"] = [["role": "user", "content": "x"], output]
    #expect(try await send(next).status == 400)
  }

  @Test func `says that an answer was cut`() async throws {
    let answer = try await send([
      "model": "m", "input": "Who are you?", "max_output_tokens": 16,
    ]).value
    #expect(answer["status"] == "incomplete")
    #expect(answer["incomplete_details"]?["reason"] == "max_output_tokens")
  }

  @Test func `breaks as it is told`() throws {
    let body: JSONValue = ["model": "m", "input": "Who are you?", "stream": true]
    let broken = try events(body, fault: "stream=error;after=2")
    #expect(broken.last?["type"] == "error")
    #expect(broken.compactMap { $0["sequence_number"]?.int } == Array(broken.indices))
    let cut = try events(body, fault: "stream=truncate;after=1")
    #expect(cut.last?["type"] == "response.output_text.delta")
  }

  @Test(arguments: [
    #"{"input":"x"}"#, #"{"model":"m"}"#, #"{"model":"m","input":[]}"#,
    #"{"model":"m","input":"x","surprise":1}"#, #"{"model":"m","input":"x","background":true}"#,
    #"{"model":"m","input":[{"type":"image_generation_call"}]}"#,
    #"{"model":"m","input":[{"role":"user","content":[{"type":"input_image"}]}]}"#,
    #"{"model":"m","input":"x","tools":[{"type":"web_search"}]}"#,
    #"{"model":"m","input":"x","max_output_tokens":1}"#,
    #"{"model":"m","input":"x","text":{"format":{"type":"json_schema"}}}"#,
  ])
  func `refuses what it cannot do`(text: String) async throws {
    let (status, value) = try await send(try JSONValue(parsing: text))
    #expect(status == 400)
    #expect(value["error"]?["type"] == "invalid_request_error")
  }
}
