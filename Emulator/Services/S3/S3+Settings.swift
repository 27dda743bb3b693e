import JSON
import Server
import Storage

/// Settings of buckets that are kept as the document that was given.
enum BucketSetting: String, Sendable {
  case tagging
  case cors
  case lifecycle
  case policy
  case encryption
  case website
  case notification
  case logging
  case publicAccessBlock
  case ownershipControls
  case accelerate
  case requestPayment
  case acl

  case objectLock = "object-lock"
  case replication

  /// Reads or writes of objects have to look at it.
  var isWatched: Bool { self == .encryption || self == .lifecycle || self == .objectLock }

  /// Whether it can be taken back.
  var isRemovable: Bool { self != .objectLock && self != .acl }

  /// The error for a bucket that has none.
  func absent(_ bucket: String) -> S3Error {
    var error = missing ?? .internalError
    error.details = [("BucketName", bucket)]
    return error
  }

  /// What answers when there is none; nil stands for an empty document.
  var missing: S3Error? {
    switch self {
    case .tagging: S3Error("NoSuchTagSet", 404, "The TagSet does not exist")
    case .cors:
      S3Error("NoSuchCORSConfiguration", 404, "The CORS configuration does not exist")
    case .lifecycle:
      S3Error("NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist")
    case .policy: S3Error("NoSuchBucketPolicy", 404, "The bucket policy does not exist")
    case .website:
      S3Error(
        "NoSuchWebsiteConfiguration", 404,
        "The specified bucket does not have a website configuration")
    case .publicAccessBlock:
      S3Error(
        "NoSuchPublicAccessBlockConfiguration", 404,
        "The public access block configuration was not found")
    case .ownershipControls:
      S3Error(
        "OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found")
    case .objectLock:
      S3Error(
        "ObjectLockConfigurationNotFoundError", 404,
        "Object Lock configuration does not exist for this bucket")
    case .replication:
      S3Error(
        "ReplicationConfigurationNotFoundError", 404,
        "The replication configuration was not found")
    case .encryption, .notification, .logging, .accelerate, .requestPayment, .acl: nil
    }
  }

  /// The outermost element of its document.
  var root: String {
    switch self {
    case .tagging: "Tagging"
    case .cors: "CORSConfiguration"
    case .lifecycle: "LifecycleConfiguration"
    case .policy: ""
    case .encryption: "ServerSideEncryptionConfiguration"
    case .website: "WebsiteConfiguration"
    case .notification: "NotificationConfiguration"
    case .logging: "BucketLoggingStatus"
    case .publicAccessBlock: "PublicAccessBlockConfiguration"
    case .ownershipControls: "OwnershipControls"
    case .accelerate: "AccelerateConfiguration"
    case .requestPayment: "RequestPaymentConfiguration"
    case .objectLock: "ObjectLockConfiguration"
    case .replication: "ReplicationConfiguration"
    case .acl: ""
    }
  }

  /// What stands in an empty document.
  var usual: String {
    switch self {
    case .encryption:
      "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
        + "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"
    case .requestPayment: "<Payer>BucketOwner</Payer>"
    default: ""
    }
  }
}

extension BucketSetting {
  /// Whether a document takes the setting away.
  fileprivate func isEmpty(_ document: [UInt8]) -> Bool {
    guard self == .tagging else { return false }
    return (try? XMLElement.reading(document))?["TagSet"]?.children.isEmpty ?? true
  }

  /// What a document asks of its bucket and of others.
  fileprivate func check(_ document: [UInt8], of bucket: Bucket, in table: ObjectTable) throws {
    switch self {
    case .objectLock:
      guard bucket.versioning == .enabled else {
        throw S3Error(
          "InvalidBucketState", 409,
          "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
      }
    case .replication:
      guard bucket.versioning == .enabled else {
        throw S3Error.invalidRequest(
          "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
      }
      for rule in try XMLElement.reading(document).all("Rule") {
        let arn = rule["Destination"]?["Bucket"]?.text ?? ""
        let name = arn.split(separator: ":").last.map(String.init) ?? ""
        guard try table.bucket(name)?.versioning == .enabled else {
          throw S3Error.invalidRequest("Destination bucket must have versioning enabled.")
        }
      }
    case .logging:
      guard let target = try XMLElement.reading(document)["LoggingEnabled"]?["TargetBucket"]?.text
      else { return }
      guard try table.bucket(target) != nil else {
        throw S3Error(
          "InvalidTargetBucketForLogging", 400, "The target bucket for logging does not exist",
          [("TargetBucket", target)])
      }
      let place = try table.place(of: target)
      guard try place == table.place(of: bucket.name) else {
        throw S3Error(
          "CrossLocationLoggingProhibitted", 403, "Cross S3 location logging not allowed. ",
          [("TargetBucketLocation", place ?? "us-east-1")])
      }
    default: break
    }
  }
}

extension S3 {
  func perform(
    _ request: S3Request, _ bucket: String, on setting: BucketSetting
  ) async throws -> HTTPResponse {
    switch request.method {
    case "GET": return try await get(setting, of: bucket)
    case "PUT" where setting != .acl: return try await put(request, setting, of: bucket)
    case "DELETE" where setting.isRemovable: return try await delete(setting, of: bucket)
    default: throw S3Error.notSupported(request.method, setting.rawValue)
    }
  }

  private func get(_ setting: BucketSetting, of bucket: String) async throws -> HTTPResponse {
    guard let document = try await self.setting(setting, of: bucket) else {
      guard setting.missing == nil else { throw setting.absent(bucket) }
      return .xml(setting.root) { $0.raw(setting.usual) }
    }
    let type = setting == .policy ? "application/json" : "application/xml"
    return HTTPResponse(status: 200, headers: ["Content-Type": type], body: .bytes(document))
  }

  private func put(
    _ request: S3Request, _ setting: BucketSetting, of bucket: String
  ) async throws -> HTTPResponse {
    let body = try await request.bytes(upTo: 1 << 20)
    guard !body.isEmpty || setting == .policy else { throw S3Error.missingBody }
    let document = try setting.checked(body, of: bucket)
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      try setting.check(document, of: try table.requireBucket(bucket), in: table)
      guard setting != .ownershipControls else {
        return try table.setOwnership(of: bucket, to: document)
      }
      try table.set(setting.rawValue, of: bucket, to: setting.isEmpty(document) ? nil : document)
    }
    return HTTPResponse(status: setting == .tagging || setting == .policy ? 204 : 200)
  }

  private func delete(_ setting: BucketSetting, of bucket: String) async throws -> HTTPResponse {
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      guard setting != .ownershipControls else {
        return try table.setOwnership(of: bucket, to: nil)
      }
      try table.set(setting.rawValue, of: bucket, to: nil)
    }
    return HTTPResponse(status: 204)
  }

