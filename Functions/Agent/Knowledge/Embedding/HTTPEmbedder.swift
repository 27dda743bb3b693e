import JSON
package import Network

/// An embedder reached over HTTP: OpenAI's protocol or Gemini's.
package struct HTTPEmbedder: Embedder {
  package enum Wire: Sendable {
    /// `POST /embeddings` (OpenAI API reference, "Create embeddings").
    case openAI
    /// `POST /models/{model}:batchEmbedContents` (Gemini API reference, "Embeddings").
    case gemini
  }

  /// Texts in one request: Gemini takes 100, OpenAI more.
  private static let batch = 96
  private static let responseLimit = 32 << 20
  /// More than any provider takes at once: a number above it is none.
  static let mostTokens = 10_000_000

  package let id: EmbedderID
  private let wire: Wire
  private let model: String
  private let base: String
  private let key: @Sendable () async throws -> String?
  private let client: HTTPClient
  private let retry: RetryPolicy

  /// `base` is the address up to and without the operation's path.
  package init(
    _ wire: Wire, model: String, dimension: Int, base: String, client: HTTPClient,
    retry: RetryPolicy = RetryPolicy(), key: @escaping @Sendable () async throws -> String?
  ) {
    self.wire = wire
    self.model = model
    self.base = base
    self.key = key
    self.client = client
    self.retry = retry
    let provider = wire == .openAI ? "openai" : "gemini"
    id = EmbedderID(name: "\(provider)/\(model)", version: "1", dimension: dimension)
  }

  package func embed(
    _ texts: [String], for purpose: EmbeddingPurpose, until deadline: ContinuousClock.Instant,
    count: @escaping @Sendable (_ tokens: Int) -> Void
  ) async throws -> [[Float]] {
    var vectors: [[Float]] = []
    for start in stride(from: 0, to: texts.count, by: Self.batch) {
      let part = Array(texts[start..<min(start + Self.batch, texts.count)])
      let answer = try await send(request(part, purpose), deadline)
      count(tokens(of: answer, part))
      vectors += try read(answer, count: part.count)
    }
    return vectors
  }

  private func request(
    _ texts: [String], _ purpose: EmbeddingPurpose
  ) async throws -> ClientRequest {
    var headers: HeaderFields = ["content-type": "application/json"]
    let path: String
    let body: JSONValue
    switch wire {
    case .openAI:
      if let key = try await key() { headers["authorization"] = "Bearer \(key)" }
      path = "/embeddings"
      body = [
        "model": .string(model), "input": .array(texts.map(JSONValue.string)),
        "dimensions": .int(id.dimension), "encoding_format": "float",
      ]
    case .gemini:
      if let key = try await key() { headers["x-goog-api-key"] = key }
      path = "/models/\(PathSegment.encoded(model)):batchEmbedContents"
      let task = purpose == .question ? "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT"
      body = [
        "requests": .array(
          texts.map { text in
            [
              "model": .string("models/\(model)"), "taskType": .string(task),
              "outputDimensionality": .int(id.dimension),
              "content": ["parts": [["text": .string(text)]]],
            ]
          })
      ]
    }
    var request = ClientRequest("POST", base + path, headers: headers, body: .bytes(body.encoded()))
    request.responseLimit = Self.responseLimit
    return request
  }

  private func send(
    _ request: ClientRequest, _ deadline: ContinuousClock.Instant
  ) async throws -> JSONValue {
    var attempt = 0
    while true {
      attempt += 1
      let failure: RetryPolicy.Failure
      let error: EmbeddingError
      do {
        let response = try await client.send(request, deadline: deadline)
        if response.status == 200 {
          do {
            return try JSONValue(parsing: response.body)
          } catch {
            throw EmbeddingError.malformed("\(error)")
          }
        }
        let message = (try? JSONValue(parsing: response.body))?["error"]?["message"]?.string
        error = .refused(status: response.status, message: message ?? "")
        failure = .status(response.status)
      } catch let lost as NetworkError {
        error = .unreachable("\(lost)")
        failure = .network(lost)
      }
      let remaining = ContinuousClock.now.duration(to: deadline)
      guard let wait = retry.wait(after: failure, attempt: attempt, remaining: remaining) else {
        throw error
      }
      try await Task.sleep(for: wait)
    }
  }

  /// What the provider says that the texts took. Gemini's API says it of some models alone, compatible
  /// servers not always: then it is an estimate (``TokenEstimate``).
  private func tokens(of answer: JSONValue, _ texts: [String]) -> Int {
    let reported =
      switch wire {
      case .openAI: answer["usage"]?["prompt_tokens"]?.int
      case .gemini: answer["usageMetadata"]?["promptTokenCount"]?.int
      }
    if let reported, (1...Self.mostTokens).contains(reported) { return reported }
    return texts.reduce(0) { $0 + TokenEstimate.tokens(in: $1) }
  }

  private func read(_ answer: JSONValue, count: Int) throws -> [[Float]] {
    var vectors = [[Float]](repeating: [], count: count)
    switch wire {
    case .openAI:
      for entry in answer["data"]?.array ?? [] {
        guard let place = entry["index"]?.int, vectors.indices.contains(place) else {
          throw EmbeddingError.malformed("an index that was not asked for")
        }
        vectors[place] = entry["embedding"]?.floats ?? []
      }
    case .gemini:
      for (place, entry) in (answer["embeddings"]?.array ?? []).prefix(count).enumerated() {
        vectors[place] = entry["values"]?.floats ?? []
      }
    }
    for vector in vectors where vector.count != id.dimension {
      throw EmbeddingError.malformed("\(vector.count) values instead of \(id.dimension)")
    }
    return vectors
  }
}

extension JSONValue {
  /// An array of numbers alone.
  var floats: [Float]? {
    guard let array else { return nil }
    let numbers = array.compactMap { $0.double.map { Float($0) } }
    return numbers.count == array.count ? numbers : nil
  }
}
