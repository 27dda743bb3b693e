import Crypto
import Glibc
import JSON

/// The answer to `POST /responses`, whole or as named events.
struct ResponsesAnswer {
  private let request: ResponsesRequest
  private let performance: Performance
  private let created = Int(time(nil))
  let id = "resp_" + Hex.encode(Random.bytes(24))
  private let messageID = "msg_" + Hex.encode(Random.bytes(24))
  private let calls: [(item: String, wish: ToolWish)]

  init(_ request: ResponsesRequest, _ performance: Performance) {
    self.request = request
    self.performance = performance
    let wished = performance.reply.calls
    calls = (request.allowsParallelCalls ? wished : Array(wished.prefix(1))).map { call in
      (
        "fc_" + Hex.encode(Random.bytes(24)),
        ToolWish(
          id: "call_" + Hex.encode(Random.bytes(12)), name: call.name, arguments: call.arguments)
      )
    }
  }

  var answer: ProviderAnswer {
    request.isStream
      ? ProviderAnswer(
        type: "text/event-stream; charset=utf-8", headers: [.init("Cache-Control", "no-cache")],
        steps: EventSteps.steps(parts, of: performance))
      : OpenAI.json(whole).delayed(performance)
  }

  /// The finished response.
  var whole: JSONValue {
    response(status: isCut ? "incomplete" : "completed", output: output, usage: usage)
  }

  /// What an answer adds to the conversation.
  var output: [JSONValue] {
    (hasText ? [message(status: "completed", [textPart(performance.reply.text)])] : [])
      + calls.map { callItem($0, arguments($0.wish), status: "completed") }
  }

  private var hasText: Bool { !performance.reply.text.isEmpty || calls.isEmpty }
  private var isCut: Bool { cutReason != nil }

  private var cutReason: JSONValue? {
    switch performance.reply.finish {
    case .length: "max_output_tokens"
    case .filter: "content_filter"
    case .stop, .stopText, .toolCalls: nil
    }
  }

  private func arguments(_ call: ToolWish) -> String {
    EventSteps.argumentParts(call.arguments, performance.fault).joined()
  }

  private var usage: JSONValue {
    let input = Tokens.count(request.task)
    let output = Tokens.count(performance.reply)
    return [
      "input_tokens": .int(input),
      "input_tokens_details": ["cached_tokens": 0, "cache_write_tokens": 0],
      "output_tokens": .int(output), "output_tokens_details": ["reasoning_tokens": 0],
      "total_tokens": .int(input + output),
    ]
  }

  private func response(
    status: JSONValue, output: [JSONValue], usage: JSONValue = .null
  ) -> JSONValue {
    let body = request.body
    return [
      "id": .string(id), "object": "response", "created_at": .int(created), "status": status,
      "background": false, "error": .null,
      "incomplete_details": status == "incomplete" ? ["reason": cutReason ?? .null] : .null,
      "instructions": body["instructions"] ?? .null,
      "max_output_tokens": body["max_output_tokens"] ?? .null,
      "model": .string(request.task.model), "output": .array(output),
      "parallel_tool_calls": .bool(request.allowsParallelCalls),
      "previous_response_id": request.previous.map(JSONValue.string) ?? .null,
      "reasoning": ["effort": .null, "summary": .null], "service_tier": "default",
      "store": .bool(request.isStored), "temperature": body["temperature"] ?? 1.0,
      "text": body["text"] ?? ["format": ["type": "text"]],
      "tool_choice": body["tool_choice"] ?? "auto", "tools": body["tools"] ?? [],
      "top_p": body["top_p"] ?? 1.0, "truncation": body["truncation"] ?? "disabled",
      "usage": usage, "user": body["user"] ?? .null, "metadata": body["metadata"] ?? [:],
    ]
  }

  private func message(status: JSONValue, _ content: [JSONValue]) -> JSONValue {
    [
      "id": .string(messageID), "type": "message", "role": "assistant", "status": status,
      "content": .array(content),
    ]
  }

