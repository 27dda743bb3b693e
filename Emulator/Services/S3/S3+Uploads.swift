import Crypto
import Server
import Storage

extension S3 {
  func createUpload(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let details = try ObjectHeaders.details(request.headers)
    var algorithm: ChecksumAlgorithm?
    if let name = request.headers["x-amz-checksum-algorithm"] {
      algorithm = ChecksumAlgorithm(rawValue: name.uppercased())
      guard algorithm != nil else {
        throw S3Error.invalidRequest("Value for x-amz-checksum-algorithm header is invalid.")
      }
    }
    let type = request.headers["x-amz-checksum-type"]?.uppercased()
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
      _ = try ObjectTable(connection: connection).requireBucket(bucket)
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
    response.headers.append("x-amz-server-side-encryption", "AES256")
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
    var part: UploadedPart
    let isCopy = request.headers.contains("x-amz-copy-source")
    if isCopy {
      part = try await copiedPart(request, number)
    } else {
      var receiver = try BodyReceiver(request, into: folder, usual: upload.algorithm ?? .crc64nvme)
      let received = try await receiver.receive()
      part = UploadedPart(
        number: number, size: received.size, eTag: Hex.encode(received.md5), modified: 0,
        checksum: received.checksum, body: received.body)
    }
    part.modified = now()
    try await add(part, to: upload)
    return isCopy ? copyPartResult(part) : partResult(part)
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

  private func partResult(_ part: UploadedPart) -> HTTPResponse {
    var headers: HTTPHeaders = [
      "ETag": "\"\(part.eTag)\"", "x-amz-server-side-encryption": "AES256",
    ]
    if let checksum = part.checksum { headers.append(checksum.algorithm.header, checksum.value) }
    return HTTPResponse(status: 200, headers: headers)
  }

  private func copyPartResult(_ part: UploadedPart) -> HTTPResponse {
    .xml("CopyPartResult") { xml in
      xml.element("LastModified", WireTime.iso(part.modified))
      xml.element("ETag", "\"\(part.eTag)\"")
    }
  }

  /// UploadPartCopy: the bytes of another object, or a range of them.
  private func copiedPart(_ request: S3Request, _ number: Int) async throws -> UploadedPart {
    let (_, original) = try await copySource(request)
    var range = 0..<original.size
    if let header = request.headers["x-amz-copy-source-range"] {
      guard let part = try ByteRange.part(header, of: original.size),
        header == "bytes=\(part.lowerBound)-\(part.upperBound - 1)"
      else {
        throw S3Error.invalidArgument(
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
            + "last are the zero-based offsets of the first and last bytes to copy",
          "x-amz-copy-source-range", header)
      }
      range = part
    }
    let body = try await copy(original.body, of: original.size, range: range)
    return UploadedPart(
      number: number, size: range.count, eTag: try await eTag(of: body), modified: 0, body: body)
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

  func listParts(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let id = request["uploadId"] ?? ""
    let limit = try request.number("max-parts", 0...1_000, default: 1_000)
    let marker = try request.number("part-number-marker", 0...Int(Int32.max), default: 0)
    let (upload, found) = try await database.read { connection in
      let table = UploadTable(connection: connection)
      let upload = try table.require(id, bucket: bucket, key: key)
      return (upload, try table.parts(of: id, after: marker, limit: limit + 1))
    }
    let owner = ownerXML
    let initiator = owner.replacing("Owner>", with: "Initiator>")
    return .xml("ListPartsResult") { xml in
      xml.element("Bucket", bucket)
      xml.element("Key", key)
      xml.element("UploadId", id)
      xml.element("PartNumberMarker", marker)
      if found.count > limit, let last = found.prefix(limit).last {
        xml.element("NextPartNumberMarker", last.number)
      }
      xml.element("MaxParts", limit)
      xml.element("IsTruncated", found.count > limit ? "true" : "false")
      for part in found.prefix(limit) {
        xml.element("Part") { xml in
          xml.element("PartNumber", part.number)
          xml.element("LastModified", WireTime.iso(part.modified))
          xml.element("ETag", "\"\(part.eTag)\"")
          xml.element("Size", part.size)
          if upload.algorithm != nil, let sum = part.checksum {
            xml.element(sum.algorithm.element, sum.value)
          }
        }
      }
      xml.raw(initiator)
      xml.raw(owner)
      xml.element("StorageClass", upload.details.header("x-amz-storage-class") ?? "STANDARD")
    }
  }

  func listUploads(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let limit = try request.number("max-uploads", 1...1_000, default: 1_000)
    let prefix = request["prefix"] ?? ""
    let key = request["key-marker"] ?? ""
    let id = request["upload-id-marker"] ?? (key.isEmpty ? "" : "\u{10ffff}")
    let encoding = try NameEncoding(request)
    let found = try await database.read { connection in
      _ = try ObjectTable(connection: connection).requireBucket(bucket)
      return try UploadTable(connection: connection).uploads(
        of: bucket, prefix: prefix, after: key, id, limit: limit + 1)
    }
    let owner = ownerXML
    let initiator = owner.replacing("Owner>", with: "Initiator>")
    return .xml("ListMultipartUploadsResult") { xml in
      xml.element("Bucket", bucket)
      xml.element("KeyMarker", encoding.encode(key))
      xml.element("UploadIdMarker", request["upload-id-marker"] ?? "")
      if found.count > limit, let last = found.prefix(limit).last {
        xml.element("NextKeyMarker", encoding.encode(last.key))
        xml.element("NextUploadIdMarker", last.id)
      }
      xml.element("Prefix", encoding.encode(prefix))
      if encoding.isOn { xml.element("EncodingType", "url") }
      xml.element("MaxUploads", limit)
      xml.element("IsTruncated", found.count > limit ? "true" : "false")
      for upload in found.prefix(limit) {
        xml.element("Upload") { xml in
          xml.element("Key", encoding.encode(upload.key))
          xml.element("UploadId", upload.id)
          xml.raw(initiator)
          xml.raw(owner)
          xml.element("StorageClass", upload.details.header("x-amz-storage-class") ?? "STANDARD")
          xml.element("Initiated", WireTime.iso(upload.created))
        }
      }
    }
  }
}
