import Crypto
import Server
import Storage

extension S3 {
  func createUpload(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    var details = try details(of: request.headers)
    ObjectEncryption.complete(&details, region: region, account: account)
    var algorithm: ChecksumAlgorithm?
    if let name = request.headers["x-amz-checksum-algorithm"] {
      algorithm = ChecksumAlgorithm(rawValue: name.uppercased())
      guard algorithm != nil else {
        throw S3Error.invalidRequest("Value for x-amz-checksum-algorithm header is invalid.")
      }
    }
    let type = request.headers["x-amz-checksum-type"]?.uppercased()
    guard type == nil || type == "FULL_OBJECT" || type == "COMPOSITE" else {
      throw S3Error.invalidRequest("Value for x-amz-checksum-type header is invalid.")
    }
    guard type == nil || algorithm != nil else {
      throw S3Error.invalidRequest(
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
    }
    if type == "COMPOSITE", algorithm == .crc64nvme {
      throw S3Error.invalidRequest(
        "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.")
    }
    let isWhole = type.map { $0 == "FULL_OBJECT" } ?? (algorithm == nil || algorithm == .crc64nvme)
    if isWhole, let algorithm, !algorithm.canBeOfWholeObject {
      throw S3Error.invalidRequest(
        "The FULL_OBJECT checksum type cannot be used with the \(algorithm.rawValue) checksum "
          + "algorithm.")
    }
    let upload = Upload(
      id: Base64.url.encode(Random.bytes(48)), bucket: bucket, key: key, created: now(),
      details: details, algorithm: algorithm, isWhole: isWhole)
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      if upload.details.access != nil { try table.requireACLs(bucket) }
      try UploadTable(connection: connection).add(upload)
    }
    var response = HTTPResponse.xml("InitiateMultipartUploadResult") { xml in
      xml.element("Bucket", bucket)
      xml.element("Key", key)
      xml.element("UploadId", upload.id)
    }
    if let algorithm {
      response.headers.append("x-amz-checksum-algorithm", algorithm.rawValue)
      response.headers.append("x-amz-checksum-type", isWhole ? "FULL_OBJECT" : "COMPOSITE")
    }
    response.headers.append(encryptionOf: details)
    return response
  }

  func uploadPart(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let id = request["uploadId"] ?? ""
    guard let number = request["partNumber"].flatMap({ Int($0) }), (1...10_000).contains(number)
    else {
      throw S3Error.invalidArgument(
        "Part number must be an integer between 1 and 10000, inclusive", "partNumber",
        request["partNumber"] ?? "")
    }
    let upload = try await database.lookUp {
      try UploadTable(connection: $0).require(id, bucket: bucket, key: key)
    }
    try ObjectEncryption.check(request.headers, part: upload.details)
    var part: UploadedPart
    let isCopy = request.headers.contains("x-amz-copy-source")
    if isCopy {
      part = try await copiedPart(request, number, upload.algorithm ?? .crc64nvme)
    } else {
      var receiver = try BodyReceiver(
        request.headers, into: folder, usual: upload.algorithm ?? .crc64nvme,
        signing: request.chunkSigning)
      try upload.check(receiver.algorithm)
      let received = try await receiver.receive(request.http.body)
      part = UploadedPart(
        number: number, size: received.size, eTag: Hex.encode(received.md5), modified: 0,
        checksum: received.checksum, body: received.body)
    }
    part.modified = now()
    try await add(part, to: upload)
    var response = isCopy ? copyPartResult(part, of: upload) : partResult(part, of: upload)
    response.headers.append(encryptionOf: upload.details)
    return response
  }

  private func add(_ part: UploadedPart, to upload: Upload) async throws {
    do {
      let orphans = try await database.write { connection in
        let table = UploadTable(connection: connection)
        _ = try table.require(upload.id, bucket: upload.bucket, key: upload.key)
        return try table.add(part, to: upload.id)
      }
      folder.remove(orphans)
    } catch {
      if let file = part.body.file { folder.remove([file]) }
      throw error
    }
  }

  private func partResult(_ part: UploadedPart, of upload: Upload) -> HTTPResponse {
    var headers: HTTPHeaders = ["ETag": "\"\(part.eTag)\""]
    if upload.algorithm != nil, let checksum = part.checksum {
      headers.append(checksum.algorithm.header, checksum.value)
    }
    return HTTPResponse(status: 200, headers: headers)
  }

  private func copyPartResult(_ part: UploadedPart, of upload: Upload) -> HTTPResponse {
    .xml("CopyPartResult") { xml in
      xml.element("LastModified", WireTime.iso(part.modified))
      xml.element("ETag", "\"\(part.eTag)\"")
      if upload.algorithm != nil, let checksum = part.checksum {
        xml.element(checksum.algorithm.element, checksum.value)
      }
    }
  }

  /// UploadPartCopy: the bytes of another object, or a range of them.
  private func copiedPart(
    _ request: S3Request, _ number: Int, _ algorithm: ChecksumAlgorithm
  ) async throws -> UploadedPart {
    let (_, original) = try await copySource(request)
    var range = 0..<original.size
    if let header = request.headers["x-amz-copy-source-range"] {
      guard let part = try? ByteRange.part(header, of: Int.max - 1),
        header == "bytes=\(part.lowerBound)-\(part.upperBound - 1)"
      else {
        throw S3Error.invalidArgument(
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
            + "last are the zero-based offsets of the first and last bytes to copy",
          "x-amz-copy-source-range", header)
      }
      guard part.lowerBound < original.size else {
        throw S3Error.invalidRequest(
          "The specified copy range is invalid for the source object size")
      }
      guard part.upperBound <= original.size else {
        throw S3Error.invalidArgument(
          "Range specified is not valid for source object of size: \(original.size)",
          "x-amz-copy-source-range", header)
      }
      range = part
    }
    guard range.count <= BodyReceiver.sizeLimit else { throw S3Error.tooLarge }
    let body = try await copy(original.body, of: original.size, range: range)
    let digests = try await digests(of: body, algorithm)
    return UploadedPart(
      number: number, size: range.count, eTag: digests.eTag, modified: 0,
      checksum: digests.checksum, body: body)
  }

  func abortUpload(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let id = request["uploadId"] ?? ""
    let orphans = try await database.write { connection in
      let table = UploadTable(connection: connection)
      _ = try table.require(id, bucket: bucket, key: key)
      return try table.remove(id)
    }
    folder.remove(orphans)
    return HTTPResponse(status: 204)
  }
}
