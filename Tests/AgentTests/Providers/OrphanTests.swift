import JSON
import Testing

@testable import Agent

/// No call without its result and no result without its call reaches a provider, whatever a
/// conversation looks like: one of them makes providers refuse it for ever.
@Suite struct OrphanTests {
  private static let tools = [
    ToolDefinition(name: "look", description: "D", parameters: ["type": "object"])
  ]

  private func request(_ messages: [ModelMessage]) -> ModelRequest {
    ModelRequest(
      settings: ModelSettings(name: "m"), system: "S", messages: messages, tools: Self.tools)
  }

  /// 2,000 random conversations of up to 12 messages; calls are cut off from their results, doubled,
  /// answered late, twice, by others, and before they were made.
  private static func conversations() -> [[ModelMessage]] {
    var random = Shuffling()
    let calls = (0..<4).map { ToolCall(id: "t\($0)", name: "look", arguments: #"{"n":\#($0)}"#) }
    return (0..<2_000).map { _ in
      (0..<Int.random(in: 0...12, using: &random)).map { _ in
        switch Int.random(in: 0...4, using: &random) {
        case 0: return .user(Bool.random(using: &random) ? "" : "u")
        case 1: return .assistant(Bool.random(using: &random) ? "" : "a")
        case 2:
          let count = Int.random(in: 1...3, using: &random)
          return .assistant(
            Bool.random(using: &random) ? "" : "a",
            calls: Array(calls.shuffled(using: &random).prefix(count)))
        default:
          return .toolResult(
            call: calls.randomElement(using: &random) ?? calls[0], content: "{}",
            isError: Bool.random(using: &random))
        }
      }
    }
  }

  @Test func `OpenAI gets each call with its result right behind it`() throws {
    for messages in Self.conversations() {
      var open: [String] = []
      for message in OpenAIRequest(request: request(messages)).body["messages"]?.array ?? [] {
        if message["role"] == "tool" {
          let id = try #require(message["tool_call_id"]?.string)
          let place = try #require(open.firstIndex(of: id), "\(messages)")
          open.remove(at: place)
        } else {
          try #require(open.isEmpty, "\(messages)")
          open = (message["tool_calls"]?.array ?? []).compactMap { $0["id"]?.string }
        }
      }
      try #require(open.isEmpty, "\(messages)")
    }
  }

  @Test func `Anthropic, Bedrock and Gemini get sides in turn, results first`() throws {
    for messages in Self.conversations() {
      let request = request(messages)
      let anthropic = AnthropicRequest(request: request).body["messages"]
      try check(anthropic, "content", messages) { part in
        Part(call: part["id"]?.string, result: part["tool_use_id"]?.string)
      }
      let bedrock = BedrockRequest(request: request).body["messages"]
      try check(bedrock, "content", messages) { part in
        Part(
          call: part["toolUse"]?["toolUseId"]?.string,
          result: part["toolResult"]?["toolUseId"]?.string)
      }
      let gemini = GeminiRequest(request: request).body["contents"]
      try check(gemini, "parts", messages) { part in
        Part(
          call: part["functionCall"]?["id"]?.string,
          result: part["functionResponse"]?["id"]?.string)
      }
    }
  }

  private struct Part {
    let call: String?
    let result: String?
  }

  private func check(
    _ body: JSONValue?, _ key: String, _ messages: [ModelMessage],
    _ read: (JSONValue) -> Part
  ) throws {
    var open: [String] = []
    for (place, message) in (body?.array ?? []).enumerated() {
      let isUser = message["role"] == "user"
      try #require(isUser == (place % 2 == 0), "\(messages)")
      let parts = (message[key]?.array ?? []).map(read)
      try #require(!parts.isEmpty, "\(messages)")
      let results = parts.compactMap(\.result)
      try #require(results.sorted() == open.sorted(), "\(messages)")
      let others = parts.drop { $0.result != nil }
      try #require(others.allSatisfy { $0.result == nil }, "\(messages)")
      open = parts.compactMap(\.call)
    }
    try #require(open.isEmpty, "\(messages)")
  }

  @Test func `what is stored of tools is not told again`() {
    var turn = Turn.test(1, "q", "a")
    turn.tools = [ToolStep(number: 0, name: "look", arguments: "{}", status: .running)]
    var asked = Turn.test(2, "write", "Shall I?")
    asked.tools = [ToolStep(number: 0, name: "write", arguments: "{}", status: .waiting)]
    asked.confirmation = ConfirmationRequest(
      id: "x", calls: [], validUntil: Timestamp(milliseconds: 1))
    let window = HistoryWindow(path: [turn, asked], Profile.Limits())
    #expect(
      window.messages(Profile.Limits()) == [
        .user("q"), .assistant("a"), .user("write"),
        .assistant("Shall I?" + Prompt.unconfirmed),
      ])
  }
}
