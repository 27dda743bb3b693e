import Crypto
import Server
import Storage

extension S3 {
  func putObject(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse
  {
    let details = try ObjectHeaders.details(request.headers)
    let conditions = Preconditions(request.headers)
    // A big body is not received for nothing.
    if request.http.body.bytes == nil { try await checkWrite(bucket, key, conditions) }
    var receiver = try BodyReceiver(request, into: folder)
    let received = try await receiver.receive()
    var object = StoredObject(key: key)
    object.size = received.size
    object.eTag = Hex.encode(received.md5)
    object.details = details
    object.details.checksum = received.checksum
    object.body = received.body
    let stored = try await store(object, in: bucket, if: conditions)
    var response = HTTPResponse(status: 200)
    response.headers.append("ETag", "\"\(stored.eTag)\"")
    response.headers.append(received.checksum.algorithm.header, received.checksum.value)
    response.headers.append("x-amz-checksum-type", received.checksum.type)
    response.headers.append("x-amz-server-side-encryption", "AES256")
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
  /// conditions. When that fails, its file is removed.
  func store(
    _ object: StoredObject, in bucket: String, if conditions: Preconditions
  ) async throws -> Stored {
    let (now, id) = (self.now(), Self.newVersion())
    do {
      let (stored, orphans) = try await database.write { connection in
        let table = ObjectTable(connection: connection)
        let versioning = try table.requireBucket(bucket).versioning
        let existing = try table.object(object.key, in: bucket)
        try conditions.checkWriting(existing?.isMarker == true ? nil : existing, key: object.key)
        var new = object
        new.modified = now
        new.version = versioning == .enabled ? id : "null"
        let orphans = try table.add(new, to: bucket)
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

// MARK: - Copy

/// The source that a copy names: `/bucket/key?versionId=id`, percent-encoded.
struct CopySource: Sendable {
  let bucket: String
  let key: String
  let version: String?

  init(_ header: String) throws(S3Error) {
    let parts = header.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = PercentEncoding.decode(String(parts[0])) ?? ""
    let trimmed = path.hasPrefix("/") ? path.dropFirst() : path[...]
    guard let slash = trimmed.firstIndex(of: "/"), trimmed.index(after: slash) < trimmed.endIndex
    else {
      throw .invalidArgument(
        "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        "x-amz-copy-source", header)
    }
    bucket = String(trimmed[..<slash])
    key = String(trimmed[trimmed.index(after: slash)...])
    version =
      parts.count > 1 && parts[1].hasPrefix("versionId=") ? String(parts[1].dropFirst(10)) : nil
  }
}

extension S3 {
  func copyObject(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let (source, original) = try await copySource(request)
    let replaces = request.headers["x-amz-metadata-directive"]?.uppercased() == "REPLACE"
    let replacesTags = request.headers["x-amz-tagging-directive"]?.uppercased() == "REPLACE"
    if source.bucket == bucket, source.key == key, source.version == nil, !replaces, !replacesTags,
      !request.headers.contains("x-amz-storage-class")
    {
      throw S3Error.invalidRequest(
        "This copy request is illegal because it is trying to copy an object to itself without "
          + "changing the object's metadata, storage class, website redirect location or encryption "
          + "attributes.")
    }
    let given = try ObjectHeaders.details(request.headers)
    var object = StoredObject(key: key)
    object.size = original.size
    object.eTag = original.eTag
    object.details = replaces ? given : original.details
    object.details.tags = replacesTags ? given.tags : original.details.tags
    object.details.checksum = original.details.checksum
    object.details.parts = []
    if original.details.parts.count > 0 || given.header("x-amz-storage-class") != nil {
      let name = given.header("x-amz-storage-class")
      object.details.headers.removeAll { $0.name == "x-amz-storage-class" }
      if let name { object.details.headers.append(.init(name: "x-amz-storage-class", value: name)) }
    }
    object.body = try await copy(original.body, of: original.size)
    if original.eTag.contains("-") { object.eTag = try await eTag(of: object.body) }
    let stored = try await store(object, in: bucket, if: Preconditions(request.headers))
    return copyResult("CopyObjectResult", object, stored, original)
  }

  /// The source of a copy, its conditions checked. Its body is read with it.
  func copySource(_ request: S3Request) async throws -> (CopySource, StoredObject) {
    let source = try CopySource(request.headers["x-amz-copy-source"] ?? "")
    let original = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(source.bucket)
      let found = try table.object(
        source.key, in: source.bucket, version: source.version, withBody: true)
      guard let found, !found.isMarker else {
        throw source.version.map { .noSuchVersion(source.key, $0) }
          ?? S3Error.noSuchKey(source.key)
      }
      return found
    }
    try Preconditions(request.headers, prefix: "x-amz-copy-source-").checkSource(original)
    return (source, original)
  }

  private func copyResult(
    _ name: String, _ object: StoredObject, _ stored: Stored, _ original: StoredObject
  ) -> HTTPResponse {
    var response = HTTPResponse.xml(name) { xml in
      xml.element("LastModified", WireTime.iso(stored.modified))
      xml.element("ETag", "\"\(stored.eTag)\"")
      if let checksum = object.details.checksum {
        xml.element(checksum.algorithm.element, checksum.value)
        xml.element("ChecksumType", checksum.type)
      }
    }
    if let version = stored.shownVersion {
      response.headers.append("x-amz-version-id", version)
      response.headers.append("x-amz-copy-source-version-id", original.version)
    }
    response.headers.append("x-amz-server-side-encryption", "AES256")
    return response
  }

  /// A second copy of an object's bytes, or of a part of them.
  func copy(
    _ body: StoredObject.Body, of size: Int, range: Range<Int>? = nil
  ) async throws -> StoredObject.Body {
    let range = range ?? 0..<size
    switch body {
    case .bytes(let bytes): return .bytes(Array(bytes[range]))
    case .file(let name):
      let folder = self.folder
      return try await folder.run {
        let file = try BlobFile(in: folder)
        do {
          try file.append(folder.path(of: name), from: range.lowerBound, count: range.count)
          try file.close()
        } catch {
          file.discard()
          throw error
        }
        return .file(file.name)
      }
    }
  }

  /// The MD5 of stored bytes, in hexadecimal.
  func eTag(of body: StoredObject.Body) async throws -> String {
    switch body {
    case .bytes(let bytes): return Hex.encode(MD5.digest(bytes))
    case .file(let name):
      let folder = self.folder
      return try await folder.run {
        var sum = MD5()
        try folder.read(name) { sum.update($0) }
        return Hex.encode(sum.finish())
      }
    }
  }
}
