import JSON
import Server
import Testing

@testable import Models

/// Whatever comes in, an answer goes out, and soon.
@Suite struct HostileInputTests {
  /// The same numbers each time.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private static let requests: [(path: String, body: String)] = [
    (
      "/openai/v1/chat/completions",
      ##"""
      {
       "model": "m",
       "stream": true,
       "n": 2,
       "stop": ["x"],
       "max_tokens": 9,
       "messages": [
         {"role": "system",
           "content": "<context><passage id=\"1\" title=\"猫\">猫: cat.</passage></context>"},
         {"role": "user", "content": "What does 食べる mean?"},
         {"role": "assistant", "content": null, "tool_calls": [{"id": "1",
           "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
         {"role": "tool", "tool_call_id": "1", "content": "{\"a\":[{\"b\":1}]}"}
       ],
       "tools": [
         {"type": "function", "function": {"name": "f", "description": "Words.",
           "parameters": {"type": "object", "properties": {"w": {"type": "string",
           "minLength": 1, "maxLength": 4}}, "required": ["w"]}}}
       ],
       "tool_choice": "auto",
       "response_format": {"type": "json_schema", "json_schema": {"name": "n",
           "schema": {"type": "object", "properties": {"a": {"type": "array",
           "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
           "b": {"type": "integer", "minimum": 1, "maximum": 2},
           "c": {"$ref": "#/$defs/c"}}, "$defs": {"c": {"enum": ["x"]}}}}}
      }
      """##
    ),
    (
      "/openai/v1/embeddings",
      ##"""
      {
       "model": "m",
       "input": ["a", "猫"],
       "dimensions": 8,
       "encoding_format": "base64"
      }
      """##
    ),
    (
      "/anthropic/v1/messages",
      ##"""
      {
       "model": "m",
       "max_tokens": 9,
       "stream": true,
       "system": [
         {"type": "text", "text": "s"}
       ],
       "messages": [
         {"role": "user", "content": "q"},
         {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f",
           "input": {}}]},
         {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1",
           "content": "x"}]}
       ],
       "tools": [
         {"name": "f", "input_schema": {"type": "object"}}
       ],
       "tool_choice": {"type": "any"}
      }
      """##
    ),
    (
      "/gemini/v1/models/g:streamGenerateContent?alt=sse",
      ##"""
      {
       "contents": [
         {"role": "user", "parts": [{"text": "q"}]},
         {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
         {"role": "user", "parts": [{"functionResponse": {"name": "f",
           "response": {"a": 1}}}]}
       ],
       "generation_config": {"max_output_tokens": 5},
       "tools": [
         {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}
       ]
      }
      """##
    ),
    (
      "/model/m/converse-stream",
      ##"""
      {
       "messages": [
         {"role": "user", "content": [{"text": "q"}]}
       ],
       "toolConfig": {"tools": [{"toolSpec": {"name": "f",
           "inputSchema": {"json": {"type": "object"}}}}]},
       "inferenceConfig": {"maxTokens": 4}
      }
      """##
    ),
    (
      "/model/amazon.titan-embed-text-v2:0/invoke",
      ##"""
      {
       "inputText": "a",
       "dimensions": 256,
       "embeddingTypes": ["binary"]
      }
      """##
    ),
  ]

  private func status(_ path: String, _ body: [UInt8], fault: String? = nil) async -> Int {
    var headers: HTTPHeaders = [
      "Authorization": "Bearer k", "x-goog-api-key": "k", "anthropic-version": "1",
    ]
    headers[Fault.header] = fault
    let request = HTTPRequest(
      method: "POST", target: path, headers: headers, body: RequestBody(body))
    return await ModelProviders().answer(request).status
  }

  @Test(arguments: requests.indices)
  func `any changed byte is answered or refused`(index: Int) async {
    let (path, text) = Self.requests[index]
    let body = Array(text.utf8)
    #expect(await status(path, body) == 200)
    var dice = Dice(state: UInt64(index))
    for place in body.indices {
      var changed = body
      changed[place] = UInt8.random(in: 0...255, using: &dice)
      let answered = await status(path, changed)
      #expect(answered == 200 || (400...404).contains(answered))
    }
    for end in stride(from: 0, to: body.count, by: 7) {
      #expect(await status(path, Array(body[..<end])) == 400)
    }
  }

  @Test(arguments: requests.indices)
  func `any value in any place is answered or refused`(index: Int) async throws {
    let (path, text) = Self.requests[index]
    let root = try JSONValue(parsing: text)
    let others: [JSONValue] = [
      .null, true, -1, 0, 1e300, "", "食", "\u{0}", [], [.null], [:], ["a": [:]],
      .string(String(repeating: "a", count: 5_000)),
    ]
    for place in 0..<Self.count(root) {
      for other in others {
        var left = place
        let changed = Self.replaced(root, &left, by: other)
        let answered = await status(path, changed.encoded())
        #expect(answered == 200 || (400...404).contains(answered), "\(changed)")
      }
    }
  }

  /// Values in a tree.
  private static func count(_ value: JSONValue) -> Int {
    switch value {
    case .array(let elements): 1 + elements.reduce(0) { $0 + count($1) }
    case .object(let members): 1 + members.reduce(0) { $0 + count($1.value) }
    default: 1
    }
  }

  /// The tree with its value number `left` replaced.
  private static func replaced(
    _ value: JSONValue, _ left: inout Int, by other: JSONValue
  ) -> JSONValue {
    left -= 1
    if left == -1 { return other }
    switch value {
    case .array(let elements): return .array(elements.map { replaced($0, &left, by: other) })
    case .object(let members):
      return .object(JSONObject(members.map { ($0.key, replaced($0.value, &left, by: other)) }))
    default: return value
    }
  }

  @Test func `schemas that grow without end are cut`() throws {
    let names = (0..<20).map { "p\($0)" }
    let properties = JSONValue.object(JSONObject(names.map { ($0, ["$ref": "#"] as JSONValue) }))
    let boxes = (0..<14).reduce(["type": "string"] as JSONValue) { inner, _ in
      ["type": "array", "minItems": 100, "items": inner]
    }
    var task = ModelTask("x")
    for schema: JSONValue in [
      boxes,
      [
        "type": "object", "required": .array(names.map(JSONValue.string)), "properties": properties,
      ],
      [
        "type": "array", "minItems": 1_000_000_000,
        "items": ["type": "array", "minItems": 1_000_000_000],
      ],
      ["type": "array", "minItems": -5, "maxItems": -1], ["type": "string", "maxLength": -1],
      ["type": "integer", "minimum": 5, "maximum": 1], ["$ref": "#"], ["anyOf": [["$ref": "#"]]],
    ] {
      task.format = .schema(schema)
      #expect(LocalModel().reply(to: task).text.utf8.count < 1_000_000)
    }
  }

  @Test func `long texts take no more than their time`() async {
    let clock = ContinuousClock()
    for text in [
      String(repeating: "食べるの意味は", count: 5_000), String(repeating: "a", count: 100_000),
      String(repeating: "「", count: 50_000), String(repeating: "What is it? ", count: 5_000),
      String(repeating: "<passage", count: 10_000),
      String(repeating: "Summarize: a. ", count: 3_000),
    ] {
      let body: JSONValue = [
        "model": "m", "messages": [["role": "user", "content": .string(text)]],
      ]
      let bytes = body.encoded()
      let time = await clock.measure {
        #expect(await status("/openai/v1/chat/completions", bytes) == 200)
      }
      // A debug build on a busy machine; released it takes milliseconds.
      #expect(time < .seconds(30))
    }
    let endless: JSONValue = [
      "model": "m",
      "messages": [["role": "user", "content": .string(String(repeating: "字", count: 300_000))]],
    ]
    #expect(await status("/openai/v1/chat/completions", endless.encoded()) == 400)
  }

  @Test(arguments: [
    "", ";", "=", "status=", "status=200", "stream=never", "times=1", "status=429;after=-1",
    "delay=99999999",
  ])
  func `faults that are not understood are refused`(fault: String) async {
    let (path, body) = Self.requests[0]
    #expect(await status(path, Array(body.utf8), fault: fault) == 400)
  }
}
