import Agent
import Events
import Foundation
import JSON
import LambdaRuntime
import Testing

@testable import Routes

/// The cache through the routes as functions have them, each call in a sandbox of its own.
@Suite struct CacheTests {
  private struct Site {
    let cloud: SmallCloud
    let environment: [String: String]

    func program(_ settings: [String: String] = [:]) throws -> Routes.Program {
      try Routes.Program(
        environment: environment.merging(settings) { $1 }, cachePatience: .seconds(300))
    }

    /// The reply to a message: by HTTP, in a new conversation.
    func ask(
      _ user: String, _ message: String = "Hello!", _ more: JSONObject = [:],
      _ settings: [String: String] = [:]
    ) async throws -> JSONValue {
      var question: JSONObject = ["message": .string(message)]
      for (name, value) in more { question[name] = value }
      let event = try request(
        "/api/v1/messages", method: "POST",
        token: try await signedToken(user, role: "user", environment), body: .object(question))
      return try body(await program(settings).messages().handle(event, Invocation()))
    }

    func admin(
      _ method: String, _ path: String, role: String = "admin"
    ) async throws
      -> GatewayResponse
    {
      let token = try await signedToken("root", role: role, environment)
      let event = try request("/api/v1/admin/\(path)", method: method, token: token, body: .null)
      return await (try program()).admin().handle(event, Invocation())
    }

    func own(
      _ user: String, _ method: String, _ path: String, _ value: JSONValue = .null
    ) async throws -> GatewayResponse {
      let event = try request(
        "/api/v1/conversations/\(path)", method: method,
        token: try await signedToken(user, role: "user", environment), body: value)
      let program = try program()
      return method == "DELETE"
        ? await program.forget().handle(event, Invocation())
        : await program.conversations().handle(event, Invocation())
    }
  }

  private func withSite(_ body: (Site) async throws -> Void) async throws {
    try await SmallCloud.run { cloud, environment in
      let site = Site(cloud: cloud, environment: environment)
      _ = try await site.program().ingest().handle(.null, Invocation())
      try await body(site)
    }
  }

  @Test func `the second person gets the first one's answer, and administrators see it`()
    async throws
  {
    try await withSite { site in
      let first = try await site.ask("ana")
      #expect(first["cached"] == false && first["usage"]?["outputTokens"]?.int ?? 0 > 0)
      let second = try await site.ask("bob", " hello")
      #expect(second["cached"] == true, "\(second)")
      #expect(second["content"] == first["content"])
      #expect(second["usage"]?["outputTokens"] == 0)
      let id = try #require(second["conversationId"]?.string)
      let messages = try body(try await site.own("bob", "GET", "\(id)/messages"))["messages"]
      #expect(messages?[0]?["content"] == " hello")
      #expect(messages?[1]?["cached"] == true)
      #expect(try await site.ask("bob", "Hello!", ["fresh": true])["cached"] == false)
      let report = try body(try await site.admin("GET", "cache"))
      #expect(report["total"]?["answers"]?["lookups"] == 2)
      #expect(report["total"]?["answers"]?["tableHits"] == 1)
      #expect(report["assistants"]?[0]?["answers"]?["hitRate"] == 0.5)
      #expect(report["lifetimes"]?["answers"] == 3_600)
      let statistics = try body(try await site.admin("GET", "chat/stats"))
      #expect(statistics["cache"]?["answers"]?["hitRate"] == 0.5)
      #expect(try await site.admin("GET", "cache", role: "user").statusCode == 403)
    }
  }

  @Test func `a thumb down takes an answer out, whoever got it`() async throws {
    try await withSite { site in
      _ = try await site.ask("ana")
      let second = try await site.ask("bob")
      #expect(second["cached"] == true)
      let id = try #require(second["conversationId"]?.string)
      let message = try #require(second["messageId"]?.string)
      let path = "\(id)/messages/\(message)/feedback"
      #expect(try await site.own("bob", "PUT", path, ["thumb": "up"]).statusCode == 200)
      #expect(try await site.ask("cid")["cached"] == true)
      #expect(try await site.own("bob", "PUT", path, ["thumb": "down"]).statusCode == 200)
      #expect(try await site.ask("cid")["cached"] == false)
    }
  }

