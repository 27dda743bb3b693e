import Crypto
import Server
import Storage

extension S3 {
  /// Every part but the last has at least so many bytes.
  private static let leastPart = 5 << 20

  /// CompleteMultipartUpload: the named parts become one object.
  func completeUpload(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let id = request["uploadId"] ?? ""
    if request.http.body.bytes?.isEmpty == true {
      _ = try await database.lookUp {
        try UploadTable(connection: $0).require(id, bucket: bucket, key: key)
      }
      throw S3Error.invalidRequest("You must specify at least one part")
    }
    let wanted = try WantedPart.all(in: try await request.xmlWithoutChecksum())
    let conditions = Preconditions(request.headers)
    let found = try await database.read { connection -> (Upload, [UploadedPart])? in
      let table = UploadTable(connection: connection)
      guard let upload = try table.upload(id, bucket: bucket, key: key) else { return nil }
      return (upload, try table.parts(of: id))
    }
    guard let (upload, uploaded) = found else { return try await again(id, bucket, key) }
    var parts = try choose(wanted, from: uploaded, of: upload)
    parts = try await withBodies(parts, of: id)
    var object = StoredObject(key: key)
    object.size = parts.reduce(0) { $0 + $1.size }
    object.eTag = Self.eTag(of: parts)
    object.details = upload.details
    object.details.upload = id
    object.details.parts = parts.map(\.size)
    if let algorithm = upload.algorithm {
      let sums = parts.compactMap { $0.checksum?.algorithm == algorithm ? $0.checksum?.value : nil }
      if sums.count == parts.count { object.details.partSums = sums }
    }
    let assembled = try await assemble(
      parts, upload.isWhole ? upload.algorithm ?? .crc64nvme : nil)
    object.body = assembled.body
    object.details.checksum = assembled.checksum ?? Self.composite(parts, upload.algorithm)
    try check(object, request)
    let stored = try await finish(object, upload, if: conditions)
    return completed(object, stored, bucket)
  }

