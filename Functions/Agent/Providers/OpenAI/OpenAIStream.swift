import JSON
package import Network

/// Turns the events of a Chat Completions stream into model events.
///
/// Lenient where servers differ: a call without an id gets one, a call whose `index` is missing or
/// repeated with another id is a new call, unknown members are ignored. Strict where an answer could
/// be damaged: an event that is no JSON, an error object and an end without `finish_reason` throw.
package struct OpenAIStream: EventReader {
  private struct OpenCall {
    var index: Int
    var id: String
    var name: String
    var arguments = ""
  }

  private var calls: [OpenCall] = []
  private var finish: FinishReason?

  package mutating func receive(_ event: ServerSentEvent) throws(ModelError) -> [ModelEvent] {
    try receive(event.data)
  }

  mutating func receive(_ data: String) throws(ModelError) -> [ModelEvent] {
    guard data != "[DONE]", !data.isEmpty else { return [] }
    let chunk = try JSONNode.event(data)
    if let problem = chunk["error"], !problem.isNull { throw OpenAIErrors.inStream(problem.value) }
    var events: [ModelEvent] = []
    if var choices = chunk["choices"]?.elements, let choice = choices.next() {
      try read(choice, into: &events)
    }
    if let usage = chunk["usage"], usage.kind == .object {
      events.append(.usage(Self.usage(usage.value)))
    }
    return events
  }

  /// The stream is over: what it had left to say, or that it was cut off.
  package mutating func end() throws(ModelError) -> [ModelEvent] {
    guard let finish else { throw .incomplete }
    let calls = calls.map { call in
      ModelEvent.toolCall(ToolCall(id: call.id, name: call.name, arguments: call.arguments))
    }
    // A forced tool ends with "stop", and some servers always say "stop".
    return calls + [.finish(calls.isEmpty || finish == .length ? finish : .toolCalls)]
  }

  private mutating func read(
    _ choice: JSONNode, into events: inout [ModelEvent]
  ) throws(ModelError) {
    guard choice["index"]?.int ?? 0 == 0 else { return }
    let delta = choice["delta"]
    for key in ["content", "refusal"] {
      if let text = delta?[key]?.string, !text.isEmpty { events.append(.text(text)) }
    }
    if let parts = delta?["tool_calls"]?.elements {
      for part in parts { try append(part.value) }
    }
    if let reason = choice["finish_reason"]?.string { finish = Self.finish(reason) }
  }

  private mutating func append(_ part: JSONValue) throws(ModelError) {
    let place = try place(of: part)
    calls[place].arguments += Self.arguments(of: part)
    guard calls[place].arguments.utf8.count <= OpenCalls.longestArguments else {
      throw .malformed("tool arguments are too long")
    }
  }

  /// The call that a part belongs to; a new one when it begins one.
  private mutating func place(of part: JSONValue) throws(ModelError) -> Int {
    let id = part["id"]?.string ?? ""
    let name = part["function"]?["name"]?.string ?? ""
    let index = part["index"]?.int
    if let index, let place = calls.lastIndex(where: { $0.index == index }),
      id.isEmpty || id == calls[place].id
    {
      if calls[place].name.isEmpty { calls[place].name = name }
      return place
    }
    if index == nil, name.isEmpty, !calls.isEmpty { return calls.count - 1 }
    guard calls.count < OpenCalls.most else { throw .malformed("too many tool calls") }
    calls.append(
      OpenCall(
        index: index ?? calls.count, id: id.isEmpty ? "call_\(calls.count)" : id, name: name))
    return calls.count - 1
  }

  /// JSON text in parts; some servers send the object itself.
  private static func arguments(of part: JSONValue) -> String {
    guard let arguments = part["function"]?["arguments"], !arguments.isNull else { return "" }
    return arguments.string ?? arguments.description
  }

  private static func finish(_ reason: String) -> FinishReason {
    switch reason {
    case "length": .length
    case "tool_calls", "function_call": .toolCalls
    case "content_filter": .contentFilter
    default: .stop
    }
  }

  private static func usage(_ usage: JSONValue) -> Usage {
    Usage(
      input: usage["prompt_tokens"]?.int ?? 0, output: usage["completion_tokens"]?.int ?? 0,
      cachedInput: usage["prompt_tokens_details"]?["cached_tokens"]?.int ?? 0,
      audioInput: usage["prompt_tokens_details"]?["audio_tokens"]?.int ?? 0,
      audioOutput: usage["completion_tokens_details"]?["audio_tokens"]?.int ?? 0)
  }
}

/// Reads OpenAI's error objects: `{"error": {"message", "type", "param", "code"}}`.
enum OpenAIErrors {
  static func refused(status: Int, body: [UInt8], retryAfter: Duration?) -> ModelError {
    let problem = (try? JSONValue(parsing: body))?["error"]
    let code = problem?["code"]?.string ?? problem?["type"]?.string
    if status == 429, let code, isSpent(code) || isSpent(problem?["type"]?.string ?? "") {
      return .exhausted(code: code)
    }
    return ModelRetry.error(
      status: status, code: code, message: problem?["message"]?.string ?? "HTTP \(status)",
      retryAfter: retryAfter)
  }

  /// An error object in the middle of a stream, whose HTTP status was 200.
  static func inStream(_ problem: JSONValue) -> ModelError {
    let code = problem["code"]?.string ?? problem["type"]?.string ?? ""
    if isSpent(code) { return .exhausted(code: code) }
    if code == "rate_limit_exceeded" { return .throttled(retryAfter: nil) }
    if code == "invalid_request_error" {
      return .rejected(status: 400, code: code, message: problem["message"]?.string ?? code)
    }
    return .interrupted(problem["message"]?.string ?? problem.string ?? "an error event")
  }

  /// Codes of a 429 that no waiting cures: `insufficient_quota`, `billing_hard_limit_reached`, …
  private static func isSpent(_ code: String) -> Bool {
    ["quota", "credit", "spend", "billing"].contains { code.contains($0) }
  }
}
