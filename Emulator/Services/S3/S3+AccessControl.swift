import JSON
import Server
import Storage

extension S3 {
  /// GetBucketAcl.
  func bucketACL(_ bucket: String) async throws -> HTTPResponse {
    let owner = ownerID
    let access = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return try table.access(to: bucket, owner: owner)
    }
    return policy(access)
  }

  /// PutBucketAcl: a canned name, grants in headers, or a document.
  func setBucketACL(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let access = try await wantedAccess(request)
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      try table.requireACLs(bucket)
      try table.set(
        BucketSetting.acl.rawValue, of: bucket, to: Array(access.stored.description.utf8))
    }
    return HTTPResponse(status: 200)
  }

  /// GetObjectAcl.
  func objectACL(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse
  {
    let (object, isVersioned) = try await find(request, bucket, key, withBody: false)
    var response = policy(object.details.access ?? .private(ownerID))
    if isVersioned { response.headers.append("x-amz-version-id", object.version) }
    return response
  }

  /// PutObjectAcl.
  func setObjectACL(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> HTTPResponse {
    let access = try await wantedAccess(request)
    let version = try await edit(request, bucket, key) { connection, details in
      try ObjectTable(connection: connection).requireACLs(bucket)
      details.access = access
    }
    var response = HTTPResponse(status: 200)
    if let version { response.headers.append("x-amz-version-id", version) }
    return response
  }

  private func wantedAccess(_ request: S3Request) async throws -> AccessControl {
    let body = try await request.bytes(upTo: 64 << 10)
    if let named = try AccessControl.named(in: request.headers, owner: ownerID) {
      guard body.isEmpty else {
        throw S3Error("UnexpectedContent", 400, "This request does not support content")
      }
      return named
    }
    guard !body.isEmpty else {
      throw S3Error(
        "MissingSecurityHeader", 400, "Your request was missing a required header",
        [("MissingHeaderName", "x-amz-acl")])
    }
    return try AccessControl(XMLElement.reading(body))
  }

  private func policy(_ access: AccessControl) -> HTTPResponse {
    let owner = ownerXML
    return .xml("AccessControlPolicy") { xml in
      xml.raw(owner)
      access.write(to: &xml)
    }
  }

  // MARK: Callers without a signature

  /// Lets a caller without a signature do what the lists of bucket and object let everyone do.
  func admit(_ request: S3Request) async throws {
    guard case .anonymous = request.caller, request.method != "OPTIONS" else { return }
    guard let bucket = request.bucket else { throw S3Error.accessDenied }
    // A form brings its own signature.
    if request.method == "POST", request.key == nil, request.isForm { return }
    let chosen = request.operation
    let owner = ownerID
    let isAllowed = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      let access = try table.access(to: bucket, owner: owner)
      guard let key = request.key else {
        let lists = ["", "list-type", "versions", "uploads"].contains(chosen)
        return ["GET", "HEAD"].contains(request.method) && lists
          ? access.lets(everyone: .read)
          : request.method == "POST" && chosen == "delete" && access.lets(everyone: .write)
      }
      switch (request.method, chosen) {
      case ("GET", ""), ("HEAD", ""), ("GET", "attributes"):
        let object = try table.object(key, in: bucket, version: request["versionId"])
        guard let object else { return access.lets(everyone: .read) }
        return object.details.access?.lets(everyone: .read) ?? false
      case ("PUT", ""), ("DELETE", ""), ("POST", "uploads"), ("PUT", "uploadId"),
        ("POST", "uploadId"), ("DELETE", "uploadId"):
        return access.lets(everyone: .write) && !request.headers.contains("x-amz-copy-source")
      default: return false
      }
    }
    guard isAllowed else { throw S3Error.accessDenied }
  }
}

extension ObjectTable {
  /// Who may use a bucket.
  func access(to bucket: String, owner: String) throws -> AccessControl {
    let document = try setting(BucketSetting.acl.rawValue, of: bucket)
    let stored = document.flatMap { try? JSONValue(parsing: $0) }
    return AccessControl(stored: stored) ?? .private(owner)
  }
}
