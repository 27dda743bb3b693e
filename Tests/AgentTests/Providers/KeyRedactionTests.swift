import Network
import Support
import Testing

@testable import Agent

@Suite struct KeyRedactionTests {
  private func redaction(_ name: String, _ value: String) -> KeyRedaction {
    KeyRedaction(ClientRequest("POST", "http://x/", headers: [name: value], body: .bytes([])))
  }

  @Test(arguments: [
    ("authorization", "Bearer topsecret-1"), ("x-api-key", "topsecret-1"),
    ("x-goog-api-key", "topsecret-1"),
  ])
  func `takes the request's own key out`(name: String, value: String) {
    let cleaned = redaction(name, value).cleaned("Incorrect API key provided: topsecret-1.")
    #expect(cleaned == "Incorrect API key provided: (key).")
  }

  @Test(arguments: [
    "sk-proj-abcdefghijklmnop", "sk-ant-api03-AbCdEfGh_123", "AIzaSyA-1234567890abcdef",
    "ABSKQmVkcm9ja0FQSUtleS0", "sk-abcd*****************wxyz",
  ])
  func `takes out what looks like a key`(key: String) {
    let cleaned = redaction("x", "y").cleaned("the key '\(key)' (of ana) is bad: \(key).")
    #expect(!cleaned.contains(key.prefix(12)))
    #expect(cleaned.hasPrefix("the key '(key)' (of ana) is bad: (key)"))
  }

  @Test func `leaves other words alone, and cuts what is too long`() {
    let text = "model gpt-4o-mini-2024-07-18 is overloaded; ask-me-later-about-it: sk-"
    #expect(redaction("x-api-key", "k").cleaned(text) == text)
    #expect(redaction("x", "y").cleaned(String(repeating: "a", count: 5_000)).count == 1_000)
  }

  /// A provider that repeats the key that was refused: no error of ours holds it.
  @Test(arguments: [400, 401, 403, 429, 500])
  func `no error of a provider holds its key`(status: Int) async throws {
    let key = "sk-test-0123456789abcdef"
    let server = try FaultyProvider { connection, _ in
      let body =
        #"{"error":{"message":"Incorrect API key provided: \#(key). See"#
        + #" https://example.com?key=\#(key)","code":"invalid_\#(key)"}}"#
      connection.respond(status, headers: ["retry-after": "600"], body)
    }
    var retry = RetryPolicy()
    retry.base = .milliseconds(1)
    let wires: [any Model] = [
      HTTPModel(
        OpenAI(base: server.base, key: { key }), model: "m", client: HTTPClient(), retry: retry),
      HTTPModel(
        Anthropic(base: server.base, key: { key }), model: "m", client: HTTPClient(), retry: retry),
      HTTPModel(
        Gemini(.key(base: server.base, version: "v1beta", key: { key })), model: "m",
        client: HTTPClient(), retry: retry),
    ]
    for model in wires {
      do {
        try await model.stream(
          ModelRequest(settings: ModelSettings(), system: "", messages: [.user("q")]),
          until: .now + .seconds(60)
        ) { _ in }
        Issue.record("no error")
      } catch let error as ModelError {
        #expect(!"\(error)".contains(key))
      }
    }
    #expect(server.requests.count >= wires.count)
  }
}
