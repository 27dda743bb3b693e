import Crypto
import Server
import Storage

/// The opaque tokens of pages: the last key or prefix that was given out.
enum ListToken {
  static func encode(_ text: String) -> String { Base64.url.encode(Array(text.utf8)) }

  static func decode(_ token: String) -> String? {
    Base64.url.decode(token).flatMap { String(validating: $0, as: UTF8.self) }
  }
}

/// A page of a listing: what it holds, and where the next one begins.
struct ListPage: Sendable {
  enum Entry: Sendable {
    case object(StoredObject)
    case prefix(String)

    var name: String {
      switch self {
      case .object(let object): object.key
      case .prefix(let prefix): prefix
      }
    }
  }

  var entries: [Entry] = []
  var isTruncated = false

  var objects: [StoredObject] {
    entries.compactMap { if case .object(let object) = $0 { object } else { nil } }
  }

  var prefixes: [String] {
    entries.compactMap { if case .prefix(let prefix) = $0 { prefix } else { nil } }
  }
}

/// What both forms of listing are asked for.
struct ListQuery: Sendable {
  var prefix: String
  var delimiter: String
  /// Keys up to this one, and all below this prefix, were given out.
  var marker: String
  var limit: Int

  /// What of a key is rolled up, when the delimiter is in it behind the prefix.
  func commonPrefix(of key: String) -> String? {
    guard !delimiter.isEmpty else { return nil }
    let rest = Array(key.utf8).dropFirst(prefix.utf8.count)
    let delimiter = Array(self.delimiter.utf8)
    guard rest.count >= delimiter.count else { return nil }
    for start in rest.startIndex...(rest.endIndex - delimiter.count)
    where rest[start..<(start + delimiter.count)].elementsEqual(delimiter) {
      return String(decoding: Array(key.utf8)[..<(start + delimiter.count)], as: UTF8.self)
    }
    return nil
  }

  /// The least text that is greater than everything that begins with `prefix`.
  static func end(of prefix: String) -> String? {
    var scalars = Array(prefix.unicodeScalars)
    while let last = scalars.popLast() {
      let next = last.value == 0xd7ff ? 0xe000 : last.value + 1
      if let scalar = Unicode.Scalar(next) {
        scalars.append(scalar)
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
      }
    }
    return nil
  }
}

extension ObjectTable {
  /// One page. Behind a common prefix the scan jumps to its end, so that a page costs what it shows.
  func page(of bucket: String, _ query: ListQuery) throws -> ListPage {
    var page = ListPage()
    var start = query.marker
    var isAfter = !query.marker.isEmpty
    // All that is rolled up as the marker is comes before it.
    if query.marker.utf8.starts(with: query.prefix.utf8),
      let rolled = query.commonPrefix(of: query.marker)
    {
      guard let end = ListQuery.end(of: rolled) else { return page }
      (start, isAfter) = (end, false)
    }
    if start.utf8.lexicographicallyPrecedes(query.prefix.utf8) {
      (start, isAfter) = (query.prefix, false)
    }
    while true {
      var jump: String?
      var hasEnded = true
      try latest(in: bucket, from: start, isAfter: isAfter) { object in
        guard object.key.utf8.starts(with: query.prefix.utf8) else { return false }
        guard page.entries.count < query.limit else {
          page.isTruncated = true
          return false
        }
        guard let prefix = query.commonPrefix(of: object.key) else {
          page.entries.append(.object(object))
          return true
        }
        page.entries.append(.prefix(prefix))
        jump = ListQuery.end(of: prefix)
        hasEnded = jump == nil
        return false
      }
      guard !hasEnded, let next = jump else { return page }
      (start, isAfter) = (next, false)
    }
  }
}

