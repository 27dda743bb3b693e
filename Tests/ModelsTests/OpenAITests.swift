import JSON
import Server
import Testing

@testable import Models

@Suite struct OpenAITests {
  private func send(
    _ body: JSONValue, to path: String = "/openai/v1/chat/completions", key: String = "k",
    fault: String? = nil,
    _ providers: ModelProviders = ModelProviders()
  ) async throws -> (status: Int, value: JSONValue, headers: HTTPHeaders) {
    var headers: HTTPHeaders = ["Authorization": "Bearer \(key)"]
    headers[Fault.header] = fault
    let response = await providers.answer(
      HTTPRequest(method: "POST", target: path, headers: headers, body: RequestBody(body.encoded()))
    )
    guard case .bytes(let bytes) = response.body else { throw Unexpected.stream }
    return (response.status, try JSONValue(parsing: bytes), response.headers)
  }

  private enum Unexpected: Error {
    case stream
    case notAnEvent(String)
  }

  /// The steps of a streamed answer, as events.
  private func stream(
    _ body: JSONValue, fault: String? = nil
  ) throws -> (events: [JSONValue], steps: [ProviderAnswer.Step]) {
    let request = ProviderRequest(
      method: "POST", segments: ["chat", "completions"], query: [:],
      header: { $0 == "Authorization" ? "Bearer k" : $0 == Fault.header ? fault : nil },
      body: body.encoded())
    let answer = ModelProviders().answer(request, OpenAI())
    let text = String(decoding: answer.body, as: UTF8.self)
    let events = try text.split(separator: "\n\n").compactMap { event -> JSONValue? in
      guard event.hasPrefix("data: ") else { throw Unexpected.notAnEvent(String(event)) }
      return event == "data: [DONE]" ? nil : try? JSONValue(parsing: String(event.dropFirst(6)))
    }
    return (events, answer.steps)
  }

  private func question(_ text: String, with more: JSONValue = [:]) -> JSONValue {
    var body: JSONValue = ["model": "m", "messages": [["role": "user", "content": .string(text)]]]
    for (key, value) in more.object ?? [:] { body[key] = value }
    return body
  }

  private var tools: JSONValue {
    .array(
      TutorTools.all.map { tool in
        [
          "type": "function",
          "function": [
            "name": .string(tool.name), "description": .string(tool.description),
            "parameters": tool.parameters,
          ],
        ]
      })
  }

  private let instructions =
    "<context>\n<passage id=\"1\" source=\"s\" title=\"食べる\">食べる (たべる): to eat. JLPT N5 word.</passage>\n</context>"

  // MARK: Answers

  @Test func `a whole answer has OpenAI's shape and says what it is`() async throws {
    let (status, value, headers) = try await send(question("Who are you?"))
    #expect(status == 200)
    #expect(headers["x-martlet-model"] == "deterministic stand-in")
    #expect(headers["x-request-id"]?.hasPrefix("req_") == true)
    #expect(value["object"] == "chat.completion")
    #expect(value["choices"]?[0]?["message"]?["role"] == "assistant")
    #expect(value["choices"]?[0]?["finish_reason"] == "stop")
    let counts = ["prompt_tokens", "completion_tokens", "total_tokens"].compactMap { name in
      value["usage"]?[name]?.int
    }
    #expect(counts.count == 3 && counts[0] + counts[1] == counts[2])
  }

