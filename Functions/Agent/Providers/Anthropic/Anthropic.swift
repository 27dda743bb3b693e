import JSON
package import Network

/// Anthropic's Messages.
package struct Anthropic: ModelWire {
  /// How the key is sent: SDKs up to 0.121 send the first form, those from 2.0 the second.
  package enum KeyHeader: Sendable {
    case apiKey
    case bearer
  }

  package let provider = "anthropic"
  private let base: String
  private let version: String
  private let keyHeader: KeyHeader
  private let key: @Sendable () async throws -> String?

  /// `base` is the address up to and without `/v1/messages`.
  package init(
    base: String = "https://api.anthropic.com", version: String = "2023-06-01",
    keyHeader: KeyHeader = .apiKey, key: @escaping @Sendable () async throws -> String?
  ) {
    self.base = base.last == "/" ? String(base.dropLast()) : base
    self.version = version
    self.keyHeader = keyHeader
    self.key = key
  }

  package func request(for request: ModelRequest) async throws -> ClientRequest {
    var headers: HeaderFields = [
      "content-type": "application/json", "accept": "text/event-stream",
      "anthropic-version": version,
    ]
    if let key = try await key() {
      switch keyHeader {
      case .apiKey: headers["x-api-key"] = key
      case .bearer: headers["authorization"] = "Bearer \(key)"
      }
    }
    let body = AnthropicRequest(request: request).body
    return ClientRequest(
      "POST", base + "/v1/messages", headers: headers, body: .bytes(body.encoded()))
  }

  package func answer() -> EventAnswer<AnthropicStream> { EventAnswer(AnthropicStream()) }

  package func refusal(_ response: ClientResponse, now: Double) -> ModelError {
    let problem = (try? JSONValue(parsing: response.body))?["error"]
    let detail = problem?["details"]?["error_code"]?.string
    if response.status == 429, let detail, detail.contains("spend_limit") {
      return .exhausted(code: detail)
    }
    return ModelRetry.error(
      status: response.status, code: problem?["type"]?.string,
      message: problem?["message"]?.string ?? "HTTP \(response.status)",
      retryAfter: response.headers.retryAfter(now: now))
  }
}

/// The body of a request to Anthropic's Messages.
///
/// Shape: Anthropic API reference, "Create a message". Results of tools begin the next user message;
/// calls end an assistant's.
struct AnthropicRequest {
  var request: ModelRequest

  var body: JSONValue {
    var body: JSONValue = [
      "model": .string(request.settings.name),
      "max_tokens": .int(request.settings.maximumTokens), "stream": true,
      "system": .string(request.system),
      "messages": .array(MessageGroup.grouped(request.messages).map(message)),
    ]
    if let temperature = request.settings.temperature {
      body["temperature"] = .double(min(temperature, 1))
    }
    if let user = request.user { body["metadata"] = ["user_id": .string(user)] }
    if !request.tools.isEmpty {
      body["tools"] = .array(
        request.tools.map { tool in
          [
            "name": .string(tool.name), "description": .string(tool.description),
            "input_schema": tool.parameters,
          ]
        })
      body["tool_choice"] = ["type": request.mayCallTools ? "auto" : "none"]
    }
    return body
  }

  private func message(_ group: MessageGroup) -> JSONValue {
    [
      "role": group.side == .user ? "user" : "assistant",
      "content": .array(group.parts.map(block)),
    ]
  }

  private func block(_ part: MessageGroup.Part) -> JSONValue {
    switch part {
    case .text(let text): ["type": "text", "text": .string(text)]
    case .call(let call):
      [
        "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
        "input": call.object,
      ]
    case .result(let call, let content, let isError):
      [
        "type": "tool_result", "tool_use_id": .string(call.id), "content": .string(content),
        "is_error": .bool(isError),
      ]
    }
  }
}
