import Agent
import Events
import JSON
import LambdaRuntime
import Support
import Template
import Testing

@testable import Gateway
@testable import Routes

/// One table of routes: the functions dispatch by it, the document is made of it, the template has to
/// lead every route of it to its function.
@Suite struct APITests {
  @Test func `every operation stands in the table once, and no two routes are the same`() {
    #expect(APIRoutes.all.map(\.operation).count == Operation.allCases.count)
    #expect(Set(APIRoutes.all.map(\.operation)) == Set(Operation.allCases))
    #expect(Set(APIRoutes.all.map { "\($0.method) \($0.path)" }).count == APIRoutes.all.count)
  }

  @Test func `the template leads each route to its function`() throws {
    let application = try Application(
      template: Project.bytes("template.json"), file: "template.json")
    let api = try #require(application.httpAPIs.first)
    let routes = HTTPRoutes(api.routes)
    for route in APIRoutes.all {
      let path = "/" + route.segments.map { $0.hasPrefix("{") ? "x" : $0 }.joined(separator: "/")
      if route.operation == .streamChat {
        let function = application.functions.first { $0.handler == route.function }
        #expect(function?.url?.path == path)
        continue
      }
      let match = routes.match(method: route.method, path: path)
      let function = match.flatMap { application.function(named: $0.route.function) }
      #expect(function?.handler == route.function, "\(route.method) \(route.path)")
    }
    let described = Set(APIRoutes.all.map(\.function))
    for route in api.routes {
      let handler = try #require(application.function(named: route.function)).handler
      #expect(described.contains(handler), "\(route.key) is in no row of the table")
    }
  }

  @Test func `the document has each route with its parameters and known components`() throws {
    let document = try OpenAPI.document()
    let paths = try #require(document["paths"]?.object)
    var count = 0
    for (path, item) in paths {
      for (method, operation) in item.object ?? [:] {
        let route = try #require(
          APIRoutes.all.first { $0.path == path && $0.method.lowercased() == method })
        #expect(operation["operationId"] == .string(route.operation.rawValue))
        #expect(operation["responses"]?["500"] != nil)
        count += 1
      }
    }
    #expect(count == APIRoutes.all.count)
    let known = Set(try #require(document["components"]?["schemas"]?.object).keys)
    let text = document.description
    let used = text.split(separator: "#/components/schemas/").dropFirst()
      .map { String($0.prefix { $0 != "\"" }) }
    #expect(!used.isEmpty)
    for name in used { #expect(known.contains(name), "\(name)") }
  }

  @Test func `a fixed segment goes before a variable, other methods are named`() throws {
    let path = ["api", "v1", "conversations", "search"]
    let found = try APIRoutes.request("GET", path, to: "conversations")
    #expect(found.operation == .searchConversations)
    let one = try APIRoutes.request(
      "GET", ["api", "v1", "conversations", "c-1"], to: "conversations")
    #expect(one.operation == .getConversation)
    #expect(one.parameters == ["id": "c-1"])
    let health = try APIRoutes.request("HEAD", ["health"], to: "health", takesHead: true)
    #expect(health.operation == .getHealth)
    #expect(throws: Refusal.methodNotAllowed(allowed: ["GET"])) {
      try APIRoutes.request("POST", path, to: "conversations")
    }
    #expect(throws: Refusal.notFound) { try APIRoutes.request("GET", nil, to: "web") }
    #expect(throws: Refusal.notFound) {
      try APIRoutes.request("GET", ["health"], to: "conversations")
    }
  }
}

@Suite struct HealthTests {
  private struct Sick: Error {}

  private func examine(
    _ checks: [HealthCheck], role: String = "admin"
  ) async throws
    -> GatewayResponse
  {
    var event = try request(
      "/health", token: try token("root", role: role), ["deep": "1"])
    event.requestContext.http.method = "GET"
    return await Health(tokens: .test, checks: checks, patience: .milliseconds(200))
      .handle(event, Invocation())
  }

  @Test func `names the sick part`() async throws {
    let response = try await examine([
      HealthCheck("turns") {}, HealthCheck("provider") { throw Sick() },
      HealthCheck("index") { try await Task.sleep(for: .seconds(60)) },
    ])
    #expect(response.statusCode == 503)
    let view = try body(response)
    #expect(view["status"] == "unhealthy")
    #expect(view["parts"]?["turns"]?["status"] == "healthy")
    #expect(view["parts"]?["provider"]?["status"] == "unhealthy")
    #expect(view["parts"]?["index"]?["reason"]?.string?.contains("no answer") == true)
  }

  @Test func `is for administrators`() async throws {
    #expect(try await examine([HealthCheck("turns") {}]).statusCode == 200)
    #expect(try await examine([], role: "user").statusCode == 403)
  }
}

@Suite struct EventTextTests {
  @Test func `ids say how far an answer has come`() throws {
    let id = try #require(ConversationID("c-1"))
    var stream = EventText()
    #expect(
      stream.text(of: .started(conversation: id, message: "m-1")).hasPrefix(
        "id: c-1/m-1/0/0\nevent: start\ndata: {"))
    #expect(stream.text(of: .chunk(index: 0, text: "食べ")).hasPrefix("id: c-1/m-1/1/6\n"))
    let position = try #require(EventText.Position("c-1/m-1/1/6"))
    #expect(position == stream.position)
    for text in ["", "c-1/m-1/1", "c-1/m-1/1/-6", "c 1/m-1/1/6", "c-1//1/6", "c-1/m-1/x/6"] {
      #expect(EventText.Position(text) == nil, "\(text)")
    }
  }

  @Test func `what follows a number of bytes`() {
    #expect("食べる".rest(from: 6) == "る")
    #expect("食べる".rest(from: 9) == "")
    #expect("食べる".rest(from: 5) == nil)
    #expect("食べる".rest(from: 10) == nil)
  }
}
