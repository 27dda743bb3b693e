package import Crypto
import JSON
package import Network

/// Bedrock's ConverseStream: any of its models in one shape.
package struct Bedrock: ModelWire {
  package enum Access: Sendable {
    case signed(AWSCredentials)
    /// A Bedrock API key.
    case bearer(@Sendable () async throws -> String)
  }

  package let provider = "bedrock"
  private let base: String
  private let region: String
  private let access: Access
  private let now: @Sendable () -> Int

  /// Without a `base` the service of the region is meant; `now` is Unix seconds.
  package init(
    base: String? = nil, region: String, access: Access, now: @escaping @Sendable () -> Int
  ) {
    self.base = base ?? "https://bedrock-runtime.\(region).amazonaws.com"
    self.region = region
    self.access = access
    self.now = now
  }

  package func request(for request: ModelRequest) async throws -> ClientRequest {
    let path = "/model/\(PathSegment.encoded(request.settings.name))/converse-stream"
    let body = BedrockRequest(request: request).body.encoded()
    var headers: HeaderFields = [
      "content-type": "application/json", "accept": "application/vnd.amazon.eventstream",
    ]
    switch access {
    case .bearer(let key): headers["authorization"] = "Bearer \(try await key())"
    case .signed(let credentials):
      let signing = RequestSigning(credentials: credentials, region: region, service: "bedrock")
      let request = SignableRequest(
        method: "POST", path: prefix + path, headers: [("host", host)] + headers.fields)
      let time = SigningTime(seconds: now())
      for header in signing.headers(for: request, payload: .bytes(body), at: time) {
        headers.add(header.name, header.value)
      }
    }
    return ClientRequest("POST", base + path, headers: headers, body: .bytes(body))
  }

  /// Host and port of the address.
  private var host: String { String(afterScheme.prefix { $0 != "/" }) }

  /// What a stand-in's address has before the path.
  private var prefix: String { String(afterScheme.drop { $0 != "/" }) }

  private var afterScheme: Substring {
    base.firstRange(of: "://").map { base[$0.upperBound...] } ?? base[...]
  }

  package func answer() -> BedrockAnswer { BedrockAnswer() }

  package func refusal(_ response: ClientResponse, now: Double) -> ModelError {
    Self.refusal(response, now: now)
  }

  package static func refusal(_ response: ClientResponse, now: Double) -> ModelError {
    let type = (response.headers["x-amzn-errortype"] ?? "").prefix { $0 != ":" }
    let message = (try? JSONValue(parsing: response.body))?["message"]?.string
    if type == "ServiceQuotaExceededException" { return .exhausted(code: String(type)) }
    // A model that failed or is not ready yet may do better at the next try.
    let status = response.status == 424 ? 503 : response.status
    return ModelRetry.error(
      status: status, code: type.isEmpty ? nil : String(type),
      message: message ?? "HTTP \(response.status)",
      retryAfter: response.headers.retryAfter(now: now))
  }
}

/// The body of a request to Converse and ConverseStream.
///
/// Shape: Bedrock Runtime API reference, "ConverseStream".
struct BedrockRequest {
  var request: ModelRequest

  var body: JSONValue {
    var inference: JSONValue = ["maxTokens": .int(request.settings.maximumTokens)]
    if let temperature = request.settings.temperature {
      inference["temperature"] = .double(min(temperature, 1))
    }
    var body: JSONValue = [
      "system": [["text": .string(request.system)]],
      "messages": .array(MessageGroup.grouped(request.messages).map(message)),
      "inferenceConfig": inference,
    ]
    // There is no "none": a round that may call nothing still has to explain earlier calls.
    if !request.tools.isEmpty, request.mayCallTools || hasCalls {
      body["toolConfig"] = ["tools": .array(request.tools.map(tool))]
    }
    return body
  }

  private var hasCalls: Bool {
    request.messages.contains { message in
      if case .toolResult = message { true } else { false }
    }
  }

  private func tool(_ tool: ToolDefinition) -> JSONValue {
    [
      "toolSpec": [
        "name": .string(tool.name), "description": .string(tool.description),
        "inputSchema": ["json": tool.parameters],
      ]
    ]
  }

  private func message(_ group: MessageGroup) -> JSONValue {
    [
      "role": group.side == .user ? "user" : "assistant",
      "content": .array(group.parts.map(block)),
    ]
  }

  private func block(_ part: MessageGroup.Part) -> JSONValue {
    switch part {
    case .text(let text): ["text": .string(text)]
    case .call(let call):
      [
        "toolUse": [
          "toolUseId": .string(call.id), "name": .string(call.name), "input": call.object,
        ]
      ]
    case .result(let call, let content, let isError):
      [
        "toolResult": [
          "toolUseId": .string(call.id), "content": [["text": .string(content)]],
          "status": isError ? "error" : "success",
        ]
      ]
    }
  }
}
