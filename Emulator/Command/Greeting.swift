import Glibc
import JSON
import Template

/// What `martlet start` says when everything is open.
struct Greeting {
  let gateway: String
  let webSockets: [String]
  let services: String
  let token: String?
  /// The functions speak to the stand-in of a model provider.
  let isStandIn: Bool
  let functions: Int
  /// Variables that the AWS CLI needs; nil when the user's own are those that count.
  var keys: String? =
    "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"

  init(
    application: Application, gatewayPort: UInt16, services: String, token: String?,
    isStandIn: Bool
  ) {
    gateway = "http://127.0.0.1:\(gatewayPort)"
    webSockets = application.webSocketAPIs.flatMap(\.stages).map {
      "ws://127.0.0.1:\(gatewayPort)/\($0.name)"
    }
    self.services = services
    self.token = token
    self.isStandIn = isStandIn
    functions = application.functions.count
  }

  /// Where to go from here.
  var links: [StatusPages.Link] {
    [StatusPages.Link(name: "Chat page and HTTP API", address: gateway + "/")]
      + webSockets.map { StatusPages.Link(name: "WebSocket API", address: $0) }
      + [StatusPages.Link(name: "Services", address: services)]
  }

  /// The page, signed in. A fragment never leaves the browser, so the token is in no log.
  private var page: String { gateway + "/" + (token.map { "#token=" + $0 } ?? "") }

  /// One line for programs.
  var json: String {
    var line: JSONValue = [
      "gateway": .string(gateway), "services": .string(services), "page": .string(page),
      "pid": .int(getpid()),
    ]
    line["websocket"] = webSockets.first.map { .string($0) }
    line["token"] = token.map { .string($0) }
    return line.description
  }

  var text: String {
    var lines = ["", "martlet is ready: \(functions) functions", "", "  chat page   \(page)"]
    lines += webSockets.map { "  WebSocket   \($0)" }
    lines += [
      "  HTTP API    \(gateway)", "  services    \(services)",
      "  status      \(gateway)/_martlet/", "",
    ]
    lines.append(
      isStandIn
        ? "  Answers come from a small deterministic model. With a provider's key in the"
          + "\n  environment (./martlet help start) they come from that provider."
        : "  Answers come from the model providers whose keys or addresses the environment holds.")
    lines += [
      "", "Try:", "  ./martlet invoke chat --event events/chat.json",
      "  curl -H \"Authorization: Bearer $(./martlet token --user root --role admin)\" \\",
      "    \(gateway)/api/v1/admin/chat/conversations",
    ]
    // The CLI wants credentials and a region even where nobody looks at them.
    if let keys { lines.append("  \(keys) \\") }
    lines += [
      "  \(keys == nil ? "" : "  ")aws --endpoint-url \(services) dynamodb list-tables", "",
      "Ctrl-C ends it.", "",
    ]
    return lines.joined(separator: "\n")
  }
}
