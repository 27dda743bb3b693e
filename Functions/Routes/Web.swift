import Agent
import Events
import JSON
import LambdaRuntime

/// `GET /…`: the chat page's files, and `GET /api/v1/config`: what the page needs to know.
struct Web: Handler {
  let files: WebFiles
  let webSocketURL: String?
  let profiles: [Profile]

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      guard let segments = event.segments else { throw Refusal.notFound }
      if segments == ["api", "v1", "config"] {
        try event.require(["GET", "HEAD"])
        return .json(configuration(event))
      }
      guard segments.first != "api", let file = files.file(segments) else {
        throw Refusal.notFound
      }
      try event.require(["GET", "HEAD"])
      return answer(file, event)
    }
  }

  private func answer(_ file: WebFiles.File, _ event: HTTPEvent) -> GatewayResponse {
    var headers = Self.securityHeaders
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
      "features": ["stop": true, "sources": true, "tools": true],
      "assistants": .array(
        profiles.map { profile in
          [
            "id": .string(profile.name), "title": .string(profile.title),
            "examples": .array(profile.examples.map(JSONValue.string)),
          ]
        }),
      "version": .string(Version.text),
    ]
  }

  /// The page's own host, for a gateway that serves both APIs.
  private func ownWebSocketURL(_ event: HTTPEvent) -> String {
    let scheme = event.headers.header("x-forwarded-proto") == "https" ? "wss" : "ws"
    let host = event.headers.header("host") ?? event.requestContext.domainName
    return "\(scheme)://\(host)/prod"
  }

  /// The policy is the page's own (`index.html`), with what only a header can say: nobody frames it.
  private static let securityHeaders = [
    "content-security-policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      + "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types dompurify",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  ]
}
