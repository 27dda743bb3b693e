import Crypto
import JSON
import Server

/// The answers of the invoke API, as values.
enum InvokeAnswer {
  /// Why a request is not carried out, beyond what `InvokeError` knows.
  enum Refusal: Error {
    case notFound(name: String, qualifier: String? = nil)
    case parameter(String, String)
    case notJSON(String)
  }

  static func result(_ result: InvocationResult) -> HTTPResponse {
    var headers: HTTPHeaders = [
      "Content-Type": "application/json", "x-amzn-RequestId": result.requestID.text,
      "X-Amz-Executed-Version": Report.version,
    ]
    if result.isFunctionError { headers.append("X-Amz-Function-Error", "Unhandled") }
    if let tail = result.logTail {
      headers.append("X-Amz-Log-Result", Base64.standard.encode(Array(tail.utf8)))
    }
    return HTTPResponse(status: 200, headers: headers, body: .bytes(result.payload))
  }

  static func refusal(_ error: any Error) -> HTTPResponse {
    switch error {
    case let error as InvokeError: refusal(error)
    case let error as Refusal: refusal(error)
    default:
      self.error(400, "InvalidRequestContentException", "the request could not be read")
    }
  }

  private static func refusal(_ error: InvokeError) -> HTTPResponse {
    switch error {
    case .unknownFunction(let name): refusal(Refusal.notFound(name: name))
    case .eventTooLarge(_, let limit):
      self.error(
        413, "RequestTooLargeException",
        "Request must be smaller than \(limit) bytes for the InvokeFunction operation")
    case .throttled:
      RuntimeAnswer.json(
        429,
        [
          "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User",
          "message": "Rate Exceeded.",
        ], headers: ["x-amzn-ErrorType": "TooManyRequestsException"])
    case .stopping, .cancelled:
      self.error(503, "ServiceException", "the emulator is ending", type: "Service")
    }
  }

  private static func refusal(_ refusal: Refusal) -> HTTPResponse {
    switch refusal {
    case .notFound(let name, let qualifier):
      error(
        404, "ResourceNotFoundException",
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:\(name)"
          + (qualifier.map { ":\($0)" } ?? ""))
    case .parameter(let name, let value):
      error(400, "InvalidParameterValueException", "\(name) cannot be: \(value)")
    case .notJSON(let reason):
      error(
        400, "InvalidRequestContentException",
        "Could not parse request body into json: \(reason)")
    }
  }

  static func error(
    _ status: Int, _ name: String, _ message: String, type: String = "User"
  ) -> HTTPResponse {
    RuntimeAnswer.json(
      status, ["Type": .string(type), "Message": .string(message)],
      headers: ["x-amzn-ErrorType": name, "x-amzn-RequestId": Crypto.RequestID.uuid()])
  }

  /// The first value of a query parameter.
  static func queryValue(_ name: String, of request: HTTPRequest) -> String? {
    for pair in (request.query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, parts[0] == name { return unescaped(String(parts[1])) }
    }
    return nil
  }

  /// Percent-encoding undone (RFC 3986 §2.1); nil for a broken escape or what is no UTF-8.
  static func unescaped(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