  @Test func `a stream keeps the grammar of chunks`() throws {
    let body: JSONValue = [
      "model": "m", "stream": true, "stream_options": ["include_usage": true],
      "messages": [
        ["role": "system", "content": .string(instructions)],
        ["role": "user", "content": "What does 食べる mean?"],
      ],
    ]
    let (events, _) = try stream(body)
    #expect(Set(events.compactMap { $0["id"]?.string }).count == 1)
    #expect(
      events.first?["choices"]?[0]?["delta"] == [
        "role": "assistant", "content": "", "refusal": .null,
      ])
    let text = events.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }.joined()
    #expect(text == "食べる (たべる): to eat. [1]")
    #expect(events.count > 5)
    let finishes = events.compactMap { $0["choices"]?[0]?["finish_reason"]?.string }
    #expect(finishes == ["stop"])
    #expect(events.last?["choices"] == [])
    #expect(events.last?["usage"]?["prompt_tokens"]?.int ?? 0 > 0)
    #expect(events.dropLast().allSatisfy { $0["usage"] == .null })
  }

  @Test func `a tool round trip`() async throws {
    let asked = question("What does 食べる mean?", with: ["tools": tools])
    let (_, first, _) = try await send(asked)
    let message = try #require(first["choices"]?[0]?["message"])
    #expect(first["choices"]?[0]?["finish_reason"] == "tool_calls")
    #expect(message["content"] == .null)
    let call = try #require(message["tool_calls"]?[0])
    #expect(call["function"]?["name"] == "get_word_details")
    #expect(call["function"]?["arguments"] == "{\"word\":\"食べる\"}")
    var next = asked
    next["messages"] = .array(
      (asked["messages"]?.array ?? []) + [
        message,
        [
          "role": "tool", "tool_call_id": call["id"] ?? .null,
          "content":
            "{\"words\":[{\"word\":\"食べる\",\"meanings\":[\"to eat\"],\"source\":\"japanese/word/食べる\"}]}",
        ],
      ])
    let (_, second, _) = try await send(next)
    #expect(
      second["choices"]?[0]?["message"]?["content"]
        == "The meaning of **食べる** is “to eat”.\n\nSource: japanese/word/食べる")
  }

  @Test func `tool calls stream their arguments in parts`() throws {
    let (events, _) = try stream(
      question("What do 犬 and 猫 mean?", with: ["tools": tools, "stream": true]))
    let parts = events.compactMap { $0["choices"]?[0]?["delta"]?["tool_calls"]?[0] }
    #expect(Set(parts.compactMap { $0["index"]?.int }) == [0, 1])
    for index in 0...1 {
      let own = parts.filter { $0["index"]?.int == index }
      #expect(own.first?["id"]?.string?.hasPrefix("call_") == true)
      #expect(own.dropFirst().allSatisfy { $0["id"] == nil })
      let text = own.compactMap { $0["function"]?["arguments"]?.string }.joined()
      #expect(try JSONValue(parsing: text)["word"] == (index == 0 ? "犬" : "猫"))
    }
    #expect(events.last?["choices"]?[0]?["finish_reason"] == "tool_calls")
  }

  @Test func `a forced tool ends with stop, one call at a time on request`() async throws {
    let forced = question(
      "Hello",
      with: [
        "tools": tools,
        "tool_choice": ["type": "function", "function": ["name": "get_kanji_details"]],
      ])
    #expect(try await send(forced).value["choices"]?[0]?["finish_reason"] == "stop")
    let single = question(
      "What do 犬 and 猫 mean?", with: ["tools": tools, "parallel_tool_calls": false])
    #expect(
      try await send(single).value["choices"]?[0]?["message"]?["tool_calls"]?.array?.count == 1)
  }

  @Test func `structured output follows its schema`() async throws {
    let schema: JSONValue = [
      "type": "object", "properties": ["answer": ["type": "string"]], "required": ["answer"],
    ]
    let format: JSONValue = [
      "type": "json_schema", "json_schema": ["name": "a", "strict": true, "schema": schema],
    ]
    let (_, value, _) = try await send(question("Who are you?", with: ["response_format": format]))
    let text = try #require(value["choices"]?[0]?["message"]?["content"]?.string)
    #expect(try JSONValue(parsing: text)["answer"]?.string?.contains("stand-in") == true)
  }

  // MARK: Refusals

  @Test(
    arguments: [
      ("{", 400, nil), ("[]", 400, nil), ("{\"messages\":[]}", 400, nil),
      ("{\"model\":\"m\",\"messages\":[]}", 400, nil),
      ("{\"model\":\"m\",\"messages\":[{\"role\":\"x\"}]}", 400, nil),
      (
        "{\"model\":\"no-such-model\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", 404,
        "model_not_found"
      ),
      (
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"bogus\":1}", 400,
        "unknown_parameter"
      ),
      (
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":3}",
        400, nil
      ),
      ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"n\":0}", 400, nil),
      (
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"auto\"}",
        400, nil
      ),
      (
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}",
        400, nil
      ),
      (
        "{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"x\"}]}",
        400, nil
      ),
    ] as [(String, Int, String?)])
  func `refuses in OpenAI's shape`(body: String, status: Int, code: String?) async throws {
    let response = await ModelProviders().answer(
      HTTPRequest(
        method: "POST", target: "/openai/v1/chat/completions",
        headers: ["Authorization": "Bearer k"],
        body: RequestBody(Array(body.utf8))))
    guard case .bytes(let bytes) = response.body else { throw Unexpected.stream }
    let error = try #require(try JSONValue(parsing: bytes)["error"])
    #expect(response.status == status)
    #expect(error["code"]?.string == code)
    #expect(error["type"] == "invalid_request_error")
    #expect(error["message"]?.string?.isEmpty == false)
  }

  @Test func `refuses calls without their results`() async throws {
    let calls: JSONValue = [
      ["id": "1", "type": "function", "function": ["name": "f", "arguments": "{}"]]
    ]
    for after in [[], [["role": "user", "content": "x"]]] as [[JSONValue]] {
      let body: JSONValue = [
        "model": "m",
        "messages": .array(
          [
            ["role": "user", "content": "x"],
            ["role": "assistant", "content": .null, "tool_calls": calls],
          ] + after),
      ]
      #expect(try await send(body).status == 400)
    }
  }

  @Test func `refuses bad keys, unknown paths, wrong methods`() async throws {
    let (status, value, _) = try await send(question("x"), key: "invalid")
    #expect(status == 401)
    #expect(value["error"]?["code"] == "invalid_api_key")
    #expect(try await send(question("x"), to: "/openai/v1/nothing").status == 404)
    #expect(try await send(question("x"), to: "/openai/v1/models").status == 405)
    let without = await ModelProviders().answer(
      HTTPRequest(method: "GET", target: "/openai/v1/models"))
    #expect(without.status == 401)
  }

  // MARK: Faults

  @Test func `a status fault happens as often as asked`() async throws {
    let providers = ModelProviders()
    let fault = "status=429;retry-after=2;times=2;key=a"
    for expected in [429, 429, 200, 200] {
      let (status, value, headers) = try await send(question("hello"), fault: fault, providers)
      #expect(status == expected)
      if expected == 429 {
        #expect(headers["retry-after"] == "2")
        #expect(value["error"]?["code"] == "rate_limit_exceeded")
      }
    }
    #expect(try await send(question("hello"), fault: "status=banana").status == 400)
  }

  @Test func `streams break as asked`() throws {
    let body = question("Who are you?", with: ["stream": true])
    func finishes(_ fault: String) throws -> ([String], [ProviderAnswer.Step]) {
      let (events, steps) = try stream(body, fault: fault)
      return (events.compactMap { $0["choices"]?[0]?["finish_reason"]?.string }, steps)
    }
    #expect(try finishes("stream=truncate;after=2").0.isEmpty)
    #expect(try finishes("stream=disconnect;after=2").1.last == .cut)
    #expect(try finishes("stream=stall;after=0").1.contains(.wait(Fault.stall)))
    let (events, _) = try stream(body, fault: "stream=error;after=1")
    #expect(events.last?["error"]?["type"] == "server_error")
    #expect(events.count == 3)
  }

  @Test func `broken tool arguments are no JSON`() throws {
    let (events, _) = try stream(
      question("What does 食べる mean?", with: ["tools": tools, "stream": true]),
      fault: "stream=arguments")
    let text = events.compactMap {
      $0["choices"]?[0]?["delta"]?["tool_calls"]?[0]?["function"]?["arguments"]?.string
    }.joined()
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  // MARK: Embeddings, models

  @Test func `embeddings come as numbers or base64, cut as asked`() async throws {
    let path = "/openai/v1/embeddings"
    let (_, plain, _) = try await send(
      ["model": "text-embedding-3-small", "input": ["a cat", "a dog"]], to: path)
    #expect(plain["data"]?.array?.count == 2)
    #expect(plain["data"]?[0]?["embedding"]?.array?.count == 1_536)
    let (_, short, _) = try await send(
      [
        "model": "text-embedding-3-large", "input": "a cat", "dimensions": 256,
        "encoding_format": "base64",
      ], to: path)
    #expect(short["data"]?[0]?["embedding"]?.string?.count == 1_368)  // base64 of 256 floats
    for wrong in ["", [], [""], 3, [1, "a"]] as [JSONValue] {
      #expect(try await send(["model": "m", "input": wrong], to: path).status == 400)
    }
    #expect(try await send(["model": "m", "input": "a", "dimensions": 0], to: path).status == 400)
  }

  @Test func `lists models`() async throws {
    let response = await ModelProviders().answer(
      HTTPRequest(
        method: "GET", target: "/openai/v1/models", headers: ["Authorization": "Bearer k"]))
    guard case .bytes(let bytes) = response.body else { throw Unexpected.stream }
    let names = try JSONValue(parsing: bytes)["data"]?.array?.compactMap { $0["id"]?.string }
    #expect(names?.contains("martlet-local-1") == true)
  }
}
