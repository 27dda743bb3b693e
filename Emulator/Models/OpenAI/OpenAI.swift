import Crypto
import JSON

/// The stand-in for OpenAI's API, below its base path `/openai/v1`.
struct OpenAI: Provider {
  let name = "openai"
  private let responses = Responses()

  /// The models that `GET /models` lists; any other name is answered as well.
  private static let models = [
    LocalModel.name, "gpt-4o-mini", "gpt-4o", "text-embedding-3-small", "text-embedding-3-large",
    "text-embedding-ada-002", "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe",
  ]

  func check(_ request: ProviderRequest) -> Problem? {
    guard let key = request.token(), !key.isEmpty else {
      return Problem(
        .noKey,
        "You didn't provide an API key. Provide it in an Authorization header: Authorization: Bearer YOUR_KEY."
      )
    }
    return key == ProviderRequest.badKey
      ? Problem(.badKey, "Incorrect API key provided: \(key).") : nil
  }

  func answer(
    _ request: ProviderRequest, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    var answer: ProviderAnswer
    switch (request.method, request.segments) {
    case ("POST", ["chat", "completions"]):
      let chat = try OpenAIChatRequest(request.object())
      answer = OpenAIChatAnswer(chat, try perform(chat.task)).answer
    case ("POST", ["audio", "transcriptions"]):
      let asked = try TranscriptionRequest(request)
      answer = TranscriptionAnswer(asked, try perform(asked.task)).answer
    case (_, _) where request.segments.first == "responses":
      guard let found = try responses.answer(request, perform) else { throw Self.unknown(request) }
      answer = found
    case ("POST", ["embeddings"]): answer = try OpenAIEmbeddings(request.object()).answer
    case ("GET", ["models"]):
      answer = Self.json(["object": "list", "data": .array(Self.models.map(Self.model))])
    case ("GET", _) where request.segments.first == "models" && request.segments.count == 2:
      try ProviderRequest.checkModel(request.segments[1])
      answer = Self.json(Self.model(request.segments[1]))
    case (_, ["chat", "completions"]), (_, ["embeddings"]), (_, ["models"]),
      (_, ["audio", "transcriptions"]):
      throw Problem(.wrongMethod, "Not allowed to \(request.method) on this path.")
    default: throw Self.unknown(request)
    }
    answer.headers += [
      .init("x-request-id", "req_" + Hex.encode(Random.bytes(16))),
      .init("openai-processing-ms", "1"),
      .init("openai-version", "2020-10-01"),
    ]
    return answer
  }

  private static func unknown(_ request: ProviderRequest) -> Problem {
    let path = request.segments.joined(separator: "/")
    return Problem(.notFound, "Invalid URL (\(request.method) /v1/\(path))")
  }

  func refusal(_ problem: Problem, _ request: ProviderRequest) -> ProviderAnswer {
    let (type, code): (String, String?) =
      switch problem.kind {
      case .invalid:
        (
          "invalid_request_error",
          problem.message.hasPrefix("Unknown parameter") ? "unknown_parameter" : nil
        )
      case .badKey: ("invalid_request_error", "invalid_api_key")
      case .tooLong: ("invalid_request_error", "context_length_exceeded")
      case .noKey, .wrongMethod, .notFound, .tooLarge: ("invalid_request_error", nil)
      case .unknownModel: ("invalid_request_error", "model_not_found")
      case .status(429): ("requests", "rate_limit_exceeded")
      case .status(let status) where status >= 500: ("server_error", nil)
      case .status: ("invalid_request_error", nil)
      }
    var headers: [ProviderAnswer.Header] = [
      .init("x-request-id", "req_" + Hex.encode(Random.bytes(16)))
    ]
    if let seconds = problem.retryAfter { headers.append(.init("retry-after", Self.text(seconds))) }
    return ProviderAnswer(
      status: problem.status, headers: headers,
      body: Self.error(problem.message, type: type, parameter: problem.parameter, code: code)
        .encoded())
  }

  static func error(
    _ message: String, type: String, parameter: String? = nil, code: String? = nil
  ) -> JSONValue {
    [
      "error": [
        "message": .string(message), "type": .string(type),
        "param": parameter.map(JSONValue.string) ?? .null,
        "code": code.map(JSONValue.string) ?? .null,
      ]
    ]
  }

  /// Whole seconds without a fraction.
  static func text(_ seconds: Double) -> String {
    Int(exactly: seconds).map(String.init) ?? "\(seconds)"
  }

  static func json(_ value: JSONValue) -> ProviderAnswer { ProviderAnswer(body: value.encoded()) }

  private static func model(_ name: String) -> JSONValue {
    ["id": .string(name), "object": "model", "created": 1_700_000_000, "owned_by": "martlet"]
  }
}
