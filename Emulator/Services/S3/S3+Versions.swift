import Server
import Storage

/// A page of versions.
private struct VersionPage: Sendable {
  var entries: [StoredObject] = []
  var prefixes: [String] = []
  var next: (key: String, version: String)?
}

extension S3 {
  /// ListObjectVersions.
  func listVersions(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let limit = try request.number("max-keys", 0...1_000, default: 1_000)
    let query = ListQuery(
      prefix: request["prefix"] ?? "", delimiter: request["delimiter"] ?? "",
      marker: request["key-marker"] ?? "", limit: limit)
    let versionMarker = request["version-id-marker"].flatMap { $0.isEmpty ? nil : $0 }
    if versionMarker != nil, query.marker.isEmpty {
      throw S3Error.invalidArgument(
        "A version-id marker cannot be specified without a key marker.", "version-id-marker",
        versionMarker ?? "")
    }
    let encoding = try NameEncoding(request)
    let page = try await database.read { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return limit == 0
        ? VersionPage() : try table.versionPage(of: bucket, query, behind: versionMarker)
    }
    let owner = ownerXML
    return .xml("ListVersionsResult") { xml in
      xml.element("Name", bucket)
      xml.element("Prefix", encoding.encode(query.prefix))
      xml.element("KeyMarker", encoding.encode(query.marker))
      xml.element("VersionIdMarker", versionMarker ?? "")
      if let next = page.next {
        xml.element("NextKeyMarker", encoding.encode(next.key))
        if !next.version.isEmpty { xml.element("NextVersionIdMarker", next.version) }
      }
      xml.element("MaxKeys", limit)
      if !query.delimiter.isEmpty { xml.element("Delimiter", encoding.encode(query.delimiter)) }
      if encoding.isOn { xml.element("EncodingType", "url") }
      xml.element("IsTruncated", page.next == nil ? "false" : "true")
      for object in page.entries { Self.write(version: object, owner, encoding, to: &xml) }
      for prefix in page.prefixes {
        xml.element("CommonPrefixes") { $0.element("Prefix", encoding.encode(prefix)) }
      }
    }
  }

  private static func write(
    version object: StoredObject, _ owner: String, _ encoding: NameEncoding,
    to xml: inout XMLWriter
  ) {
    xml.element(object.isMarker ? "DeleteMarker" : "Version") { xml in
      if !object.isMarker {
        xml.element("ETag", "\"\(object.eTag)\"")
        if let checksum = object.details.checksum {
          xml.element("ChecksumAlgorithm", checksum.algorithm.rawValue)
          xml.element("ChecksumType", checksum.type)
        }
        xml.element("Size", object.size)
        xml.element("StorageClass", object.storageClass)
      }
      xml.element("Key", encoding.encode(object.key))
      xml.element("VersionId", object.version)
      xml.element("IsLatest", object.isLatest ? "true" : "false")
      xml.element("LastModified", WireTime.iso(object.modified))
      xml.raw(owner)
    }
  }
}

extension ObjectTable {
  fileprivate func versionPage(
    of bucket: String, _ query: ListQuery, behind version: String?
  ) throws -> VersionPage {
    var page = VersionPage()
    var (start, behind) = (query.marker, Int?.none)
    if let version {
      behind = try object(query.marker, in: bucket, version: version)?.id ?? 0
    } else if !query.marker.isEmpty {
      behind = 0
    }
    if query.marker.utf8.starts(with: query.prefix.utf8),
      let rolled = query.commonPrefix(of: query.marker)
    {
      guard let end = ListQuery.end(of: rolled) else { return page }
      (start, behind) = (end, nil)
    }
    if start.utf8.lexicographicallyPrecedes(query.prefix.utf8) {
      (start, behind) = (query.prefix, nil)
    }
    var last: (key: String, version: String)?
    while true {
      var jump: String?
      try versions(in: bucket, from: start, behind: behind) { object in
        guard object.key.utf8.starts(with: query.prefix.utf8) else { return false }
        guard page.entries.count + page.prefixes.count < query.limit else {
          page.next = last
          return false
        }
        guard let prefix = query.commonPrefix(of: object.key) else {
          page.entries.append(object)
          last = (object.key, object.version)
          return true
        }
        page.prefixes.append(prefix)
        last = (prefix, "")
        jump = ListQuery.end(of: prefix)
        return false
      }
      guard let next = jump else { return page }
      (start, behind) = (next, nil)
    }
  }
}
