import Crypto
import JSON

/// The answer to `converse`, or the frames of `converse-stream`.
struct ConverseAnswer {
  private let task: ModelTask
  private let performance: Performance
  private let calls: [ToolWish]

  init(_ task: ModelTask, _ performance: Performance) {
    self.task = task
    self.performance = performance
    calls = performance.reply.calls.map { call in
      ToolWish(
        id: "tooluse_" + Hex.encode(Random.bytes(11)), name: call.name, arguments: call.arguments)
    }
  }

  private var hasText: Bool { !performance.reply.text.isEmpty || calls.isEmpty }

  private var stopReason: JSONValue {
    switch performance.reply.finish {
    case .stop: "end_turn"
    case .length: "max_tokens"
    case .filter: "content_filtered"
    case .toolCalls: "tool_use"
    case .stopText: "stop_sequence"
    }
  }

  private var usage: JSONValue {
    let input = Tokens.count(task)
    let output = Tokens.count(performance.reply)
    return [
      "inputTokens": .int(input), "outputTokens": .int(output), "totalTokens": .int(input + output),
      "cacheReadInputTokens": 0, "cacheWriteInputTokens": 0,
    ]
  }

  var whole: ProviderAnswer {
    var content: [JSONValue] = hasText ? [["text": .string(performance.reply.text)]] : []
    content += calls.map { call in
      [
        "toolUse": [
          "toolUseId": .string(call.id), "name": .string(call.name), "input": call.arguments,
        ]
      ]
    }
    return OpenAI.json([
      "output": ["message": ["role": "assistant", "content": .array(content)]],
      "stopReason": stopReason,
      "usage": usage, "metrics": ["latencyMs": 1],
    ]).delayed(performance)
  }

  var stream: ProviderAnswer {
    var pieces: [[UInt8]] = []
    if hasText {
      pieces += performance.pieces.map { delta(0, ["text": .string($0)]) }
      pieces.append(EventFrame.event("contentBlockStop", ["contentBlockIndex": 0]))
    }
    for (place, call) in calls.enumerated() {
      let index = place + (hasText ? 1 : 0)
      pieces.append(
        EventFrame.event(
          "contentBlockStart",
          [
            "start": ["toolUse": ["toolUseId": .string(call.id), "name": .string(call.name)]],
            "contentBlockIndex": .int(index),
          ]))
      for part in EventSteps.argumentParts(call.arguments, performance.fault) {
        pieces.append(delta(index, ["toolUse": ["input": .string(part)]]))
      }
      pieces.append(EventFrame.event("contentBlockStop", ["contentBlockIndex": .int(index)]))
    }
    let parts = EventSteps.Parts(
      opening: [EventFrame.event("messageStart", ["role": "assistant"])], pieces: pieces,
      ending: [
        EventFrame.event("messageStop", ["stopReason": stopReason]),
        EventFrame.event("metadata", ["usage": usage, "metrics": ["latencyMs": 1]]),
      ], error: [], malformed: [])
    return ProviderAnswer(
      type: EventFrame.type, steps: EventSteps.steps(EventFrame.damaged(parts), of: performance))
  }

  /// Real frames carry a padding `p` of random length; readers ignore it.
  private func delta(_ index: Int, _ delta: JSONValue) -> [UInt8] {
    EventFrame.event(
      "contentBlockDelta", ["delta": delta, "contentBlockIndex": .int(index), "p": "abcdefgh"])
  }
}
