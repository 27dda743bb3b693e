import Server
import Storage

extension S3 {
  /// ListParts.
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
      xml.element("NextPartNumberMarker", found.prefix(limit).last?.number ?? 0)
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
      if let algorithm = upload.algorithm {
        xml.element("ChecksumAlgorithm", algorithm.rawValue)
        xml.element("ChecksumType", upload.isWhole ? "FULL_OBJECT" : "COMPOSITE")
      }
    }
  }

  /// ListMultipartUploads.
  func listUploads(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let limit = try request.number("max-uploads", 1...1_000, default: 1_000)
    let key = request["key-marker"] ?? ""
    // Without a key the id says nothing.
    let id = key.isEmpty ? nil : request["upload-id-marker"].flatMap { $0.isEmpty ? nil : $0 }
    let query = ListQuery(
      prefix: request["prefix"] ?? "", delimiter: request["delimiter"] ?? "", marker: key,
      limit: limit)
    let encoding = try NameEncoding(request)
    let page = try await database.read { connection in
      _ = try ObjectTable(connection: connection).requireBucket(bucket)
      return try UploadTable(connection: connection).page(of: bucket, query, behind: id)
    }
    let owner = ownerXML
    let initiator = owner.replacing("Owner>", with: "Initiator>")
    return .xml("ListMultipartUploadsResult") { xml in
      xml.element("Bucket", bucket)
      xml.element("KeyMarker", encoding.encode(key))
      xml.element("UploadIdMarker", request["upload-id-marker"] ?? "")
      // Behind a common prefix there is only a marker where another page follows.
      let next = page.last.flatMap { $0.id.isEmpty && !page.isTruncated ? nil : $0 }
      xml.element("NextKeyMarker", next.map { encoding.encode($0.key) } ?? "")
      xml.element("NextUploadIdMarker", next?.id ?? "")
      if !query.prefix.isEmpty { xml.element("Prefix", encoding.encode(query.prefix)) }
      if !query.delimiter.isEmpty { xml.element("Delimiter", encoding.encode(query.delimiter)) }
      if encoding.isOn { xml.element("EncodingType", "url") }
      xml.element("MaxUploads", limit)
      xml.element("IsTruncated", page.isTruncated ? "true" : "false")
      for upload in page.uploads {
        xml.element("Upload") { xml in
          xml.element("Key", encoding.encode(upload.key))
          xml.element("UploadId", upload.id)
          xml.raw(initiator)
          xml.raw(owner)
          xml.element("StorageClass", upload.details.header("x-amz-storage-class") ?? "STANDARD")
          xml.element("Initiated", WireTime.iso(upload.created))
          if let algorithm = upload.algorithm {
            xml.element("ChecksumAlgorithm", algorithm.rawValue)
            xml.element("ChecksumType", upload.isWhole ? "FULL_OBJECT" : "COMPOSITE")
          }
        }
      }
      for prefix in page.prefixes {
        xml.element("CommonPrefixes") { $0.element("Prefix", encoding.encode(prefix)) }
      }
    }
  }
}
