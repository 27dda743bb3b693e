import JSON
package import Network

/// Gemini's generateContent, at Google AI with a key or at Vertex AI with a service account.
package struct Gemini: ModelWire {
  /// Where it is reached, and as whom.
  package enum Access: Sendable {
    /// `base` ends before the API version.
    case key(base: String, version: String, key: @Sendable () async throws -> String?)
    /// `base` is `https://{location}-aiplatform.googleapis.com` or a stand-in.
    case vertex(
      base: String, project: String, location: String, token: @Sendable () async throws -> String)
  }

  package var provider: String {
    switch access {
    case .key: "gemini"
    case .vertex: "vertex"
    }
  }

  private let access: Access
  private let groundsInSearch: Bool

  /// With `groundsInSearch` rounds without tools of our own may use Google Search; the pages it used
  /// become sources.
  package init(_ access: Access, groundsInSearch: Bool = false) {
    self.access = access
    self.groundsInSearch = groundsInSearch
  }

  package func request(for request: ModelRequest) async throws -> ClientRequest {
    var headers: HeaderFields = [
      "content-type": "application/json", "accept": "text/event-stream",
    ]
    let model = PathSegment.encoded(request.settings.name)
    let place: String
    switch access {
    case .key(let base, let version, let key):
      if let key = try await key() { headers["x-goog-api-key"] = key }
      place = "\(base)/\(version)/models/\(model)"
    case .vertex(let base, let project, let location, let token):
      headers["authorization"] = "Bearer \(try await token())"
      place =
        "\(base)/v1beta1/projects/\(PathSegment.encoded(project))/locations/"
        + "\(PathSegment.encoded(location))/publishers/google/models/\(model)"
    }
    let body = GeminiRequest(request: request, groundsInSearch: groundsInSearch).body
    return ClientRequest(
      "POST", place + ":streamGenerateContent?alt=sse", headers: headers,
      body: .bytes(body.encoded()))
  }

  package func answer() -> EventAnswer<GeminiStream> { EventAnswer(GeminiStream()) }

  package func refusal(_ response: ClientResponse, now: Double) -> ModelError {
    let body = try? JSONValue(parsing: response.body)
    return GeminiErrors.error(
      body?["error"] ?? body?[0]?["error"], status: response.status,
      retryAfter: response.headers.retryAfter(now: now))
  }
}

/// The body of a request to generateContent.
///
/// Shape: Gemini API reference, "Generating content". All results of a round stand in one content.
struct GeminiRequest {
  var request: ModelRequest
  var groundsInSearch = false

  var body: JSONValue {
    var generation: JSONValue = ["maxOutputTokens": .int(request.settings.maximumTokens)]
    if let temperature = request.settings.temperature {
      generation["temperature"] = .double(temperature)
    }
    var body: JSONValue = [
      "systemInstruction": ["parts": [["text": .string(request.system)]]],
      "contents": .array(MessageGroup.grouped(request.messages).map(content)),
      "generationConfig": generation,
    ]
    if !request.tools.isEmpty {
      body["tools"] = [["functionDeclarations": .array(request.tools.map(declaration))]]
      body["toolConfig"] = [
        "functionCallingConfig": ["mode": request.mayCallTools ? "AUTO" : "NONE"]
      ]
    } else if groundsInSearch {
      body["tools"] = [["googleSearch": [:]]]
    }
    return body
  }

  private func declaration(_ tool: ToolDefinition) -> JSONValue {
    [
      "name": .string(tool.name), "description": .string(tool.description),
      "parametersJsonSchema": tool.parameters,
    ]
  }

  private func content(_ group: MessageGroup) -> JSONValue {
    [
      "role": group.side == .user ? "user" : "model",
      "parts": .array(group.parts.map(part)),
    ]
  }

  private func part(_ part: MessageGroup.Part) -> JSONValue {
    switch part {
    case .text(let text): return ["text": .string(text)]
    case .call(let call):
      var function: JSONValue = ["name": .string(call.name), "args": call.object]
      if let id = call.providerID { function["id"] = .string(id) }
      var part: JSONValue = ["functionCall": function]
      if let signature = call.signature { part["thoughtSignature"] = .string(signature) }
      return part
    case .result(let call, let content, let isError):
      let value = (try? JSONValue(parsing: content)) ?? .string(content)
      var function: JSONValue = [
        "name": .string(call.name),
        "response": value.object != nil ? value : [isError ? "error" : "result": value],
      ]
      if let id = call.providerID { function["id"] = .string(id) }
      return ["functionResponse": function]
    }
  }
}

extension ToolCall {
  /// Ids that were made here, because the provider sent none, are not sent to it.
  static let madeHere = "martlet-call-"

  fileprivate var providerID: String? { id.hasPrefix(Self.madeHere) ? nil : id }
}
