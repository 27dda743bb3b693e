import Crypto
import Glibc
import JSON

/// The answer to a chat completion, whole or as a stream of chunks.
struct OpenAIChatAnswer {
  private let request: OpenAIChatRequest
  private let performance: Performance
  private let calls: [ToolWish]
  private let id = "chatcmpl-" + Hex.encode(Random.bytes(12))
  private let created = Int(time(nil))

  init(_ request: OpenAIChatRequest, _ performance: Performance) {
    self.request = request
    self.performance = performance
    let wished =
      request.allowsParallelCalls
      ? performance.reply.calls : Array(performance.reply.calls.prefix(1))
    calls = wished.map {
      ToolWish(id: "call_" + Hex.encode(Random.bytes(12)), name: $0.name, arguments: $0.arguments)
    }
  }

  var answer: ProviderAnswer {
    request.isStream
      ? ProviderAnswer(
        type: "text/event-stream; charset=utf-8", headers: [.init("Cache-Control", "no-cache")],
        steps: EventSteps.steps(parts, of: performance))
      : OpenAI.json(whole).delayed(performance)
  }

  private var finish: JSONValue {
    switch performance.reply.finish {
    case .length: return "length"
    case .filter: return "content_filter"
    case .stop, .stopText: return "stop"
    case .toolCalls:
      // A forced tool ends with "stop", as OpenAI's API has it.
      if case .named = request.task.toolUse { return "stop" }
      return "tool_calls"
    }
  }

  private var usage: JSONValue {
    let input = Tokens.count(request.task)
    let output = Tokens.count(performance.reply) * request.count
    return [
      "prompt_tokens": .int(input), "completion_tokens": .int(output),
      "total_tokens": .int(input + output),
      "prompt_tokens_details": ["cached_tokens": 0, "audio_tokens": 0],
      "completion_tokens_details": [
        "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
      ],
    ]
  }

  // MARK: Whole

  private var whole: JSONValue {
    var message: JSONValue = [
      "role": "assistant", "content": calls.isEmpty ? .string(performance.reply.text) : .null,
      "refusal": .null,
      "annotations": [],
    ]
    if !calls.isEmpty {
      message["tool_calls"] = .array(
        calls.map { call in
          let arguments = EventSteps.argumentParts(call.arguments, performance.fault).joined()
          return [
            "id": .string(call.id), "type": "function",
            "function": ["name": .string(call.name), "arguments": .string(arguments)],
          ]
        })
    }
    let choices = (0..<request.count).map { index -> JSONValue in
      ["index": .int(index), "message": message, "logprobs": .null, "finish_reason": finish]
    }
    return [
      "id": .string(id), "object": "chat.completion", "created": .int(created),
      "model": .string(request.task.model),
      "choices": .array(choices), "usage": usage, "service_tier": "default",
      "system_fingerprint": .string(LocalModel.name),
    ]
  }

  // MARK: Streamed

  private var parts: EventSteps.Parts {
    var opening: [[UInt8]] = []
    var pieces: [[UInt8]] = []
    var ending: [[UInt8]] = []
    for index in 0..<request.count {
      opening.append(
        chunk(
          ["role": "assistant", "content": calls.isEmpty ? "" : .null, "refusal": .null], index))
      ending.append(chunk([:], index, finish: finish))
    }
    for piece in calls.isEmpty ? performance.pieces : [] {
      for index in 0..<request.count { pieces.append(chunk(["content": .string(piece)], index)) }
    }
    for index in 0..<request.count { pieces += callChunks(index) }
    if request.includesUsage { ending.append(EventSteps.event(chunkObject([], usage: usage))) }
    ending.append(Array("data: [DONE]\n\n".utf8))
    return EventSteps.Parts(
      opening: opening, pieces: pieces, ending: ending,
      error: EventSteps.event(
        OpenAI.error("The server had an error while processing your request.", type: "server_error")
      ),
      malformed: Array("data: {\"id\":\"\(id)\",\"choices\":[{\n\n".utf8))
  }

  private func callChunks(_ choice: Int) -> [[UInt8]] {
    calls.enumerated().flatMap { index, call -> [[UInt8]] in
      let opening = chunk(
        [
          "tool_calls": [
            [
              "index": .int(index), "id": .string(call.id), "type": "function",
              "function": ["name": .string(call.name), "arguments": ""],
            ]
          ]
        ], choice)
      let parts = EventSteps.argumentParts(call.arguments, performance.fault).map { part in
        chunk(
          ["tool_calls": [["index": .int(index), "function": ["arguments": .string(part)]]]], choice
        )
      }
      return [opening] + parts
    }
  }

  private func chunk(_ delta: JSONValue, _ index: Int, finish: JSONValue = .null) -> [UInt8] {
    EventSteps.event(
      chunkObject(
        [["index": .int(index), "delta": delta, "logprobs": .null, "finish_reason": finish]],
        usage: request.includesUsage ? .null : nil))
  }

  private func chunkObject(_ choices: [JSONValue], usage: JSONValue?) -> JSONValue {
    var chunk: JSONValue = [
      "id": .string(id), "object": "chat.completion.chunk", "created": .int(created),
      "model": .string(request.task.model),
      "service_tier": "default", "system_fingerprint": .string(LocalModel.name),
      "choices": .array(choices),
    ]
    if let usage { chunk["usage"] = usage }
    return chunk
  }
}

extension ProviderAnswer {
  /// The same answer after the performance's delay; with a fault, broken as far as a whole answer can be.
  func delayed(_ performance: Performance) -> ProviderAnswer {
    var answer = self
    if performance.delay > .zero { answer.steps.insert(.wait(performance.delay), at: 0) }
    switch performance.fault?.stream {
    case .disconnect, .stall, .truncate: answer.steps.append(.cut)
    case .malformed:
      answer.steps = answer.steps.map { step in
        if case .bytes(let bytes) = step { .bytes(Array(bytes.dropLast())) } else { step }
      }
    case nil, .error, .arguments: break
    }
    return answer
  }
}