  /// An upload that is complete already: the answer is the same as long as its object is there.
  private func again(_ id: String, _ bucket: String, _ key: String) async throws -> HTTPResponse {
    let (object, isVersioned) = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      let versioning = try table.requireBucket(bucket).versioning
      guard let object = try table.object(key, in: bucket), object.details.upload == id else {
        throw S3Error.noSuchUpload(id)
      }
      return (object, versioning != nil)
    }
    let stored = Stored(
      eTag: object.eTag, modified: object.modified,
      shownVersion: isVersioned ? object.version : nil, details: object.details)
    return completed(object, stored, bucket)
  }

  /// The bytes of those parts that lie in the database: the last one, as others are too long for it.
  private func withBodies(
    _ parts: [UploadedPart], of id: String
  ) async throws -> [UploadedPart] {
    guard parts.contains(where: { $0.body.file == nil }) else { return parts }
    return try await database.read { connection in
      let table = UploadTable(connection: connection)
      return try parts.map { part in
        guard part.body.file == nil else { return part }
        guard let whole = try table.part(part.number, of: id), whole.eTag == part.eTag else {
          throw S3Error.noSuchUpload(id)
        }
        return whole
      }
    }
  }

  /// The parts that the client names, checked against what was uploaded.
  private func choose(
    _ wanted: [WantedPart], from uploaded: [UploadedPart], of upload: Upload
  ) throws(S3Error) -> [UploadedPart] {
    guard zip(wanted, wanted.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
      throw S3Error(
        "InvalidPartOrder", 400,
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
        [("UploadId", upload.id)])
    }
    let byNumber = Dictionary(uniqueKeysWithValues: uploaded.map { ($0.number, $0) })
    var parts: [UploadedPart] = []
    for (index, want) in wanted.enumerated() {
      guard let part = byNumber[want.number], part.eTag == want.eTag,
        want.checksum == nil || want.checksum == part.checksum && upload.algorithm != nil
      else {
        throw S3Error(
          "InvalidPart", 400,
          "One or more of the specified parts could not be found.  The part may not have been "
            + "uploaded, or the specified entity tag may not match the part's entity tag.",
          [
            ("UploadId", upload.id), ("PartNumber", "\(want.number)"), ("ETag", want.eTag),
          ])
      }
      if let algorithm = upload.algorithm, !upload.isWhole, want.checksum == nil {
        throw .invalidRequest(
          "The upload was created using a \(algorithm.rawValue.lowercased()) checksum. The complete "
            + "request must include the checksum for each part. It was missing for part "
            + "\(want.number) in the request.")
      }
      guard index == wanted.count - 1 || part.size >= Self.leastPart else {
        throw S3Error(
          "EntityTooSmall", 400,
          "Your proposed upload is smaller than the minimum allowed size",
          [
            ("ProposedSize", "\(part.size)"), ("MinSizeAllowed", "\(Self.leastPart)"),
            ("PartNumber", "\(want.number)"), ("ETag", want.eTag),
          ])
      }
      parts.append(part)
    }
    return parts
  }

  /// The MD5 of the parts' MD5s, and how many there are.
  private static func eTag(of parts: [UploadedPart]) -> String {
    let sums = parts.flatMap { Hex.decode($0.eTag) ?? [] }
    return "\(Hex.encode(MD5.digest(sums)))-\(parts.count)"
  }

  private static func composite(
    _ parts: [UploadedPart], _ algorithm: ChecksumAlgorithm?
  ) -> Checksum? {
    guard let algorithm else { return nil }
    var sums: [UInt8] = []
    for part in parts {
      guard let sum = part.checksum, sum.algorithm == algorithm,
        let bytes = Base64.standard.decode(sum.value)
      else { return nil }
      sums += bytes
    }
    let value = Base64.standard.encode(ChecksumState.bytes(of: algorithm, sums))
    return Checksum(algorithm: algorithm, value: "\(value)-\(parts.count)", isComposite: true)
  }

  /// Puts the parts one behind the other, and makes the checksum of the whole when one is wanted.
  private func assemble(
    _ parts: [UploadedPart], _ algorithm: ChecksumAlgorithm?
  ) async throws -> (body: StoredObject.Body, checksum: Checksum?) {
    let total = parts.reduce(0) { $0 + $1.size }
    let folder = self.folder
    let known = algorithm.flatMap { Self.combined(parts, $0) }
    return try await folder.runLong {
      var sum = known == nil ? algorithm.map { ChecksumState($0) } : nil
      var whole: [UInt8] = []
      let file = total > BodyReceiver.inlineLimit ? try BlobFile(in: folder) : nil
      do {
        for part in parts {
          switch part.body {
          case .bytes(let bytes):
            bytes.withUnsafeBytes { sum?.update($0) }
            if let file { try bytes.withUnsafeBytes { try file.write($0) } } else { whole += bytes }
          case .file(let name):
            if let file {
              try file.append(folder.path(of: name), from: 0, count: part.size)
              if sum != nil { try folder.read(name) { sum?.update($0) } }
            } else {
              try folder.read(name) { bytes in
                sum?.update(bytes)
                whole += bytes
              }
            }
          }
        }
        try file?.close()
      } catch {
        file?.discard()
        throw error
      }
      return (file.map { .file($0.name) } ?? .bytes(whole), known ?? sum?.checksum)
    }
  }

  /// The checksum of the whole by those of the parts; nil when they have others.
  static func combined(_ parts: [UploadedPart], _ algorithm: ChecksumAlgorithm) -> Checksum? {
    guard let combination = ChecksumCombination(algorithm) else { return nil }
    var sum: UInt64 = 0
    for part in parts {
      guard let checksum = part.checksum, checksum.algorithm == algorithm,
        let bytes = Base64.standard.decode(checksum.value)
      else { return nil }
      let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      sum = combination.combine(sum, value, length: part.size)
    }
    return Checksum(algorithm: algorithm, value: ChecksumState.text(sum, algorithm.byteCount))
  }

  /// What the request says of the whole object.
  private func check(_ object: StoredObject, _ request: S3Request) throws(S3Error) {
    let size = request.headers["x-amz-mp-object-size"]
    guard size == nil || size == "\(object.size)" else {
      throw discard(object, .invalidRequest("The provided 'x-amz-mp-object-size' header is wrong"))
    }
    guard let sum = object.details.checksum, let given = request.headers[sum.algorithm.header]
    else { return }
    guard given == sum.value else {
      throw discard(
        object,
        S3Error(
          "BadDigest", 400,
          "The \(sum.algorithm.rawValue) you specified did not match the calculated checksum."))
    }
  }

  private func discard(_ object: StoredObject, _ error: S3Error) -> S3Error {
    if let file = object.body.file { folder.remove([file]) }
    return error
  }

  private func finish(
    _ object: StoredObject, _ upload: Upload, if conditions: Preconditions
  ) async throws -> Stored {
    try await store(object, in: upload.bucket, if: conditions) { connection in
      let table = UploadTable(connection: connection)
      // Another request may have completed or aborted it meanwhile.
      let now = try table.require(upload.id, bucket: upload.bucket, key: upload.key)
      if let condition = conditions.writing, now.isTouched {
        throw S3Error.conflict(condition, upload.key)
      }
      return try table.remove(upload.id)
    }
  }

  private func completed(_ object: StoredObject, _ stored: Stored, _ bucket: String) -> HTTPResponse
  {
    var response = HTTPResponse.xml("CompleteMultipartUploadResult") { xml in
      let path = PercentEncoding.encode(object.key, keepsSlash: true)
      xml.element("Location", "https://\(bucket).s3.amazonaws.com/\(path)")
      xml.element("Bucket", bucket)
      xml.element("Key", object.key)
      xml.element("ETag", "\"\(stored.eTag)\"")
      if let sum = object.details.checksum {
        xml.element(sum.algorithm.element, sum.value)
        xml.element("ChecksumType", sum.type)
      }
    }
    if let version = stored.madeVersion { response.headers.append("x-amz-version-id", version) }
    if let expiration = stored.expiration {
      response.headers.append("x-amz-expiration", expiration)
    }
    response.headers.append(encryptionOf: stored.details)
    return response
  }
}

/// A part as the completing request names it.
private struct WantedPart {
  var number: Int
  /// Without quotes.
  var eTag: String
  var checksum: Checksum?

  static func all(in xml: XMLElement) throws(S3Error) -> [WantedPart] {
    guard xml.name == "CompleteMultipartUpload", !xml.all("Part").isEmpty else {
      throw .malformedXML
    }
    var parts: [WantedPart] = []
    for element in xml.all("Part") {
      guard let number = Int(element["PartNumber"]?.text ?? ""), let eTag = element["ETag"]?.text
      else { throw .malformedXML }
      let named = ChecksumAlgorithm.allCases.first { element[$0.element] != nil }
      let sum = named.flatMap { name in
        element[name.element].map { Checksum(algorithm: name, value: $0.text) }
      }
      parts.append(
        WantedPart(number: number, eTag: eTag.filter { $0 != "\"" }, checksum: sum))
    }
    return parts
  }
}
