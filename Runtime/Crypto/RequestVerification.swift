/// Why a request's signature is not accepted. AWS names each kind differently.
package enum SignatureFailure: Error, Equatable {
  /// Nothing is signed at all.
  case missing
  /// Another way of signing; its text.
  case otherAlgorithm(String)
  /// Parts of the form that are absent, all of them, as the header or the query names them.
  case incomplete([String])
  /// The credential is not `key/date/region/service/aws4_request`.
  case badCredential(String)
  case badTerminator(String)
  case badDate(String)
  case badExpiry(String)
  /// The day of the scope is not the day of the date.
  case otherDay(scope: String, date: String)
  /// Signed for another region or service than the ones asked for.
  case otherRegion(String)
  case otherService(String)
  case unknownAccessKey(String)
  /// The session token is absent, or not the one of these credentials.
  case badToken(String?)
  /// The clock is past the end by so many seconds.
  case expired(seconds: Int)
  case notYetValid(seconds: Int)
  /// Headers that have to be signed are not; their names, with commas between them.
  case unsignedHeader(String)
  /// The header with the body's hash is absent or of no known form.
  case badPayloadHash(String?)
  /// The body is not the one whose hash was signed.
  case wrongPayload(named: String, actual: String)
  /// Both texts, which AWS prints in its answer.
  case wrongSignature(canonicalRequest: String, stringToSign: String)
}

/// Checks signatures of received requests as AWS does.
package struct RequestVerification: Sendable {
  /// By how many seconds a signing time may be off. AWS: 300; S3: 900.
  package var clockSkew = 300
  /// What the scope has to name; nil for anything.
  package var region: String?
  package var services: [String]?
  /// Whether the token of temporary credentials is compared.
  package var checksToken = false
  var pathRule: CanonicalRequest.PathRule?

  package init() {}

  /// Checks everything. `body` is nil when it was not collected: then the hash that the request
  /// names is believed, and the caller compares it while reading.
  package func verify(
    _ request: SignableRequest, body: [UInt8]?, credentials: AWSCredentials, now: Int
  ) throws(SignatureFailure) {
    try verify(
      RequestSignature(of: request), of: request, body: body, credentials: credentials, now: now)
  }

  package func verify(
    _ signature: RequestSignature, of request: SignableRequest, body: [UInt8]?,
    credentials: AWSCredentials, now: Int
  ) throws(SignatureFailure) {
    guard region == nil || region == signature.region else {
      throw .otherRegion(signature.region)
    }
    guard services?.contains(signature.service) ?? true else {
      throw .otherService(signature.service)
    }
    guard signature.accessKeyID == credentials.accessKeyID else {
      throw .unknownAccessKey(signature.accessKeyID)
    }
    guard !checksToken || signature.sessionToken == credentials.sessionToken else {
      throw .badToken(signature.sessionToken)
    }
    try checkTime(signature, now: now)
    try checkHeaders(signature, of: request)
    let hash = try payloadHash(of: request, signature, body: body)
    let signing = RequestSigning(
      credentials: credentials, region: signature.region, service: signature.service)
    let text = CanonicalRequest.text(
      request, signedHeaders: signature.signedHeaders,
      excluding: signature.isPresigned ? "X-Amz-Signature" : nil, payloadHash: hash,
      pathRule: pathRule ?? signing.pathRule)
    let expected = Hex.encode(signing.signature(of: text, at: signature.time))
    guard isEqualInConstantTime(expected, signature.signature) else {
      throw .wrongSignature(
        canonicalRequest: String(decoding: text, as: UTF8.self),
        stringToSign: signing.stringToSign(text, at: signature.time))
    }
  }

  private func checkTime(_ signature: RequestSignature, now: Int) throws(SignatureFailure) {
    let age = now - signature.time.seconds
    guard age >= -clockSkew else { throw .notYetValid(seconds: -age) }
    let life = signature.expires ?? clockSkew
    guard age <= life else { throw .expired(seconds: age - life) }
  }

  private func checkHeaders(
    _ signature: RequestSignature, of request: SignableRequest
  ) throws(SignatureFailure) {
    guard signature.signedHeaders.contains("host") else { throw .unsignedHeader("host") }
    var unsigned: [String] = []
    for header in request.headers
    where CanonicalRequest.isName(String(header.name.prefix(6)), "x-amz-") {
      let name = CanonicalRequest.lowercase(header.name)
      // Some services have the session token added after signing.
      guard name != "x-amz-security-token" else { continue }
      if !signature.signedHeaders.contains(name) { unsigned.append(name) }
    }
    guard unsigned.isEmpty else { throw .unsignedHeader(unsigned.sorted().joined(separator: ", ")) }
  }

  private func payloadHash(
    of request: SignableRequest, _ signature: RequestSignature, body: [UInt8]?
  ) throws(SignatureFailure) -> String {
    guard let named = request.header("x-amz-content-sha256") else {
      if signature.isPresigned, signature.service == "s3" { return SignedPayload.unsigned.hash }
      guard let body else { throw .badPayloadHash(nil) }
      return SignedPayload.bytes(body).hash
    }
    if named == SignedPayload.unsigned.hash || named.hasPrefix("STREAMING-") {
      guard signature.service == "s3" else { throw .badPayloadHash(named) }
      return named
    }
    guard Hex.decode(named)?.count == SHA256.byteCount else { throw .badPayloadHash(named) }
    guard let body else { return named }
    let actual = SignedPayload.bytes(body).hash
    guard actual == CanonicalRequest.lowercase(named) else {
      throw .wrongPayload(named: named, actual: actual)
    }
    return named
  }
}
