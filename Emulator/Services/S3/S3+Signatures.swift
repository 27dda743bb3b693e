import Crypto
import Server

extension S3 {
  /// How far clocks may be apart, in seconds.
  static let clockSkew = 900

  /// Who sent a request, as far as its signature is looked at.
  enum Caller: Sendable {
    /// Signatures are not checked, or an older one was found right.
    case owner
    case signed(SignatureCheck.Verified)
    case anonymous
  }

  /// Finds who sent a request.
  func caller(of request: S3Request) throws(S3Error) -> Caller {
    guard let signatures else {
      if let older = OlderSignature(request) { try checkEnd(of: older) }
      return .owner
    }
    if let older = OlderSignature(request) {
      try check(older, request, signatures)
      return .owner
    }
    guard SignatureScope.isSigned(request.http) || request.has("X-Amz-Algorithm") else {
      if let header = request.headers["Authorization"] { throw .unsupportedAuthorization(header) }
      return .anonymous
    }
    do throws(SignatureFailure) {
      return .signed(
        try signatures.verify(
          request.http, services: ["s3"], body: nil, clockSkew: Self.clockSkew))
    } catch {
      throw SignatureWords(request: request, region: signatures.region, now: signatures.time)
        .error(for: error)
    }
  }

  private func check(
    _ older: OlderSignature, _ request: S3Request, _ signatures: SignatureCheck
  ) throws(S3Error) {
    guard let known = signatures.credentials(of: older.accessKeyID) else {
      throw .invalidAccessKey(older.accessKeyID)
    }
    try checkEnd(of: older)
    if older.expires == nil {
      let date = request.headers["x-amz-date"] ?? request.headers["Date"] ?? ""
      guard let time = WireTime.seconds(http: date) ?? WireTime.seconds(basic: date) else {
        throw .missingDate
      }
      guard abs(signatures.time - time) <= Self.clockSkew else {
        throw .skewed(date, now: signatures.time)
      }
    }
    guard older.isValid(for: request, secret: known.secretAccessKey) else {
      throw .signatureMismatch(
        accessKeyID: older.accessKeyID, stringToSign: older.stringToSign(request),
        signature: older.signature)
    }
  }

  /// The end of a presigned address of the older kind, whoever signed it.
  private func checkEnd(of older: OlderSignature) throws(S3Error) {
    guard let text = older.expires else { return }
    guard let end = Int(text) else {
      throw S3Error("AccessDenied", 403, "Invalid date (should be seconds since epoch): \(text)")
    }
    guard now() / 1_000 <= end else {
      throw S3Error(
        "AccessDenied", 403, "Request has expired",
        [("Expires", WireTime.iso(end * 1_000)), ("ServerTime", WireTime.iso(now()))])
    }
  }
}

/// What S3 says of signatures it does not accept. Source: Amazon S3 API reference, "Error responses".
private struct SignatureWords {
  let request: S3Request
  let region: String
  /// Unix seconds.
  let now: Int

  private var isPresigned: Bool { !request.headers.contains("Authorization") }

