import JSON
package import Network

/// OpenAI's Chat Completions, at OpenAI or at any server that speaks it.
package struct OpenAI: ModelWire {
  package let provider = "openai"
  private let base: String
  private let key: @Sendable () async throws -> String?

  /// `base` is the address up to and without `/chat/completions`. Without a key no `Authorization`
  /// is sent: a server at home needs none.
  package init(base: String, key: @escaping @Sendable () async throws -> String?) {
    self.base = base.last == "/" ? String(base.dropLast()) : base
    self.key = key
  }

  package func request(for request: ModelRequest) async throws -> ClientRequest {
    var headers: HeaderFields = [
      "content-type": "application/json", "accept": "text/event-stream",
    ]
    if let key = try await key() { headers["authorization"] = "Bearer \(key)" }
    let body = OpenAIRequest(request: request, usesMaxTokens: !isOpenAI).body
    return ClientRequest(
      "POST", base + "/chat/completions", headers: headers, body: .bytes(body.encoded()))
  }

  /// Servers that only speak the same protocol know the older `max_tokens`; OpenAI's newer models
  /// refuse it.
  private var isOpenAI: Bool {
    let host = (base.firstRange(of: "://").map { base[$0.upperBound...] } ?? base[...])
      .prefix { $0 != "/" && $0 != ":" }
    return host.hasSuffix("openai.com") || host.hasSuffix("openai.azure.com")
  }

  package func answer() -> EventAnswer<OpenAIStream> { EventAnswer(OpenAIStream()) }

  package func refusal(_ response: ClientResponse, now: Double) -> ModelError {
    OpenAIErrors.refused(
      status: response.status, body: response.body,
      retryAfter: response.headers.retryAfter(now: now))
  }
}
