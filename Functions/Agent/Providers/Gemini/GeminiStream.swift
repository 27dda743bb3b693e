import JSON
package import Network

/// Turns the chunks of a generateContent stream into model events.
///
/// There is no end marker of its own: the last chunk has `finishReason`. A call is recognised by its
/// part, whatever the reason says.
package struct GeminiStream: EventReader {
  private var calls: [ToolCall] = []
  private var finish: FinishReason?

  package mutating func receive(_ event: ServerSentEvent) throws(ModelError) -> [ModelEvent] {
    let chunk = try JSONValue.event(event.data)
    if let problem = chunk["error"], !problem.isNull { throw GeminiErrors.inStream(problem) }
    var events: [ModelEvent] = []
    if let candidate = chunk["candidates"]?[0] { events += try read(candidate) }
    if chunk["promptFeedback"]?["blockReason"]?.string != nil { finish = .contentFilter }
    if let usage = chunk["usageMetadata"], usage.object != nil {
      events.append(.usage(Self.usage(usage)))
    }
    return events
  }

  package mutating func end() throws(ModelError) -> [ModelEvent] {
    guard let finish else { throw .incomplete }
    let reason = calls.isEmpty || finish != .stop ? finish : .toolCalls
    return calls.map(ModelEvent.toolCall) + [.finish(reason)]
  }

  private mutating func read(_ candidate: JSONValue) throws(ModelError) -> [ModelEvent] {
    var events: [ModelEvent] = []
    for part in candidate["content"]?["parts"]?.array ?? [] {
      if let call = part["functionCall"] {
        try append(call, part["thoughtSignature"]?.string)
      } else if part["thought"]?.bool != true, let text = part["text"]?.string, !text.isEmpty {
        events.append(.text(text))
      }
    }
    for chunk in candidate["groundingMetadata"]?["groundingChunks"]?.array ?? [] {
      guard let page = chunk["web"], let uri = page["uri"]?.string else { continue }
      events.append(
        .source(Source(source: uri, title: page["title"]?.string ?? uri, type: "web")))
    }
    if let reason = candidate["finishReason"]?.string { finish = try Self.finish(reason) }
    return events
  }

  private mutating func append(_ call: JSONValue, _ signature: String?) throws(ModelError) {
    guard calls.count < OpenCalls.most else { throw .malformed("too many tool calls") }
    let arguments = (call["args"] ?? [:]).description
    guard arguments.utf8.count <= OpenCalls.longestArguments else {
      throw .malformed("tool arguments are too long")
    }
    calls.append(
      ToolCall(
        id: call["id"]?.string ?? "\(ToolCall.madeHere)\(calls.count)",
        name: call["name"]?.string ?? "", arguments: arguments, signature: signature))
  }

  private static func finish(_ reason: String) throws(ModelError) -> FinishReason {
    switch reason {
    case "STOP": .stop
    case "MAX_TOKENS": .length
    case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL": throw .brokenCall
    case "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
      "IMAGE_SAFETY":
      .contentFilter
    default: throw .interrupted("the model ended with \(reason)")
    }
  }

  private static func usage(_ usage: JSONValue) -> Usage {
    func count(_ name: String) -> Int { usage[name]?.int ?? 0 }
    func audio(_ name: String) -> Int {
      usage[name]?.array?.first { $0["modality"] == "AUDIO" }?["tokenCount"]?.int ?? 0
    }
    return Usage(
      input: count("promptTokenCount") + count("toolUsePromptTokenCount"),
      output: count("candidatesTokenCount") + count("thoughtsTokenCount"),
      cachedInput: count("cachedContentTokenCount"), audioInput: audio("promptTokensDetails"),
      audioOutput: audio("candidatesTokensDetails"))
  }
}

/// Reads Google's error objects: `{"error": {"code", "message", "status", "details"}}`.
enum GeminiErrors {
  static func error(_ problem: JSONValue?, status: Int, retryAfter: Duration?) -> ModelError {
    let details = problem?["details"]?.array ?? []
    if status == 429, let quota = spentQuota(details) { return .exhausted(code: quota) }
    return ModelRetry.error(
      status: status, code: problem?["status"]?.string,
      message: problem?["message"]?.string ?? "HTTP \(status)",
      retryAfter: details.lazy.compactMap(retryDelay).first ?? retryAfter)
  }

  /// An error chunk; the HTTP status was 200.
  static func inStream(_ problem: JSONValue) -> ModelError {
    let error = error(problem, status: problem["code"]?.int ?? 500, retryAfter: nil)
    guard case .unavailable(_, let message) = error else { return error }
    return .interrupted(message)
  }

  /// `RetryInfo`: `{"retryDelay": "3s"}`, also with a fraction.
  private static func retryDelay(_ detail: JSONValue) -> Duration? {
    guard let text = detail["retryDelay"]?.string, text.last == "s",
      let seconds = Double(text.dropLast()), seconds >= 0, seconds < 1e6
    else { return nil }
    return .seconds(seconds)
  }

  /// `QuotaFailure` of a day's quota: no wait within a turn helps.
  private static func spentQuota(_ details: [JSONValue]) -> String? {
    for detail in details {
      for violation in detail["violations"]?.array ?? [] {
        if let quota = violation["quotaId"]?.string, quota.contains("PerDay") { return quota }
      }
    }
    return nil
  }
}
