import Crypto
import JSON

/// `POST /embeddings`, answered by the lexical embedder at the model's dimension.
struct OpenAIEmbeddings {
  private static let mostInputs = 2_048
  private static let mostTokens = 8_192
  private static let mostTokensInAll = 300_000
  private static let known: Set<String> = [
    "model", "input", "dimensions", "encoding_format", "user",
  ]

  private let model: String
  private let inputs: [String]
  private let dimensions: Int
  private let isBase64: Bool

  init(_ body: JSONValue) throws(Problem) {
    try ProviderRequest.refuseOthers(than: Self.known, in: body)
    guard let model = body["model"]?.string else {
      throw Problem(.invalid, "you must provide a model parameter")
    }
    try ProviderRequest.checkModel(model)
    self.model = model
    inputs = try Self.inputs(body["input"])
    let most = model.contains("3-large") ? 3_072 : 1_536
    dimensions = body["dimensions"]?.int ?? most
    guard (1...most).contains(dimensions),
      body["dimensions"]?.isNull ?? true || body["dimensions"]?.int != nil
    else {
      throw Problem(
        .invalid, "Invalid 'dimensions': expected 1 to \(most).", parameter: "dimensions")
    }
    switch body["encoding_format"]?.string ?? "float" {
    case "float": isBase64 = false
    case "base64": isBase64 = true
    default:
      throw Problem(.invalid, "Invalid value for 'encoding_format'.", parameter: "encoding_format")
    }
  }

  private static func inputs(_ value: JSONValue?) throws(Problem) -> [String] {
    let wrong = Problem(
      .invalid, "Invalid 'input': expected a string, an array of strings, or arrays of tokens.",
      parameter: "input")
    if let text = value?.string { return try checked([text]) }
    guard let list = value?.array, !list.isEmpty else { throw wrong }
    if list.allSatisfy({ $0.int != nil }) { return try checked([tokens(list)]) }
    var inputs: [String] = []
    for element in list {
      if let text = element.string {
        inputs.append(text)
      } else if let numbers = element.array, !numbers.isEmpty, numbers.allSatisfy({ $0.int != nil })
      {
        inputs.append(tokens(numbers))
      } else {
        throw wrong
      }
    }
    return try checked(inputs)
  }

  /// Token numbers of an unknown vocabulary: equal numbers are equal words.
  private static func tokens(_ list: [JSONValue]) -> String {
    list.compactMap { $0.int.map { "token\($0)" } }.joined(separator: " ")
  }

  private static func checked(_ inputs: [String]) throws(Problem) -> [String] {
    guard inputs.count <= mostInputs else {
      throw Problem(
        .invalid, "Invalid 'input': more than \(mostInputs) inputs.", parameter: "input")
    }
    var all = 0
    for input in inputs {
      guard !input.isEmpty else {
        throw Problem(
          .invalid, "Invalid 'input': input cannot be an empty string.", parameter: "input")
      }
      let tokens = Tokens.count(input)
      all += tokens
      guard tokens <= mostTokens, all <= mostTokensInAll else {
        throw Problem(
          .invalid,
          "At most \(mostTokens) tokens an input, \(mostTokensInAll) in all, can be embedded.",
          parameter: "input")
      }
    }
    return inputs
  }

  var answer: ProviderAnswer {
    let data = inputs.enumerated().map { index, input -> JSONValue in
      let vector = LexicalEmbedder.embedding(of: input, dimensions: dimensions)
      let shown: JSONValue =
        isBase64
        ? .string(Base64.standard.encode(LexicalEmbedder.bytes(vector)))
        : .array(vector.map { .double(Double($0)) })
      return ["object": "embedding", "index": .int(index), "embedding": shown]
    }
    let tokens = inputs.reduce(0) { $0 + Tokens.count($1) }
    return OpenAI.json([
      "object": "list", "data": .array(data), "model": .string(model),
      "usage": ["prompt_tokens": .int(tokens), "total_tokens": .int(tokens)],
    ])
  }
}
