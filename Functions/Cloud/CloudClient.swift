import Crypto
import JSON
package import Network

/// Sends signed requests to the cloud and repeats them when that can help.
///
/// Throttling, 5xx answers and connections that failed before an answer are tried again with capped
/// exponential back-off and full jitter, as long as the deadline allows.
package struct CloudClient: Sendable {
  package let settings: CloudSettings
  private let http: HTTPClient
  private let now: @Sendable () -> Int64
  package var retry: RetryPolicy
  /// What a call may take when no deadline is set.
  package var timeout = Duration.seconds(10)
  package private(set) var deadline: ContinuousClock.Instant?

  /// - Parameters:
  ///   - settings: Where the cloud is and who asks.
  ///   - http: Carries the requests; share one, it keeps connections.
  ///   - now: Unix milliseconds.
  package init(
    _ settings: CloudSettings, http: HTTPClient,
    now: @escaping @Sendable () -> Int64 = WallClock.milliseconds
  ) {
    self.settings = settings
    self.http = http
    self.now = now
    var retry = RetryPolicy()
    retry.attempts = 8
    retry.base = .milliseconds(50)
    retry.cap = .seconds(2)
    retry.reserve = .milliseconds(20)
    self.retry = retry
  }

  /// The same client, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> CloudClient {
    var copy = self
    copy.deadline = deadline
    return copy
  }

  struct Call: Sendable {
    let service: CloudService
    var method = "POST"
    /// Scheme and host.
    var base: String
    /// Percent-encoded, from the first slash on.
    var path = "/"
    var query = ""
    var headers: [SignableRequest.Header] = []
    var body: [UInt8] = []
    var responseLimit = 32 << 20
    var attempts: Int?
  }

  /// Sends a call until something comes that the caller takes for an answer, or it fails for good.
  func send(
    _ call: Call,
    isAnswer: @Sendable (ClientResponse) -> Bool = { (200..<300).contains($0.status) }
  ) async throws(CloudError) -> ClientResponse {
    guard let credentials = settings.credentials else { throw .noCredentials }
    let deadline = deadline ?? .now + timeout
    let signing = RequestSigning(
      credentials: credentials, region: settings.region, service: call.service.signingName)
    var policy = retry
    if let attempts = call.attempts { policy.attempts = min(attempts, policy.attempts) }
    var attempt = 1
    while true {
      let error: CloudError
      let failure: RetryPolicy.Failure
      do throws(NetworkError) {
        let response = try await http.send(request(call, signing), deadline: deadline)
        if isAnswer(response) {
          guard isWhole(response) else { throw .connectionLost(received: 0, detail: "checksum") }
          return response
        }
        let (code, message) = ServiceFailure.read(response)
        error = .service(code: code, message: message, status: response.status)
        // Throttling of the JSON services comes with 400.
        let status = ServiceFailure.isThrottling(code) ? 503 : response.status
        failure = .status(
          status, retryAfter: response.headers.retryAfter(now: Double(now()) / 1_000))
      } catch let lost {
        error = CloudError(lost)
        failure = .network(lost)
      }
      let wait = policy.wait(after: failure, attempt: attempt, remaining: deadline - .now)
      guard let wait else { throw error }
      do {
        try await Task.sleep(for: wait)
      } catch {
        throw .network(.cancelled)
      }
      attempt += 1
    }
  }

  /// Sends an operation of one of the JSON services.
  func sendJSON(
    _ service: CloudService, target: String, version: String, _ body: [UInt8],
    isAnswer: @Sendable (ClientResponse) -> Bool = { $0.status == 200 }
  ) async throws(CloudError) -> ClientResponse {
    try await send(
      Call(
        service: service, base: settings.endpoint(of: service),
        headers: [
          ("Content-Type", "application/x-amz-json-" + version), ("X-Amz-Target", target),
        ], body: body),
      isAnswer: isAnswer)
  }

  private func request(_ call: Call, _ signing: RequestSigning) -> ClientRequest {
    let host = call.base.dropFirst(call.base.hasPrefix("https://") ? 8 : 7)
    let signable = SignableRequest(
      method: call.method, path: call.path, query: call.query,
      headers: [("Host", String(host.prefix { $0 != "/" }))] + call.headers)
    var fields = HeaderFields()
    for header in call.headers { fields.add(header.name, header.value) }
    let time = SigningTime(seconds: Int(now() / 1_000))
    for header in signing.headers(for: signable, payload: .bytes(call.body), at: time) {
      fields.add(header.name, header.value)
    }
    var request = ClientRequest(
      call.method, call.base + call.path + (call.query.isEmpty ? "" : "?" + call.query),
      headers: fields, body: call.body.isEmpty ? .none : .bytes(call.body))
    request.responseLimit = call.responseLimit
    return request
  }

  /// DynamoDB sends the checksum of what it answers.
  private func isWhole(_ response: ClientResponse) -> Bool {
    guard let sum = response.headers["x-amz-crc32"].flatMap(UInt32.init) else { return true }
    return CRC32.checksum(response.body) == sum
  }
}

extension ClientResponse {
  /// The body as JSON.
  func json() throws(CloudError) -> JSONNode {
    do throws(JSONError) {
      return try JSONDocument(body).root
    } catch {
      throw .malformedResponse(error.description)
    }
  }
}

extension CloudError {
  fileprivate init(_ error: NetworkError) {
    switch error {
    case .deadlineExceeded: self = .deadlineExceeded
    case .invalidRequest(let what): self = .invalidRequest(what)
    default: self = .network(error)
    }
  }
}

/// What a service says when it refuses.
enum ServiceFailure {
  /// The code and message of a refusal, in JSON, in XML or in a header.
  static func read(_ response: ClientResponse) -> (code: String, message: String) {
    if let header = response.headers["x-amzn-errortype"] {
      let (_, message) = json(response.body)
      return (String(header.prefix { $0 != ":" }), message)
    }
    if response.body.first == UInt8(ascii: "{") { return json(response.body) }
    let text = String(decoding: response.body.prefix(8_192), as: UTF8.self)
    return (element("Code", of: text) ?? "", element("Message", of: text) ?? "")
  }

  static func isThrottling(_ code: String) -> Bool {
    [
      "ThrottlingException", "Throttling", "ThrottledException", "RequestThrottledException",
      "ProvisionedThroughputExceededException", "RequestLimitExceeded", "LimitExceededException",
      "TooManyRequestsException", "SlowDown", "TransactionInProgressException",
      "PriorRequestNotComplete", "BandwidthLimitExceeded",
    ].contains(code)
  }

  private static func json(_ body: [UInt8]) -> (code: String, message: String) {
    guard let root = try? JSONDocument(body).root else { return ("", "") }
    let type = root["__type"]?.string ?? root["code"]?.string ?? ""
    let message = root["message"]?.string ?? root["Message"]?.string ?? ""
    let code = type.split(separator: "#").last.map(String.init) ?? type
    return (String(code.prefix { $0 != ":" }), message)
  }

  private static func element(_ name: String, of text: String) -> String? {
    guard let start = text.firstRange(of: "<\(name)>"),
      let end = text[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    return String(text[start.upperBound..<end.lowerBound])
  }
}