  @Test func `who deletes a conversation takes what it gave to others with it`() async throws {
    try await withSite { site in
      let first = try await site.ask("ana")
      let second = try await site.ask("bob")
      let (made, given) = (
        try #require(first["conversationId"]?.string),
        try #require(second["conversationId"]?.string)
      )
      #expect(try await site.own("bob", "DELETE", given).statusCode == 204)
      #expect(try await site.ask("cid")["cached"] == true)
      #expect(try await site.own("ana", "DELETE", made).statusCode == 204)
      #expect(try await site.ask("cid")["cached"] == false)
    }
  }

  @Test func `an administrator empties it`() async throws {
    try await withSite { site in
      for path in ["cache", "cache/japanese"] {
        _ = try await site.ask("ana")
        #expect(try await site.ask("bob")["cached"] == true)
        #expect(try await site.admin("DELETE", path, role: "user").statusCode == 403)
        #expect(try await site.ask("bob")["cached"] == true)
        #expect(try await site.admin("DELETE", path).statusCode == 204)
        #expect(try await site.ask("bob")["cached"] == false)
      }
      #expect(try await site.admin("DELETE", "cache/none").statusCode == 404)
      #expect(try await site.admin("POST", "cache").statusCode == 405)
    }
  }

  @Test func `a setting of 0 keeps no answers`() async throws {
    try await withSite { site in
      for _ in 0..<2 {
        let answer = try await site.ask("ana", "Hello!", [:], ["ANSWER_CACHE_SECONDS": "0"])
        #expect(answer["cached"] == false)
      }
    }
  }

  @Test func `frequent questions are answered anew when the knowledge has changed`() async throws {
    try await withSite { site in
      for user in ["ana", "bob", "cid"] { _ = try await site.ask(user) }
      let warm = try site.program().warm()
      let first = try await warm.handle(.null, .long)
      // Its answer is there: only the knowledge's version is noted.
      #expect(first.places == 1 && first.known == 1 && first.answered == 0)
      #expect(try await warm.handle(.null, .long).changed == 0)
      try await teach(site)
      let second = try await (try site.program()).warm().handle(.null, .long)
      #expect(second.changed == 1 && second.answered == 1 && second.tokens > 0)
      let after = try await site.ask("eve")
      #expect(after["cached"] == true)
      let usage = try body(try await site.admin("GET", "usage"))
      let payers = usage["users"]?.array?.compactMap { $0["user"]?.string } ?? []
      #expect(payers.contains(CacheWarming.user))
      let off = try site.program(["CACHE_WARM_QUESTIONS": "0"]).warm()
      try await teach(site)
      #expect(try await off.handle(.null, .long).places == 0)
    }
  }

  /// Changes what the tenant knows.
  private func teach(_ site: Site) async throws {
    let root = try await signedToken("root", role: "admin", site.environment)
    var event = try request("/api/v1/admin/knowledge", method: "POST", token: root)
    event.body = #"{"documents":[{"id":"rules","text":"Pets sleep outside \#(UUID())."}]}"#
    let added = await (try site.program()).knowledgeAdmin().handle(event, Invocation())
    #expect(added.statusCode == 200)
    _ = try await site.program().indexDocuments().handle(.rebuild, Invocation())
  }

  @Test func `results of tools and vectors of questions are kept`() async throws {
    try await withSite { site in
      let program = try site.program(["EMBEDDER": "openai"])
      for user in ["ana", "bob"] {
        let event = try request(
          "/api/v1/messages", method: "POST",
          token: try await signedToken(user, role: "user", site.environment),
          body: ["message": "What does 食べる mean?"])
        let answer = try body(await program.messages().handle(event, Invocation()))
        #expect(answer["content"]?.string?.contains("to eat") == true)
        #expect(answer["cached"] == false)
      }
      let services = try body(try await site.admin("GET", "cache"))["total"]?["services"]
      #expect(services?["lookups"] == 4)
      #expect(services?["memoryHits"] == 2)
    }
  }
}

extension Invocation {
  /// One with time for several answers.
  fileprivate static var long: Invocation { Invocation(deadline: .now + .seconds(200)) }
}
