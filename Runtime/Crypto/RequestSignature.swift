/// The signature of a received request, taken apart but not checked.
package struct RequestSignature: Sendable, Equatable {
  package let accessKeyID: String
  package let time: SigningTime
  package let region: String
  package let service: String
  package let sessionToken: String?
  /// Lower case, in order.
  package let signedHeaders: [String]
  /// Hexadecimal, as it was given.
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
      throw .otherAlgorithm(authorization)
    }
    var fields: [String: String] = [:]
    for field in text.dropFirst(RequestSigning.algorithm.utf8.count + 1).split(separator: 0x2C) {
      let field = field.drop { $0 == 0x20 }
      let name = field.prefix { $0 != 0x3D }
      fields[String(decoding: name, as: UTF8.self)] = String(
        decoding: field.dropFirst(name.count + 1).prefix { $0 != 0x20 }, as: UTF8.self)
    }
    fields["X-Amz-Date"] = request.header("x-amz-date")
    let names = Names(
      credential: "Credential", signature: "Signature", signedHeaders: "SignedHeaders")
    try self.init(
      fields, names, token: request.header("x-amz-security-token"), expires: nil)
  }

  private init(query request: SignableRequest) throws(SignatureFailure) {
    var fields: [String: String] = [:]
    for part in request.query.split(separator: "&") where part.hasPrefix("X-Amz-") {
      let name = part.prefix { $0 != "=" }
      fields[String(name)] = PercentEncoding.decode(String(part.dropFirst(name.count + 1)))
    }
    guard fields["X-Amz-Algorithm"] != nil || fields["X-Amz-Signature"] != nil else {
      throw .missing
    }
    let names = Names(
      credential: "X-Amz-Credential", signature: "X-Amz-Signature",
      signedHeaders: "X-Amz-SignedHeaders", others: ["X-Amz-Algorithm", "X-Amz-Expires"])
    try names.check(fields)
    guard fields["X-Amz-Algorithm"] == RequestSigning.algorithm else {
      throw .otherAlgorithm(fields["X-Amz-Algorithm"] ?? "")
    }
    let life = fields["X-Amz-Expires"] ?? ""
    guard let expires = Int(life), (1...604_800).contains(expires) else { throw .badExpiry(life) }
    try self.init(fields, names, token: fields["X-Amz-Security-Token"], expires: expires)
  }

  /// What the parts are called, in a header or in a query.
  private struct Names {
    var credential: String
    var signature: String
    var signedHeaders: String
    var others: [String] = []

    /// All parts that are absent are named at once, as AWS does.
    func check(_ fields: [String: String]) throws(SignatureFailure) {
      let wanted = [credential, signature, signedHeaders, "X-Amz-Date"] + others
      let absent = wanted.filter { fields[$0]?.isEmpty ?? true }
      guard absent.isEmpty else { throw .incomplete(absent) }
    }
  }

  private init(
    _ fields: [String: String], _ names: Names, token: String?, expires: Int?
  ) throws(SignatureFailure) {
    try names.check(fields)
    guard let credential = fields[names.credential], let date = fields["X-Amz-Date"],
      let signature = fields[names.signature], let signedHeaders = fields[names.signedHeaders]
    else { throw .missing }
    // The access key id comes first and may not hold a slash; the scope is four parts behind it.
    let parts = credential.utf8
      .split(separator: 0x2F, omittingEmptySubsequences: false).map { String(Substring($0)) }
    guard parts.count == 5, parts.allSatisfy({ !$0.isEmpty }) else {
      throw .badCredential(credential)
    }
    guard parts[4] == "aws4_request" else { throw .badTerminator(parts[4]) }
    guard let time = SigningTime(date) else { throw .badDate(date) }
    guard time.day == parts[1] else { throw .otherDay(scope: parts[1], date: date) }
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
