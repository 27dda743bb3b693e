package import Crypto
import Server

/// Who may sign requests, for `martlet start --check-signatures`.
package struct SignatureCheck: Sendable {
  private let credentials: [String: AWSCredentials]
  /// The region that every scope has to name.
  package let region: String
  /// Unix milliseconds.
  private let now: @Sendable () -> Int

  package init(
    _ credentials: [AWSCredentials], region: String = "us-east-1",
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) {
    self.credentials = Dictionary(
      credentials.map { ($0.accessKeyID, $0) }, uniquingKeysWith: { first, _ in first })
    self.region = region
    self.now = now
  }

  /// Unix seconds.
  var time: Int { now() / 1_000 }

  /// The credentials of an access key.
  func credentials(of accessKeyID: String) -> AWSCredentials? { credentials[accessKeyID] }

  /// A signature that was checked, and what further signatures of its request are made with.
  struct Verified: Sendable {
    let signature: RequestSignature
    let signing: RequestSigning
  }

  /// Checks the signature of a request. `services` are the names that the scope may have; `body` is nil
  /// when the receiver of the body compares its hash; `clockSkew` is in seconds.
  @discardableResult
  func verify(
    _ request: HTTPRequest, services: [String], body: [UInt8]?, clockSkew: Int
  ) throws(SignatureFailure) -> Verified {
    let signable = SignableRequest(request)
    let signature = try RequestSignature(of: signable)
    var verification = RequestVerification()
    verification.clockSkew = clockSkew
    verification.region = region
    verification.services = services
    verification.checksToken = true
    let known =
      credentials[signature.accessKeyID] ?? AWSCredentials(accessKeyID: "", secretAccessKey: "")
    try verification.verify(signature, of: signable, body: body, credentials: known, now: time)
    return Verified(
      signature: signature,
      signing: RequestSigning(
        credentials: known, region: signature.region, service: signature.service))
  }
}

extension SignableRequest {
  /// What of a received request is signed.
  init(_ request: HTTPRequest) {
    self.init(
      method: request.method, path: request.path, query: request.query ?? "",
      headers: request.headers.map { ($0.name, $0.value) })
  }
}

/// How a service words its errors, as far as signatures are concerned.
package enum ErrorFamily: Sendable {
  /// AWS JSON 1.0 and 1.1.
  case json
  /// REST with JSON bodies: Lambda, API Gateway.
  case rest
  /// The query protocol, with XML answers: STS, the older form of SQS.
  case query
}
