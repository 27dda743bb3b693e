import Crypto
import Server
import Storage

extension S3 {
  func putObject(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse
  {
    var details = try ObjectHeaders.details(request.headers)
    details.access = try AccessControl.named(in: request.headers, owner: ownerID)
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
    response.headers.append(encryptionOf: object.details)
    if let version = stored.shownVersion {
      response.headers.append("x-amz-version-id", version)
    }
    return response
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
  }

  /// Records an object whose bytes are in place, in one transaction with the check of its
  /// conditions and with `also`, which returns files that are to be removed. When that fails, its file
  /// is removed.
  func store(
    _ object: StoredObject, in bucket: String, if conditions: Preconditions,
    also: @escaping @Sendable (Connection) throws -> [String] = { _ in [] }
  ) async throws -> Stored {
    let (now, id) = (self.now(), Self.newVersion())
    do {
      let (stored, orphans) = try await database.write { connection in
        let table = ObjectTable(connection: connection)
        let versioning = try table.requireBucket(bucket).versioning
        if object.details.access != nil { try table.requireACLs(bucket) }
        let existing = try table.object(object.key, in: bucket)
        try conditions.checkWriting(existing?.isMarker == true ? nil : existing, key: object.key)
        var new = object
        new.modified = now
        new.version = versioning == .enabled ? id : "null"
        let orphans = try also(connection) + table.add(new, to: bucket)
        let shown = versioning == nil ? nil : new.version
        return (Stored(eTag: new.eTag, modified: now, shownVersion: shown), orphans)
      }
      folder.remove(orphans)
      return stored
    } catch {
      if let file = object.body.file { folder.remove([file]) }
      throw error
    }
  }

  /// 32 letters and digits, as the service's version ids have.
  static func newVersion() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._".utf8)
    return String(decoding: Random.bytes(32).map { alphabet[Int($0 & 63)] }, as: UTF8.self)
  }
}
