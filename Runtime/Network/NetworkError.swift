/// Why a request got no (whole) answer.
package enum NetworkError: Error, Equatable, Sendable {
  /// Cannot be sent so: named. Nothing left the machine.
  case invalidRequest(String)
  /// libcurl is not on this machine.
  case unavailable(String)
  case unresolvableHost(String)
  /// Nobody accepted the connection.
  case refused(String)
  /// No connection within the time for it.
  case connectTimeout
  /// TLS failed; `detail` says how (an untrusted certificate, another host's name, …).
  case untrusted(String)
  /// The connection ended before the answer did. With 0 bytes received a request that may be
  /// repeated can be sent again.
  case connectionLost(received: Int, detail: String)
  /// Nothing came for the time allowed between bytes (or before the first one).
  case idle(received: Int)
  case deadlineExceeded(received: Int)
  case responseTooLarge(limit: Int)
  /// Not HTTP.
  case malformedResponse(String)
  /// The body of the request could not be read to its end.
  case requestBodyFailed(String)
  case cancelled
}

extension NetworkError {
  /// Whether the request certainly had no effect and no byte of an answer came.
  package var isBeforeFirstByte: Bool {
    switch self {
    case .unresolvableHost, .refused, .connectTimeout: true
    case .connectionLost(let received, _), .idle(let received): received == 0
    default: false
    }
  }
}
