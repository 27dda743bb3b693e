import Agent
import Cloud
import Events
import JSON
import LambdaRuntime
import Network
import Support
import Testing

@testable import Routes

/// A request to the HTTP API.
func request(
  _ path: String, method: String = "GET", token: String? = nil,
  _ parameters: [String: String] = [:]
) throws -> HTTPEvent {
  var event = try fixture(HTTPEvent.self, "admin-unauthorized")
  event.rawPath = path
  event.requestContext.http.method = method
  event.queryStringParameters = parameters.isEmpty ? nil : parameters
  if let token { event.headers["authorization"] = "Bearer \(token)" }
  return event
}

// For tests that do not ask them.

extension Store {
  static let unreachable = Store(
    CloudClient(CloudSettings(environment: [:]), http: HTTPClient()))
}

extension UsageLedger {
  static let unreachable = UsageLedger(
    .unreachable, table: "none", prices: .standard, budgets: [])
}

extension StoredConfirmations {
  static let unreachable = StoredConfirmations(.unreachable, table: "none")
}

@Suite struct AdminTests {
  private let archive = MemoryArchive()
  private let base = "/api/v1/admin/chat"

  private func answer(_ event: HTTPEvent) async -> GatewayResponse {
    let admin = Admin(
      tokens: .test,
      queries: AdminQueries(archive: archive, ledger: .unreachable, secret: { testSecret }),
      escalations: Escalations(
        conversations: StoredConversations(.unreachable, conversations: "none", turns: "none")))
    return await admin.handle(event, Invocation())
  }

  private func get(
    _ path: String, as token: String, _ parameters: [String: String] = [:]
  ) async throws -> GatewayResponse {
    await answer(try request(base + path, token: token, parameters))
  }

