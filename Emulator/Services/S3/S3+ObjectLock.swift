import Server
import Storage

extension S3Request {
  /// Whether the request ends retentions of governance.
  var bypassesGovernance: Bool {
    headers[S3.bypassHeader]?.lowercased() == "true"
  }
}

extension S3 {
  static let bypassHeader = "x-amz-bypass-governance-retention"

  /// The header that ends retentions has no business with a bucket that has none.
  static func checkBypass(_ request: S3Request, _ bucket: Bucket) throws(S3Error) {
    guard request.headers.contains(bypassHeader), !bucket.has(.objectLock) else { return }
    throw S3Error(
      "InvalidArgument", 400,
      "\(bypassHeader) is only applicable to Object Lock enabled buckets.",
      [("ArgumentName", bypassHeader)])
  }

  /// GetObjectRetention and GetObjectLegalHold.
  func lock(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> HTTPResponse {
    try await requireLock(bucket)
    let object = try await unmarked(request, bucket, key).object
    if request.operation == "legal-hold", let isHeld = object.details.isHeld {
      return .xml("LegalHold") { $0.element("Status", isHeld ? "ON" : "OFF") }
    }
    if request.operation == "retention", let retention = object.details.retention {
      return .xml("Retention") { xml in
        xml.element("Mode", retention.mode.rawValue)
        xml.element("RetainUntilDate", WireTime.iso(retention.until))
      }
    }
    throw S3Error(
      "NoSuchObjectLockConfiguration", 404,
      "The specified object does not have a ObjectLock configuration")
  }

  /// PutObjectLegalHold.
  func setHold(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> HTTPResponse {
    let xml = try await request.xml()
    try await requireLock(bucket)
    guard xml.name == "LegalHold", let text = xml["Status"]?.text, text == "ON" || text == "OFF"
    else { throw S3Error.malformedXML }
    _ = try await edit(request, bucket, key) { _, details in details.isHeld = text == "ON" }
    return HTTPResponse(status: 200)
  }

  /// PutObjectRetention.
  func setRetention(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> HTTPResponse {
    let xml = try await request.xml()
    try await requireLock(bucket)
    let now = self.now()
    let wanted = try Self.retention(xml, now)
    let bypass = request.bypassesGovernance
    _ = try await edit(request, bucket, key) { _, details in
      if let known = details.retention, !known.yields(to: wanted, now, bypass: bypass) {
        throw S3Error.locked
      }
      details.retention = wanted
    }
    return HTTPResponse(status: 200)
  }

  /// nil takes the retention away.
  private static func retention(
    _ xml: XMLElement, _ now: Int
  ) throws(S3Error) -> ObjectLock.Retention? {
    guard xml.name == "Retention" else { throw .malformedXML }
    if xml.children.isEmpty { return nil }
    guard let mode = ObjectLock.Mode(rawValue: xml["Mode"]?.text ?? ""),
      let until = (xml["RetainUntilDate"]?.text).flatMap({ WireTime.milliseconds(iso: $0) })
    else { throw .malformedXML }
    guard until > now else {
      throw .invalidArgument(
        "The retain until date must be in the future!", "RetainUntilDate",
        xml["RetainUntilDate"]?.text ?? "")
    }
    return ObjectLock.Retention(mode: mode, until: until)
  }

  private func requireLock(_ name: String) async throws {
    let bucket = try await database.lookUp { try ObjectTable(connection: $0).requireBucket(name) }
    guard bucket.has(.objectLock) else { throw S3Error.missingLock }
  }
}

extension S3Error {
  static let locked = S3Error(
    "AccessDenied", 403, "Access Denied because object protected by object lock.")

  static let missingLock = S3Error(
    "InvalidRequest", 400, "Bucket is missing Object Lock Configuration")
}
