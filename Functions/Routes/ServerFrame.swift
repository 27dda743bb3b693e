import Agent
import JSON

/// What a client receives. `id` is the client's own name for its message.
enum ServerFrame {
  /// Bytes of a frame (API Gateway quotas: 32 KB a frame, 128 KB a message): one frame holds each
  /// message, so that nothing has to be put together again.
  static let longest = 32 * 1024

  /// A turn's event as a frame.
  static func turn(_ event: TurnEvent, id: String) -> JSONValue {
    switch event {
    case .started(let conversation, let message):
      [
        "type": "start", "id": .string(id), "conversationId": .string(conversation.text),
        "messageId": .string(message),
      ]
    case .chunk(let index, let text):
      ["type": "chunk", "id": .string(id), "index": .int(index), "content": .string(text)]
    case .tool(let step):
      [
        "type": "tool", "id": .string(id), "callId": .int(step.number), "name": .string(step.name),
        "arguments": .string(step.arguments), "status": .string(step.status.rawValue),
      ]
    case .completed(let completion):
      complete(completion, id: id)
    case .failed(let error):
      Self.error(
        code: error.code, message: error.userMessage, id: id, retryAfter: error.retryAfter)
    }
  }

  private static func complete(_ completion: Completion, id: String) -> JSONValue {
    var frame: JSONObject = [
      "type": "complete", "id": .string(id),
      "conversationId": .string(completion.conversation.text),
      "messageId": .string(completion.message),
      "finishReason": .string(completion.finish.rawValue),
      "sources": .array(completion.sources.map(\.json)), "usage": completion.usage.json,
      "model": .string(completion.model),
    ]
    frame["variant"] = completion.variant.map { .string($0) }
    for (name, value) in completion.extras { frame[name] = value }
    if completion.isCached { frame["cached"] = true }
    return fitted(frame)
  }

  /// The frame with as many sources as it has room for.
  private static func fitted(_ frame: JSONObject) -> JSONValue {
    var frame = frame
    var sources = frame["sources"]?.array ?? []
    while JSONValue.object(frame).encoded().count >= longest, !sources.isEmpty {
      sources.removeLast()
      frame["sources"] = .array(sources)
    }
    return .object(frame)
  }

  static func error(_ error: FrameError) -> JSONValue {
    Self.error(
      code: error.problem.code, message: error.problem.message, id: error.id, retryAfter: nil)
  }

  static func pong(id: String?) -> JSONValue {
    guard let id else { return ["type": "pong"] }
    return ["type": "pong", "id": .string(id)]
  }

  /// `retryAfter` is in whole seconds, rounded up.
  private static func error(
    code: String, message: String, id: String?, retryAfter: Duration?
  ) -> JSONValue {
    var frame: JSONObject = ["type": "error"]
    if let id { frame["id"] = .string(id) }
    frame["code"] = .string(code)
    frame["message"] = .string(message)
    if let retryAfter {
      frame["retryAfter"] = .int(retryAfter.wholeSeconds)
    }
    return .object(frame)
  }
}

extension Completion {
  /// What only some turns have: who of the specialists answered, how the session stands now, what
  /// is to be confirmed.
  var extras: [(String, JSONValue)] {
    let extras: [(String, JSONValue?)] = [
      ("agent", agent.map { .string($0) }), ("session", session.map { .string($0.rawValue) }),
      ("confirmation", confirmation?.json),
    ]
    return extras.compactMap { name, value in value.map { (name, $0) } }
  }
}

extension Source {
  var json: JSONValue {
    ["source": .string(source), "title": .string(title), "type": .string(type)]
  }
}

extension Usage {
  var json: JSONValue {
    var view: JSONObject = [
      "inputTokens": .int(input), "outputTokens": .int(output),
      "cachedInputTokens": .int(cachedInput),
    ]
    if audioInput > 0 { view["audioInputTokens"] = .int(audioInput) }
    if audioOutput > 0 { view["audioOutputTokens"] = .int(audioOutput) }
    return .object(view)
  }
}
