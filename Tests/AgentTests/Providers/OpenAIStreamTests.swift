import JSON
import Network
import Testing

@testable import Agent

@Suite struct OpenAIStreamTests {
  /// As OpenAI's API reference shows chunks of a stream.
  private func chunk(_ delta: String, finish: String? = nil) -> String {
    let reason = finish.map { "\"\($0)\"" } ?? "null"
    return
      #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","#
      + #""choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(reason)}],"#
      + #""usage":null}"#
  }

  private func events(_ data: [String]) throws -> [ModelEvent] {
    var stream = OpenAIStream()
    return try data.flatMap { try stream.receive($0) } + stream.end()
  }

  private func call(_ index: Int, _ name: String, _ arguments: String, id: String) -> ModelEvent {
    .toolCall(ToolCall(id: id, name: name, arguments: arguments))
  }

  @Test func `reads an answer`() throws {
    let usage =
      #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"#
      + #""prompt_tokens_details":{"cached_tokens":4}}}"#
    let read = try events([
      chunk(#"{"role":"assistant","content":"","refusal":null}"#), chunk(#"{"content":"Hel"}"#),
      chunk(#"{"content":"lo"}"#), chunk("{}", finish: "stop"), usage, "[DONE]",
    ])
    #expect(
      read == [
        .text("Hel"), .text("lo"), .usage(Usage(input: 9, output: 3, cachedInput: 4)),
        .finish(.stop),
      ])
  }

  @Test func `joins the parts of tool calls`() throws {
    let read = try events([
      chunk(
        #"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_a","#
          + #""type":"function","function":{"name":"get_word","arguments":""}}]}"#),
      chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"word\":"}}]}"#),
      chunk(
        #"{"tool_calls":[{"index":1,"id":"call_b","type":"function","#
          + #""function":{"name":"get_kanji","arguments":""}}]}"#),
      chunk(#"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#),
      chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"\"語\"}"}}]}"#),
      chunk("{}", finish: "tool_calls"), "[DONE]",
    ])
    #expect(
      read == [
        call(0, "get_word", #"{"word":"語"}"#, id: "call_a"),
        call(1, "get_kanji", "{}", id: "call_b"), .finish(.toolCalls),
      ])
  }

  @Test func `reads the calls of other servers`() throws {
    // Whole calls without an index, or all with index 0; the end says "stop".
    let ollama = try events([
      chunk(
        #"{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":1}"}},"#
          + #"{"index":0,"id":"b","function":{"name":"x","arguments":"{\"n\":2}"}}]}"#),
      chunk("{}", finish: "stop"),
    ])
    #expect(
      ollama == [
        call(0, "x", #"{"n":1}"#, id: "a"), call(1, "x", #"{"n":2}"#, id: "b"), .finish(.toolCalls),
      ])
    let plain = try events([
      chunk(#"{"tool_calls":[{"function":{"name":"x","arguments":{"n":1}}}]}"#),
      chunk(#"{"tool_calls":[{"function":{"name":"y","arguments":{}}}]}"#, finish: "tool_calls"),
    ])
    #expect(
      plain == [
        call(0, "x", #"{"n":1}"#, id: "call_0"), call(1, "y", "{}", id: "call_1"),
        .finish(.toolCalls),
      ])
  }

  @Test func `says how an answer ended`() throws {
    for (word, reason) in [
      ("stop", FinishReason.stop), ("length", .length), ("content_filter", .contentFilter),
      ("something_new", .stop),
    ] {
      #expect(try events([chunk(#"{"content":"a"}"#, finish: word)]).last == .finish(reason))
    }
  }

  @Test func `takes an end without a finish for a cut`() {
    for data in [
      [], [chunk(#"{"content":"Half of the ans"}"#)], [chunk(#"{"content":"a"}"#), "[DONE]"],
      [#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#],
    ] {
      #expect(throws: ModelError.incomplete) { try events(data) }
    }
  }

  @Test func `throws at what is no event`() {
    for data in ["{", "nonsense", "{\"choices\":[{]}", "\u{0}"] {
      var stream = OpenAIStream()
      do {
        _ = try stream.receive(data)
        Issue.record("took \(data)")
      } catch {
        guard case .malformed = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }

  @Test func `stands odd shapes`() throws {
    let odd = [
      "{}", "[]", "null", "7", #"{"choices":7}"#, #"{"choices":[7]}"#,
      #"{"choices":[{"delta":[]}]}"#,
      #"{"choices":[{"index":1,"delta":{"content":"other choice"}}]}"#,
      #"{"choices":[{"delta":{"content":7,"tool_calls":{}}}]}"#, #"{"usage":7}"#, "",
    ]
    #expect(try events(odd + [chunk("{}", finish: "stop")]) == [.finish(.stop)])
  }

  @Test(arguments: [
    (
      #"{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}"#,
      ModelError.throttled(retryAfter: nil)
    ),
    (
      #"{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}"#,
      .exhausted(code: "insufficient_quota")
    ),
    (
      #"{"message":"The server had an error","type":"server_error","code":null}"#,
      .interrupted("The server had an error")
    ),
    (#""plain words""#, .interrupted("plain words")),
  ])
  func `throws an error in the middle of a stream`(problem: String, expected: ModelError) throws {
    var stream = OpenAIStream()
    _ = try stream.receive(chunk(#"{"content":"Hel"}"#))
    #expect(throws: expected) { try stream.receive("{\"error\":\(problem)}") }
  }

  @Test func `bounds what a server can make it keep`() {
    let many = (0..<100).map { #"{"index":\#($0),"id":"c\#($0)","function":{"name":"x"}}"# }
    let long =
      #"{"index":0,"id":"a","function":{"name":"x","arguments":"\#(String(repeating: "x", count: 300_000))"}}"#
    for calls in [many.joined(separator: ","), long] {
      var stream = OpenAIStream()
      #expect(throws: ModelError.self) {
        try stream.receive(chunk(#"{"tool_calls":[\#(calls)]}"#))
      }
    }
  }

  @Test(arguments: [
    (
      429, #"{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}"#,
      ModelError.throttled(retryAfter: .seconds(2))
    ),
    (
      429, #"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#,
      .exhausted(code: "insufficient_quota")
    ),
    (429, "", .throttled(retryAfter: .seconds(2))),
    (500, "<html>", .unavailable(status: 500, message: "HTTP 500")),
    (503, #"{"error":{"message":"overloaded"}}"#, .unavailable(status: 503, message: "overloaded")),
    (
      401, #"{"error":{"message":"bad key","code":"invalid_api_key"}}"#,
      .rejected(status: 401, code: "invalid_api_key", message: "bad key")
    ),
    (
      404, #"{"error":{"message":"no model","code":"model_not_found"}}"#,
      .rejected(status: 404, code: "model_not_found", message: "no model")
    ),
    (408, "", .unavailable(status: 408, message: "HTTP 408")),
    (422, "[]", .rejected(status: 422, code: nil, message: "HTTP 422")),
  ])
  func `reads a refusal`(status: Int, body: String, expected: ModelError) {
    #expect(
      OpenAIErrors.refused(status: status, body: Array(body.utf8), retryAfter: .seconds(2))
        == expected)
  }
}

@Suite struct OpenAIRequestTests {
  @Test func `writes a conversation with tools`() throws {
    let call = ToolCall(id: "call_a", name: "look", arguments: #"{"n":1}"#)
    let request = ModelRequest(
      settings: ModelSettings(name: "m", temperature: 0.5, maximumTokens: 10), system: "S",
      messages: [
        .user("q"), .assistant("", calls: [call]),
        .toolResult(call: call, content: #"{"a":2}"#, isError: false), .assistant("done"),
        .user("more"),
      ],
      tools: [ToolDefinition(name: "look", description: "D", parameters: ["type": "object"])],
      user: "abc")
    let expected = try JSONValue(
      parsing: #"""
        {"model":"m","stream":true,"stream_options":{"include_usage":true},
        "max_completion_tokens":10,"temperature":0.5,"user":"abc","tool_choice":"auto",
        "tools":[{"type":"function","function":{"name":"look","description":"D",
        "parameters":{"type":"object"}}}],
        "messages":[{"role":"system","content":"S"},{"role":"user","content":"q"},
        {"role":"assistant","content":null,"tool_calls":[{"id":"call_a","type":"function",
        "function":{"name":"look","arguments":"{\"n\":1}"}}]},
        {"role":"tool","tool_call_id":"call_a","content":"{\"a\":2}"},
        {"role":"assistant","content":"done"},{"role":"user","content":"more"}]}
        """#)
    #expect(OpenAIRequest(request: request).body == expected)
  }

  @Test func `forbids tools in the last round, and knows older servers`() {
    var request = ModelRequest(
      settings: ModelSettings(temperature: nil), system: "", messages: [],
      tools: [ToolDefinition(name: "x", description: "", parameters: ["type": "object"])])
    request.mayCallTools = false
    let body = OpenAIRequest(request: request, usesMaxTokens: true).body
    #expect(body["tool_choice"]?.string == "none")
    #expect(body["max_tokens"]?.int == 2_048)
    #expect(body["max_completion_tokens"] == nil)
    #expect(body["temperature"] == nil)
  }
}

/// Draws the same number again and again.
private struct Constant: RandomNumberGenerator {
  let number: UInt64
  mutating func next() -> UInt64 { number }
}

@Suite struct ModelRetryTests {
  private func wait(
    _ error: ModelError, attempt: Int = 1, hasPassedText: Bool = false,
    remaining: Duration = .seconds(25), random: UInt64 = .max
  ) -> Duration? {
    var generator = Constant(number: random)
    return ModelRetry.wait(
      after: error, attempt: attempt, hasPassedText: hasPassedText, remaining: remaining,
      policy: RetryPolicy(), using: &generator)
  }

  @Test(arguments: [
    ModelError.unavailable(status: 500, message: ""), .unavailable(status: 529, message: ""),
    .unreachable("refused"), .interrupted("reset"), .incomplete, .silent(.seconds(30)),
    .throttled(retryAfter: nil),
  ])
  func `tries again with growing waits, three times in all`(error: ModelError) {
    for (attempt, most) in [(1, Duration.milliseconds(500)), (2, .seconds(1))] {
      let longest = wait(error, attempt: attempt) ?? .zero
      #expect(longest <= most && longest > most * 0.99)
      #expect(wait(error, attempt: attempt, random: 0) == .zero)
    }
    #expect(wait(error, attempt: 3) == nil)
  }

  @Test func `waits exactly as long as it is told, or not at all`() {
    let error = ModelError.throttled(retryAfter: .seconds(5))
    #expect(wait(error, random: 0) == .seconds(5))
    #expect(wait(error, remaining: .seconds(6)) == .seconds(5))
    #expect(wait(error, remaining: .milliseconds(5_999)) == nil)
  }

  @Test(arguments: [
    ModelError.exhausted(code: "insufficient_quota"), .malformed("x"), .deadlineExceeded,
    .rejected(status: 400, code: nil, message: ""), .rejected(status: 401, code: nil, message: ""),
    .rejected(status: 413, code: nil, message: ""),
  ])
  func `never repeats what cannot help`(error: ModelError) {
    #expect(wait(error) == nil)
  }

  @Test func `asks once more when the provider calls a tool call broken`() {
    #expect(wait(.brokenCall) == .zero)
    #expect(wait(.brokenCall, attempt: 2) == nil)
    #expect(wait(.brokenCall, hasPassedText: true) == nil)
    #expect(wait(.brokenCall, remaining: .seconds(1)) == nil)
  }

  @Test func `never repeats after text was passed on, nor into the last second`() {
    let error = ModelError.unavailable(status: 503, message: "")
    #expect(wait(error, hasPassedText: true) == nil)
    #expect(wait(error, remaining: .milliseconds(1_300)) == nil)
    #expect(wait(error, remaining: .zero, random: 0) == nil)
  }
}
