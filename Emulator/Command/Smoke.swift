import Crypto
import Dispatch
import JSON
import Network

/// `martlet smoke`: whether a stack works, seen from outside.
struct Smoke {
  let options: SmokeOptions
  let environment: [String: String]

  /// A check that failed, and the exit status that says which.
  struct Failure: Error {
    static let health: Int32 = 3
    static let page: Int32 = 4
    static let turn: Int32 = 5

    let status: Int32
    let reason: String
  }

  private static let longestAnswer = 4 << 20

  func run() async throws -> Int32 {
    guard let token = options.token ?? environment["MARTLET_TOKEN"], Self.isToken(token) else {
      throw UsageError(
        text: "martlet smoke: who asks? Give a token in MARTLET_TOKEN or with --token.\n"
          + "See `martlet token --help`.")
    }
    do throws(Failure) {
      try await check("health", Failure.health) { try await health() }
      try await check("page", Failure.page) { try await page() }
      let address = try await webSocket()
      try await check("turn", Failure.turn) {
        try await Self.onThread { try turn(address, token) }
      }
      return 0
    } catch {
      return error.status
    }
  }

  /// Runs a check and tells how it went.
  private func check(
    _ name: String, _ status: Int32, _ body: () async throws -> String
  ) async throws(Failure) {
    let start = ContinuousClock.now
    do {
      let what = try await body()
      let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
      Console.shared.print("ok      \(name): \(what) (\(milliseconds) ms)")
    } catch {
      let reason = Console.visible((error as? Failure)?.reason ?? "\(error)")
      Console.shared.print("FAILED  \(name): \(reason)")
      throw Failure(status: status, reason: reason)
    }
  }

  // MARK: - Health and page

  private func health() async throws -> String {
    let body = try JSONValue(parsing: try await get("/health", type: "application/json"))
    guard let status = body["status"]?.string, status == "healthy" else {
      throw Failure(status: Failure.health, reason: "the body is \(body)")
    }
    return "\(body["service"]?.string ?? "?") \(body["version"]?.string ?? "?")"
  }

  private func page() async throws -> String {
    let page = try await get("/", type: "text/html")
    guard page.count > 0 else { throw Failure(status: Failure.page, reason: "the page is empty") }
    return "\(page.count) bytes"
  }

  /// Where the page would connect to.
  private func webSocket() async throws(Failure) -> String {
    if let address = options.webSocket { return address }
    do {
      let body = try JSONValue(parsing: try await get("/api/v1/config", type: "application/json"))
      guard let address = body["webSocketURL"]?.string else {
        throw Failure(status: Failure.page, reason: "it names no webSocketURL")
      }
      return address
    } catch {
      let reason = (error as? Failure)?.reason ?? "\(error)"
      Console.shared.print("FAILED  page: /api/v1/config: \(Console.visible(reason))")
      throw Failure(status: Failure.page, reason: reason)
    }
  }

  private func get(_ path: String, type: String) async throws -> [UInt8] {
    var request = ClientRequest("GET", options.address + path)
    request.responseLimit = Self.longestAnswer
    let response = try await HTTPClient(HTTPClientConfiguration(environment: environment)).send(
      request, deadline: .now + .seconds(options.timeout))
    guard response.status == 200 else {
      let text = String(decoding: response.body.prefix(300), as: UTF8.self)
      throw Failure(status: 0, reason: "status \(response.status) \(text)")
    }
    guard response.headers["content-type"]?.hasPrefix(type) == true else {
      throw Failure(
        status: 0,
        reason: "\(path) is \(response.headers["content-type"] ?? "untyped"), not \(type)")
    }
    return response.body
  }

  // MARK: - The turn

  private func turn(_ address: String, _ token: String) throws -> String {
    let socket = try WebSocketClient(
      address, headers: ["Authorization": "Bearer \(token)"],
      trust: TrustStore(environment: environment), deadline: .now + .seconds(options.timeout))
    let id = "smoke-" + Hex.encode(Random.bytes(8))
    let frame: JSONValue = [
      "action": "chat", "id": .string(id), "message": .string(options.message),
    ]
    try socket.send(frame.description)
    var answer = ""
    while true {
      let text = try socket.receive()
      let frame = try JSONValue(parsing: Array(text.utf8))
      guard frame["id"]?.string == id else {
        // What API Gateway itself says: {"message": "Internal server error", "connectionId": …}.
        if frame["connectionId"] != nil { throw Failure(status: Failure.turn, reason: text) }
        continue
      }
      switch frame["type"]?.string {
      case "chunk": answer += frame["content"]?.string ?? ""
      case "error": throw Failure(status: Failure.turn, reason: text)
      case "complete":
        socket.close()
        guard !answer.isEmpty else {
          throw Failure(status: Failure.turn, reason: "the answer is empty")
        }
        return "\(answer.utf8.count) bytes: \(Console.visible(String(answer.prefix(60))))…"
      default: break
      }
    }
  }

  /// Runs work that waits on a thread of its own.
  private static func onThread<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "martlet.smoke").async {
        continuation.resume(with: Swift.Result { try work() })
      }
    }
  }

  /// What goes into a header: no white space.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}
