import Crypto
import JSON
import Network
import Support
import Synchronization
import Testing

@testable import Agent

/// What each provider is sent for the same conversation.
@Suite struct ProviderRequestTests {
  private let call = ToolCall(id: "t1", name: "look", arguments: #"{"n":1}"#, signature: "sig")

  private var request: ModelRequest {
    ModelRequest(
      settings: ModelSettings(name: "m", temperature: 1.5, maximumTokens: 10), system: "S",
      messages: [
        .assistant("left over"), .user("q"), .assistant("Let me look.", calls: [call]),
        .toolResult(call: call, content: #"{"a":2}"#, isError: false), .user("more"),
      ],
      tools: [ToolDefinition(name: "look", description: "D", parameters: ["type": "object"])],
      user: "abc")
  }

  @Test func `writes Anthropic's messages`() throws {
    let expected = try JSONValue(
      parsing: #"""
        {"model":"m","max_tokens":10,"stream":true,"system":"S","temperature":1.0,
        "metadata":{"user_id":"abc"},"tool_choice":{"type":"auto"},
        "tools":[{"name":"look","description":"D","input_schema":{"type":"object"}}],
        "messages":[{"role":"user","content":[{"type":"text","text":"q"}]},
        {"role":"assistant","content":[{"type":"text","text":"Let me look."},
        {"type":"tool_use","id":"t1","name":"look","input":{"n":1}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1",
        "content":"{\"a\":2}","is_error":false},{"type":"text","text":"more"}]}]}
        """#)
    #expect(AnthropicRequest(request: request).body == expected)
  }

  @Test func `writes Gemini's contents`() throws {
    let expected = try JSONValue(
      parsing: #"""
        {"systemInstruction":{"parts":[{"text":"S"}]},
        "generationConfig":{"maxOutputTokens":10,"temperature":1.5},
        "tools":[{"functionDeclarations":[{"name":"look","description":"D",
        "parametersJsonSchema":{"type":"object"}}]}],
        "toolConfig":{"functionCallingConfig":{"mode":"AUTO"}},
        "contents":[{"role":"user","parts":[{"text":"q"}]},
        {"role":"model","parts":[{"text":"Let me look."},
        {"functionCall":{"name":"look","args":{"n":1},"id":"t1"},"thoughtSignature":"sig"}]},
        {"role":"user","parts":[{"functionResponse":{"name":"look","response":{"a":2},"id":"t1"}},
        {"text":"more"}]}]}
        """#)
    #expect(GeminiRequest(request: request).body == expected)
  }

  @Test func `writes Bedrock's messages`() throws {
    let expected = try JSONValue(
      parsing: #"""
        {"system":[{"text":"S"}],"inferenceConfig":{"maxTokens":10,"temperature":1.0},
        "toolConfig":{"tools":[{"toolSpec":{"name":"look","description":"D",
        "inputSchema":{"json":{"type":"object"}}}}]},
        "messages":[{"role":"user","content":[{"text":"q"}]},
        {"role":"assistant","content":[{"text":"Let me look."},
        {"toolUse":{"toolUseId":"t1","name":"look","input":{"n":1}}}]},
        {"role":"user","content":[{"toolResult":{"toolUseId":"t1",
        "content":[{"text":"{\"a\":2}"}],"status":"success"}},{"text":"more"}]}]}
        """#)
    #expect(BedrockRequest(request: request).body == expected)
  }

  @Test func `sends no id to Gemini that it did not send`() throws {
    var answer = Gemini(.key(base: "", version: "", key: { nil })).answer()
    let chunk =
      #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"x"}}]},"finishReason":"STOP"}]}"#
    let events = try answer.receive(Array("data: \(chunk)\n\n".utf8)) + answer.end()
    guard case .toolCall(let call) = try #require(events.first) else {
      Issue.record("no call")
      return
    }
    let body = GeminiRequest(
      request: ModelRequest(
        settings: ModelSettings(), system: "",
        messages: [
          .user("q"), .assistant("", calls: [call]),
          .toolResult(call: call, content: "[1]", isError: false),
        ])
    ).body
    #expect(body["contents"]?[1]?["parts"]?[0]?["functionCall"] == ["name": "x", "args": [:]])
    #expect(
      body["contents"]?[2]?["parts"]?[0]?["functionResponse"]
        == ["name": "x", "response": ["result": [1]]])
  }

  @Test func `repairs a history with orphans`() {
    let other = ToolCall(id: "t2", name: "look", arguments: "{}")
    let messages: [ModelMessage] = [
      .toolResult(call: call, content: "lost", isError: false), .user("a"),
      .assistant("", calls: [call]), .user("b"), .assistant("c", calls: [call, other]),
      .toolResult(call: other, content: "x", isError: false),
      .toolResult(call: other, content: "twice", isError: false),
    ]
    #expect(
      ModelMessage.repaired(messages) == [
        .user("a"), .user("b"), .assistant("c", calls: [other]),
        .toolResult(call: other, content: "x", isError: false),
      ])
    let groups = MessageGroup.grouped(messages)
    #expect(groups.map(\.side) == [.user, .model, .user])
    #expect(groups[0].parts == [.text("a"), .text("b")])
  }

  @Test func `grounds in a search, and names its pages`() throws {
    var request = request
    request.tools = []
    #expect(
      GeminiRequest(request: request, groundsInSearch: true).body["tools"] == [
        ["googleSearch": [:]]
      ])
    var answer = Gemini(.key(base: "", version: "", key: { nil })).answer()
    let chunk =
      #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","groundingMetadata""#
      + #":{"groundingChunks":[{"web":{"uri":"https://example.org/x","title":"X"}}]}}]}"#
    let events = try answer.receive(Array("data: \(chunk)\n\n".utf8))
    #expect(
      events.contains(
        .source(Source(source: "https://example.org/x", title: "X", type: "web"))))
  }

  @Test func `sends each provider's headers`() async throws {
    let gemini = try await Gemini(.key(base: "https://g", version: "v1", key: { "k" }))
      .request(for: request)
    #expect(gemini.url == "https://g/v1/models/m:streamGenerateContent?alt=sse")
    #expect(gemini.headers["x-goog-api-key"] == "k")
    let vertex = try await Gemini(
      .vertex(base: "https://v", project: "p", location: "l", token: { "t" })
    ).request(for: request)
    #expect(
      vertex.url
        == "https://v/v1beta1/projects/p/locations/l/publishers/google/models/"
        + "m:streamGenerateContent?alt=sse")
    #expect(vertex.headers["authorization"] == "Bearer t")
    let old = try await Anthropic(key: { "k" }).request(for: request)
    #expect(old.url == "https://api.anthropic.com/v1/messages")
    #expect(old.headers["x-api-key"] == "k")
    #expect(old.headers["anthropic-version"] == "2023-06-01")
    let new = try await Anthropic(version: "2026-10-21", keyHeader: .bearer, key: { "k" })
      .request(for: request)
    #expect(new.headers["authorization"] == "Bearer k")
    #expect(new.headers["anthropic-version"] == "2026-10-21")
  }

  @Test func `signs for Bedrock what it sends`() async throws {
    var request = request
    request.settings.name = "arn:aws:bedrock:us-east-1::inference-profile/x:0"
    let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret")
    let sent = try await Bedrock(
      region: "us-east-1", access: .signed(credentials), now: { 1_800_000_000 }
    ).request(for: request)
    let path =
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Ainference-profile%2Fx%3A0/converse-stream"
    #expect(sent.url == "https://bedrock-runtime.us-east-1.amazonaws.com" + path)
    guard case .bytes(let body) = sent.body else {
      Issue.record("no body")
      return
    }
    let signed = SignableRequest(
      method: "POST", path: path,
      headers: [("host", "bedrock-runtime.us-east-1.amazonaws.com")] + sent.headers.fields)
    try RequestVerification().verify(
      signed, body: body, credentials: credentials, now: 1_800_000_000)
    #expect(sent.headers["authorization"]?.contains("/us-east-1/bedrock/aws4_request") == true)
  }
}

@Suite struct FallbackTests {
  private func model(
    _ models: [ScriptedModel], breaker: Breaker = Breaker()
  ) -> FallbackModel {
    FallbackModel(
      models.enumerated().map { ($1, ModelSettings(name: "m\($0)")) }, breakers: Breakers(breaker))
  }

  private func ask(_ model: FallbackModel) async throws -> String {
    let heard = Heard()
    try await model.stream(
      ModelRequest(settings: ModelSettings(), system: "", messages: []),
      until: .now + .seconds(60)
    ) { await heard.add($0) }
    return await heard.text
  }

  @Test func `asks the next one when one cannot answer`() async throws {
    let first = ScriptedModel([.fail(.unavailable(status: 503, message: ""))])
    let second = ScriptedModel([.text("second"), .finish()])
    #expect(try await ask(model([first, second])) == "second")
    #expect(second.requests.first?.settings.name == "m1")
  }

  @Test func `does not once text was passed on`() async throws {
    let first = ScriptedModel([.text("half"), .fail(.incomplete)])
    let second = ScriptedModel([.text("second"), .finish()])
    await #expect(throws: ModelError.incomplete) { try await ask(model([first, second])) }
    #expect(second.requests.isEmpty)
  }

  @Test func `does not for what all would refuse`() async throws {
    let error = ModelError.rejected(status: 400, code: nil, message: "too long")
    let second = ScriptedModel([.text("second"), .finish()])
    await #expect(throws: error) { try await ask(model([ScriptedModel([.fail(error)]), second])) }
    #expect(second.requests.isEmpty)
  }

  @Test func `does not wait for a silent one while there is another`() async throws {
    let first = ScriptedModel([.hang])
    let second = ScriptedModel([.text("second"), .finish()])
    let models = FallbackModel(
      [(first, ModelSettings()), (second, ModelSettings())], patience: .milliseconds(20))
    #expect(try await ask(models) == "second")
    #expect(first.requests.count == 1)
  }

  @Test func `waits for a slow one that has begun`() async throws {
    let first = ScriptedModel([.text("slow "), .wait(.milliseconds(80)), .text("words"), .finish()])
    let second = ScriptedModel([.text("second"), .finish()])
    let models = FallbackModel(
      [(first, ModelSettings()), (second, ModelSettings())], patience: .milliseconds(40))
    #expect(try await ask(models) == "slow words")
  }

  @Test func `leaves a failing one out for a while`() async throws {
    let first = ScriptedModel(name: "first/1", [.fail(.unreachable("x"))])
    let second = ScriptedModel([.text("second"), .finish()])
    let models = model([first, second], breaker: Breaker(threshold: 2, pause: .seconds(600)))
    for _ in 0..<5 { #expect(try await ask(models) == "second") }
    #expect(first.requests.count == 2)
  }

  @Test func `shares what it knows about a model with others that ask it`() async throws {
    let breakers = Breakers(Breaker(threshold: 1, pause: .seconds(600)))
    let broken = ScriptedModel(name: "first/1", [.fail(.unreachable("x"))])
    let well = ScriptedModel(name: "second/1", [.text("second"), .finish()])
    for _ in 0..<2 {
      let models = FallbackModel(
        [(broken, ModelSettings()), (well, ModelSettings())], breakers: breakers)
      #expect(try await ask(models) == "second")
    }
    #expect(broken.requests.count == 1)
  }

  @Test func `asks the first one when all are left out`() async throws {
    let first = ScriptedModel([.fail(.unreachable("x"))], [.text("back"), .finish()])
    let models = model([first], breaker: Breaker(threshold: 1, pause: .seconds(600)))
    await #expect(throws: ModelError.self) { try await ask(models) }
    #expect(try await ask(models) == "back")
  }

  @Test func `a breaker lets one attempt decide`() {
    let start = ContinuousClock.now
    var breaker = Breaker(threshold: 2, pause: .seconds(30))
    func mayTry(after seconds: Int) -> Bool { breaker.mayTry(at: start + .seconds(seconds)) }
    breaker.failed(at: start)
    #expect(mayTry(after: 0))
    breaker.failed(at: start)
    #expect(!mayTry(after: 29))
    #expect(mayTry(after: 30))
    #expect(!mayTry(after: 31))
    breaker.failed(at: start + .seconds(32))
    #expect(!mayTry(after: 61))
    #expect(mayTry(after: 62))
    breaker.succeeded()
    #expect(mayTry(after: 63))
    #expect(!breaker.isOpen(at: start + .seconds(63)))
  }
}
