import Server
import Storage

extension S3 {
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
    let (now, id, version) = (self.now(), Self.newVersion(), request["versionId"])
    let conditions = DeleteConditions(request.headers)
    let deleted = try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let bucketFound = try table.requireBucket(bucket)
      try conditions.check(try table.object(key, in: bucket, version: version), key: key)
      return try table.delete(key, version, from: bucketFound, newVersion: id, at: now)
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
    let now = self.now()
    let results = try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let bucket = try table.requireBucket(bucket)
      return try wanted.map { item in
        try table.delete(
          item["Key"]?.text ?? "", item["VersionId"]?.text, from: bucket,
          newVersion: Self.newVersion(), at: now)
      }
    }
    folder.remove(results.flatMap(\.orphans))
    return .xml("DeleteResult") { xml in
      guard !isQuiet else { return }
      for (item, result) in zip(wanted, results) {
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

/// `If-Match` of a delete.
private struct DeleteConditions: Sendable {
  private let match: String?

  init(_ headers: HTTPHeaders) {
    match = headers["If-Match"]
  }

  func check(_ existing: StoredObject?, key: String) throws(S3Error) {
    guard let match else { return }
    guard let existing, !existing.isMarker else { throw .noSuchKey(key) }
    guard match == "*" || match.filter({ $0 != "\"" }) == existing.eTag else {
      throw .preconditionFailed("If-Match")
    }
  }
}

extension ObjectTable {
  /// Deletes a version, or, without one, what is visible: in a bucket with versioning a delete marker
  /// covers it.
  func delete(
    _ key: String, _ version: String?, from bucket: Bucket, newVersion: String, at now: Int
  ) throws -> S3.Deleted {
    if let version {
      guard let found = try object(key, in: bucket.name, version: version) else {
        return S3.Deleted(version: version)
      }
      let orphans = try remove(found, from: bucket.name)
      return S3.Deleted(isMarker: found.isMarker, version: version, orphans: orphans)
    }
    guard let versioning = bucket.versioning else {
      guard let found = try object(key, in: bucket.name) else { return S3.Deleted() }
      return S3.Deleted(orphans: try remove(found, from: bucket.name))
    }
    var marker = StoredObject(key: key)
    marker.version = versioning == .enabled ? newVersion : "null"
    marker.isMarker = true
    marker.modified = now
    let orphans = try add(marker, to: bucket.name)
    return S3.Deleted(isMarker: true, version: marker.version, orphans: orphans)
  }
}
