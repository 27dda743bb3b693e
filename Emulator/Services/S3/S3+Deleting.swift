import Server
import Storage

extension S3 {
  /// When a delete happens, and what it may do.
  struct Instant: Sendable {
    var now: Int
    /// Of the delete marker that it may make.
    var newVersion: String
    /// Whether it ends retentions of governance.
    var bypass = false
  }

  /// What became of a delete.
  struct Deleted: Sendable {
    var isMarker = false
    var version: String?
    var orphans: [String] = []
  }

  func deleteObject(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let (version, bypass) = (request["versionId"], request.bypassesGovernance)
    let instant = Instant(now: now(), newVersion: VersionID.new(), bypass: bypass)
    let conditions = try DeleteConditions(request.headers)
    let deleted = try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let bucketFound = try table.requireBucket(bucket)
      try Self.checkBypass(request, bucketFound)
      let existing = try table.object(key, in: bucket, version: version)
      if existing == nil, let version, !VersionID.isValid(version) {
        throw S3Error.invalidVersion(version)
      }
      try conditions.check(existing, key: key)
      return try table.delete(key, version, from: bucketFound, instant)
    }
    folder.remove(deleted.orphans)
    var response = HTTPResponse(status: 204)
    if deleted.isMarker { response.headers.append("x-amz-delete-marker", "true") }
    if let version = deleted.version { response.headers.append("x-amz-version-id", version) }
    return response
  }

  /// DeleteObjects: up to 1,000 keys in one request; each succeeds or fails by itself.
  func deleteObjects(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let xml = try await request.xml()
    let wanted = xml.all("Object")
    guard xml.name == "Delete", (1...1_000).contains(wanted.count),
      wanted.allSatisfy({ $0["Key"]?.text.isEmpty == false })
    else { throw S3Error.malformedXML }
    let isQuiet = xml["Quiet"]?.text == "true"
    let (now, bypass) = (self.now(), request.bypassesGovernance)
    let results = try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let bucket = try table.requireBucket(bucket)
      // A header that ends retentions is passed over in a bucket without any, unlike in DeleteObject:
      // programs that empty buckets of all kinds send it always.
      return try wanted.map { item in
        let instant = Instant(now: now, newVersion: VersionID.new(), bypass: bypass)
        return try Self.delete(item, in: table, bucket, instant)
      }
    }
    folder.remove(results.flatMap { (try? $0.get().orphans) ?? [] })
    return .xml("DeleteResult") { xml in
      for (item, result) in zip(wanted, results) {
        guard let result = Self.deleted(result, item, to: &xml), !isQuiet else { continue }
        xml.element("Deleted") { xml in
          xml.element("Key", item["Key"]?.text ?? "")
          xml.optional("VersionId", item["VersionId"]?.text)
          if result.isMarker {
            xml.element("DeleteMarker", "true")
            xml.optional("DeleteMarkerVersionId", result.version)
          }
        }
      }
    }
  }
}

extension S3 {
  /// One key of many; what is wrong with it does not stop the others.
  private static func delete(
    _ item: XMLElement, in table: ObjectTable, _ bucket: Bucket, _ instant: Instant
  ) throws -> Result<Deleted, S3Error> {
    let (key, version) = (item["Key"]?.text ?? "", item["VersionId"]?.text)
    do {
      try S3Request.check(key: key)
      let existing = try table.object(key, in: bucket.name, version: version)
      if existing == nil, let version, !VersionID.isValid(version) {
        throw S3Error.noSuchVersion(key, version)
      }
      try DeleteConditions(item).check(existing, key: key)
      return .success(try table.delete(key, version, from: bucket, instant))
    } catch let error as S3Error {
      return .failure(error)
    }
  }

  /// What became of a key; writes the error when it was not deleted.
  private static func deleted(
    _ result: Result<Deleted, S3Error>, _ item: XMLElement, to xml: inout XMLWriter
  ) -> Deleted? {
    do {
      return try result.get()
    } catch {
      xml.element("Error") { xml in
        xml.element("Key", item["Key"]?.text ?? "")
        xml.optional("VersionId", item["VersionId"]?.text)
        xml.element("Code", error.code)
        xml.element("Message", error.message)
      }
      return nil
    }
  }
}

/// The conditions of a delete: the entity tag, the time and the size that the object has to have.
private struct DeleteConditions: Sendable {
  private let match: String?
  private let size: Int?
  /// Unix seconds.
  private let modified: Int?

  init(_ headers: HTTPHeaders) throws(S3Error) {
    match = headers["If-Match"]
    size = try Self.number(headers["x-amz-if-match-size"])
    modified = headers["x-amz-if-match-last-modified-time"].flatMap { WireTime.seconds(http: $0) }
  }

  init(_ item: XMLElement) throws(S3Error) {
    match = item["ETag"]?.text
    size = try Self.number(item["Size"]?.text)
    modified = (item["LastModifiedTime"]?.text).flatMap { text in
      WireTime.seconds(http: text) ?? WireTime.milliseconds(iso: text).map { $0 / 1_000 }
    }
  }

  private static func number(_ text: String?) throws(S3Error) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text) else { throw .invalidArgument("Not a number", "Size", text) }
    return number
  }

  func check(_ existing: StoredObject?, key: String) throws(S3Error) {
    guard match != nil || size != nil || modified != nil else { return }
    guard let existing, !existing.isMarker else { throw .noSuchKey(key) }
    if let match, match != "*", match.filter({ $0 != "\"" }) != existing.eTag {
      throw .preconditionFailed("If-Match")
    }
    if let size, size != existing.size { throw .preconditionFailed("x-amz-if-match-size") }
    if let modified, modified != existing.modified / 1_000 {
      throw .preconditionFailed("x-amz-if-match-last-modified-time")
    }
  }
}

extension ObjectTable {
  /// Deletes a version, or, without one, what is visible: in a bucket with versioning a delete marker
  /// covers it.
  func delete(
    _ key: String, _ version: String?, from bucket: Bucket, _ instant: S3.Instant
  ) throws -> S3.Deleted {
    if let version {
      guard let found = try object(key, in: bucket.name, version: version) else {
        return S3.Deleted(version: version)
      }
      guard !found.details.isLocked(instant.now, bypass: instant.bypass) else {
        throw S3Error.locked
      }
      let orphans = try remove(found, from: bucket.name)
      return S3.Deleted(isMarker: found.isMarker, version: version, orphans: orphans)
    }
    guard let versioning = bucket.versioning else {
      guard let found = try object(key, in: bucket.name) else { return S3.Deleted() }
      return S3.Deleted(orphans: try remove(found, from: bucket.name))
    }
    var marker = StoredObject(key: key)
    marker.version = versioning == .enabled ? instant.newVersion : "null"
    marker.isMarker = true
    marker.modified = instant.now
    let orphans = try add(marker, to: bucket.name)
    return S3.Deleted(isMarker: true, version: marker.version, orphans: orphans)
  }
}
