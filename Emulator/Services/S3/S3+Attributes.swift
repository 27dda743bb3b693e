import Server

extension S3 {
  private static let attributeNames: Set<String> = [
    "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize",
  ]

  /// GetObjectAttributes.
  func attributes(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let header = "x-amz-object-attributes"
    let wanted = Set(
      request.headers.values(of: header).joined(separator: ",")
        .split(separator: ",").map { name in String(name.filter { $0 != " " }) })
    guard !wanted.isEmpty else {
      throw S3Error.invalidArgument(
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either "
          + "missing or empty", header, "")
    }
    guard wanted.isSubset(of: Self.attributeNames) else {
      throw S3Error.invalidArgument("Invalid attribute name specified.", header, "")
    }
    let limit = try request.number(header: "x-amz-max-parts", default: 1_000)
    let marker = try request.number(header: "x-amz-part-number-marker", default: 0)
    let (object, isVersioned) = try await find(request, bucket, key, withBody: false)
    var response = HTTPResponse.xml("GetObjectAttributesResponse") { xml in
      if wanted.contains("ETag") { xml.element("ETag", object.eTag) }
      if wanted.contains("Checksum"), let checksum = object.details.checksum {
        xml.element("Checksum") { xml in
          xml.element(checksum.algorithm.element, checksum.value.split(separator: "-")[0])
          xml.element("ChecksumType", checksum.type)
        }
      }
      if wanted.contains("ObjectParts"), !object.details.parts.isEmpty {
        Self.writeParts(of: object, after: marker, limit: min(limit, 1_000), to: &xml)
      }
      if wanted.contains("StorageClass") { xml.element("StorageClass", object.storageClass) }
      if wanted.contains("ObjectSize") { xml.element("ObjectSize", object.size) }
    }
    response.headers.append("Last-Modified", WireTime.http(object.modified))
    if isVersioned { response.headers.append("x-amz-version-id", object.version) }
    return response
  }

  /// How many parts there were; which ones when the client chose a checksum for them.
  private static func writeParts(
    of object: StoredObject, after marker: Int, limit: Int, to xml: inout XMLWriter
  ) {
    let details = object.details
    xml.element("ObjectParts") { xml in
      xml.element("PartsCount", details.parts.count)
      guard details.partSums.count == details.parts.count, let sum = details.checksum else {
        return
      }
      let first = min(marker, details.parts.count)
      let page = details.parts.indices[first...].prefix(limit)
      xml.element("PartNumberMarker", marker)
      xml.element("NextPartNumberMarker", page.last.map { $0 + 1 } ?? 0)
      xml.element("MaxParts", limit)
      xml.element("IsTruncated", page.endIndex < details.parts.count ? "true" : "false")
      for index in page {
        xml.element("Part") { xml in
          xml.element("PartNumber", index + 1)
          xml.element("Size", details.parts[index])
          xml.element(sum.algorithm.element, details.partSums[index])
        }
      }
    }
  }
}

extension S3Request {
  /// A header that is a number from 0 on.
  fileprivate func number(header name: String, default usual: Int) throws(S3Error) -> Int {
    guard let text = headers[name] else { return usual }
    guard let number = Int(text), number >= 0 else {
      throw .invalidArgument("Provided \(name) not an integer or within integer range", name, text)
    }
    return number
  }
}
