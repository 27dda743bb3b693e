import Crypto
import JSON

/// The stand-in for Gemini's API, below `/gemini` (API key) and `/vertex` (bearer token).
struct Gemini: Provider {
  let name = "gemini"
  /// Vertex AI: longer paths, `Authorization: Bearer`, and a token endpoint.
  var isVertex = false

  private static let models = [
    LocalModel.name, "gemini-3.5-flash-lite", "gemini-2.5-flash", "gemini-embedding-001",
  ]

  func check(_ request: ProviderRequest) -> Problem? {
    if isVertex, request.segments == ["token"] { return nil }
    let key = isVertex ? request.token() : request.header("x-goog-api-key") ?? request.query["key"]
    guard let key, !key.isEmpty else {
      return isVertex
        ? Problem(.noKey, "Request is missing required authentication credential.")
        : Problem(.status(403), "Method doesn't allow unregistered callers. Please use API Key.")
    }
    guard key == ProviderRequest.badKey else { return nil }
    return isVertex
      ? Problem(.badKey, "Request had invalid authentication credentials.")
      : Problem(
        .invalid, "API key not valid. Please pass a valid API key.", parameter: "API_KEY_INVALID")
  }

  func answer(
    _ request: ProviderRequest, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    if isVertex, request.segments == ["token"] { return try VertexToken(request).answer }
    guard let version = request.segments.first,
      ["v1", "v1beta", "v1alpha", "v1beta1"].contains(version),
      let models = request.segments.lastIndex(of: "models")
    else { throw Problem(.notFound, "The path is not known.") }
    let rest = Array(request.segments[(models + 1)...])
    if rest.isEmpty, request.method == "GET" {
      return OpenAI.json(["models": .array(Self.models.map(Self.model))])
    }
    guard rest.count == 1 else { throw Problem(.notFound, "The path is not known.") }
    let parts = rest[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    let name = parts[0]
    guard !name.contains("no-such-model") else {
      throw Problem(.unknownModel, "models/\(name) is not found for API version \(version).")
    }
    if parts.count == 1, request.method == "GET" { return OpenAI.json(Self.model(name)) }
    guard request.method == "POST" else { throw Problem(.notFound, "The path is not known.") }
    return try answer(request, model: name, action: parts.count > 1 ? parts[1] : "", perform)
  }

  private func answer(
    _ request: ProviderRequest, model: String, action: String,
    _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    let body = try request.object()
    switch action {
    case "generateContent", "streamGenerateContent":
      let task = try GeminiRequest(body, model: model).task
      let answer = GeminiAnswer(task, try perform(task))
      guard action == "streamGenerateContent" else { return answer.whole }
      return request.query["alt"] == "sse" ? answer.stream : answer.list
    case "countTokens":
      let task = try GeminiRequest(body["generateContentRequest"] ?? body, model: model).task
      return OpenAI.json(["totalTokens": .int(Tokens.count(task))])
    case "embedContent": return OpenAI.json(["embedding": try Self.embedding(body)])
    case "batchEmbedContents":
      var embeddings: [JSONValue] = []
      for request in body["requests"]?.array ?? [] {
        embeddings.append(try Self.embedding(request))
      }
      return OpenAI.json(["embeddings": .array(embeddings)])
    default: throw Problem(.notFound, "The method \(action) is not known.")
    }
  }

  private static func embedding(_ body: JSONValue) throws(Problem) -> JSONValue {
    let texts = (body["content"]?["parts"]?.array ?? []).compactMap { $0["text"]?.string }
    guard !texts.isEmpty else { throw Problem(.invalid, "content: parts with text are required") }
    let dimensions = (body["outputDimensionality"] ?? body["output_dimensionality"])?.int ?? 3_072
    guard (1...3_072).contains(dimensions) else {
      throw Problem(.invalid, "outputDimensionality: expected 1 to 3072")
    }
    // Only the longest vectors have unit length.
    let sum = LexicalEmbedder.sum(of: texts.joined(separator: "\n"), dimensions: dimensions)
    let vector = dimensions == 3_072 ? LexicalEmbedder.unit(sum) : sum
    return ["values": .array(vector.map { .double(Double($0)) })]
  }

  func refusal(_ problem: Problem, _ request: ProviderRequest) -> ProviderAnswer {
    if isVertex, request.segments == ["token"] {
      return ProviderAnswer(
        status: 400,
        body: (["error": "invalid_grant", "error_description": .string(problem.message)]
          as JSONValue).encoded())
    }
    return ProviderAnswer(status: problem.status, body: Self.error(problem).encoded())
  }

  /// `google.rpc.Status`, with the time to wait where there is one: Gemini sends no `Retry-After`.
  static func error(_ problem: Problem) -> JSONValue {
    var details: [JSONValue] = []
    if let seconds = problem.retryAfter {
      details.append([
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": .string(OpenAI.text(seconds) + "s"),
      ])
    }
    if problem.parameter == "API_KEY_INVALID" {
      details.append([
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
      ])
    }
    var error: JSONValue = [
      "code": .int(problem.status), "message": .string(problem.message),
      "status": .string(status(problem.status)),
    ]
    if !details.isEmpty { error["details"] = .array(details) }
    return ["error": error]
  }

  private static func status(_ code: Int) -> String {
    switch code {
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 429: "RESOURCE_EXHAUSTED"
    case 503: "UNAVAILABLE"
    case 504: "DEADLINE_EXCEEDED"
    case 500...: "INTERNAL"
    default: "INVALID_ARGUMENT"
    }
  }

  private static func model(_ name: String) -> JSONValue {
    [
      "name": .string("models/\(name)"), "displayName": .string(name), "version": "1",
      "supportedGenerationMethods": name.contains("embedding")
        ? ["embedContent"] : ["generateContent", "countTokens"],
    ]
  }
}

/// The token endpoint of service accounts: takes an assertion, gives a token. Whether the assertion is
/// signed by a known account is not checked, since any client's own key is as good here.
struct VertexToken {
  let answer: ProviderAnswer

  init(_ request: ProviderRequest) throws(Problem) {
    let form = Percent.query(String(decoding: request.body, as: UTF8.self))
    guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
      throw Problem(.invalid, "grant_type is not a JWT bearer.")
    }
    guard let assertion = form["assertion"], assertion.split(separator: ".").count == 3 else {
      throw Problem(.invalid, "The assertion is not a JWT.")
    }
    answer = OpenAI.json([
      "access_token": .string("ya29." + Hex.encode(Random.bytes(16))), "expires_in": 3_599,
      "token_type": "Bearer",
    ])
  }
}
