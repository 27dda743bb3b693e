import JSON
package import Network

/// Turns the events of a Messages stream into model events. The end marker is `message_stop`.
package struct AnthropicStream: EventReader {
  private var calls = OpenCalls()
  private var usage = Usage()
  private var finish: FinishReason?
  private var isStopped = false

  package mutating func receive(_ event: ServerSentEvent) throws(ModelError) -> [ModelEvent] {
    let value = try JSONValue.event(event.data)
    switch value["type"]?.string ?? event.name {
    case "message_start":
      read(value["message"]?["usage"])
      return [.usage(usage)]
    case "content_block_start": return try begin(value)
    case "content_block_delta": return try append(value)
    case "message_delta":
      if let reason = value["delta"]?["stop_reason"]?.string { finish = Self.finish(reason) }
      read(value["usage"])
      return [.usage(usage)]
    case "message_stop": isStopped = true
    case "error": throw Self.error(value["error"])
    default: break  // ping, content_block_stop, and what is not known yet
    }
    return []
  }

  package mutating func end() throws(ModelError) -> [ModelEvent] {
    guard isStopped, let finish else { throw .incomplete }
    return calls.events + [.finish(finish)]
  }

  private mutating func begin(_ value: JSONValue) throws(ModelError) -> [ModelEvent] {
    let block = value["content_block"]
    switch block?["type"]?.string {
    case "tool_use":
      try calls.begin(
        value["index"]?.int ?? 0, id: block?["id"]?.string ?? "",
        name: block?["name"]?.string ?? "")
    case "text":
      if let text = block?["text"]?.string, !text.isEmpty { return [.text(text)] }
    default: break
    }
    return []
  }

  private mutating func append(_ value: JSONValue) throws(ModelError) -> [ModelEvent] {
    let delta = value["delta"]
    switch delta?["type"]?.string {
    case "text_delta":
      if let text = delta?["text"]?.string, !text.isEmpty { return [.text(text)] }
    case "input_json_delta":
      try calls.append(delta?["partial_json"]?.string ?? "", to: value["index"]?.int ?? 0)
    default: break
    }
    return []
  }

  /// Output is cumulative; the cached parts of the input are counted apart by the provider.
  private mutating func read(_ value: JSONValue?) {
    if let input = value?["input_tokens"]?.int {
      let cached = value?["cache_read_input_tokens"]?.int ?? 0
      usage.input = input + cached + (value?["cache_creation_input_tokens"]?.int ?? 0)
      usage.cachedInput = cached
    }
    if let output = value?["output_tokens"]?.int { usage.output = output }
  }

  private static func finish(_ reason: String) -> FinishReason {
    switch reason {
    case "max_tokens", "model_context_window_exceeded": .length
    case "tool_use": .toolCalls
    case "refusal": .contentFilter
    default: .stop
    }
  }

  /// An error event; the HTTP status was 200.
  private static func error(_ problem: JSONValue?) -> ModelError {
    let type = problem?["type"]?.string ?? "error"
    let message = problem?["message"]?.string ?? type
    return switch type {
    case "rate_limit_error": .throttled(retryAfter: nil)
    case "invalid_request_error", "authentication_error", "permission_error", "not_found_error",
      "request_too_large", "billing_error":
      .rejected(status: 400, code: type, message: message)
    default: .interrupted(message)
    }
  }
}
