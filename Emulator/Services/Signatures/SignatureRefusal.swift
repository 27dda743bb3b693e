import Crypto
import JSON
import Server

/// The answer to a request whose signature is not accepted, in the words of the services other than
/// S3. Sources: "Common errors" of the services' API references; "Troubleshoot signed requests for AWS
/// APIs" (IAM user guide).
struct SignatureRefusal {
  /// AWS tells four kinds apart by their code; the text says the rest.
  private enum Kind {
    case missing
    case incomplete
    case unknownClient
    case invalid
  }

  /// How far clocks may be apart, in seconds.
  static let clockSkew = 300

  private let kind: Kind
  private let message: String

  /// `service` is the name that the scope should have had, `now` is in Unix seconds.
  init(_ failure: SignatureFailure, of request: HTTPRequest, service: String, now: Int) {
    (kind, message) = Self.words(failure, request, service, now)
  }

  private static func words(
    _ failure: SignatureFailure, _ request: HTTPRequest, _ service: String, _ now: Int
  ) -> (Kind, String) {
    switch failure {
    case .missing: (.missing, "Request is missing Authentication Token")
    case .otherAlgorithm(let text): algorithm(text)
    case .incomplete(let parts): (.incomplete, incomplete(parts, request))
    case .badCredential(let text):
      (
        .incomplete,
        "Credential must have exactly 5 slash-delimited elements, e.g. "
          + "keyid/date/region/service/term, got '\(text)'"
      )
    case .badDate(let text):
      (
        .incomplete,
        "Date must be in ISO-8601 'basic format'. Got '\(text)'. "
          + "See http://en.wikipedia.org/wiki/ISO_8601"
      )
    case .badExpiry(let text):
      (.incomplete, "X-Amz-Expires must be a number from 1 to 604800, not '\(text)'")
    case .unknownAccessKey, .badToken:
      (.unknownClient, "The security token included in the request is invalid.")
    default: (.invalid, invalid(failure, request, service, now))
    }
  }

  private static func algorithm(_ text: String) -> (Kind, String) {
    guard text.hasPrefix("AWS4-") else {
      return (.missing, "Request is missing Authentication Token")
    }
    return (.incomplete, "Unsupported AWS 'algorithm': '\(text.prefix { $0 != " " })'")
  }

  private static func incomplete(_ parts: [String], _ request: HTTPRequest) -> String {
    guard let header = request.headers["Authorization"] else {
      return parts.map { "AWS query-string parameters must include '\($0)'. " }.joined()
        + "Re-examine the query-string parameters."
    }
    return parts.map { part in
      part == "X-Amz-Date"
        ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        : "Authorization header requires '\(part)' parameter. "
    }.joined() + "Authorization=\(header)"
  }

  private static func invalid(
    _ failure: SignatureFailure, _ request: HTTPRequest, _ service: String, _ now: Int
  ) -> String {
    func stamp(_ seconds: Int) -> String { SigningTime(seconds: seconds).text }
    switch failure {
    case .badTerminator(let text):
      return "Credential should be scoped with a valid terminator: 'aws4_request', not '\(text)'."
    case .otherDay(let scope, let date):
      return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        + "HTTP: '\(scope)' != '\(date.prefix(8))', from '\(date)'."
    case .otherRegion(let region):
      return "Credential should be scoped to a valid region, not '\(region)'. "
    case .otherService: return "Credential should be scoped to correct service: '\(service)'. "
    case .expired(let seconds):
      let signed = now - seconds - clockSkew
      return "Signature expired: \(stamp(signed)) is now earlier than \(stamp(now - clockSkew)) "
        + "(\(stamp(now)) - 5 min.)"
    case .notYetValid(let seconds):
      return "Signature not yet current: \(stamp(now + seconds)) is still later than "
        + "\(stamp(now + clockSkew)) (\(stamp(now)) + 5 min.)"
    case .unsignedHeader("host"):
      return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    case .unsignedHeader(let name):
      return "'\(name.prefix { $0 != "," })' must be a 'SignedHeader' in the AWS Authorization."
    case .wrongSignature(let canonical, let stringToSign):
      return mismatch + "\n\nThe Canonical String for this request should have been\n'\(canonical)'"
        + "\n\nThe String-to-Sign should have been\n'\(stringToSign)'\n"
    default: return mismatch
    }
  }

  private static let mismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    + "Secret Access Key and signing method. Consult the service documentation for details."

  // MARK: - On the wire

  func response(_ family: ErrorFamily, of request: HTTPRequest, isDynamoDB: Bool) -> HTTPResponse {
    switch family {
    case .json: json(request, prefix: isDynamoDB ? "com.amazon.coral.service#" : "")
    case .rest: rest
    case .query: query
    }
  }

  /// The name in the JSON protocols.
  private var name: String {
    switch kind {
    case .missing: "MissingAuthenticationTokenException"
    case .incomplete: "IncompleteSignatureException"
    case .unknownClient: "UnrecognizedClientException"
    case .invalid: "InvalidSignatureException"
    }
  }

  private func json(_ request: HTTPRequest, prefix: String) -> HTTPResponse {
    let body: JSONValue = ["__type": .string(prefix + name), "message": .string(message)]
    let isOlder = request.headers["Content-Type"]?.hasSuffix("-1.1") ?? false
    let bytes = body.encoded()
    return HTTPResponse(
      status: 400,
      headers: [
        "x-amzn-RequestId": RequestID.uuid(), "x-amz-crc32": String(CRC32.checksum(bytes)),
        "Content-Type": "application/x-amz-json-" + (isOlder ? "1.1" : "1.0"),
      ], body: .bytes(bytes))
  }

  private var rest: HTTPResponse {
    let body: JSONValue = ["message": .string(message)]
    return HTTPResponse(
      status: 403,
      headers: [
        "x-amzn-RequestId": RequestID.uuid(), "x-amzn-ErrorType": name,
        "Content-Type": "application/json",
      ], body: .bytes(body.encoded()))
  }

  private var query: HTTPResponse {
    let code =
      switch kind {
      case .missing: "MissingAuthenticationToken"
      case .incomplete: "IncompleteSignature"
      case .unknownClient: "InvalidClientTokenId"
      case .invalid: "SignatureDoesNotMatch"
      }
    let id = RequestID.uuid()
    let body = XMLWriter.document("ErrorResponse", namespace: nil) { xml in
      xml.element("Error") { xml in
        xml.element("Type", "Sender")
        xml.element("Code", code)
        xml.element("Message", message)
      }
      xml.element("RequestId", id)
    }
    return HTTPResponse(
      status: kind == .incomplete ? 400 : 403,
      headers: ["x-amzn-RequestId": id, "Content-Type": "text/xml"], body: .bytes(body))
  }
}
