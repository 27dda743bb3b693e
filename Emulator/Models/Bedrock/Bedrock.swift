import Crypto
import JSON

/// The stand-in for Bedrock Runtime, at `/bedrock` and at the root, where SDKs expect it.
struct Bedrock: Provider {
  let name = "bedrock"

  func check(_ request: ProviderRequest) -> Problem? {
    guard let authorization = request.header("Authorization") else {
      return Problem(
        .status(403), "Missing Authentication Token",
        parameter: "MissingAuthenticationTokenException")
    }
    let isBad =
      request.token() == ProviderRequest.badKey
      || authorization.contains("Credential=\(ProviderRequest.badKey)/")
    return isBad
      ? Problem(
        .status(403), "The security token included in the request is invalid.",
        parameter: "UnrecognizedClientException") : nil
  }

  func answer(
    _ request: ProviderRequest, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    guard request.segments.count == 3, request.segments[0] == "model" else {
      throw Problem(.notFound, "The path is not known.", parameter: "UnknownOperationException")
    }
    guard request.method == "POST" else { throw Problem(.wrongMethod, "Method Not Allowed") }
    let model = request.segments[1]
    guard !model.contains("no-such-model") else {
      throw Problem(
        .unknownModel, "Could not resolve the foundation model from the model identifier: \(model)")
    }
    var answer: ProviderAnswer
    switch request.segments[2] {
    case "converse", "converse-stream":
      let task = try ConverseRequest(request.object(), model: model).task
      let converse = ConverseAnswer(task, try perform(task))
      answer = request.segments[2] == "converse" ? converse.whole : converse.stream
    case "invoke" where model.contains("titan-embed"):
      answer = try TitanEmbedding(request.object(), isSecond: model.contains("v2")).answer
    case "invoke", "invoke-with-response-stream":
      answer = try invoke(request, model, perform)
    default:
      throw Problem(.notFound, "The path is not known.", parameter: "UnknownOperationException")
    }
    answer.headers.append(.init("x-amzn-RequestId", RequestID.uuid()))
    return answer
  }

  /// Raw bodies: those of Anthropic's models.
  private func invoke(
    _ request: ProviderRequest, _ model: String,
    _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    let body = try request.object()
    guard body["anthropic_version"]?.string != nil else {
      throw Problem(
        .invalid,
        "This stand-in knows the bodies of Anthropic's Messages API (anthropic_version) and titan-embed-text."
      )
    }
    let read = try AnthropicRequest(body, model: model)
    let performance = try perform(read.task)
    let answer = AnthropicAnswer(read, performance)
    let isStream = request.segments[2] != "invoke"
    guard isStream else {
      var whole = OpenAI.json(answer.whole).delayed(performance)
      whole.headers += Self.counts(read.task, performance.reply)
      return whole
    }
    let parts = answer.parts { event in
      let chunk: JSONValue = ["bytes": .string(Base64.standard.encode(event.encoded()))]
      return EventFrame.event("chunk", chunk)
    }
    return ProviderAnswer(
      type: EventFrame.type, headers: [.init("X-Amzn-Bedrock-Content-Type", "application/json")],
      steps: EventSteps.steps(EventFrame.damaged(parts), of: performance))
  }

  static func counts(_ task: ModelTask, _ reply: ModelReply) -> [ProviderAnswer.Header] {
    [
      .init("X-Amzn-Bedrock-Invocation-Latency", "1"),
      .init("X-Amzn-Bedrock-Input-Token-Count", "\(Tokens.count(task))"),
      .init("X-Amzn-Bedrock-Output-Token-Count", "\(Tokens.count(reply))"),
    ]
  }

  func refusal(_ problem: Problem, _ request: ProviderRequest) -> ProviderAnswer {
    let headers: [ProviderAnswer.Header] = [
      .init("x-amzn-ErrorType", Self.type(of: problem)),
      .init("x-amzn-RequestId", RequestID.uuid()),
    ]
    return ProviderAnswer(
      status: problem.status, headers: headers,
      body: (["message": .string(problem.message)] as JSONValue).encoded())
  }

  private static func type(of problem: Problem) -> String {
    if let name = problem.parameter, name.hasSuffix("Exception") { return name }
    switch problem.status {
    case 403: return "AccessDeniedException"
    case 404: return "ResourceNotFoundException"
    case 408: return "ModelTimeoutException"
    case 424: return "ModelErrorException"
    case 429: return "ThrottlingException"
    case 503: return "ServiceUnavailableException"
    case 500...: return "InternalServerException"
    default: return "ValidationException"
    }
  }
}

/// Amazon's embedding models, answered by the lexical embedder.
struct TitanEmbedding {
  private static let longest = 50_000

  let answer: ProviderAnswer

  init(_ body: JSONValue, isSecond: Bool) throws(Problem) {
    let known: Set<String> =
      isSecond ? ["inputText", "dimensions", "normalize", "embeddingTypes"] : ["inputText"]
    try ProviderRequest.refuseOthers(than: known, in: body)
    guard let text = body["inputText"]?.string, !text.isEmpty else {
      throw Problem(
        .invalid,
        "Malformed input request: #: required key [inputText] not found, please reformat your input and try again."
      )
    }
    guard text.unicodeScalars.count <= Self.longest, Tokens.count(text) <= 8_192 else {
      throw Problem(.invalid, "400 Bad Request: Too many input tokens. Max input tokens: 8192")
    }
    let dimensions = isSecond ? body["dimensions"]?.int ?? 1_024 : 1_536
    guard !isSecond || [1_024, 512, 256].contains(dimensions) else {
      throw Problem(.invalid, "Malformed input request: dimensions is one of 1024, 512, 256")
    }
    // The first version, and the second when it is told so, leaves vectors as long as they are.
    let isUnit = isSecond && body["normalize"]?.bool ?? true
    let sum = LexicalEmbedder.sum(of: text, dimensions: dimensions)
    let vector = isUnit ? LexicalEmbedder.unit(sum) : sum
    var value: JSONValue = [
      "embedding": .array(vector.map { .double(Double($0)) }),
      "inputTextTokenCount": .int(Tokens.count(text)),
    ]
    if isSecond { value["embeddingsByType"] = try Self.byType(vector, body["embeddingTypes"]) }
    answer = OpenAI.json(value)
  }

  private static func byType(_ vector: [Float], _ wish: JSONValue?) throws(Problem) -> JSONValue {
    var types: JSONObject = [:]
    for type in wish?.array ?? ["float"] {
      switch type.string {
      case "float": types["float"] = .array(vector.map { .double(Double($0)) })
      case "binary": types["binary"] = .array(vector.map { .int($0 > 0 ? 1 : 0) })
      default: throw Problem(.invalid, "Malformed input request: embeddingTypes is float or binary")
      }
    }
    return .object(types)
  }
}