  /// GetBucketPolicyStatus: public is a policy that allows something to everyone without a condition.
  func policyStatus(of bucket: String) async throws -> HTTPResponse {
    let document = try await setting(.policy, of: bucket)
    guard let document else { throw BucketSetting.policy.absent(bucket) }
    let statements = (try? JSONValue(parsing: document))?["Statement"]
    let all = statements?.array ?? (statements.map { [$0] } ?? [])
    let isPublic = all.contains { statement in
      let principal = statement["Principal"]
      let everyone = [principal?.string, principal?["AWS"]?.string].contains("*")
      return statement["Effect"]?.string == "Allow" && statement["Condition"] == nil && everyone
    }
    return .xml("PolicyStatus") { $0.element("IsPublic", isPublic ? "true" : "false") }
  }

  /// The document of a setting; nil when there is none.
  func setting(_ setting: BucketSetting, of bucket: String) async throws -> [UInt8]? {
    try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return try table.setting(setting.rawValue, of: bucket)
    }
  }
}

// MARK: - Tags of objects

extension S3 {
  func tags(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse {
    let (object, isVersioned) = try await tagged(request, bucket, key)
    var response = HTTPResponse.xml("Tagging") { ObjectTags.write(object.details.tags, to: &$0) }
    if isVersioned { response.headers.append("x-amz-version-id", object.version) }
    return response
  }

  /// The object whose tags are read. The service words the error of this operation in its own way.
  private func tagged(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> (object: StoredObject, isVersioned: Bool) {
    do {
      return try await unmarked(request, bucket, key)
    } catch let error as S3Error where error.code == "NoSuchKey" {
      throw S3Error.noSuchKey("\(bucket)/\(key)")
    }
  }

  /// The object that a request names, for operations that no delete marker allows.
  func unmarked(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws -> (object: StoredObject, isVersioned: Bool) {
    do {
      return try await find(request, bucket, key, withBody: false)
    } catch let error as S3Error where error.headers.contains("x-amz-delete-marker") {
      throw S3Error.deleteMarker(request.method)
    }
  }

  func setTags(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse {
    let tags = try ObjectTags.parse(try await request.xml())
    return try await change(tags, request, bucket, key, status: 200)
  }

  func removeTags(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    try await change([], request, bucket, key, status: 204)
  }

  private func change(
    _ tags: [ObjectDetails.Pair], _ request: S3Request, _ bucket: String, _ key: String,
    status: Int
  ) async throws -> HTTPResponse {
    let changed = try await edit(request, bucket, key) { _, details in details.tags = tags }
    var response = HTTPResponse(status: status)
    if let changed { response.headers.append("x-amz-version-id", changed) }
    return response
  }

  /// Changes what is kept with an object.
  ///
  /// - Returns: The version as answers show it; nil in a bucket that never had versioning.
  func edit(
    _ request: S3Request, _ bucket: String, _ key: String,
    _ change: @escaping @Sendable (Connection, inout ObjectDetails) throws -> Void
  ) async throws -> String? {
    let version = request["versionId"]
    return try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let isVersioned = try table.requireBucket(bucket).versioning != nil
      guard let object = try table.object(key, in: bucket, version: version) else {
        throw S3Error.absent(key, version)
      }
      guard !object.isMarker else { throw S3Error.deleteMarker(request.method) }
      var details = object.details
      try change(connection, &details)
      try table.setDetails(details, of: object)
      return isVersioned ? object.version : nil
    }
  }
}
