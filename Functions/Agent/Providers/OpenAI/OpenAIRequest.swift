import JSON

/// The body of a request to OpenAI's Chat Completions, also spoken by Ollama, llama.cpp, vLLM and
/// many others.
///
/// Shape: OpenAI API reference, "Create chat completion".
struct OpenAIRequest {
  var request: ModelRequest
  /// Other servers than OpenAI's may know only the older `max_tokens`.
  var usesMaxTokens = false

  var body: JSONValue {
    var body: JSONValue = [
      "model": .string(request.settings.name), "stream": true,
      "stream_options": ["include_usage": true],
      "messages": .array([["role": "system", "content": .string(request.system)]] + messages),
    ]
    body[usesMaxTokens ? "max_tokens" : "max_completion_tokens"] = .int(
      request.settings.maximumTokens)
    if let temperature = request.settings.temperature {
      body["temperature"] = .double(temperature)
    }
    if let user = request.user { body["user"] = .string(user) }
    if !request.tools.isEmpty {
      body["tools"] = .array(request.tools.map(tool))
      body["tool_choice"] = request.mayCallTools ? "auto" : "none"
    }
    return body
  }

  private func tool(_ tool: ToolDefinition) -> JSONValue {
    [
      "type": "function",
      "function": [
        "name": .string(tool.name), "description": .string(tool.description),
        "parameters": tool.parameters,
      ],
    ]
  }

  private var messages: [JSONValue] {
    ModelMessage.repaired(request.messages).map { message in
      switch message {
      case .user(let text): ["role": "user", "content": .string(text)]
      case .assistant(let text, let calls) where calls.isEmpty:
        ["role": "assistant", "content": .string(text)]
      case .assistant(let text, let calls):
        [
          "role": "assistant", "content": text.isEmpty ? .null : .string(text),
          "tool_calls": .array(calls.map(toolCall)),
        ]
      case .toolResult(let call, let content, _):
        ["role": "tool", "tool_call_id": .string(call.id), "content": .string(content)]
      }
    }
  }

  private func toolCall(_ call: ToolCall) -> JSONValue {
    [
      "id": .string(call.id), "type": "function",
      "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
    ]
  }
}
