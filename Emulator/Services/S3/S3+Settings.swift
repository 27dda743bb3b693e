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
    case .acl: "AccessControlPolicy"
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

extension S3 {
  func perform(
    _ request: S3Request, _ bucket: String, on setting: BucketSetting
  ) async throws -> HTTPResponse {
    switch request.method {
    case "GET" where setting == .acl: return try await bucketACL(bucket)
    case "GET": return try await get(setting, of: bucket)
    case "PUT" where setting == .acl:
      // Everything belongs to one account; private is all there is.
      _ = try await request.bytes(upTo: 64 << 10)
      let wanted = request.headers["x-amz-acl"] ?? "private"
      guard wanted == "private" else { throw S3Error.notImplemented("x-amz-acl") }
      return HTTPResponse(status: 200)
    case "PUT": return try await put(request, setting, of: bucket)
    case "DELETE": return try await delete(setting, of: bucket)
    default: throw S3Error.notSupported(request.method, setting.rawValue)
    }
  }

  private func get(_ setting: BucketSetting, of bucket: String) async throws -> HTTPResponse {
    let document = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return try table.setting(setting.rawValue, of: bucket)
    }
    guard let document else {
      guard var error = setting.missing else {
        return .xml(setting.root) { $0.raw(setting.usual) }
      }
      error.details = [("BucketName", bucket)]
      throw error
    }
    let type = setting == .policy ? "application/json" : "application/xml"
    return HTTPResponse(status: 200, headers: ["Content-Type": type], body: .bytes(document))
  }

  private func put(
    _ request: S3Request, _ setting: BucketSetting, of bucket: String
  ) async throws -> HTTPResponse {
    let document = try await request.bytes(upTo: 1 << 20)
    if setting == .policy {
      guard document.first == UInt8(ascii: "{") else {
        throw S3Error("MalformedPolicy", 400, "This policy contains invalid Json")
      }
    } else {
      let xml = try XMLElement.reading(document)
      guard xml.name == setting.root else { throw S3Error.malformedXML }
      if setting == .tagging { _ = try ObjectTags.parse(xml, limit: 50) }
      if setting == .cors { _ = try CORSRule.all(in: xml) }
    }
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      try table.set(setting.rawValue, of: bucket, to: document)
    }
    return HTTPResponse(status: setting == .tagging || setting == .policy ? 204 : 200)
  }

  private func delete(_ setting: BucketSetting, of bucket: String) async throws -> HTTPResponse {
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      try table.set(setting.rawValue, of: bucket, to: nil)
    }
    return HTTPResponse(status: 204)
  }

  private func bucketACL(_ bucket: String) async throws -> HTTPResponse {
    _ = try await database.lookUp { try ObjectTable(connection: $0).requireBucket(bucket) }
    return accessControlPolicy
  }

  /// Every object belongs to the one account.
  func accessControl(
    _ request: S3Request, _ bucket: String, _ key: String
  ) async throws
    -> HTTPResponse
  {
    _ = try await find(request, bucket, key, withBody: false)
    return accessControlPolicy
  }

  private var accessControlPolicy: HTTPResponse {
    let (owner, id) = (ownerXML, ownerID)
    return .xml("AccessControlPolicy") { xml in
      xml.raw(owner)
      xml.element("AccessControlList") { xml in
        xml.element("Grant") { xml in
          xml.raw(
            #"<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" "#
              + #"xsi:type="CanonicalUser"><ID>\#(id)</ID><DisplayName>martlet</DisplayName>"#
              + "</Grantee>")
          xml.element("Permission", "FULL_CONTROL")
        }
      }
    }
  }
}

// MARK: - Tags of objects

extension S3 {
  func tags(_ request: S3Request, _ bucket: String, _ key: String) async throws -> HTTPResponse {
    let (object, isVersioned) = try await find(request, bucket, key, withBody: false)
    var response = HTTPResponse.xml("Tagging") { ObjectTags.write(object.details.tags, to: &$0) }
    if isVersioned { response.headers.append("x-amz-version-id", object.version) }
    return response
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
    let version = request["versionId"]
    let changed = try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let isVersioned = try table.requireBucket(bucket).versioning != nil
      guard let object = try table.object(key, in: bucket, version: version), !object.isMarker
      else { throw version.map { .noSuchVersion(key, $0) } ?? S3Error.noSuchKey(key) }
      var details = object.details
      details.tags = tags
      try table.setDetails(details, of: object)
      return isVersioned ? object.version : nil
    }
    var response = HTTPResponse(status: status)
    if let changed { response.headers.append("x-amz-version-id", changed) }
    return response
  }
}
