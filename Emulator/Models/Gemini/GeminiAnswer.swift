import Crypto
import JSON

/// The answer to `generateContent`: whole, as server-sent events, or as a list of what those would be.
struct GeminiAnswer {
  private let task: ModelTask
  private let performance: Performance
  private let id = Hex.encode(Random.bytes(12))

  init(_ task: ModelTask, _ performance: Performance) {
    self.task = task
    self.performance = performance
  }

  var whole: ProviderAnswer {
    let words: [JSONValue] =
      performance.reply.text.isEmpty ? [] : [["text": .string(performance.reply.text)]]
    return OpenAI.json(response(words + calls, isLast: true)).delayed(performance)
  }

  var stream: ProviderAnswer {
    let pieces = self.pieces
    let last = EventSteps.event(pieces[pieces.count - 1])
    let parts = EventSteps.Parts(
      opening: [], pieces: pieces.dropLast().map { EventSteps.event($0) }, ending: [last],
      error: EventSteps.event(Gemini.error(Problem(.status(503), "The model is overloaded."))),
      malformed: Array("data: {\"candidates\": [\n\n".utf8))
    return ProviderAnswer(
      type: "text/event-stream", steps: EventSteps.steps(parts, of: performance))
  }

  /// Without `alt=sse` a stream is one JSON array.
  var list: ProviderAnswer { OpenAI.json(.array(pieces)).delayed(performance) }

  /// The last one has the finish reason and the usage; there is no other end marker.
  private var pieces: [JSONValue] {
    let words = performance.pieces.map { response([["text": .string($0)]], isLast: false) }
    guard performance.reply.calls.isEmpty else { return words + [response(calls, isLast: true)] }
    return words + [response([["text": ""]], isLast: true)]
  }

  /// A page of a search that was never made, under a name that leads nowhere (RFC 2606).
  private var grounding: JSONValue {
    var query = ""
    if case .user(let text)? = task.messages.last { query = String(text.prefix(100)) }
    let page = "https://search.example/?q=" + PercentEncoding.encode(query)
    return [
      "webSearchQueries": [.string(query)],
      "groundingChunks": [["web": ["uri": .string(page), "title": "search.example"]]],
      "groundingSupports": [
        [
          "segment": ["text": .string(performance.reply.text)], "groundingChunkIndices": [0],
        ]
      ],
      "searchEntryPoint": ["renderedContent": "<div>search.example</div>"],
    ]
  }

  private var finishReason: JSONValue {
    switch performance.reply.finish {
    case .length: "MAX_TOKENS"
    case .filter: "SAFETY"
    case .stop, .stopText, .toolCalls: "STOP"
    }
  }

  private var calls: [JSONValue] {
    performance.reply.calls.map { call in
      [
        "functionCall": [
          "id": .string("call_" + Hex.encode(Random.bytes(8))), "name": .string(call.name),
          "args": call.arguments,
        ],
        "thoughtSignature": .string(Base64.standard.encode(Array(id.utf8))),
      ]
    }
  }

  private func response(_ parts: [JSONValue], isLast: Bool) -> JSONValue {
    var candidate: JSONValue = ["content": ["role": "model", "parts": .array(parts)], "index": 0]
    if isLast {
      candidate["finishReason"] = finishReason
      if task.groundsInSearch { candidate["groundingMetadata"] = grounding }
    }
    let input = Tokens.count(task)
    let output = Tokens.count(performance.reply)
    return [
      "candidates": [candidate],
      "usageMetadata": [
        "promptTokenCount": .int(input), "candidatesTokenCount": .int(isLast ? output : 0),
        "totalTokenCount": .int(input + (isLast ? output : 0)),
        "promptTokensDetails": [["modality": "TEXT", "tokenCount": .int(input)]],
      ],
      "modelVersion": .string(task.model), "responseId": .string(id),
    ]
  }
}
