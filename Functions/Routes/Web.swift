import Agent
import Events
import JSON
import LambdaRuntime

/// `GET /…`: the chat page's files, and what it needs to know: the
/// configuration, the assistants, the API's description.
struct Web: Handler {
  let files: WebFiles
  let webSocketURL: String?
  let profiles: [Profile]

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      guard let segments = event.segments else { throw Refusal.notFound }
      if let answer = try described(segments, event) { return answer }
      guard segments.first != "api", let file = files.file(segments) else {
        throw Refusal.notFound
      }
      try event.require(["GET", "HEAD"])
      return answer(file, event)
    }
  }

  /// The answer to what stands in the route table; nil for a file of the page.
  private func described(_ segments: [String], _ event: HTTPEvent) throws -> GatewayResponse? {
    let request: APIRequest
    do throws(Refusal) {
      request = try APIRoutes.request(event.method, segments, to: "web", takesHead: true)
    } catch {
      guard error == .notFound else { throw error }
      return nil
    }
    switch request.operation {
    case .getConfig: return .json(configuration(event))
    case .listAgents: return .json(["agents": .array(profiles.map(\.json))])
    case .getOpenAPI: return .json(try OpenAPI.document())
    case .getDocs:
      guard let file = files.file(["docs", "index.html"]) else { throw Refusal.notFound }
      return answer(file, event, reaching: streamURL(event))
    default: return nil
    }
  }

  /// `other` is an address besides our own that the page's scripts may ask.
  private func answer(
    _ file: WebFiles.File, _ event: HTTPEvent, reaching other: String? = nil
  ) -> GatewayResponse {
    var headers = Self.securityHeaders
    if let origin = other.flatMap(Self.origin) {
      headers["content-security-policy"] = Self.policy.replacing(
        "connect-src 'self'", with: "connect-src 'self' \(origin)")
    }
    headers["content-type"] = file.contentType
    headers["etag"] = file.tag
    headers["cache-control"] = file.cacheControl
    if event.headers.header("x-forwarded-proto") == "https" {
      headers["strict-transport-security"] = "max-age=31536000"
    }
    if isKnown(file.tag, to: event) {
      headers["content-type"] = nil
      return GatewayResponse(statusCode: 304, headers: headers)
    }
    if event.method == "HEAD" { return GatewayResponse(statusCode: 200, headers: headers) }
    guard file.isText, let text = String(validating: file.bytes, as: UTF8.self) else {
      return GatewayResponse(statusCode: 200, headers: headers, bytes: file.bytes)
    }
    return GatewayResponse(statusCode: 200, headers: headers, body: text)
  }

  /// `If-None-Match`: tags with commas between them, weak or strong, or `*` (RFC 9110 §13.1.2).
  private func isKnown(_ tag: String, to event: HTTPEvent) -> Bool {
    guard let known = event.headers.header("if-none-match") else { return false }
    return known.split(separator: ",").contains { entry in
      let text = entry.trimmingBlanks
      return text == "*" || text == tag || text == "W/\(tag)"
    }
  }

  private func configuration(_ event: HTTPEvent) -> JSONValue {
    [
      "webSocketURL": .string(webSocketURL ?? ownWebSocketURL(event)),
      "streamURL": .string(streamURL(event)),
      "features": [
        "stop": true, "sources": true, "tools": true, "feedback": true, "branches": true,
        "search": true,
      ],
      "assistants": .array(profiles.map(\.json)), "version": .string(Version.text),
    ]
  }

  /// The function URL, which only a stage variable can tell: a setting of this function would make the
  /// stack's parts wait for each other.
  private func streamURL(_ event: HTTPEvent) -> String {
    if let address = event.stageVariables?["streamURL"], !address.isEmpty { return address }
    let scheme = event.headers.header("x-forwarded-proto") == "https" ? "https" : "http"
    return "\(scheme)://\(host(event))/api/v1/chat/stream"
  }

  private static func origin(of address: String) -> String? {
    let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "https:" || parts[0] == "http:" else { return nil }
    return "\(parts[0])//\(parts[2])"
  }

  private func host(_ event: HTTPEvent) -> String {
    event.headers.header("host") ?? event.requestContext.domainName
  }

  /// The page's own host, for a gateway that serves both APIs.
  private func ownWebSocketURL(_ event: HTTPEvent) -> String {
    let scheme = event.headers.header("x-forwarded-proto") == "https" ? "wss" : "ws"
    return "\(scheme)://\(host(event))/prod"
  }

  /// The page's own (`index.html`), with what only a header can say: nobody frames it.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    + "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types dompurify"

  private static let securityHeaders = [
    "content-security-policy": policy,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  ]
}
