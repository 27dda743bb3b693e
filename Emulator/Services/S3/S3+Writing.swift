import Crypto
import Server
import Storage

extension S3 {
  func putObject(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse
  {
    let details = try details(of: request.headers)
    if details.retention != nil || details.isHeld != nil { try Self.requireDigest(request.headers) }
    let conditions = Preconditions(request.headers)
    // A big body is not received for nothing.
    if request.http.body.bytes == nil { try await checkWrite(bucket, key, conditions) }
    var receiver = try BodyReceiver(
      request.headers, into: folder, signing: request.chunkSigning)
    let received = try await receiver.receive(request.http.body)
    var object = StoredObject(key: key)
    object.take(received)
    object.details = details
    object.details.checksum = received.checksum
    let stored = try await store(object, in: bucket, if: conditions)
    var response = HTTPResponse(status: 200)
    response.headers.append("ETag", "\"\(stored.eTag)\"")
    response.headers.append(received.checksum.algorithm.header, received.checksum.value)
    response.headers.append("x-amz-checksum-type", received.checksum.type)
    response.headers.append(encryptionOf: stored.details)
    if let version = stored.madeVersion { response.headers.append("x-amz-version-id", version) }
    if let expiration = stored.expiration {
      response.headers.append("x-amz-expiration", expiration)
    }
    return response
  }

  /// What the headers of an upload say about the object to be.
  func details(of headers: HTTPHeaders) throws(S3Error) -> ObjectDetails {
    var details = try ObjectHeaders.details(headers)
    try ObjectLock.read(headers, into: &details, now: now())
    // What is its owner's alone needs no list.
    let access = try AccessControl.named(in: headers, owner: ownerID)
    details.access = access == .private(ownerID) ? nil : access
    return details
  }

  /// What is to be kept has to come whole.
  private static func requireDigest(_ headers: HTTPHeaders) throws(S3Error) {
    let isPromised =
      headers.contains("Content-MD5") || headers.contains("x-amz-trailer")
      || ChecksumAlgorithm.allCases.contains { headers.contains($0.header) }
    guard isPromised else {
      throw .invalidRequest(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object "
          + "Lock parameters")
    }
  }

  private func checkWrite(
    _ bucket: String, _ key: String, _ conditions: Preconditions
  ) async throws {
    try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      let existing = try table.object(key, in: bucket)
      try conditions.checkWriting(existing?.isMarker == true ? nil : existing, key: key)
    }
  }

  /// What is known of an object once it is stored.
  struct Stored: Sendable {
    var eTag: String
    var modified: Int
    /// The version as answers show it; nil in a bucket that never had versioning.
    var shownVersion: String?
    /// With what the bucket adds to it.
    var details = ObjectDetails()
    var expiration: String?

    /// The version as an upload's answer shows it: nothing of those without an id of their own.
    var madeVersion: String? { shownVersion == "null" ? nil : shownVersion }
  }

  /// What a bucket's settings add to a new object.
  private func complete(
    _ object: inout StoredObject, by bucket: Bucket, _ table: ObjectTable
  ) throws {
    if object.details.retention != nil || object.details.isHeld != nil,
      !bucket.has(.objectLock)
    {
      throw S3Error.missingLock
    }
    if bucket.has(.encryption),
      let document = try table.setting(BucketSetting.encryption.rawValue, of: bucket.name)
    {
      try ObjectEncryption.apply(bucket: document, to: &object.details)
    }
    ObjectEncryption.complete(&object.details, region: region, account: account)
    if bucket.has(.objectLock), object.details.retention == nil,
      let document = try table.setting(BucketSetting.objectLock.rawValue, of: bucket.name)
    {
      let lock = try ObjectLock(try XMLElement.reading(document))
      object.details.retention = lock.retention(at: object.modified)
    }
  }

  /// Records an object whose bytes are in place, in one transaction with the check of its
  /// conditions and with `also`, which returns files that are to be removed. When that fails, its file
  /// is removed.
  func store(
    _ object: StoredObject, in bucket: String, if conditions: Preconditions,
    also: @escaping @Sendable (Connection) throws -> [String] = { _ in [] }
  ) async throws -> Stored {
    let now = self.now()
    do {
      let (stored, orphans) = try await database.write { connection in
        let table = ObjectTable(connection: connection)
        let found = try table.requireBucket(bucket)
        if object.details.access != nil { try table.requireACLs(bucket) }
        let existing = try table.object(object.key, in: bucket)
        try conditions.checkWriting(existing?.isMarker == true ? nil : existing, key: object.key)
        var new = object
        new.modified = now
        new.version = found.versioning == .enabled ? VersionID.new() : "null"
        try self.complete(&new, by: found, table)
        let orphans =
          try also(connection)
          + (found.versioning == nil
            ? table.put(new, to: bucket, replacing: existing) : table.add(new, to: bucket))
        var stored = Stored(eTag: new.eTag, modified: now, details: new.details)
        stored.shownVersion = found.versioning == nil ? nil : new.version
        stored.expiration = try table.expiration(of: new, in: found)
        return (stored, orphans)
      }
      folder.remove(orphans)
      return stored
    } catch {
      if let file = object.body.file { folder.remove([file]) }
      throw error
    }
  }
}

extension ObjectTable {
  /// When a bucket's rules let an object end, as answers say it.
  func expiration(of object: StoredObject, in bucket: Bucket) throws -> String? {
    guard bucket.has(.lifecycle),
      let document = try setting(BucketSetting.lifecycle.rawValue, of: bucket.name)
    else { return nil }
    return LifecycleRules.expiration(of: object, document)
  }
}
