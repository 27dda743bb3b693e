import Server

extension S3Request {
  /// Parameters that choose an operation; at most one of them stands in a request.
  private static let subresources: Set<String> = [
    "abac", "accelerate", "acl", "analytics", "annotation", "attributes", "cors", "delete",
    "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "list-type",
    "location", "logging", "metadataAnnotationTable", "metadataConfiguration",
    "metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics", "notification",
    "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock",
    "renameObject", "replication", "requestPayment", "restore", "retention", "select", "session",
    "tagging", "torrent", "uploadId", "uploads", "versioning", "versions", "website",
  ]

  /// The parameter that chooses the operation; "" without one.
  var operation: String {
    parameters.first { Self.subresources.contains($0.name) }?.name ?? ""
  }
}

extension S3 {
  /// Calls the operation that method, path and parameters name.
  func perform(_ request: S3Request) async throws -> HTTPResponse {
    try await admit(request)
    if let owner = request.headers["x-amz-expected-bucket-owner"], owner != account {
      throw S3Error.accessDenied
    }
    let chosen = request.operation
    guard let bucket = request.bucket else {
      guard request.method == "GET" else { throw S3Error.methodNotAllowed }
      return try await listBuckets(request)
    }
    if request.method == "OPTIONS" { return try await preflight(request, bucket) }
    if let key = request.key {
      return try await performOnObject(request, bucket, key, chosen)
    }
    return try await performOnBucket(request, bucket, chosen)
  }

  private func performOnBucket(
    _ request: S3Request, _ bucket: String, _ chosen: String
  ) async throws -> HTTPResponse {
    switch (request.method, chosen) {
    case ("PUT", ""): return try await createBucket(request, bucket)
    case ("HEAD", ""): return try await headBucket(bucket)
    case ("DELETE", ""): return try await deleteBucket(bucket)
    case ("GET", ""), ("GET", "list-type"): return try await listObjects(request, bucket)
    case ("GET", "versions"): return try await listVersions(request, bucket)
    case ("GET", "uploads"): return try await listUploads(request, bucket)
    case ("GET", "location"): return try await location(of: bucket)
    case ("POST", "delete"): return try await deleteObjects(request, bucket)
    case ("POST", ""): return try await postObject(request, bucket)
    case ("GET", "policyStatus"): return try await policyStatus(of: bucket)
    case ("GET", "acl"): return try await bucketACL(bucket)
    case ("PUT", "acl"): return try await setBucketACL(request, bucket)
    case ("GET", "versioning"): return try await versioning(of: bucket)
    case ("PUT", "versioning"): return try await setVersioning(request, bucket)
    default:
      if let kind = BucketConfiguration(rawValue: chosen) {
        return try await perform(request, bucket, on: kind)
      }
      if let setting = BucketSetting(rawValue: chosen) {
        return try await perform(request, bucket, on: setting)
      }
      throw S3Error.notSupported(request.method, chosen)
    }
  }

  private func performOnObject(
    _ request: S3Request, _ bucket: String, _ key: String, _ chosen: String
  ) async throws -> HTTPResponse {
    let isCopy = request.headers.contains("x-amz-copy-source")
    switch (request.method, chosen) {
    case ("GET", ""): return try await getObject(request, bucket, key)
    case ("HEAD", ""): return try await headObject(request, bucket, key)
    case ("PUT", "") where isCopy: return try await copyObject(request, bucket, key)
    case ("PUT", ""): return try await putObject(request, bucket, key)
    case ("DELETE", ""): return try await deleteObject(request, bucket, key)
    case ("GET", "attributes"): return try await attributes(request, bucket, key)
    case ("GET", "tagging"): return try await tags(request, bucket, key)
    case ("PUT", "tagging"): return try await setTags(request, bucket, key)
    case ("DELETE", "tagging"): return try await removeTags(request, bucket, key)
    case ("GET", "retention"), ("GET", "legal-hold"): return try await lock(request, bucket, key)
    case ("PUT", "retention"): return try await setRetention(request, bucket, key)
    case ("PUT", "legal-hold"): return try await setHold(request, bucket, key)
    case ("POST", "restore"): return try await restore(request, bucket, key)
    case ("GET", "acl"): return try await objectACL(request, bucket, key)
    case ("PUT", "acl"): return try await setObjectACL(request, bucket, key)
    case ("POST", "uploads"): return try await createUpload(request, bucket, key)
    case ("PUT", "uploadId"): return try await uploadPart(request, bucket, key)
    case ("POST", "uploadId"): return try await completeUpload(request, bucket, key)
    case ("DELETE", "uploadId"): return try await abortUpload(request, bucket, key)
    case ("GET", "uploadId"): return try await listParts(request, bucket, key)
    default: throw S3Error.notSupported(request.method, chosen)
    }
  }
}

extension S3Error {
  /// An operation that this stand-in does not have, by the method and the parameter that choose it.
  static func notSupported(_ method: String, _ subresource: String) -> S3Error {
    let name = subresource.isEmpty ? method : "\(method) ?\(subresource)"
    return S3Error("NotImplemented", 501, "martlet's S3 does not have the operation \(name)")
  }
}

extension S3Request {
  /// The XML of the body.
  func xml() async throws -> XMLElement {
    try await XMLElement.reading(bytes(upTo: 2 << 20))
  }

  /// The XML of a body whose request carries the checksum of something else.
  func xmlWithoutChecksum() async throws -> XMLElement {
    var plain = headers
    for algorithm in ChecksumAlgorithm.allCases { plain[algorithm.header] = nil }
    return try await XMLElement.reading(bytes(upTo: 2 << 20, promised: PromisedDigests(plain)))
  }

  /// The body of an operation that is no upload, checked against what the headers promise.
  func bytes(upTo limit: Int) async throws -> [UInt8] {
    try await bytes(upTo: limit, promised: PromisedDigests(headers))
  }

  private func bytes(upTo limit: Int, promised: PromisedDigests) async throws -> [UInt8] {
    var bytes: [UInt8]
    do {
      bytes = try await http.body.collect(upTo: limit)
    } catch {
      throw S3Error.malformedXML
    }
    var trailers = HTTPHeaders()
    if promised.isChunked {
      var chunks = ChunkedUpload(chunkSigning)
      var decoded: [UInt8] = []
      try chunks.decode(bytes, into: &decoded)
      guard chunks.isComplete else { throw S3Error.incompleteBody }
      (bytes, trailers) = (decoded, chunks.trailers)
    }
    try promised.check(bytes, trailers: trailers)
    return bytes
  }
}

extension XMLElement {
  static func reading(_ bytes: [UInt8]) throws -> XMLElement {
    do {
      return try XMLReader.read(bytes)
    } catch {
      throw S3Error.malformedXML
    }
  }
}
