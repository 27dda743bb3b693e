import Agent
import Events
import JSON
import LambdaRuntime
import Network
import Support
import Synchronization
import Testing

@testable import Routes

/// The administrators' API for documents, and the embedders that its settings choose.
@Suite struct KnowledgeAdminTests {
  private func ask(
    _ program: Routes.Program, _ token: String?, _ path: String = "", method: String = "GET",
    body: String? = nil, _ query: [String: String] = [:]
  ) async throws -> GatewayResponse {
    var event = try request(
      "/api/v1/admin/knowledge" + path, method: method, token: token, query)
    event.body = body
    return await program.knowledgeAdmin().handle(event, Invocation())
  }

  @Test func `who may ask what`() async throws {
    try await SmallCloud.run { _, environment in
      let program = try Routes.Program(environment: environment)
      let admin = try await signedToken("root", role: "admin", environment)
      let user = try await signedToken("ana", role: "user", environment)
      for (path, method) in [
        ("", "GET"), ("", "POST"), ("/search", "GET"), ("/rebuild", "POST"), ("/d", "DELETE"),
      ] {
        #expect(try await ask(program, nil, path, method: method).statusCode == 401)
        #expect(try await ask(program, user, path, method: method).statusCode == 403)
      }
      for (path, method, status) in [
        ("", "PUT", 405), ("/search", "POST", 405), ("/d", "PATCH", 405), ("/rebuild", "GET", 405),
        ("/none", "DELETE", 404), ("/a%20b", "DELETE", 404),
      ] {
        let answer = try await ask(program, admin, path, method: method)
        #expect(answer.statusCode == status, "\(method) \(path)")
      }
    }
  }

