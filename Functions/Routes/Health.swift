import Agent
import Events
import JSON
import LambdaRuntime

/// The version of the functions.
enum Version {
  static let text = "0.1.0"
}

/// `GET /health`: says that the service is up; needs no token and touches nothing else.
///
/// `?deep=1` asks every part, for administrators; 503 names the sick ones.
struct Health: Handler {
  /// How long a part may take to answer.
  static let patience = Duration.seconds(3)

  let tokens: TokenCheck
  let checks: [HealthCheck]
  var patience = Self.patience

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      _ = try APIRoutes.request(event.method, event.segments, to: "health", takesHead: true)
      let deep = event.queryStringParameters?["deep"] ?? "0"
      guard ["0", "1"].contains(deep) else {
        throw Refusal.invalid("deep", "choice", "It must be 0 or 1.")
      }
      guard deep == "1" else { return .json(.object(summary(isWell: true))) }
      let caller = try await tokens.caller(of: event)
      guard caller.role == .admin else { throw Refusal.forbidden }
      return await examination()
    }
  }

  private func summary(isWell: Bool) -> JSONObject {
    [
      "status": isWell ? "healthy" : "unhealthy", "service": "martlet",
      "version": .string(Version.text),
    ]
  }

  private func examination() async -> GatewayResponse {
    let found = await withTaskGroup(of: (Int, HealthCheck.Finding).self) { group in
      for (place, check) in checks.enumerated() {
        group.addTask { (place, await check.finding(within: patience)) }
      }
      var found: [Int: HealthCheck.Finding] = [:]
      for await (place, finding) in group { found[place] = finding }
      return found
    }
    let isWell = found.values.allSatisfy { $0.problem == nil }
    var view = summary(isWell: isWell)
    view["parts"] = .object(
      JSONObject(
        checks.enumerated().compactMap { place, check in
          found[place].map { (check.name, $0.json) }
        }))
    return .json(.object(view), status: isWell ? 200 : 503)
  }
}

/// A part of the service, and how it is asked whether it is well.
struct HealthCheck: Sendable {
  /// What was found; `problem` is for operators, nil when all is well.
  struct Finding: Sendable {
    let problem: String?
    let duration: Duration

    var json: JSONValue {
      var view: JSONObject = [
        "status": problem == nil ? "healthy" : "unhealthy",
        "milliseconds": .int(Int(duration / .milliseconds(1))),
      ]
      view["reason"] = problem.map { .string($0) }
      return .object(view)
    }
  }

  let name: String
  /// Throws when the part is sick.
  let ask: @Sendable () async throws -> Void

  init(_ name: String, _ ask: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.ask = ask
  }

  func finding(within patience: Duration) async -> Finding {
    let start = ContinuousClock.now
    let problem = await withTaskGroup(of: String?.self) { group in
      group.addTask {
        do {
          try await ask()
          return nil
        } catch {
          return String("\(error)".prefix(300))
        }
      }
      group.addTask {
        try? await Task.sleep(for: patience)
        return "no answer within \(patience)"
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    return Finding(problem: problem, duration: start.duration(to: .now))
  }
}