  private func textPart(_ text: String) -> JSONValue {
    ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
  }

  private func callItem(
    _ call: (item: String, wish: ToolWish), _ arguments: String, status: JSONValue
  ) -> JSONValue {
    [
      "id": .string(call.item), "type": "function_call", "call_id": .string(call.wish.id),
      "name": .string(call.wish.name), "arguments": .string(arguments), "status": status,
    ]
  }

  // MARK: Streamed

  /// Every event carries its number: `sequence_number`, from 0.
  private var parts: EventSteps.Parts {
    let started = response(status: "in_progress", output: [])
    var opening: [JSONValue] = [
      ["type": "response.created", "response": started],
      ["type": "response.in_progress", "response": started],
    ]
    var pieces: [JSONValue] = []
    if hasText {
      opening += textOpening
      pieces += performance.pieces.map { piece in
        inText(["type": "response.output_text.delta", "delta": .string(piece), "logprobs": []])
      }
      pieces += textEnding
    }
    for (place, call) in calls.enumerated() { pieces += events(of: call, place) }
    let last: JSONValue = isCut ? "response.incomplete" : "response.completed"
    let ending: [JSONValue] = [["type": last, "response": whole]]
    let reached = min(performance.fault?.after ?? 0, pieces.count)
    let error: JSONValue = [
      "type": "error", "code": "server_error", "param": .null,
      "message": "The server had an error while processing your request.",
    ]
    return EventSteps.Parts(
      opening: numbered(opening, from: 0), pieces: numbered(pieces, from: opening.count),
      ending: numbered(ending, from: opening.count + pieces.count),
      error: numbered([error], from: opening.count + reached)[0],
      malformed: Array("event: response.output_text.delta\ndata: {\"type\":\n\n".utf8))
  }

  private func numbered(_ events: [JSONValue], from first: Int) -> [[UInt8]] {
    events.enumerated().map { place, event in
      var event = event
      event["sequence_number"] = .int(first + place)
      return EventSteps.event(event, name: event["type"]?.string)
    }
  }

  private func inText(_ event: JSONValue) -> JSONValue {
    var event = event
    event["item_id"] = .string(messageID)
    event["output_index"] = 0
    event["content_index"] = 0
    return event
  }

  private var textOpening: [JSONValue] {
    [
      [
        "type": "response.output_item.added", "output_index": 0,
        "item": message(status: "in_progress", []),
      ], inText(["type": "response.content_part.added", "part": textPart("")]),
    ]
  }

  private var textEnding: [JSONValue] {
    let text = performance.reply.text
    return [
      inText(["type": "response.output_text.done", "text": .string(text), "logprobs": []]),
      inText(["type": "response.content_part.done", "part": textPart(text)]),
      [
        "type": "response.output_item.done", "output_index": 0,
        "item": message(status: "completed", [textPart(text)]),
      ],
    ]
  }

  private func events(of call: (item: String, wish: ToolWish), _ place: Int) -> [JSONValue] {
    let index = JSONValue.int(place + (hasText ? 1 : 0))
    let parts = EventSteps.argumentParts(call.wish.arguments, performance.fault)
    let item = JSONValue.string(call.item)
    var events: [JSONValue] = [
      [
        "type": "response.output_item.added", "output_index": index,
        "item": callItem(call, "", status: "in_progress"),
      ]
    ]
    events += parts.map { part in
      [
        "type": "response.function_call_arguments.delta", "item_id": item, "output_index": index,
        "delta": .string(part),
      ]
    }
    events += [
      [
        "type": "response.function_call_arguments.done", "item_id": item, "output_index": index,
        "name": .string(call.wish.name), "arguments": .string(parts.joined()),
      ],
      [
        "type": "response.output_item.done", "output_index": index,
        "item": callItem(call, parts.joined(), status: "completed"),
      ],
    ]
    return events
  }
}
