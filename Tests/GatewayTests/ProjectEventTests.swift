import JSON
import Server
import Support
import Template
import Testing

@testable import Gateway

/// The project's event files are what this gateway would send: made again from what they hold,
/// they come out the same, and the template's routes choose what they name.
@Suite struct ProjectEventTests {
  /// What a desk does otherwise: plain HTTP, its own addresses.
  static let local = ["orwarded-port", "orwarded-proto", "orwarded-Port", "orwarded-Proto"]

  static func events() throws -> [(name: String, event: JSONValue)] {
    try Project.files(below: "events", ending: ".json").map {
      ($0, try JSONValue(parsing: Project.bytes($0)))
    }
  }

  static func application() throws -> Application {
    try Application(template: Project.bytes("template.json"), file: "template.json")
  }

  @Test func `makes the WebSocket events again`() throws {
    let api = try #require(try ProjectEventTests.application().webSocketAPIs.first)
    let selection = RouteSelection(api.selectionExpression)
    var count = 0
    for (name, event) in try ProjectEventTests.events() {
      guard let context = event["requestContext"], context["connectionId"] != nil else { continue }
      let key = try #require(context["routeKey"]?.string)
      let kind: ConnectionContext.Event
      switch context["eventType"]?.string {
      case "CONNECT":
        kind = .connect(
          try ProjectEventTests.upgrade(event),
          trace: event["headers"]?["X-Amzn-Trace-Id"]?.string ?? "")
      case "DISCONNECT":
        kind = .disconnect(
          code: try #require(context["disconnectStatusCode"]?.int),
          reason: try #require(context["disconnectReason"]?.string))
      default:
        let body = try #require(event["body"]?.string)
        let chosen = selection.key(of: body) ?? ""
        let isRoute = !chosen.hasPrefix("$") && api.routes.contains { $0.key == chosen }
        #expect((isRoute ? chosen : "$default") == key, "\(name)")
        kind = .message(body, id: try #require(context["messageId"]?.string))
      }
      let ours = try WebSocketEventTests().encoded(kind, like: event)
      let own = differences(ours, event).filter { path in
        !ProjectEventTests.local.contains { path.hasSuffix($0) }
      }
      #expect(own == [], "\(name)")
      count += 1
    }
    #expect(count > 5)
  }

  private static func upgrade(_ event: JSONValue) throws -> HTTPRequest {
    var headers: HTTPHeaders = ["Connection": "Upgrade", "Upgrade": "websocket"]
    for (name, values) in event["multiValueHeaders"]?.object ?? [:]
    where !name.hasPrefix("X-Forwarded") {
      for value in values.array ?? [] { headers.append(name, value.string ?? "") }
    }
    let query = (event["multiValueQueryStringParameters"]?.object ?? [:]).flatMap { name, values in
      (values.array ?? []).map { "\(name)=\($0.string ?? "")" }
    }
    let address = event["requestContext"]?["identity"]?["sourceIp"]?.string ?? ""
    return HTTPRequest(
      method: "GET", target: "/prod" + (query.isEmpty ? "" : "?" + query.joined(separator: "&")),
      headers: headers, peer: Peer(address: address, port: 1))
  }

  @Test func `makes the HTTP events again`() throws {
    let api = try #require(try ProjectEventTests.application().httpAPIs.first)
    let routes = HTTPRoutes(api.routes)
    var count = 0
    for (name, event) in try ProjectEventTests.events() {
      guard let http = event["requestContext"]?["http"] else { continue }
      let match = routes.match(
        method: http["method"]?.string ?? "", path: event["rawPath"]?.string ?? "")
      #expect(match?.route.key == event["routeKey"]?.string, "\(name)")
      var parameters = JSONObject()
      for (key, value) in match?.parameters ?? [] { parameters[key] = .string(value) }
      #expect(parameters == event["pathParameters"]?.object ?? [:], "\(name)")
      let ours = try JSONValue(parsing: HTTPEventTests().call(of: event).event())
      let own = differences(ours, event).filter { path in
        !ProjectEventTests.local.contains { path.hasSuffix($0) }
      }
      #expect(own == [], "\(name)")
      count += 1
    }
    #expect(count > 5)
  }
}
