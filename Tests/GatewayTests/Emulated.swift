import JSON
import Server
import Synchronization
import Template
import Testing

@testable import Gateway

/// What functions were asked, and what they are to answer.
final class ScriptedFunctions: Sendable {
  typealias Script = @Sendable (_ event: JSONValue) async -> InvocationOutcome

  struct Call: Sendable {
    let function: String
    let event: JSONValue
  }

  private struct State {
    var scripts: [String: Script] = [:]
    var calls: [Call] = []
  }

  private let state = Mutex(State())

  func set(_ function: String, _ script: @escaping Script) {
    state.withLock { $0.scripts[function] = script }
  }

  /// Answers always the same.
  func set(_ function: String, _ answer: String) {
    set(function) { _ in .success(Array(answer.utf8)) }
  }

  var calls: [Call] { state.withLock { $0.calls } }

  func calls(of function: String) -> [JSONValue] {
    calls.filter { $0.function == function }.map(\.event)
  }

  func invoke(_ function: String, _ event: [UInt8]) async -> InvocationOutcome {
    guard let event = try? JSONValue(parsing: event) else { return .unavailable }
    let script = state.withLock { state -> Script? in
      state.calls.append(Call(function: function, event: event))
      return state.scripts[function]
    }
    return await script?(event) ?? .success(Array(#"{"statusCode":200}"#.utf8))
  }
}

/// A gateway on a free port, with scripted functions behind it.
struct Emulated {
  let functions: ScriptedFunctions
  let gateway: Gateway
  let server: HTTPServer
  let lines: Mutex<[AccessLogLine]>.Box

  var port: UInt16 { server.port }

  func client() throws -> TestClient { try TestClient(port: port) }
}

extension Mutex {
  /// A mutex that several can hold.
  final class Box: Sendable where Value: Sendable {
    let mutex: Mutex<Value>

    init(_ value: Value) {
      mutex = Mutex<Value>(value)
    }

    var value: Value { mutex.withLock { $0 } }
  }
}

/// The APIs that the tests talk to.
enum TestAPIs {
  static func webSocket(_ edit: (inout WebSocketAPI) -> Void = { _ in }) -> WebSocketAPI {
    var api = WebSocketAPI(
      logicalID: "W", id: "martletws1", name: "w", selectionExpression: "$request.body.action",
      routes: [
        WebSocketRoute(key: "$connect", function: "connect"),
        WebSocketRoute(key: "$disconnect", function: "disconnect"),
        WebSocketRoute(key: "$default", function: "default"),
        WebSocketRoute(key: "chat", function: "chat"),
        WebSocketRoute(key: "slow", function: "slow", timeout: 100),
        WebSocketRoute(key: "echo", function: "echo", returnsResponse: true),
      ], stages: [APIStage(name: "prod")])
    edit(&api)
    return api
  }

  static func http(_ edit: (inout HTTPAPI) -> Void = { _ in }) -> HTTPAPI {
    var api = HTTPAPI(
      logicalID: "H", id: "martlethttp", name: "h",
      routes: [
        HTTPRoute(key: "GET /", function: "page"),
        HTTPRoute(key: "POST /items/{id}", function: "items"),
        HTTPRoute(key: "GET /slow", function: "slow", timeout: 100),
      ], stages: [APIStage(name: "$default"), APIStage(name: "v1", variables: ["colour": "red"])])
    edit(&api)
    return api
  }
}

/// Runs a gateway for the time of the body.
func withGateway(
  _ webSocket: WebSocketAPI = TestAPIs.webSocket(), _ http: HTTPAPI = TestAPIs.http(),
  edit: (inout GatewayConfiguration) -> Void = { _ in },
  _ body: (Emulated) async throws -> Void
) async throws {
  let functions = ScriptedFunctions()
  let lines = Mutex<[AccessLogLine]>.Box([])
  var application = Application()
  application.webSocketAPIs = [webSocket]
  application.httpAPIs = [http]
  let loop = try EventLoop()
  var configuration = GatewayConfiguration(application: application, loop: loop) {
    function, event in
    await functions.invoke(function, event)
  }
  configuration.log = { line in lines.mutex.withLock { $0.append(line) } }
  configuration.pages = { _ in HTTPResponse(status: 200, text: "console") }
  edit(&configuration)
  let gateway = Gateway(configuration)
  let server = try await HTTPServer.start(on: loop) { await gateway.answer($0) }
  let emulated = Emulated(functions: functions, gateway: gateway, server: server, lines: lines)
  var failure: (any Error)?
  do { try await body(emulated) } catch { failure = error }
  await gateway.end()
  await server.stop(within: .milliseconds(500))
  loop.end()
  if let failure { throw failure }
}
