import Gateway
import Glibc
import JSON
import Lambda
import Server
import Template

/// `martlet invoke`: one function, one event, the response on standard output.
///
/// It opens stores and services of its own on the same state, also while `martlet start` runs: SQLite
/// lets several processes share it, and the running emulator's ports are left alone. So it needs no
/// running emulator, and behaves the same with one.
struct Invoke {
  let options: InvokeOptions
  let environment: [String: String]

  /// Exit statuses beside 0.
  static let functionFailed: Int32 = 1
  static let timedOut: Int32 = 124

  func run() async throws -> Int32 {
    let event = try EventFile(options.event)
    let project = try Project(options.project)
    let state = try State(project, options.project, isExclusive: false)
    let posts = PostedFrames()
    let log = InvokeLog()
    let cloud = try await Cloud(
      CloudOptions(
        project: project, database: state.database, objects: state.objects, gatewayPort: 3000,
        servicePort: 0, build: options.project.build,
        providers: ProviderChoice(environment),
        log: { log.write($0) }, connections: { await posts.answer($0) }, isExclusive: false))
    do {
      let status = try await invoke(event, cloud, log)
      await cloud.stop(within: .milliseconds(500))
      return status
    } catch {
      await cloud.stop(within: .zero)
      throw error
    }
  }

  private func invoke(_ event: EventFile, _ cloud: Cloud, _ log: InvokeLog) async throws -> Int32 {
    let function = try function(in: cloud.application)
    let tokens = try? await DevelopmentToken(cloud.secrets)
    let token = try tokens?.text()
    if let token, let api = cloud.application.webSocketAPIs.first {
      try await connect(event, api, token, cloud)
    }
    log.begin()
    var options = InvocationOptions()
    options.waitsForReport = true
    let result = try await cloud.functions.invoke(
      function,
      event.bytes(
        user: token ?? EventFile.userMark,
        admin: try tokens?.text(role: "admin") ?? EventFile.adminMark), options)
    Console.shared.print(result.payload + [UInt8(ascii: "\n")])
    switch result.outcome {
    case .succeeded: return 0
    case .failed: return Self.functionFailed
    case .timedOut: return Self.timedOut
    }
  }

  /// The function that the route names: by its handler, else by its logical id or name.
  private func function(in application: Application) throws(UsageError) -> String {
    if let found = application.function(called: options.route) { return found.name }
    throw UsageError(
      text: "martlet invoke: unknown route '\(options.route)'; the routes are "
        + application.callableNames)
  }

  /// Connects the event's connection for the development user, through the template's own `$connect`
  /// function, as a client would have done before it sent the event.
  private func connect(
    _ event: EventFile, _ api: WebSocketAPI, _ token: String, _ cloud: Cloud
  ) async throws {
    guard let opening = event.opening(token: token),
      let route = api.routes.first(where: { $0.key == "$connect" })
    else {
      return
    }
    // With its report, so that none of its lines comes behind `begin`.
    let result = try await cloud.functions.invoke(
      route.function, opening, InvocationOptions(waitsForReport: true))
    guard !result.isFunctionError else {
      throw ProjectError(
        description: "the event's connection could not be opened: "
          + String(decoding: result.payload, as: UTF8.self))
    }
  }
}

/// The log of the invoked function alone: what opens its connection before is not shown.
final class InvokeLog: Sendable {
  private let isShowing = Flag()

  func begin() { isShowing.set() }

  func write(_ record: LogRecord) {
    if isShowing.isSet { Console.shared.log(record.text) }
  }
}

/// `@connections` of `martlet invoke`: every connection is there, and what is posted is shown.
struct PostedFrames: Sendable {
  /// API Gateway quotas: 128 KB.
  private static let longest = 131_072

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let id = ConnectionService.connectionID(in: request.path) ?? ""
    switch request.method {
    case "POST":
      guard let bytes = try? await request.body.collect(upTo: Self.longest) else {
        return HTTPResponse(
          status: 413, headers: ["x-amzn-ErrorType": "PayloadTooLargeException"])
      }
      Console.shared.log("→ \(id): \(String(decoding: bytes, as: UTF8.self))")
      return HTTPResponse(status: 200)
    case "DELETE":
      Console.shared.log("→ \(id): closed")
      return HTTPResponse(status: 204)
    case "GET":
      return HTTPResponse(
        status: 200,
        text: #"{"connectedAt":"2024-01-20T11:54:57Z","lastActiveAt":"2024-01-20T11:55:00Z"}"#,
        type: "application/json")
    default: return HTTPResponse(status: 405)
    }
  }
}
