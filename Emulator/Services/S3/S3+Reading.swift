import Server
import Storage

extension S3 {
  /// Headers of the answer that a request may replace by parameters.
  private static let overrides = [
    "response-content-type": "Content-Type", "response-content-language": "Content-Language",
    "response-expires": "Expires", "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
  ]

  func getObject(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse
  {
    do {
      return try await read(request, bucket, key)
    } catch ServerError.unreadable {
      // Replaced between the look into the database and the opening of its file.
      return try await read(request, bucket, key)
    }
  }

  private func read(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let (object, isVersioned) = try await find(request, bucket, key, withBody: true)
    try ObjectEncryption.check(request.headers, reading: object.details)
    try Preconditions(request.headers).checkReading(object, now: now())
    try object.requireAtHand(now())
    let part = try part(of: object, request)
    var response = HTTPResponse(
      status: part == nil ? 200 : 206,
      headers: headers(of: object, request, isVersioned: isVersioned, part: part))
    switch object.body {
    case .bytes(let bytes):
      response.body = .bytes(part.map { Array(bytes[$0]) } ?? bytes)
    case .file(let name):
      response.body = .file(try FileBody(path: folder.path(of: name), range: part))
    }
    return response
  }

  func headObject(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    let (object, isVersioned) = try await find(request, bucket, key, withBody: false)
    try ObjectEncryption.check(request.headers, reading: object.details)
    try Preconditions(request.headers).checkReading(object, now: now())
    let part = try part(of: object, request)
    // HEAD has no body; the length is what GET would send.
    return HTTPResponse(
      status: part == nil ? 200 : 206,
      headers: headers(of: object, request, isVersioned: isVersioned, part: part),
      body: .stream(length: part?.count ?? object.size) { _ in })
  }

  /// The object that the request names; its delete markers answer with 404 or 405.
  func find(
    _ request: S3Request, _ bucket: String, _ key: String, withBody: Bool
  ) async throws -> (StoredObject, isVersioned: Bool) {
    let version = request["versionId"]
    if let version, version.isEmpty {
      throw S3Error.invalidArgument("Version id cannot be the empty string", "versionId", "")
    }
    return try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      let found = try table.object(key, in: bucket, version: version, withBody: withBody)
      guard var found else {
        _ = try table.requireBucket(bucket)
        throw S3Error.absent(key, version)
      }
      guard !found.isMarker else {
        let marker: HTTPHeaders = [
          "x-amz-delete-marker": "true", "x-amz-version-id": found.version,
        ]
        var error = version == nil ? S3Error.noSuchKey(key) : S3Error.deleteMarker(request.method)
        error.headers = marker
        if version != nil {
          error.headers.append("Allow", "DELETE")
          error.headers.append("Last-Modified", WireTime.http(found.modified))
        }
        throw error
      }
      let place = try table.requireBucket(bucket)
      if version == nil { found.expiration = try table.expiration(of: found, in: place) }
      return (found, place.versioning != nil)
    }
  }

  /// The bytes that `Range` or `partNumber` ask for; nil for all.
  private func part(of object: StoredObject, _ request: S3Request) throws(S3Error) -> Range<Int>? {
    guard let text = request["partNumber"] else {
      return try ByteRange.part(request.headers["Range"], of: object.size)
    }
    guard let number = Int(text), (1...10_000).contains(number) else {
      throw .invalidArgument(
        "Part number must be an integer between 1 and 10000, inclusive", "partNumber", text)
    }
    guard !request.headers.contains("Range") else {
      throw .invalidRequest("Cannot specify both Range header and partNumber query parameter")
    }
    let parts = object.details.parts.isEmpty ? [object.size] : object.details.parts
    guard number <= parts.count else {
      throw S3Error(
        "InvalidPartNumber", 416, "The requested partnumber is not satisfiable",
        [("PartNumberRequested", text), ("ActualPartCount", "\(parts.count)")])
    }
    let start = parts[..<(number - 1)].reduce(0, +)
    return start..<(start + parts[number - 1])
  }

  private func headers(
    of object: StoredObject, _ request: S3Request, isVersioned: Bool, part: Range<Int>?
  ) -> HTTPHeaders {
    var headers = HTTPHeaders()
    headers.append("ETag", "\"\(object.eTag)\"")
    headers.append("Last-Modified", WireTime.http(object.modified))
    headers.append("Accept-Ranges", "bytes")
    for pair in object.details.headers where !ObjectEncryption.kept.contains(pair.name) {
      headers.append(pair.name, pair.value)
    }
    for (parameter, name) in Self.overrides {
      if let value = request[parameter] { headers[name] = value }
    }
    if let part, !part.isEmpty {
      headers.append(
        "Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(object.size)")
    }
    if isVersioned { headers.append("x-amz-version-id", object.version) }
    headers.append(encryptionOf: object.details)
    ObjectLock.append(object.details, to: &headers)
    if let expiration = object.expiration { headers.append("x-amz-expiration", expiration) }
    if object.isArchived, let end = object.details.restoredUntil, end > now() {
      headers.append(
        "x-amz-restore", "ongoing-request=\"false\", expiry-date=\"\(WireTime.http(end))\"")
    }
    if !object.details.tags.isEmpty {
      headers.append("x-amz-tagging-count", "\(object.details.tags.count)")
    }
    if request.has("partNumber"), !object.details.parts.isEmpty {
      headers.append("x-amz-mp-parts-count", "\(object.details.parts.count)")
    }
    // A checksum is of the whole object, so it would be wrong beside a part of it.
    if part?.count ?? object.size == object.size,
      request.headers["x-amz-checksum-mode"]?.uppercased() == "ENABLED",
      let checksum = object.details.checksum
    {
      headers.append(checksum.algorithm.header, checksum.value)
      headers.append("x-amz-checksum-type", checksum.type)
    }
    return headers
  }
}