extension S3 {
  func listObjects(_ request: S3Request, _ bucket: String) async throws -> HTTPResponse {
    let isSecond = request["list-type"] == "2"
    if request.has("list-type"), !isSecond {
      throw S3Error.invalidArgument(
        "Invalid List Type specified in Request", "list-type", request["list-type"] ?? "")
    }
    let limit = try request.number("max-keys", 0...1_000, default: 1_000)
    var marker = request[isSecond ? "start-after" : "marker"] ?? ""
    if isSecond, let token = request["continuation-token"] {
      guard !token.isEmpty, let decoded = ListToken.decode(token) else {
        throw S3Error.invalidArgument(
          "The continuation token provided is incorrect", "continuation-token", token)
      }
      marker = decoded
    }
    let query = ListQuery(
      prefix: request["prefix"] ?? "", delimiter: request["delimiter"] ?? "", marker: marker,
      limit: limit)
    let encoding = try NameEncoding(request)
    let page = try await database.read { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return limit == 0 ? ListPage() : try table.page(of: bucket, query)
    }
    let showsOwner = !isSecond || request["fetch-owner"] == "true"
    let owner = showsOwner ? ownerXML : ""
    var response = HTTPResponse.xml("ListBucketResult") { xml in
      xml.element("Name", bucket)
      xml.element("Prefix", encoding.encode(query.prefix))
      if isSecond {
        Self.writeSecond(&xml, request, page, encoding)
      } else {
        Self.writeFirst(&xml, request, query, page, encoding)
      }
      xml.element("MaxKeys", limit)
      if !query.delimiter.isEmpty { xml.element("Delimiter", encoding.encode(query.delimiter)) }
      if encoding.isOn { xml.element("EncodingType", "url") }
      xml.element("IsTruncated", page.isTruncated ? "true" : "false")
      for object in page.objects { Self.write(object, owner, encoding, to: &xml) }
      for prefix in page.prefixes {
        xml.element("CommonPrefixes") { $0.element("Prefix", encoding.encode(prefix)) }
      }
    }
    response.headers.append("x-amz-bucket-region", region)
    return response
  }

  private static func writeSecond(
    _ xml: inout XMLWriter, _ request: S3Request, _ page: ListPage, _ encoding: NameEncoding
  ) {
    xml.element("KeyCount", page.entries.count)
    xml.optional("ContinuationToken", request["continuation-token"])
    if let start = request["start-after"] { xml.element("StartAfter", encoding.encode(start)) }
    if page.isTruncated, let last = page.entries.last {
      xml.element("NextContinuationToken", ListToken.encode(last.name))
    }
  }

  private static func writeFirst(
    _ xml: inout XMLWriter, _ request: S3Request, _ query: ListQuery, _ page: ListPage,
    _ encoding: NameEncoding
  ) {
    xml.element("Marker", encoding.encode(query.marker))
    // Without a delimiter the client takes the last key itself.
    if page.isTruncated, !query.delimiter.isEmpty, let last = page.entries.last {
      xml.element("NextMarker", encoding.encode(last.name))
    }
  }

  private static func write(
    _ object: StoredObject, _ owner: String, _ encoding: NameEncoding, to xml: inout XMLWriter
  ) {
    xml.element("Contents") { xml in
      xml.element("Key", encoding.encode(object.key))
      xml.element("LastModified", WireTime.iso(object.modified))
      xml.element("ETag", "\"\(object.eTag)\"")
      if let checksum = object.details.checksum {
        xml.element("ChecksumAlgorithm", checksum.algorithm.rawValue)
        xml.element("ChecksumType", checksum.type)
      }
      xml.element("Size", object.size)
      xml.raw(owner)
      xml.element("StorageClass", object.storageClass)
    }
  }
}

/// How names are written into a listing: plain, or percent-encoded when the client asks, since XML
/// cannot hold every character.
struct NameEncoding: Sendable {
  let isOn: Bool

  init(_ request: S3Request) throws(S3Error) {
    let wanted = request["encoding-type"]
    guard wanted == nil || wanted == "url" else {
      throw .invalidArgument(
        "Invalid Encoding Method specified in Request", "encoding-type", wanted ?? "")
    }
    isOn = wanted != nil
  }

  func encode(_ name: String) -> String {
    isOn ? PercentEncoding.encode(name, keepsSlash: true) : name
  }
}

extension StoredObject {
  var storageClass: String { details.header("x-amz-storage-class") ?? "STANDARD" }
}
