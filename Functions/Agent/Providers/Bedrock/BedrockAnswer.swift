import JSON
import Network

/// Turns the messages of a ConverseStream into model events. The end marker is `messageStop`.
package struct BedrockAnswer: ModelAnswer {
  private var messages = EventStreamDecoder()
  private var calls = OpenCalls()
  private var finish: FinishReason?

  package init() {}

  package mutating func receive(_ bytes: [UInt8]) throws(ModelError) -> [ModelEvent] {
    let complete: [EventStreamMessage]
    do {
      complete = try messages.receive(bytes)
    } catch {
      throw .malformed("\(error)")
    }
    var events: [ModelEvent] = []
    for message in complete { events += try read(message) }
    return events
  }

  package mutating func end() throws(ModelError) -> [ModelEvent] {
    guard let finish, !messages.isInsideMessage else { throw .incomplete }
    return calls.events + [.finish(finish)]
  }

  private mutating func read(_ message: EventStreamMessage) throws(ModelError) -> [ModelEvent] {
    guard message.messageType == "event" else { throw Self.error(message) }
    let payload = try JSONValue.event(String(decoding: message.payload, as: UTF8.self))
    switch message.eventType {
    case "contentBlockStart":
      guard let use = payload["start"]?["toolUse"] else { return [] }
      try calls.begin(
        payload["contentBlockIndex"]?.int ?? 0, id: use["toolUseId"]?.string ?? "",
        name: use["name"]?.string ?? "")
    case "contentBlockDelta":
      let delta = payload["delta"]
      if let text = delta?["text"]?.string, !text.isEmpty { return [.text(text)] }
      if let part = delta?["toolUse"]?["input"]?.string {
        try calls.append(part, to: payload["contentBlockIndex"]?.int ?? 0)
      }
    case "messageStop": finish = try Self.finish(payload["stopReason"]?.string ?? "")
    case "metadata": if let usage = payload["usage"] { return [.usage(Self.usage(usage))] }
    default: break  // messageStart, contentBlockStop, and what is not known yet
    }
    return []
  }

  private static func finish(_ reason: String) throws(ModelError) -> FinishReason {
    switch reason {
    case "max_tokens", "model_context_window_exceeded": .length
    case "tool_use": .toolCalls
    case "guardrail_intervened", "content_filtered": .contentFilter
    case "malformed_tool_use": throw .brokenCall
    case "malformed_model_output": throw .malformed("the model ended with \(reason)")
    default: .stop
    }
  }

  /// The cached parts of the input are counted apart by the service.
  private static func usage(_ usage: JSONValue) -> Usage {
    let cached = usage["cacheReadInputTokens"]?.int ?? 0
    return Usage(
      input: (usage["inputTokens"]?.int ?? 0) + cached
        + (usage["cacheWriteInputTokens"]?.int ?? 0), output: usage["outputTokens"]?.int ?? 0,
      cachedInput: cached)
  }

  /// An exception in the middle of a stream; the HTTP status was 200.
  private static func error(_ message: EventStreamMessage) -> ModelError {
    let type = message.exceptionType ?? message[":error-code"] ?? "exception"
    let text = (try? JSONValue(parsing: message.payload))?["message"]?.string ?? type
    return switch type {
    case "throttlingException": .throttled(retryAfter: nil)
    case "validationException": .rejected(status: 400, code: type, message: text)
    default: .interrupted(text)
    }
  }
}