  @Test func `says of each document what became of it`() async throws {
    try await SmallCloud.run { _, environment in
      let program = try Routes.Program(environment: environment)
      let admin = try await signedToken("root", role: "admin", environment)
      let documents: JSONValue = [
        "documents": [
          ["id": "a", "text": "Pets sleep outside."], ["id": "a b", "text": "x"],
          ["source": "s", "text": ""], ["source": "s", "text": "x", "tenant": "other"], "text",
          ["source": "s", "text": "x", "tags": ["t", 1]], ["text": "no source"],
        ]
      ]
      let text = String(decoding: documents.encoded(), as: UTF8.self)
      for round in 0..<2 {
        let answer = try body(try await ask(program, admin, method: "POST", body: text))
        let results = answer["results"]?.array ?? []
        #expect(
          results.map { $0["status"]?.string } == [
            round == 0 ? "added" : "unchanged", "failed", "failed", "failed", "failed", "failed",
            "failed",
          ])
        #expect(results.enumerated().allSatisfy { $0.element["index"]?.int == $0.offset })
        #expect(results.dropFirst().allSatisfy { $0["error"]?.string?.isEmpty == false })
      }
      let many = #"{"documents":[\#(Array(repeating: "{}", count: 101).joined(separator: ","))]}"#
      for bad in ["", "{", "[]", #"{"documents":[]}"#, #"{"documents":{}}"#, many] {
        let answer = try await ask(program, admin, method: "POST", body: bad)
        #expect(answer.statusCode == 400, "\(bad.prefix(40))")
      }
    }
  }

  @Test func `lists page by page, and every cursor is its owner's`() async throws {
    try await SmallCloud.run { _, environment in
      let program = try Routes.Program(environment: environment)
      let admin = try await signedToken("root", role: "admin", environment)
      for number in 0..<3 {
        let document = #"{"documents":[{"id":"d\#(number)","text":"Text \#(number)."}]}"#
        _ = try await ask(program, admin, method: "POST", body: document)
      }
      var ids: [String] = []
      var query = ["limit": "2"]
      repeat {
        let page = try body(try await ask(program, admin, "", query))
        ids += page["documents"]?.array?.compactMap { $0["id"]?.string } ?? []
        query["cursor"] = page["nextCursor"]?.string
      } while query["cursor"] != nil
      #expect(ids == ["d0", "d1", "d2"])
      let first = try body(try await ask(program, admin, "", ["limit": "1"]))
      let cursor = try #require(first["nextCursor"]?.string)
      let other = try await signedToken("root2", role: "admin", environment)
      let stolen = try await ask(program, other, "", ["limit": "1", "cursor": cursor])
      #expect(stolen.statusCode == 422)
      let searched = try await ask(program, admin, "/search", ["q": ""])
      #expect(searched.statusCode == 422)
      let limited = try await ask(program, admin, "/search", ["q": "text", "limit": "51"])
      #expect(limited.statusCode == 422)
    }
  }

  /// Each of the emulator's stand-ins answers in the provider's own form.
  @Test(arguments: [
    ("openai", "", 1_536), ("openai", "256", 256), ("gemini", "", 1_536), ("titan", "", 1_024),
    ("titan", "512", 512),
  ])
  func `embedders answer for each text`(name: String, dimensions: String, length: Int) async throws
  {
    try await SmallCloud.run { _, environment in
      var environment = environment
      environment["EMBEDDER"] = name
      environment["EMBEDDING_DIMENSIONS"] = dimensions
      environment["GOOGLE_GEMINI_BASE_URL"] = (environment["AWS_ENDPOINT_URL"] ?? "") + "/gemini"
      environment["GEMINI_API_KEY"] = "local"
      let embedder = try #require(try Routes.Program(environment: environment).embedder)
      #expect(embedder.id.dimension == length)
      let texts = (0..<7).map { "text number \($0)" }
      let tokens = Mutex(0)
      let count = { @Sendable (more: Int) in tokens.withLock { $0 += more } }
      let vectors = try await embedder.embed(
        texts, for: .passage, until: .now + .seconds(20), count: count)
      #expect(vectors.map(\.count) == texts.map { _ in length })
      #expect(Set(vectors.map { $0.map(\.bitPattern) }).count == texts.count)
      // Three words a text, by whatever tokenizer.
      #expect((14...49).contains(tokens.withLock { $0 }))
      let again = try await embedder.embed(
        [texts[3]], for: .passage, until: .now + .seconds(20), count: count)
      #expect(again == [vectors[3]])
    }
  }

  @Test func `an embedder that refuses or cannot be reached is an error`() async throws {
    try await SmallCloud.run { _, environment in
      var environment = environment
      environment["EMBEDDER"] = "openai"
      environment["OPENAI_API_KEY"] = "invalid"
      let refused = try #require(try Routes.Program(environment: environment).embedder)
      await #expect(throws: EmbeddingError.self) { () async throws in
        _ = try await refused.embed(["x"], for: .question, until: .now + .seconds(5)) { _ in }
      }
      environment["OPENAI_BASE_URL"] = "http://127.0.0.1:1/v1"
      let lost = try #require(try Routes.Program(environment: environment).embedder)
      await #expect(throws: EmbeddingError.self) { () async throws in
        _ = try await lost.embed(["x"], for: .question, until: .now + .milliseconds(200)) {
          _ in
        }
      }
    }
  }

  @Test func `embeddings stand in the use of the tenant, those at hand do not`() async throws {
    try await SmallCloud.run { _, environment in
      var environment = environment
      environment["EMBEDDER"] = "openai"
      let program = try Routes.Program(environment: environment)
      let admin = try await signedToken("root", role: "admin", environment)
      func use() async throws -> (turns: Int, tokens: [String: Int], people: [String: Int]) {
        let report = try body(
          await program.admin().handle(
            try request("/api/v1/admin/usage", token: admin), Invocation()))
        func lines(_ list: String, _ name: String) -> [String: Int] {
          Dictionary(
            uniqueKeysWithValues: (report[list]?.array ?? []).map {
              ($0[name]?.string ?? "", $0["usage"]?["inputTokens"]?.int ?? 0)
            })
        }
        return (
          report["total"]?["turns"]?.int ?? -1, lines("models", "model"), lines("users", "user")
        )
      }
      let model = "openai/text-embedding-3-small"
      let document = #"{"documents":[{"id":"a","text":"Pets sleep outside."}]}"#
      _ = try await ask(program, admin, method: "POST", body: document)
      let added = try await use()
      let made = try #require(added.tokens[model])
      #expect(made > 0 && added.people == ["(ingestion)": made])
      // The very same document again, and the question again: the second time nothing is made.
      _ = try await ask(program, admin, method: "POST", body: document)
      #expect(try await use().tokens == [model: made])
      _ = try await ask(program, admin, "/search", ["q": "Where do pets sleep?"])
      let searched = try await use()
      #expect(searched.people["root"] ?? 0 > 0)
      #expect(searched.tokens[model] == made + (searched.people["root"] ?? 0))
      // Nothing of it was a turn.
      #expect(searched.turns == 0)
    }
  }
}
