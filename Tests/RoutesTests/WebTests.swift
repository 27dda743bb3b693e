import Agent
import Events
import JSON
import LambdaRuntime
import Support
import Testing

@testable import Routes

@Suite struct WebTests {
  private let web = Web(
    files: WebFiles(folder: Project.root + "/Functions/Web"), webSocketURL: nil,
    profiles: AssistantList.profiles(model: ModelSettings()))

  private func get(
    _ path: String, _ headers: [String: String] = [:], method: String = "GET"
  ) async throws -> GatewayResponse {
    var event = try fixture(HTTPEvent.self, "web")
    event.rawPath = path
    event.requestContext.http.method = method
    event.headers.merge(headers) { $1 }
    return await web.handle(event, Invocation())
  }

  @Test func `serves the page with a policy, a tag and its type`() async throws {
    let response = try await get("/")
    #expect(response.statusCode == 200)
    #expect(response.headers?["content-type"] == "text/html; charset=utf-8")
    #expect(response.headers?["cache-control"] == "no-cache")
    #expect(response.headers?["x-content-type-options"] == "nosniff")
    #expect(response.headers?["strict-transport-security"] != nil)
    #expect(response.body == (try Project.text("Functions/Web/index.html")))
    let tag = try #require(response.headers?["etag"])
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
    for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
      let again = try await get("/", ["if-none-match": known])
      #expect(again.statusCode == 304)
      #expect(again.body == nil)
      #expect(again.headers?["etag"] == tag)
    }
    #expect(try await get("/", ["if-none-match": "\"x\""]).statusCode == 200)
  }

  @Test func `the policy is the page's own, and nobody frames it`() async throws {
    let policy = try #require(try await get("/").headers?["content-security-policy"])
    let page = try Project.text("Functions/Web/index.html")
    let start = try #require(page.firstRange(of: "http-equiv=\"Content-Security-Policy\""))
    let rest = page[start.upperBound...].drop { $0 != "\"" }.dropFirst()
    let own = Set(rest.prefix { $0 != "\"" }.split(separator: ";").map(\.trimmingBlanks))
    let sent = Set(policy.split(separator: ";").map(\.trimmingBlanks))
    #expect(sent == own.union(["frame-ancestors 'none'"]))
    #expect(!policy.contains("unsafe"))
  }

  @Test func `every file of the page is served`() async throws {
    for path in Project.files(below: "Functions/Web", ending: "")
    where [".html", ".js", ".css", ".svg"].contains(where: { path.hasSuffix($0) }) {
      let response = try await get("/" + path.dropFirst("Functions/Web/".count))
      #expect(response.statusCode == 200, "\(path)")
    }
  }

  @Test(arguments: [
    "/missing.html", "/../../template.json", "/..%2f..%2ftemplate.json", "/%2e%2e/template.json",
    "/app", "/app/", "/.hidden.js", "/app/.x.js", "/index.html%00.js", "/index", "//etc/passwd",
    "/api/v1/other", "/api", "/a/b/c/d/e/f/g/h/i/j.js", "/%ff.js", "/vendor/marked.copyright",
  ]) func `nothing else is there`(_ path: String) async throws {
    let response = try await get(path)
    #expect(response.statusCode == 404)
    #expect(try body(response)["error"]?["code"] == "not_found")
  }

  @Test func `other methods are refused, HEAD has no body`() async throws {
    #expect(try await get("/", method: "POST").statusCode == 405)
    let head = try await get("/", method: "HEAD")
    #expect(head.statusCode == 200)
    #expect(head.body == nil)
  }

  @Test func `the configuration tells the page where to go`() async throws {
    let response = try await get("/api/v1/config", ["host": "127.0.0.1:3000"])
    let value = try body(response)
    #expect(value["webSocketURL"] == "wss://127.0.0.1:3000/prod")
    #expect(value["assistants"]?[0]?["id"] == "japanese")
    #expect(value["assistants"]?[0]?["title"] == "Japanese tutor")
    #expect(value["version"]?.string == Version.text)
    #expect(value["features"]?["stop"] == true)
    let plain = try await get(
      "/api/v1/config", ["host": "127.0.0.1:3000", "x-forwarded-proto": "http"])
    #expect(try body(plain)["webSocketURL"] == "ws://127.0.0.1:3000/prod")
    let set = Web(files: web.files, webSocketURL: "wss://ws.example/prod", profiles: [])
    let other = await set.handle(try fixture(HTTPEvent.self, "web-config"), Invocation())
    #expect(try body(other)["webSocketURL"] == "wss://ws.example/prod")
  }

  @Test func `health needs no token`() async throws {
    let response = await Health(tokens: .test, checks: []).handle(
      try fixture(HTTPEvent.self, "health"), Invocation())
    #expect(response.statusCode == 200)
    let value = try body(response)
    #expect(value["status"] == "healthy")
    #expect(value["service"] == "martlet")
    #expect(value["version"]?.string == Version.text)
  }
}

@Suite struct FixtureTests {
  @Test func `every event decodes for its route`() throws {
    let names = Project.files(below: "events", ending: ".json")
      .map { String($0.dropFirst("events/".count).dropLast(".json".count)) }
    #expect(names.count >= 20)
    for name in names {
      switch name.split(separator: "-").first {
      case "connect", "disconnect", "default", "chat":
        _ = try fixture(WebSocketEvent.self, name)
      case "admin", "conversations", "web", "health":
        _ = try fixture(HTTPEvent.self, name)
      case "ingest":
        _ = try fixture(EventValue.self, name)
      default:
        Issue.record("events/\(name).json belongs to no route")
      }
    }
  }

  @Test func `events hold no secret, have sorted keys and two spaces`() throws {
    for path in Project.files(below: "events", ending: ".json") {
      let text = try Project.text(path)
      #expect(!text.contains("eyJ"), "\(path) holds a token")
      let lines = text.split(separator: "\n")
      for line in lines {
        let blanks = line.prefix { $0 == " " }.count
        #expect(blanks.isMultiple(of: 2), "\(path)")
      }
      let value = try JSONValue(parsing: text)
      #expect(isSorted(value), "\(path)")
    }
  }

  private func isSorted(_ value: JSONValue) -> Bool {
    if let object = value.object {
      return object.keys == object.keys.sorted() && object.values.allSatisfy(isSorted)
    }
    return (value.array ?? []).allSatisfy(isSorted)
  }
}
