import Crypto
import JSON
import Network
import Testing

@testable import Agent

/// One provider's client with answers as the provider sends them.
struct ProviderCase: Sendable, CustomTestStringConvertible {
  var name: String
  var contentType = "text/event-stream"
  /// The client of a provider at an address.
  var model: @Sendable (_ base: String, HTTPClient, RetryPolicy) -> any Model
  /// The stream of `Hello` in two pieces, whole.
  var whole: [UInt8]
  /// The beginning of it, before any text.
  var start: [UInt8]
  /// From there up to `Hel`.
  var text: [UInt8]
  /// The whole answer but for the provider's end marker.
  var unfinished: [UInt8]
  /// An event that cannot be read.
  var malformed: [UInt8]
  /// An error of the provider's own in the middle of a stream.
  var error: [UInt8]
  /// A call of `look` with `{"n":14}`, whole.
  var toolCall: [UInt8]
  /// A call of `look` whose arguments end too early, whole.
  var brokenCall: [UInt8]
  /// An answer that was cut at its longest length.
  var cut: [UInt8]
  /// An answer without a word, whole.
  var empty: [UInt8]
  /// An answer that the provider's filter ended after `Hello`.
  var filtered: [UInt8]
  /// An event of a kind that is not known yet.
  var unknown: [UInt8]
  /// The provider's end marker.
  var marker: [UInt8]
  /// A body of status 429 that no wait heals.
  var spent: (headers: [String: String], body: String)
  /// The target of its requests.
  var target: String

  var testDescription: String { name }

  static let all = [openAI, anthropic, gemini, bedrock]
}

private func events(_ data: [String]) -> [UInt8] {
  Array(data.map { "data: \($0)\n\n" }.joined().utf8)
}

private func named(_ data: [String]) -> [UInt8] {
  let lines = data.map { text in
    let type = (try? JSONValue(parsing: text))?["type"]?.string ?? "message"
    return "event: \(type)\ndata: \(text)\n\n"
  }
  return Array(lines.joined().utf8)
}

