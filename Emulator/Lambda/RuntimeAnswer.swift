import Crypto
import JSON
import Server

/// The answers of the Runtime API, as values.
enum RuntimeAnswer {
  static let accepted = json(202, ["status": "OK"])
  static let notFound = error(404, "NotFound", "no such resource")
  static let forbidden = error(403, "Forbidden", "only this sandbox may ask here")
  static let gone = error(410, "ErrorRuntimeInvokeTimeout", "this sandbox has ended")
  static let truncated = error(400, "TruncatedHTTPRequest", "HTTP request is truncated")
  static let badMode = error(
    400, "InvalidFunctionResponseMode",
    "Lambda-Runtime-Function-Response-Mode can only be 'streaming'")

  static func tooLarge(_ limit: Int) -> HTTPResponse {
    error(
      413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (\(limit) bytes).")
  }

  static func refusal(_ refusal: InvocationState.Refusal) -> HTTPResponse {
    switch refusal {
    case .invalidTransition(let what):
      error(403, "InvalidStateTransition", "Transition not allowed: \(what)")
    case .unknownInvocation: error(400, "InvalidRequestID", "Invalid request ID")
    case .tooLate: error(410, "ErrorRuntimeInvokeTimeout", "The invocation has timed out")
    }
  }

  /// RIE's answer to what it does not offer; runtimes go on without.
  static func unsupported(_ name: String) -> HTTPResponse {
    error(202, "\(name).NotSupported", "\(name) API is not supported")
  }

  static func event(_ handout: Handout) -> HTTPResponse {
    var headers: HTTPHeaders = [
      "Content-Type": "application/json", "Lambda-Runtime-Aws-Request-Id": handout.id.text,
      "Lambda-Runtime-Deadline-Ms": String(handout.deadline),
      "Lambda-Runtime-Invoked-Function-Arn": handout.arn,
    ]
    let options = handout.options
    if let trace = options.traceID { headers.append("Lambda-Runtime-Trace-Id", trace) }
    if let context = options.clientContext {
      headers.append("Lambda-Runtime-Client-Context", context)
    }
    if let identity = options.cognitoIdentity {
      headers.append("Lambda-Runtime-Cognito-Identity", identity)
    }
    if let tenant = options.tenantID { headers.append("Lambda-Runtime-Aws-Tenant-Id", tenant) }
    return HTTPResponse(status: 200, headers: headers, body: .bytes(handout.event))
  }

  static func json(
    _ status: Int, _ value: JSONValue, headers: HTTPHeaders = [:]
  ) -> HTTPResponse {
    var headers = headers
    headers["Content-Type"] = "application/json"
    return HTTPResponse(status: status, headers: headers, body: .bytes(value.encoded()))
  }

  static func error(_ status: Int, _ type: String, _ message: String) -> HTTPResponse {
    json(status, ["errorMessage": .string(message), "errorType": .string(type)])
  }

  /// An error's JSON, as functions send it.
  static func error(_ type: String, _ message: String) -> [UInt8] {
    let value: JSONValue = ["errorMessage": .string(message), "errorType": .string(type)]
    return value.encoded()
  }

  static func decoded(_ base64: String) -> [UInt8]? {
    Base64.standard.decode(base64)
  }

  /// The type of an error as the service keeps it: `Runtime.X` or `Function.X`, anything else
  /// only by its family (RAPID).
  static func errorType(_ header: String?) -> String {
    guard let header else { return "Runtime.Unknown" }
    for family in ["Runtime.", "Function."] where header.hasPrefix(family) {
      let name = header.utf8.dropFirst(family.utf8.count)
      guard let first = name.first, (0x41...0x5A).contains(first), name.count <= 128,
        name.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) && $0 >= 0x41 })
      else { break }
      return header
    }
    return header.hasPrefix("Function.") ? "Function.Unknown" : "Runtime.Unknown"
  }

  /// Whether a request comes from a program that was given this address, not from a web page that
  /// found the port (DNS rebinding, cross-site POST).
  static func isLocal(_ request: HTTPRequest) -> Bool {
    guard !request.headers.contains("Origin"), let host = request.headers["Host"] else {
      return false
    }
    let name = host.split(separator: ":", maxSplits: 1).first ?? ""
    return name == "127.0.0.1" || name == "localhost"
  }
}
