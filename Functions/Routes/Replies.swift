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
    return json(
      [
        "error": ["code": .string(refusal.code), "message": .string(refusal.message)],
        "requestId": .string(requestID),
      ], status: refusal.status, headers: headers)
  }
}

extension Invocation {
  /// Runs an HTTP route: what it refuses becomes an answer, and so does what goes wrong in it.
  func reply(
    _ route: () async throws -> GatewayResponse
  ) async -> GatewayResponse {
    do {
      return try await route()
    } catch let refusal as Refusal {
      return .refusal(refusal, requestID: requestID)
    } catch {
      log.error("request failed", ["reason": "\(error)"])
      return .refusal(.internalError, requestID: requestID)
    }
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
