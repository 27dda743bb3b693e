import Crypto
import JSON

/// The answer to a message request, whole or as named events.
struct AnthropicAnswer {
  private let request: AnthropicRequest
  private let performance: Performance
  private let calls: [ToolWish]
  private let id = "msg_" + Hex.encode(Random.bytes(12))

  init(_ request: AnthropicRequest, _ performance: Performance) {
    self.request = request
    self.performance = performance
    let wished = performance.reply.calls
    calls = (request.allowsParallelCalls ? wished : Array(wished.prefix(1))).map { call in
      ToolWish(
        id: "toolu_" + Hex.encode(Random.bytes(12)), name: call.name, arguments: call.arguments)
    }
  }

  var answer: ProviderAnswer {
    request.isStream
      ? ProviderAnswer(
        type: "text/event-stream; charset=utf-8", headers: [.init("Cache-Control", "no-cache")],
        steps: EventSteps.steps(parts(Self.event), of: performance))
      : OpenAI.json(whole).delayed(performance)
  }

  var whole: JSONValue {
    var message = opening
    var content: [JSONValue] =
      hasText ? [["type": "text", "text": .string(performance.reply.text)]] : []
    content += calls.map { call in
      [
        "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
        "input": call.arguments,
      ]
    }
    message["content"] = .array(content)
    for (key, value) in ending.object ?? [:] { message[key] = value }
    message["usage"] = usage(output: Tokens.count(performance.reply))
    return message
  }

  private var hasText: Bool { !performance.reply.text.isEmpty || calls.isEmpty }

  private var opening: JSONValue {
    [
      "id": .string(id), "type": "message", "role": "assistant",
      "model": .string(request.task.model),
      "content": [], "stop_reason": .null, "stop_sequence": .null, "usage": usage(output: 1),
    ]
  }

  private var ending: JSONValue {
    switch performance.reply.finish {
    case .stop: ["stop_reason": "end_turn", "stop_sequence": .null]
    case .length: ["stop_reason": "max_tokens", "stop_sequence": .null]
    case .filter: ["stop_reason": "refusal", "stop_sequence": .null]
    case .toolCalls: ["stop_reason": "tool_use", "stop_sequence": .null]
    case .stopText(let text): ["stop_reason": "stop_sequence", "stop_sequence": .string(text)]
    }
  }

  private func usage(output: Int) -> JSONValue {
    [
      "input_tokens": .int(Tokens.count(request.task)), "output_tokens": .int(output),
      "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "service_tier": "standard",
    ]
  }

  // MARK: Streamed

  /// The name of an event is its type.
  static func event(_ value: JSONValue) -> [UInt8] {
    EventSteps.event(value, name: value["type"]?.string)
  }

  /// The stream's events, each written by `frame`: as server-sent events, or in Bedrock's frames.
  func parts(_ frame: (JSONValue) -> [UInt8]) -> EventSteps.Parts {
    var opening: [JSONValue] = [["type": "message_start", "message": self.opening]]
    var pieces: [JSONValue] = []
    var index = 0
    if hasText {
      opening.append(start(index, ["type": "text", "text": ""]))
      opening.append(["type": "ping"])
      pieces += performance.pieces.map {
        delta(index, ["type": "text_delta", "text": .string($0)])
      }
      pieces.append(["type": "content_block_stop", "index": .int(index)])
      index += 1
    }
    for call in calls {
      pieces.append(
        start(
          index,
          ["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": [:]]))
      for part in EventSteps.argumentParts(call.arguments, performance.fault) {
        pieces.append(delta(index, ["type": "input_json_delta", "partial_json": .string(part)]))
      }
      pieces.append(["type": "content_block_stop", "index": .int(index)])
      index += 1
    }
    let ends: [JSONValue] = [
      [
        "type": "message_delta", "delta": ending,
        "usage": ["output_tokens": .int(Tokens.count(performance.reply))],
      ],
      ["type": "message_stop"],
    ]
    return EventSteps.Parts(
      opening: opening.map(frame), pieces: pieces.map(frame), ending: ends.map(frame),
      error: frame(Anthropic.error("overloaded_error", "Overloaded")),
      malformed: Array("event: content_block_delta\ndata: {\"type\":\n\n".utf8))
  }

  private func start(_ index: Int, _ block: JSONValue) -> JSONValue {
    ["type": "content_block_start", "index": .int(index), "content_block": block]
  }

  private func delta(_ index: Int, _ delta: JSONValue) -> JSONValue {
    ["type": "content_block_delta", "index": .int(index), "delta": delta]
  }
}
