/// Why the server itself answers a request, without asking a handler.
package enum HTTPRefusal: Sendable, Equatable {
  /// Not HTTP/1.x, or a rule of RFC 9112 broken; says which.
  case malformed(String)
  case targetTooLong
  case headersTooLong
  case bodyTooLong
  case expectationUnknown
  case transferCodingUnknown
  case versionUnknown
  case methodNotAllowed
  case webSocketVersion
  case timedOut
  case tooManyConnections
  /// The handler's answer could not be sent as it is.
  case unsafeAnswer

  package var status: Int {
    switch self {
    case .malformed: 400
    case .targetTooLong: 414
    case .headersTooLong: 431
    case .bodyTooLong: 413
    case .expectationUnknown: 417
    case .transferCodingUnknown: 501
    case .versionUnknown: 505
    case .methodNotAllowed: 405
    case .webSocketVersion: 426
    case .timedOut: 408
    case .tooManyConnections: 503
    case .unsafeAnswer: 500
    }
  }

  package var explanation: String {
    switch self {
    case .malformed(let what): "malformed request: \(what)"
    case .targetTooLong: "the request target is too long"
    case .headersTooLong: "the request's headers are too long or too many"
    case .bodyTooLong: "the request's body is too long"
    case .expectationUnknown: "only 100-continue can be expected"
    case .transferCodingUnknown: "the only transfer coding is chunked"
    case .versionUnknown: "only HTTP/1.0 and HTTP/1.1 are spoken here"
    case .methodNotAllowed: "this method is not allowed here"
    case .webSocketVersion: "only WebSocket version 13 is spoken here"
    case .timedOut: "the request took too long"
    case .tooManyConnections: "too many connections"
    case .unsafeAnswer: "the answer cannot be sent"
    }
  }

  /// A line of plain text.
  var response: HTTPResponse {
    var headers: HTTPHeaders = ["Content-Type": "text/plain; charset=utf-8"]
    if self == .webSocketVersion { headers.append("Sec-WebSocket-Version", "13") }
    if self == .methodNotAllowed {
      headers.append("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
    }
    return HTTPResponse(
      status: status, headers: headers, body: .bytes(Array("\(explanation)\n".utf8)))
  }
}
