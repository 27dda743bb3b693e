import Crypto
import JSON

/// The stand-in for Anthropic's Messages API, below its base path `/anthropic`.
struct Anthropic: Provider {
  let name = "anthropic"

  private static let models = [LocalModel.name, "claude-sonnet-4-5", "claude-haiku-4-5"]

  /// Newer clients send `Authorization: Bearer`, older ones `x-api-key`.
  func check(_ request: ProviderRequest) -> Problem? {
    guard let key = request.header("x-api-key") ?? request.token(), !key.isEmpty else {
      return Problem(.noKey, "x-api-key header is required")
    }
    return key == ProviderRequest.badKey ? Problem(.badKey, "invalid x-api-key") : nil
  }

  func answer(
    _ request: ProviderRequest, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    guard request.header("anthropic-version") != nil else {
      throw Problem(.invalid, "anthropic-version: header is required")
    }
    var answer: ProviderAnswer
    switch (request.method, request.segments) {
    case ("POST", ["v1", "messages"]):
      let messages = try AnthropicRequest(request.object())
      answer = AnthropicAnswer(messages, try perform(messages.task)).answer
    case ("POST", ["v1", "messages", "count_tokens"]):
      let task = try AnthropicRequest(request.object(), countsOnly: true).task
      answer = OpenAI.json(["input_tokens": .int(Tokens.count(task))])
    case ("GET", ["v1", "models"]):
      answer = OpenAI.json([
        "data": .array(Self.models.map(Self.model)), "has_more": false,
        "first_id": .string(Self.models[0]), "last_id": .string(Self.models[Self.models.count - 1]),
      ])
    case (_, ["v1", "messages"]), (_, ["v1", "messages", "count_tokens"]), (_, ["v1", "models"]):
      throw Problem(.wrongMethod, "Method Not Allowed")
    default: throw Problem(.notFound, "Not Found")
    }
    answer.headers.append(.init("request-id", Self.requestID()))
    return answer
  }

  func refusal(_ problem: Problem, _ request: ProviderRequest) -> ProviderAnswer {
    let id = Self.requestID()
    var headers: [ProviderAnswer.Header] = [.init("request-id", id)]
    if let seconds = problem.retryAfter {
      headers.append(.init("retry-after", OpenAI.text(seconds)))
    }
    return ProviderAnswer(
      status: problem.status, headers: headers,
      body: Self.error(Self.type(of: problem), problem.message, id).encoded())
  }

  private static func type(of problem: Problem) -> String {
    switch problem.status {
    case 401: "authentication_error"
    case 402: "billing_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 504: "timeout_error"
    case 529: "overloaded_error"
    case 500...: "api_error"
    default: "invalid_request_error"
    }
  }

  static func error(_ type: String, _ message: String, _ id: String = requestID()) -> JSONValue {
    [
      "type": "error", "error": ["type": .string(type), "message": .string(message)],
      "request_id": .string(id),
    ]
  }

  private static func requestID() -> String { "req_" + Hex.encode(Random.bytes(12)) }

  private static func model(_ name: String) -> JSONValue {
    [
      "type": "model", "id": .string(name), "display_name": .string(name),
      "created_at": "2026-01-01T00:00:00Z",
    ]
  }
}
