import Crypto
import JSON
import Server
import Testing

@testable import Models

/// What the SDKs do not show; they themselves are tried in the system tests.
@Suite struct OtherProvidersTests {
  private let providers = ModelProviders()

  private func send(
    _ path: String, _ body: JSONValue, _ headers: HTTPHeaders
  ) async throws -> (status: Int, value: JSONValue, headers: HTTPHeaders) {
    let response = await providers.answer(
      HTTPRequest(
        method: "POST", target: path, headers: headers, body: RequestBody(body.encoded())))
    guard case .bytes(let bytes) = response.body else { throw Stream() }
    return (response.status, try JSONValue(parsing: bytes), response.headers)
  }

  private struct Stream: Error {}

  private let anthropic: HTTPHeaders = ["x-api-key": "k", "anthropic-version": "2023-06-01"]
  private let gemini: HTTPHeaders = ["x-goog-api-key": "k"]
  private let bedrock: HTTPHeaders = [
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/bedrock/aws4_request"
  ]

  @Test func `old and new Anthropic clients are let in`() async throws {
    let body: JSONValue = [
      "model": "m", "max_tokens": 9, "messages": [["role": "user", "content": "Who are you?"]],
    ]
    let path = "/anthropic/v1/messages"
    #expect(try await send(path, body, anthropic).status == 200)
    let newer: HTTPHeaders = ["Authorization": "Bearer k", "anthropic-version": "2026-10-21"]
    #expect(try await send(path, body, newer).status == 200)
    #expect(try await send(path, body, ["x-api-key": "k"]).status == 400)
    #expect(try await send(path, body, ["anthropic-version": "2023-06-01"]).status == 401)
    let (status, value, headers) = try await send(path, ["model": "m"], anthropic)
    #expect(status == 400)
    #expect(value["type"] == "error")
    #expect(value["error"]?["type"] == "invalid_request_error")
    #expect(value["request_id"]?.string == headers["request-id"])
  }

  @Test(arguments: [402, 403, 409, 429, 500, 504, 529])
  func `faults are worded as the original words them`(status: Int) async throws {
    var headers = anthropic
    headers[Fault.header] = "status=\(status)"
    let (answered, value, _) = try await send("/anthropic/v1/messages", [:], headers)
    #expect(answered == status)
    let types = [
      402: "billing_error", 403: "permission_error", 409: "invalid_request_error",
      429: "rate_limit_error",
      500: "api_error", 504: "timeout_error", 529: "overloaded_error",
    ]
    #expect(value["error"]?["type"]?.string == types[status])
  }

  @Test func `Gemini takes both spellings and capital types`() async throws {
    let body: JSONValue = [
      "contents": [["role": "user", "parts": [["text": "What does 食べる mean?"]]]],
      "system_instruction": ["parts": [["text": "Be short."]]],
      "tools": [
        [
          "function_declarations": [
            [
              "name": "get_word_details", "description": "What a Japanese word means.",
              "parameters": [
                "type": "OBJECT", "required": ["word"],
                "properties": ["word": ["type": "STRING", "description": "A Japanese word"]],
              ],
            ]
          ]
        ]
      ],
    ]
    let (_, value, _) = try await send("/gemini/v1beta/models/g:generateContent", body, gemini)
    let part = value["candidates"]?[0]?["content"]?["parts"]?[0]
    #expect(part?["functionCall"]?["args"] == ["word": "食べる"])
    #expect(value["candidates"]?[0]?["finishReason"] == "STOP")
    let list = try await send("/gemini/v1/models/g:streamGenerateContent", body, gemini).value
    #expect(list.array?.isEmpty == false)
  }

  @Test func `Gemini says how long to wait in the body`() async throws {
    var headers = gemini
    headers[Fault.header] = "status=429;retry-after=3"
    let (_, value, answered) = try await send("/gemini/v1/models/g:generateContent", [:], headers)
    #expect(value["error"]?["status"] == "RESOURCE_EXHAUSTED")
    #expect(value["error"]?["details"]?[0]?["retryDelay"] == "3s")
    #expect(answered["retry-after"] == nil)
  }

  @Test(arguments: [
    "/gemini/v1/models/", "/gemini/v1/models/:", "/gemini/v1/models/a:b", "/gemini",
    "/gemini/v9/models/a:generateContent",
  ])
  func `unknown Gemini paths are not found`(path: String) async throws {
    #expect(try await send(path, ["contents": "x"], gemini).status == 404)
  }

  @Test func `Vertex gives a token for an assertion and asks for it`() async throws {
    let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c"
    let response = await providers.answer(
      HTTPRequest(method: "POST", target: "/vertex/token", body: RequestBody(Array(form.utf8))))
    guard case .bytes(let bytes) = response.body else { throw Stream() }
    let token = try #require(try JSONValue(parsing: bytes)["access_token"]?.string)
    let path = "/vertex/v1beta1/projects/p/locations/l/publishers/google/models/g:generateContent"
    let body: JSONValue = ["contents": [["parts": [["text": "Who are you?"]]]]]
    #expect(try await send(path, body, ["Authorization": "Bearer \(token)"]).status == 200)
    #expect(try await send(path, body, [:]).status == 401)
    let refused = try await send("/vertex/token", [:], [:])
    #expect(refused.status == 400 && refused.value["error"] == "invalid_grant")
  }

  @Test func `Bedrock takes an ARN as the model`() async throws {
    let body: JSONValue = ["messages": [["role": "user", "content": [["text": "Who are you?"]]]]]
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A000000000000%3Ainference-profile%2Fx"
    for prefix in ["", "/bedrock"] {
      let (status, value, headers) = try await send(
        "\(prefix)/model/\(arn)/converse", body, bedrock)
      #expect(status == 200)
      #expect(value["stopReason"] == "end_turn")
      #expect(headers["x-amzn-RequestId"] != nil)
    }
    let refused = try await send("/model/m/converse", ["messages": []], bedrock)
    #expect(refused.status == 400)
    #expect(refused.headers["x-amzn-ErrorType"] == "ValidationException")
    #expect(try await send("/model/m/converse", body, [:]).status == 403)
  }

  @Test func `event frames carry their checksums`() {
    let frame = EventFrame.event("chunk", ["a": 1])
    let total = frame.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    #expect(total == frame.count)
    let head = frame[8..<12].reduce(0) { $0 << 8 | UInt32($1) }
    #expect(head == CRC32.checksum(Array(frame.prefix(8))))
    let whole = frame.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    #expect(whole == CRC32.checksum(Array(frame.dropLast(4))))
  }

  @Test(arguments: [
    "/anthropic", "/gemini/v1/models", "/model/x/converse", "/openai/v1/models", "/bedrock/x",
    "/vertex/token",
  ])
  func `answers its own paths`(path: String) { #expect(providers.answers(path)) }

  @Test(arguments: [
    "/", "/models", "/openai", "/openai/v2", "/anthropics", "/geminix/v1", "/_martlet/models",
  ])
  func `leaves other paths alone`(path: String) { #expect(!providers.answers(path)) }
}
