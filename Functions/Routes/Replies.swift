import Agent
import Events
import JSON
import LambdaRuntime

extension GatewayResponse {
  /// JSON that no cache keeps.
  static func json(
    _ value: JSONValue, status: Int = 200, headers: [String: String] = [:]
  ) -> GatewayResponse {
    let own = [
      "content-type": "application/json; charset=utf-8", "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    ]
    return GatewayResponse(
      statusCode: status, headers: own.merging(headers) { $1 }, body: value.description)
  }

  /// `{"error":{"code":…,"message":…},"requestId":…}`: every refusal of every route.
  static func refusal(_ refusal: Refusal, requestID: String) -> GatewayResponse {
    var headers: [String: String] = [:]
    if case .unauthorized = refusal { headers["www-authenticate"] = "Bearer realm=\"martlet\"" }
    if case .methodNotAllowed(let allowed) = refusal {
      headers["allow"] = allowed.joined(separator: ", ")
    }
    if case .agent(let error) = refusal, let wait = error.retryAfter {
      headers["retry-after"] = String(wait.wholeSeconds)
    }
    return json(refusal.body(requestID: requestID), status: refusal.status, headers: headers)
  }
}

extension Refusal {
  func body(requestID: String) -> JSONValue {
    var error: JSONObject = ["code": .string(code), "message": .string(message)]
    if case .invalid(let problems) = self {
      error["fields"] = .array(
        problems.map { problem in
          [
            "field": .string(problem.field), "code": .string(problem.code),
            "message": .string(problem.message),
          ]
        })
    }
    return ["error": .object(error), "requestId": .string(requestID)]
  }
}

extension Duration {
  /// In seconds, rounded up, at least 1: for `Retry-After`.
  var wholeSeconds: Int64 {
    max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0))
  }
}

extension Invocation {
  /// Runs an HTTP route: what it refuses becomes an answer, and so does what goes wrong in it.
  func reply(
    _ route: () async throws -> GatewayResponse
  ) async -> GatewayResponse {
    do {
      return try await route()
    } catch {
      return .refusal(refusal(for: error), requestID: requestID)
    }
  }

  /// What a client hears of an error; what only we should know goes to the log.
  func refusal(for error: any Error) -> Refusal {
    if let refusal = error as? Refusal { return refusal }
    if let error = error as? AgentError {
      if let reason = error.reason { log.error("request failed", ["reason": .string(reason)]) }
      return .agent(error)
    }
    log.error("request failed", ["reason": "\(error)"])
    return .internalError
  }
}

extension HTTPEvent {
  /// The path below the stage, in decoded segments; nil when a segment is no UTF-8 or holds a slash.
  var segments: [String]? {
    var parts = rawPath.split(separator: "/", omittingEmptySubsequences: true)
    if requestContext.stage != "$default", parts.first.map(String.init) == requestContext.stage {
      parts.removeFirst()
    }
    var segments: [String] = []
    for part in parts {
      guard let segment = part.percentDecoded, !segment.contains("/") else { return nil }
      segments.append(segment)
    }
    return segments
  }

  var method: String { requestContext.http.method }
}