  @Test func `who may ask what`() async throws {
    let admin = try token("root", role: "admin")
    let user = try token()
    let expired = try token("root", role: "admin", life: -1)
    for path in ["/conversations", "/conversations/c-1", "/conversations/user/ana", "/stats"] {
      #expect(await answer(try request(base + path)).statusCode == 401)
      #expect(try await get(path, as: expired).statusCode == 401)
      #expect(try await get(path, as: user).statusCode == 403)
      let expected = path == "/conversations/c-1" ? 404 : 200
      #expect(try await get(path, as: admin).statusCode == expected)
      for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let response = await answer(try request(base + path, method: method, token: admin))
        #expect(response.statusCode == 405)
        #expect(response.headers?["allow"] == "GET")
      }
    }
    for path in ["", "/", "/other", "/conversations/a/b", "/conversations/user/a/b", "/stats/x"] {
      #expect(try await get(path, as: admin).statusCode == 404, "\(path)")
    }
    for header in ["x-user-id", "x-http-method-override", "x-forwarded-user"] {
      var event = try request(base + "/conversations", token: user)
      event.headers[header] = "root"
      #expect(await answer(event).statusCode == 403)
    }
  }

  @Test func `refusals are uniform JSON`() async throws {
    let response = await answer(try request(base + "/conversations"))
    #expect(response.headers?["www-authenticate"] == "Bearer realm=\"martlet\"")
    #expect(response.headers?["cache-control"] == "no-store")
    let error = try body(response)
    #expect(error["error"]?["code"] == "unauthorized")
    #expect(error["error"]?["message"]?.string?.isEmpty == false)
    #expect(error["requestId"]?.string?.isEmpty == false)
  }

  @Test func `lists, pages, and the cursor that joins them`() async throws {
    for number in 0..<7 { archive.add(try .test(number)) }
    archive.add(try .test(100, user: "cy", tenant: "other"))
    let admin = try token("root", role: "admin")
    var seen: [String] = []
    var cursor: String?
    repeat {
      var parameters = ["limit": "3"]
      parameters["cursor"] = cursor
      let page = try body(try await get("/conversations", as: admin, parameters))
      seen += (page["conversations"]?.array ?? []).compactMap { $0["id"]?.string }
      cursor = page["nextCursor"]?.string
    } while cursor != nil
    #expect(seen == (0..<7).map { "c-\($0)" })
  }

  @Test func `a cursor is good for one caller and one list`() async throws {
    for number in 0..<5 { archive.add(try .test(number)) }
    let admin = try token("root", role: "admin")
    let first = try body(try await get("/conversations", as: admin, ["limit": "2"]))
    let cursor = try #require(first["nextCursor"]?.string)
    #expect(try await get("/conversations", as: admin, ["cursor": cursor]).statusCode == 200)
    let other = try token("eve", role: "admin")
    let tenant = try token("root", tenant: "other", role: "admin")
    #expect(try await get("/conversations", as: other, ["cursor": cursor]).statusCode == 422)
    #expect(try await get("/conversations", as: tenant, ["cursor": cursor]).statusCode == 422)
    #expect(
      try await get("/conversations/user/ana", as: admin, ["cursor": cursor]).statusCode == 422)
    for (index, _) in cursor.enumerated() where index % 7 == 0 {
      var bytes = Array(cursor.utf8)
      bytes[index] = bytes[index] == 65 ? 66 : 65
      let changed = String(decoding: bytes, as: UTF8.self)
      let response = try await get("/conversations", as: admin, ["cursor": changed])
      #expect(response.statusCode == 422, "byte \(index)")
    }
    for text in ["x", "%", String(repeating: "A", count: 10_000)] {
      #expect(try await get("/conversations", as: admin, ["cursor": text]).statusCode == 422)
    }
  }

  @Test func `limits outside 1 to 1000 are refused`() async throws {
    let admin = try token("root", role: "admin")
    for limit in ["0", "-1", "1001", "x", "1.5", "", "99999999999999999999"] {
      let response = try await get("/conversations", as: admin, ["limit": limit])
      #expect(response.statusCode == 422, "\(limit)")
    }
    for limit in ["1", "1000"] {
      #expect(try await get("/conversations", as: admin, ["limit": limit]).statusCode == 200)
    }
  }

  @Test func `shows a conversation with its messages, of the own tenant only`() async throws {
    let caller = Caller(user: "ana", tenant: "acme")
    let conversation = try Conversation.test(1)
    archive.add(conversation)
    let turn = Turn(
      conversation: conversation.id, number: 0, message: "m-1", question: "What?", answer: "This.",
      status: .stopped, sources: [Source(source: "japanese/word/x", title: "x", type: "word")],
      tools: [], usage: Usage(input: 1, output: 2), assistant: "japanese", model: "m",
      askedAt: testNow, answeredAt: testNow)
    _ = try await archive.append(turn, of: caller, title: "t")
    let admin = try token("root", role: "admin")
    let view = try body(try await get("/conversations/c-1", as: admin))
    #expect(view["conversation"]?["userId"] == "ana")
    let messages = try #require(view["messages"]?.array)
    #expect(messages.map { $0["role"] } == ["user", "assistant"])
    #expect(messages.map { $0["content"] } == ["What?", "This."])
    #expect(messages[1]["stopped"] == true)
    #expect(messages[1]["sources"]?[0]?["source"] == "japanese/word/x")
    let foreign = try token("root", tenant: "other", role: "admin")
    let hidden = try await get("/conversations/c-1", as: foreign)
    let absent = try await get("/conversations/c-2", as: admin)
    #expect(hidden.statusCode == 404)
    #expect(hidden.body == absent.body)
  }

  @Test func `counts a tenant's conversations`() async throws {
    for number in 0..<3 { archive.add(try .test(number, user: number == 0 ? "bob" : "ana")) }
    archive.add(try .test(9, user: "cy", tenant: "other"))
    let view = try body(try await get("/stats", as: try token("root", role: "admin")))
    #expect(view["conversations"] == 3)
    #expect(view["users"] == 2)
    #expect(view["turns"] == 6)
    #expect(view["usage"]?["inputTokens"] == 30)
    #expect(view["isComplete"] == true)
    #expect(view["conversationsByAssistant"]?["japanese"] == 3)
  }
}
