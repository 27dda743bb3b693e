import CPages
import JSON
import Lambda
import Server
import Template

/// The emulator's own pages, below `/_martlet/` on the gateway's port: how the functions are doing.
struct StatusPages: Sendable {
  let application: Application
  let functions: Functions
  /// Where to go from here: a name and an address each.
  let links: [Link]

  struct Link: Sendable {
    var name: String
    var address: String
  }

  private static let folder = "/_martlet/"

  /// The gateway has checked that the request comes from this machine.
  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      return HTTPResponse(status: 405, text: "only GET\n", headers: ["Allow": "GET, HEAD"])
    }
    guard request.path.hasPrefix(Self.folder) else {
      return HTTPResponse(status: 308, headers: ["Location": Self.folder])
    }
    let name = String(request.path.dropFirst(Self.folder.count))
    if name == "status.json" { return await status() }
    let page = page_named(name)
    guard let bytes = page.bytes, let type = page.type else {
      return HTTPResponse(status: 404, text: "martlet has no page \(name)\n")
    }
    return HTTPResponse(
      status: 200,
      headers: [
        "Content-Type": String(cString: type), "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
      ], body: .bytes(Array(UnsafeBufferPointer(start: bytes, count: page.length))))
  }

  private func status() async -> HTTPResponse {
    let all = await functions.status()
    let status: JSONValue = [
      "links": .array(
        links.map { ["name": .string($0.name), "address": .string($0.address)] }),
      "functions": .array(all.map(Self.json)), "recent": .array(Self.recent(all)),
      "routes": .array(routes),
    ]
    return HTTPResponse(
      status: 200,
      headers: [
        "Content-Type": "application/json", "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
      ], body: .bytes(status.encoded()))
  }

  private var routes: [JSONValue] {
    let sockets = application.webSocketAPIs.flatMap { api in
      api.routes.map { (api.name, $0.key, $0.function) }
    }
    let requests = application.httpAPIs.flatMap { api in
      api.routes.map { (api.name, $0.key, $0.function) }
    }
    return (sockets + requests).map { api, key, function in
      ["api": .string(api), "key": .string(key), "function": .string(function)]
    }
  }

  private static func json(_ function: FunctionStatus) -> JSONValue {
    let sandboxes = function.sandboxes.map { sandbox -> JSONValue in
      [
        "pid": sandbox.pid.map { .int($0) } ?? .null, "phase": .string(sandbox.phase),
        "memoryKB": .int(sandbox.peakMemory), "logStream": .string(sandbox.logStream),
      ]
    }
    let statistics = function.statistics
    return [
      "name": .string(function.name), "handler": .string(function.handler),
      "sandboxes": .array(sandboxes), "waiting": .int(function.waiting),
      "invocations": .int(statistics.invocations), "errors": .int(statistics.errors),
      "timeouts": .int(statistics.timeouts), "throttled": .int(statistics.throttled),
      "starts": .int(statistics.starts),
    ]
  }

  /// The last invocations of all functions, newest first.
  private static func recent(_ functions: [FunctionStatus]) -> [JSONValue] {
    let all = functions.flatMap { function in
      function.statistics.recent.map { (function.name, $0) }
    }
    return all.sorted { $0.1.time > $1.1.time }.prefix(30).map { name, invocation in
      var value: JSONValue = [
        "function": .string(name), "requestId": .string(invocation.requestID.text),
        "time": .int(invocation.time), "durationMs": .double(milliseconds(invocation.duration)),
        "status": .string(invocation.status),
      ]
      if let duration = invocation.initDuration {
        value["initMs"] = .double(milliseconds(duration))
      }
      return value
    }
  }

  private static func milliseconds(_ duration: Duration) -> Double {
    let parts = duration.components
    return Double(parts.seconds) * 1000 + Double(parts.attoseconds / 1_000_000_000_000) / 1000
  }
}
