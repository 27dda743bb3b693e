/// Why a request's signature is not accepted. AWS names each kind differently.
package enum SignatureFailure: Error, Equatable {
  /// Nothing is signed at all.
  case missing
  /// Something of the form is absent or wrong: named.
  case incomplete(String)
  case unknownAccessKey(String)
  /// Signed for another region or service than the ones asked for.
  case wrongScope(String)
  /// The clock is past the end by so many seconds.
  case expired(seconds: Int)
  case notYetValid(seconds: Int)
  /// A header that has to be signed is not.
  case unsignedHeader(String)
  /// The body is not the one whose hash was signed.
  case wrongPayload
  /// Both texts, which AWS prints in its answer.
  case wrongSignature(canonicalRequest: String, stringToSign: String)
}

/// The signature of a received request, taken apart but not checked.
package struct RequestSignature: Sendable, Equatable {
  package let accessKeyID: String
  package let time: SigningTime
  package let region: String
  package let service: String
  package let sessionToken: String?
  /// Lower case, in order.
  package let signedHeaders: [String]
  /// Hexadecimal.
  package let signature: String
  /// Seconds a presigned URL is good for; nil when the signature stands in a header.
  package let expires: Int?

  package var isPresigned: Bool { expires != nil }

  /// Finds the signature of `request`, in its header or in its query.
  package init(of request: SignableRequest) throws(SignatureFailure) {
    if let header = request.header("authorization") {
      try self.init(authorization: header, of: request)
    } else {
      try self.init(query: request)
    }
  }

  private init(authorization: String, of request: SignableRequest) throws(SignatureFailure) {
    // `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, with or without blanks.
    let text = authorization.utf8
    guard text.starts(with: "\(RequestSigning.algorithm) ".utf8) else {
      throw .incomplete("algorithm")
    }
    var credential: String?
    var signedHeaders: String?
    var signature: String?
    for field in text.dropFirst(RequestSigning.algorithm.utf8.count + 1).split(separator: 0x2C) {
      let field = field.drop { $0 == 0x20 }
      let name = field.prefix { $0 != 0x3D }
      let value = String(
        decoding: field.dropFirst(name.count + 1).prefix { $0 != 0x20 }, as: UTF8.self)
      if name.elementsEqual("Credential".utf8) {
        credential = value
      } else if name.elementsEqual("SignedHeaders".utf8) {
        signedHeaders = value
      } else if name.elementsEqual("Signature".utf8) {
        signature = value
      }
    }
    guard let date = request.header("x-amz-date") else { throw .incomplete("X-Amz-Date") }
    try self.init(
      credential: credential, date: date, signedHeaders: signedHeaders, signature: signature,
      token: request.header("x-amz-security-token"), expires: nil)
  }

  private init(query request: SignableRequest) throws(SignatureFailure) {
    var fields: [String: String] = [:]
    for part in request.query.split(separator: "&") where part.hasPrefix("X-Amz-") {
      let name = part.prefix { $0 != "=" }
      fields[String(name)] = PercentEncoding.decode(String(part.dropFirst(name.count + 1)))
    }
    guard let algorithm = fields["X-Amz-Algorithm"] else { throw .missing }
    guard algorithm == RequestSigning.algorithm else { throw .incomplete("X-Amz-Algorithm") }
    guard let expires = fields["X-Amz-Expires"].flatMap(Int.init), (1...604_800).contains(expires)
    else { throw .incomplete("X-Amz-Expires") }
    guard let date = fields["X-Amz-Date"] else { throw .incomplete("X-Amz-Date") }
    try self.init(
      credential: fields["X-Amz-Credential"], date: date,
      signedHeaders: fields["X-Amz-SignedHeaders"], signature: fields["X-Amz-Signature"],
      token: fields["X-Amz-Security-Token"], expires: expires)
  }

  private init(
    credential: String?, date: String, signedHeaders: String?, signature: String?,
    token: String?, expires: Int?
  ) throws(SignatureFailure) {
    // The access key id comes first and may not hold a slash; the scope is four parts behind it.
    let parts = (credential ?? "").utf8
      .split(separator: 0x2F, omittingEmptySubsequences: false).map { String(Substring($0)) }
    guard parts.count == 5, !parts[0].isEmpty, parts[4] == "aws4_request" else {
      throw .incomplete("Credential")
    }
    guard let time = SigningTime(date), time.day == parts[1] else {
      throw .incomplete("X-Amz-Date")
    }
    guard let signedHeaders, !signedHeaders.isEmpty else { throw .incomplete("SignedHeaders") }
    guard let signature, Hex.decode(signature)?.count == SHA256.byteCount else {
      throw .incomplete("Signature")
    }
    accessKeyID = parts[0]
    region = parts[2]
    service = parts[3]
    self.time = time
    self.signedHeaders = signedHeaders.utf8.split(separator: 0x3B).map { String(Substring($0)) }
    self.signature = signature
    sessionToken = token
    self.expires = expires
  }
}

/// Checks signatures of received requests as AWS does.
package struct RequestVerification: Sendable {
  /// By how many seconds a signing time may be off. AWS: 300; S3: 900.
  package var clockSkew = 300
  var pathRule: CanonicalRequest.PathRule?

  package init() {}

  /// Checks everything. `body` is nil when it was not collected: then the hash that the request
  /// names is believed, and the caller compares it while reading.
  package func verify(
    _ request: SignableRequest, body: [UInt8]?, credentials: AWSCredentials, now: Int
  ) throws(SignatureFailure) {
    let signature = try RequestSignature(of: request)
    guard signature.accessKeyID == credentials.accessKeyID else {
      throw .unknownAccessKey(signature.accessKeyID)
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
    for header in request.headers
    where CanonicalRequest.isName(String(header.name.prefix(6)), "x-amz-") {
      let name = CanonicalRequest.lowercase(header.name)
      // Some services have the session token added after signing.
      guard name != "x-amz-security-token" else { continue }
      guard signature.signedHeaders.contains(name) else { throw .unsignedHeader(name) }
    }
  }

  private func payloadHash(
    of request: SignableRequest, _ signature: RequestSignature, body: [UInt8]?
  ) throws(SignatureFailure) -> String {
    guard let named = request.header("x-amz-content-sha256") else {
      if signature.isPresigned, signature.service == "s3" { return SignedPayload.unsigned.hash }
      guard let body else { throw .incomplete("x-amz-content-sha256") }
      return SignedPayload.bytes(body).hash
    }
    if named == SignedPayload.unsigned.hash || named.hasPrefix("STREAMING-") {
      guard signature.service == "s3" else { throw .incomplete("x-amz-content-sha256") }
      return named
    }
    if let body, SignedPayload.bytes(body).hash != named { throw .wrongPayload }
    return named
  }
}