  func error(for failure: SignatureFailure) -> S3Error {
    switch failure {
    case .missing, .otherAlgorithm:
      .unsupportedAuthorization(
        request.headers["Authorization"] ?? request["X-Amz-Algorithm"] ?? "")
    case .incomplete(let parts): incomplete(parts)
    case .badCredential, .badTerminator, .otherDay, .otherRegion, .otherService:
      credential(failure)
    case .badDate:
      isPresigned
        ? parameter(#"X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'""#)
        : .missingDate
    case .badExpiry(let text): parameter(Self.expiry(text))
    case .unknownAccessKey(let key): .invalidAccessKey(key)
    case .badToken(let token):
      S3Error(
        "InvalidToken", 400, "The provided token is malformed or otherwise invalid.",
        [("Token-0", token ?? "")])
    case .expired, .notYetValid: time(failure)
    case .unsignedHeader(let name):
      S3Error(
        "AccessDenied", 403, "There were headers present in the request which were not signed",
        [("HeadersNotSigned", name)])
    case .badPayloadHash, .wrongPayload, .wrongSignature: content(failure)
    }
  }

  private func parameter(_ text: String, _ details: [(String, String)] = []) -> S3Error {
    S3Error("AuthorizationQueryParametersError", 400, text, details)
  }

  private static func expiry(_ text: String) -> String {
    guard let seconds = Int(text) else { return "X-Amz-Expires should be a number" }
    return seconds < 0
      ? "X-Amz-Expires must be non-negative"
      : "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
        + "be less than 604800 seconds"
  }

  private func incomplete(_ parts: [String]) -> S3Error {
    if isPresigned {
      return parameter(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
          + "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
    }
    if parts == ["X-Amz-Date"] { return .missingDate }
    let named = parts.filter { $0 != "X-Amz-Date" }
    let fields = named.map { "a \($0) field" }.joined(separator: ", ")
    return malformed("The authorization header requires three components: \(fields) missing")
  }

  private func malformed(_ text: String, _ details: [(String, String)] = []) -> S3Error {
    S3Error(
      "AuthorizationHeaderMalformed", 400, "The authorization header is malformed; \(text)", details
    )
  }

  /// What is wrong with the credential and its scope.
  private func credential(_ failure: SignatureFailure) -> S3Error {
    var details: [(String, String)] = []
    let text: String
    switch failure {
    case .badTerminator(let name):
      text = "incorrect terminal \"\(name)\". This endpoint uses \"aws4_request\"."
    case .otherDay(let scope, let date):
      text =
        "Invalid credential date \"\(scope)\". This date is not the same as X-Amz-Date: "
        + "\"\(date.prefix(8))\"."
    case .otherRegion(let name):
      text = "the region '\(name)' is wrong; expecting '\(region)'"
      details = [("Region", region)]
    case .otherService(let name):
      text = "incorrect service \"\(name)\". This endpoint belongs to \"s3\"."
    default:
      text =
        "the Credential is mal-formed; expecting "
        + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
    }
    return isPresigned
      ? parameter("Error parsing the X-Amz-Credential parameter; \(text)", details)
      : malformed(text, details)
  }

  private func time(_ failure: SignatureFailure) -> S3Error {
    let date = request.headers["x-amz-date"] ?? request["X-Amz-Date"] ?? ""
    guard isPresigned else { return .skewed(date, now: now) }
    if case .notYetValid = failure {
      return S3Error(
        "AccessDenied", 403, "Request is not yet valid",
        [("X-Amz-Date", date), ("ServerTime", WireTime.iso(now * 1_000))])
    }
    let life = request["X-Amz-Expires"] ?? ""
    let end = (WireTime.seconds(basic: date) ?? 0) + (Int(life) ?? 0)
    return S3Error(
      "AccessDenied", 403, "Request has expired",
      [
        ("X-Amz-Expires", life), ("Expires", WireTime.iso(end * 1_000)),
        ("ServerTime", WireTime.iso(now * 1_000)),
      ])
  }

  private func content(_ failure: SignatureFailure) -> S3Error {
    switch failure {
    case .badPayloadHash(nil):
      .invalidRequest("Missing required header for this request: x-amz-content-sha256")
    case .badPayloadHash(let value?):
      .invalidArgument(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
          + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
          + "valid sha256 value.", "x-amz-content-sha256", value)
    case .wrongPayload(let named, let actual): .payloadMismatch(named, actual)
    default: mismatch(failure)
    }
  }

  private func mismatch(_ failure: SignatureFailure) -> S3Error {
    guard case .wrongSignature(let canonical, let stringToSign) = failure,
      let signature = try? RequestSignature(of: SignableRequest(request.http))
    else { return .accessDenied }
    return .signatureMismatch(
      accessKeyID: signature.accessKeyID, stringToSign: stringToSign,
      signature: signature.signature, canonicalRequest: canonical)
  }
}

extension S3Error {
  static let accessDenied = S3Error("AccessDenied", 403, "Access Denied")

  static let missingDate = S3Error(
    "AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header")

  static func unsupportedAuthorization(_ header: String) -> S3Error {
    invalidArgument("Unsupported Authorization Type", "Authorization", header)
  }

  static func invalidAccessKey(_ key: String) -> S3Error {
    S3Error(
      "InvalidAccessKeyId", 403,
      "The AWS Access Key Id you provided does not exist in our records.",
      [("AWSAccessKeyId", key)])
  }

  /// `now` is Unix seconds.
  static func skewed(_ date: String, now: Int) -> S3Error {
    S3Error(
      "RequestTimeTooSkewed", 403,
      "The difference between the request time and the current time is too large.",
      [
        ("RequestTime", date), ("ServerTime", WireTime.iso(now * 1_000)),
        ("MaxAllowedSkewMilliseconds", "\(S3.clockSkew * 1_000)"),
      ])
  }

  static func payloadMismatch(_ named: String, _ actual: String) -> S3Error {
    S3Error(
      "XAmzContentSHA256Mismatch", 400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      [("ClientComputedContentSHA256", named), ("S3ComputedContentSHA256", actual)])
  }

  static func signatureMismatch(
    accessKeyID: String, stringToSign: String, signature: String, canonicalRequest: String? = nil
  ) -> S3Error {
    func bytes(_ text: String) -> String {
      text.utf8.map { Hex.encode([$0]) }.joined(separator: " ")
    }
    var details = [
      ("AWSAccessKeyId", accessKeyID), ("StringToSign", stringToSign),
      ("SignatureProvided", signature), ("StringToSignBytes", bytes(stringToSign)),
    ]
    if let canonicalRequest {
      details += [
        ("CanonicalRequest", canonicalRequest),
        ("CanonicalRequestBytes", bytes(canonicalRequest)),
      ]
    }
    return S3Error(
      "SignatureDoesNotMatch", 403,
      "The request signature we calculated does not match the signature you provided. Check your "
        + "key and signing method.", details)
  }
}
