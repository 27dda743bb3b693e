import Crypto
import JSON
import Server

/// `@connections`: how functions write to, look at and close a connection.
///
/// Source: API Gateway developer guide, "Use @connections commands in your backend service";
/// botocore's model of `apigatewaymanagementapi` for the errors.
package struct ConnectionService: Sendable {
  private let configuration: GatewayConfiguration
  private let connections: Connections
  /// Bytes of one message (API Gateway quotas: 128 KB).
  static let longestMessage = 131_072

  init(_ configuration: GatewayConfiguration, _ connections: Connections) {
    self.configuration = configuration
    self.connections = connections
  }

  /// Whether a path is `[/STAGE]/@connections/…`, `@` encoded or not.
  static func isMeant(by path: String) -> Bool { place(path) != nil }

  /// The connection that a path of `@connections` names, decoded.
  package static func connectionID(in path: String) -> String? { place(path)?.id }

  private static func place(_ path: String) -> (stage: String?, id: String)? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      .map { PercentEncoding.decoded($0) }
    if parts.count == 2, parts[0] == "@connections" { return (nil, parts[1]) }
    if parts.count == 3, parts[1] == "@connections" { return (parts[0], parts[2]) }
    return nil
  }

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let start = configuration.now()
    let requestID = RequestID.gateway()
    guard let (stage, id) = ConnectionService.place(request.path) else {
      return .refusal(404, type: "NotFoundException", "Not Found")
    }
    var response: HTTPResponse
    if let open = await connections[id], stage == nil || stage == open.context.stage {
      response = await answer(request, open)
    } else {
      response = .refusal(410, type: "GoneException", "Gone")
    }
    response.headers.append("x-amzn-RequestId", requestID)
    let end = configuration.now()
    configuration.log(
      AccessLogLine(
        kind: .connections, time: start, request: request.method, route: nil,
        status: response.status, milliseconds: end.milliseconds - start.milliseconds,
        requestID: requestID, connectionID: id, sourceIP: request.peer.address))
    return response
  }

  private func answer(_ request: HTTPRequest, _ open: Connections.Open) async -> HTTPResponse {
    switch request.method {
    case "POST": return await post(request, open)
    case "GET": return description(of: open)
    case "DELETE":
      await connections.close(open.context.connectionID, code: 1000, reason: "")
      return HTTPResponse(status: 204)
    default:
      return .refusal(403, type: "ForbiddenException", "Forbidden")
    }
  }

  private func post(_ request: HTTPRequest, _ open: Connections.Open) async -> HTTPResponse {
    let body: [UInt8]
    do {
      body = try await request.body.collect(upTo: ConnectionService.longestMessage)
    } catch ServerError.bodyTooLong {
      return .refusal(
        413, type: "PayloadTooLargeException", "Message too long: the limit is 131072 bytes")
    } catch {
      return .refusal(400, type: "BadRequestException", "The body could not be read")
    }
    guard let text = String(validating: body, as: UTF8.self) else {
      return .refusal(400, type: "BadRequestException", "The message is not UTF-8")
    }
    do {
      try await open.send(text)
    } catch {
      return .refusal(410, type: "GoneException", "Gone")
    }
    await connections.touch(open.context.connectionID, at: configuration.now())
    return HTTPResponse(status: 200)
  }

  private func description(of open: Connections.Open) -> HTTPResponse {
    var identity: JSONObject = ["sourceIp": .string(open.context.sourceIP)]
    if let agent = open.context.userAgent { identity["userAgent"] = .string(agent) }
    let description: JSONValue = [
      "connectedAt": .string(open.context.connectedAt.iso8601), "identity": .object(identity),
      "lastActiveAt": .string(open.lastActiveAt.iso8601),
    ]
    return HTTPResponse(
      status: 200, headers: ["Content-Type": "application/json"],
      body: .bytes(description.encoded()))
  }
}
