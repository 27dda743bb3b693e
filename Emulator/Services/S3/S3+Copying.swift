import Crypto
import Server
import Storage

/// The source that a copy names: `/bucket/key?versionId=id`, percent-encoded.
struct CopySource: Sendable {
  let bucket: String
  let key: String
  let version: String?
  /// The version as answers show it; nil in a bucket that never had versioning.
  var shownVersion: String?

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
    let changes = [
      "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption",
    ]
    if source.bucket == bucket, source.key == key, source.version == nil,
      try !Self.directive("x-amz-metadata-directive", of: request),
      !changes.contains(where: { request.headers.contains($0) }),
      try await setting(.encryption, of: bucket) == nil
    {
      throw S3Error.invalidRequest(
        "This copy request is illegal because it is trying to copy an object to itself without "
          + "changing the object's metadata, storage class, website redirect location or encryption "
          + "attributes.")
    }
    guard original.size <= BodyReceiver.sizeLimit else {
      throw S3Error.invalidRequest(
        "The specified copy source is larger than the maximum allowable size for a copy source: "
          + "\(BodyReceiver.sizeLimit)")
    }
    var object = StoredObject(key: key)
    object.size = original.size
    object.eTag = original.eTag
    object.details = try copiedDetails(request, of: original)
    object.body = try await copy(original.body, of: original.size)
    do {
      try await digest(&object, request)
    } catch {
      if let file = object.body.file { folder.remove([file]) }
      throw error
    }
    let stored = try await store(object, in: bucket, if: Preconditions(request.headers))
    return copyResult("CopyObjectResult", object, stored, source)
  }

  /// What the copy keeps of its source, and what the request replaces.
  private func copiedDetails(
    _ request: S3Request, of original: StoredObject
  ) throws -> ObjectDetails {
    let replaces = try Self.directive("x-amz-metadata-directive", of: request)
    let replacesTags = try Self.directive("x-amz-tagging-directive", of: request)
    let given = try details(of: request.headers)
    var details = replaces ? given : original.details
    details.tags = replacesTags ? given.tags : original.details.tags
    details.checksum = original.details.checksum
    (details.parts, details.partSums, details.upload) = ([], [], nil)
    details.access = given.access
    (details.retention, details.isHeld, details.restoredUntil) = (
      given.retention, given.isHeld, nil
    )
    // Class, encryption and redirection are the request's, never the source's.
    let own = ["x-amz-storage-class", "x-amz-website-redirect-location"] + ObjectEncryption.kept
    details.headers.removeAll { own.contains($0.name) }
    details.headers += given.headers.filter { own.contains($0.name) }
    return details
  }

  private static func directive(
    _ name: String, of request: S3Request
  ) throws(S3Error) -> Bool {
    switch request.headers[name]?.uppercased() {
    case nil, "COPY": return false
    case "REPLACE": return true
    case let other?:
      throw .invalidArgument("Unknown \(name.dropFirst(6)).", name, other)
    }
  }

  /// Digests of a copy whose source has none that fit: it came in parts, or the request asks for
  /// another checksum.
  private func digest(_ object: inout StoredObject, _ request: S3Request) async throws {
    var wanted = object.details.checksum?.algorithm ?? .crc64nvme
    if let name = request.headers["x-amz-checksum-algorithm"] {
      guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else {
        throw S3Error.invalidRequest("Value for x-amz-checksum-algorithm header is invalid.")
      }
      wanted = algorithm
    }
    let known = object.details.checksum
    guard object.eTag.contains("-") || known?.algorithm != wanted || known?.isComposite == true
    else { return }
    let digests = try await digests(of: object.body, wanted)
    object.eTag = digests.eTag
    object.details.checksum = digests.checksum
  }

  /// The source of a copy, its conditions checked. Its body is read with it.
  func copySource(_ request: S3Request) async throws -> (CopySource, StoredObject) {
    let named = try CopySource(request.headers["x-amz-copy-source"] ?? "")
    let (source, original) = try await database.lookUp { connection in
      var source = named
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(source.bucket)
      let found = try table.object(
        source.key, in: source.bucket, version: source.version, withBody: true)
      guard let found else {
        throw S3Error.absent(source.key, source.version)
      }
      guard !found.isMarker else {
        guard source.version != nil else { throw S3Error.noSuchKey(source.key) }
        throw S3Error.invalidRequest(
          "The source of a copy request may not specifically refer to a delete marker by version id."
        )
      }
      if try table.bucket(source.bucket)?.versioning != nil { source.shownVersion = found.version }
      return (source, found)
    }
    try ObjectEncryption.check(
      request.headers, reading: original.details, prefix: "x-amz-copy-source-")
    try Preconditions(request.headers, prefix: "x-amz-copy-source-").checkSource(
      original, now: now())
    guard !original.isArchived || (original.details.restoredUntil ?? 0) > now() else {
      throw S3Error(
        "ObjectNotInActiveTierError", 403,
        "The source object of the COPY operation is not in the active tier and is only stored in "
          + "Amazon Glacier.")
    }
    return (source, original)
  }

  private func copyResult(
    _ name: String, _ object: StoredObject, _ stored: Stored, _ source: CopySource
  ) -> HTTPResponse {
    var response = HTTPResponse.xml(name) { xml in
      xml.element("LastModified", WireTime.iso(stored.modified))
      xml.element("ETag", "\"\(stored.eTag)\"")
      if let checksum = object.details.checksum {
        xml.element(checksum.algorithm.element, checksum.value)
        xml.element("ChecksumType", checksum.type)
      }
    }
    if let version = stored.madeVersion {
      response.headers.append("x-amz-version-id", version)
    }
    if let version = source.shownVersion {
      response.headers.append("x-amz-copy-source-version-id", version)
    }
    response.headers.append(encryptionOf: stored.details)
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
      return try await folder.runLong {
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

  /// The MD5 of stored bytes, in hexadecimal, and another checksum of them.
  func digests(
    of body: StoredObject.Body, _ algorithm: ChecksumAlgorithm
  ) async throws -> (eTag: String, checksum: Checksum) {
    let folder = self.folder
    return try await folder.runLong {
      var md5 = MD5()
      var sum = ChecksumState(algorithm)
      func update(_ bytes: UnsafeRawBufferPointer) {
        md5.update(bytes)
        sum.update(bytes)
      }
      switch body {
      case .bytes(let bytes): bytes.withUnsafeBytes(update)
      case .file(let name): try folder.read(name, update)
      }
      return (Hex.encode(md5.finish()), sum.checksum)
    }
  }
}
