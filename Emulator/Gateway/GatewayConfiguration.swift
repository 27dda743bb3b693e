package import Server
package import Template

/// Fetches a document over HTTPS: the keys of a token's issuer. Nil when it could not be had within
/// a second and a half.
package typealias Fetch = @Sendable (_ address: String) async -> [UInt8]?

/// A line of the access log.
package struct AccessLogLine: Sendable, Equatable {
  package enum Kind: String, Sendable, Equatable {
    case http = "HTTP"
    case connect = "CONNECT"
    case message = "MESSAGE"
    case disconnect = "DISCONNECT"
    case connections = "@connections"
  }

  package var kind: Kind
  package var time: GatewayTime
  /// `GET /health`, or the route key of a message.
  package var request: String
  /// The route key that was chosen; nil when there was none.
  package var route: String?
  package var status: Int
  package var milliseconds: Int
  package var requestID: String
  package var connectionID: String?
  package var sourceIP: String
}

/// What the gateway is made of: the APIs of a template, and what it needs of the other parts.
package struct GatewayConfiguration: Sendable {
  package var webSocketAPIs: [WebSocketAPI]
  package var httpAPIs: [HTTPAPI]
  package var accountID = "000000000000"
  package var region = "us-east-1"
  package var functionURLs: [String: FunctionURLDefinition]
  package var invoke: Invoke
  /// Where the gateway's server runs.
  package var loop: EventLoop
  /// Without it every response is buffered.
  package var invokeStreaming: InvokeStreaming?
  /// Without it no JWT authorizer lets anybody in.
  package var fetch: Fetch = { _ in nil }
  /// Answers what lies under `/_martlet/`.
  package var pages: (@Sendable (HTTPRequest) async -> HTTPResponse)?
  package var log: @Sendable (AccessLogLine) -> Void = { _ in }
  package var now: @Sendable () -> GatewayTime = { .now() }
  /// How many messages of one connection are handled at once; more wait in the socket.
  package var messagesAtOnce = 64
  /// Bytes of a request's body (API Gateway quotas: 10 MB).
  package var longestBody = 10 * 1_048_576
  /// Names besides the loopback ones that control paths may be addressed by.
  package var trustedHosts: Set<String> = []

  package init(application: Application, loop: EventLoop, invoke: @escaping Invoke) {
    self.loop = loop
    webSocketAPIs = application.webSocketAPIs
    httpAPIs = application.httpAPIs
    functionURLs = Dictionary(
      application.functions.compactMap { function in function.url.map { (function.name, $0) } }
    ) { first, _ in first }
    self.invoke = invoke
  }
}