extension ProviderCase {
  // OpenAI API reference, "Streaming events" of chat completions.
  private static let openAI: ProviderCase = {
    func delta(_ delta: String, _ finish: String? = nil) -> String {
      let reason = finish.map { "\"\($0)\"" } ?? "null"
      return #"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"#
        + #""delta":\#(delta),"finish_reason":\#(reason)}]}"#
    }
    func call(_ arguments: String) -> [UInt8] {
      events([
        delta(
          #"{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"look","arguments":""}}]}"#),
        delta(#"{"tool_calls":[{"index":0,"function":{"arguments":"\#(arguments)"}}]}"#),
        delta("{}", "tool_calls"), "[DONE]",
      ])
    }
    let start = delta(#"{"role":"assistant","content":""}"#)
    let hel = delta(#"{"content":"Hel"}"#)
    let body = [start, hel, delta(#"{"content":"lo"}"#)]
    let usage = #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}"#
    return ProviderCase(
      name: "OpenAI",
      model: { base, client, retry in
        HTTPModel(OpenAI(base: base, key: { "k" }), model: "m", client: client, retry: retry)
      },
      whole: events(body + [delta("{}", "stop"), usage, "[DONE]"]), start: events([start]),
      text: events([hel]), unfinished: events(body + ["[DONE]"]), malformed: events(["{nonsense"]),
      error: events([#"{"error":{"message":"boom","type":"server_error"}}"#]),
      toolCall: call(#"{\"n\":14}"#), brokenCall: call(#"{\"n\":"#),
      cut: events(body + [delta("{}", "length"), "[DONE]"]),
      empty: events([start, delta("{}", "stop"), "[DONE]"]),
      filtered: events(body + [delta("{}", "content_filter"), "[DONE]"]),
      unknown: events([#"{"object":"news.of.2030","choices":[],"padding":"x"}"#]),
      marker: events([delta("{}", "stop"), "[DONE]"]),
      spent: ([:], #"{"error":{"message":"m","code":"insufficient_quota"}}"#),
      target: "/chat/completions")
  }()

  // Anthropic API reference, "Streaming messages".
  private static let anthropic: ProviderCase = {
    func end(_ reason: String) -> [String] {
      [
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"#
          + #""usage":{"output_tokens":2}}"#,
        #"{"type":"message_stop"}"#,
      ]
    }
    let start = [
      #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","#
        + #""content":[],"model":"m","usage":{"input_tokens":3,"cache_creation_input_tokens":0,"#
        + #""cache_read_input_tokens":4,"output_tokens":1}}}"#
    ]
    let block = [
      #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
      #"{"type":"ping"}"#,
    ]
    func text(_ text: String) -> String {
      #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(text)"}}"#
    }
    func call(_ parts: [String]) -> [UInt8] {
      named(
        start + [
          #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","#
            + #""id":"toolu_1","name":"look","input":{}}}"#
        ]
          + parts.map {
            #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","#
              + #""partial_json":"\#($0)"}}"#
          } + end("tool_use"))
    }
    let body = start + block + [text("Hel"), text("lo")]
    return ProviderCase(
      name: "Anthropic",
      model: { base, client, retry in
        HTTPModel(
          Anthropic(base: base, key: { "k" }), model: "m", client: client, retry: retry)
      },
      whole: named(body + end("end_turn")), start: named(start + block), text: named([text("Hel")]),
      unfinished: named(body + end("end_turn").dropLast()), malformed: named(["{nonsense"]),
      error: named([#"{"type":"error","error":{"type":"overloaded_error","message":"boom"}}"#]),
      toolCall: call(["", #"{\"n\""#, ":14}"]), brokenCall: call([#"{\"n\":"#]),
      cut: named(body + end("max_tokens")), empty: named(start + block + end("end_turn")),
      filtered: named(body + end("refusal")),
      unknown: named([#"{"type":"news_of_2030","index":7}"#]), marker: named(end("end_turn")),
      spent: (
        [:],
        #"{"type":"error","error":{"type":"rate_limit_error","message":"m","#
          + #""details":{"error_code":"enforced_spend_limit_reached"}}}"#
      ), target: "/v1/messages")
  }()

  // Gemini API reference, "streamGenerateContent".
  private static let gemini: ProviderCase = {
    func chunk(_ parts: String, _ reason: String? = nil) -> String {
      let finish = reason.map { #","finishReason":"\#($0)""# } ?? ""
      let usage =
        reason == nil
        ? ""
        : #","usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2,"totalTokenCount":9}"#
      return
        #"{"candidates":[{"content":{"role":"model","parts":[\#(parts)]}\#(finish),"index":0}]"#
        + "\(usage)}"
    }
    let hel = chunk(#"{"text":"Hel"}"#)
    return ProviderCase(
      name: "Gemini",
      model: { base, client, retry in
        HTTPModel(
          Gemini(.key(base: base, version: "v1beta", key: { "k" })), model: "m", client: client,
          retry: retry)
      },
      whole: events([hel, chunk(#"{"text":"lo"}"#), chunk("", "STOP")]),
      start: events([chunk(#"{"text":"thinking","thought":true}"#)]), text: events([hel]),
      unfinished: events([hel, chunk(#"{"text":"lo"}"#)]), malformed: events(["{nonsense"]),
      error: events([#"{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}"#]),
      toolCall: events([
        chunk(#"{"functionCall":{"name":"look","args":{"n":14}},"thoughtSignature":"sig"}"#),
        chunk("", "STOP"),
      ]), brokenCall: events([chunk("", "MALFORMED_FUNCTION_CALL")]),
      cut: events([hel, chunk(#"{"text":"lo"}"#, "MAX_TOKENS")]),
      empty: events([chunk("", "STOP")]),
      filtered: events([hel, chunk(#"{"text":"lo"}"#, "SAFETY")]),
      unknown: events([#"{"newsOf2030":{"x":1},"responseId":"r"}"#]),
      marker: events([chunk("", "STOP")]),
      spent: (
        [:],
        #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":"#
          + #"[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}}"#
      ), target: "/v1beta/models/m:streamGenerateContent?alt=sse")
  }()

  // Bedrock Runtime API reference, "ConverseStream"; frames by Network's own writer, which is tested
  // against botocore's.
  private static let bedrock: ProviderCase = {
    func frame(_ type: String, _ payload: String, kind: String = "event") -> [UInt8] {
      let name = kind == "event" ? ":event-type" : ":exception-type"
      let message = EventStreamMessage(
        headers: [
          .init(":message-type", .string(kind)), .init(name, .string(type)),
          .init(":content-type", .string("application/json")),
        ], payload: Array(payload.utf8))
      return (try? message.encoded()) ?? []
    }
    func text(_ text: String) -> [UInt8] {
      frame("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"\#(text)"},"p":"abc"}"#)
    }
    func end(_ reason: String) -> [UInt8] {
      frame("contentBlockStop", #"{"contentBlockIndex":0}"#)
        + frame("messageStop", #"{"stopReason":"\#(reason)"}"#)
    }
    let usage = frame(
      "metadata",
      #"{"usage":{"inputTokens":7,"outputTokens":2,"totalTokens":9},"metrics":{"latencyMs":1}}"#)
    let start = frame("messageStart", #"{"role":"assistant"}"#)
    func call(_ parts: [String]) -> [UInt8] {
      var bytes = start
      bytes += frame(
        "contentBlockStart",
        #"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t1","name":"look"}}}"#)
      for part in parts {
        bytes += frame(
          "contentBlockDelta",
          #"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"\#(part)"}}}"#)
      }
      return bytes + end("tool_use") + usage
    }
    let body = start + text("Hel") + text("lo")
    return ProviderCase(
      name: "Bedrock", contentType: "application/vnd.amazon.eventstream",
      model: { base, client, retry in
        HTTPModel(
          Bedrock(
            base: base, region: "us-east-1",
            access: .signed(AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret")),
            now: { 1_800_000_000 }), model: "m:0", client: client, retry: retry)
      },
      whole: body + end("end_turn") + usage, start: start, text: text("Hel"), unfinished: body,
      malformed: frame("contentBlockDelta", "{nonsense"),
      error: frame("modelStreamErrorException", #"{"message":"boom"}"#, kind: "exception"),
      toolCall: call([#"{\"n\""#, ":14}"]), brokenCall: call([#"{\"n\":"#]),
      cut: body + end("max_tokens"), empty: start + end("end_turn") + usage,
      filtered: body + end("content_filtered") + usage,
      unknown: frame("newsOf2030", #"{"x":1}"#), marker: end("end_turn") + usage,
      spent: (["x-amzn-errortype": "ServiceQuotaExceededException:http://internal"], "{}"),
      target: "/model/m%3A0/converse-stream")
  }()
}
