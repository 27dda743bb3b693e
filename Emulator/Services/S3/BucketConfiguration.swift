import Server
import Storage

/// Settings of which a bucket has many, each under an id: kept as they were given, without effect.
enum BucketConfiguration: String, Sendable {
  case analytics
  case inventory
  case metrics
  case tiering = "intelligent-tiering"

  /// The outermost element of a document.
  fileprivate var root: String {
    switch self {
    case .analytics: "AnalyticsConfiguration"
    case .inventory: "InventoryConfiguration"
    case .metrics: "MetricsConfiguration"
    case .tiering: "IntelligentTieringConfiguration"
    }
  }

  fileprivate var list: String {
    switch self {
    case .analytics: "ListBucketAnalyticsConfigurationResult"
    case .inventory: "ListInventoryConfigurationsResult"
    case .metrics: "ListMetricsConfigurationsResult"
    case .tiering: "ListBucketIntelligentTieringConfigurationsOutput"
    }
  }

  fileprivate func check(_ xml: XMLElement, id: String) throws(S3Error) {
    guard xml.name == root else { throw .malformedXML }
    guard xml["Id"]?.text == id else {
      throw S3Error(
        "IdMismatch", 400, "Document ID does not match the specified configuration ID.")
    }
    switch self {
    case .metrics: break
    case .analytics: try Self.check(analysis: xml["StorageClassAnalysis"])
    case .tiering: try Self.check(tiers: xml)
    case .inventory: try Self.check(inventory: xml)
    }
  }

  private static func check(analysis: XMLElement?) throws(S3Error) {
    guard let analysis else { throw .malformedXML }
    guard let export = analysis["DataExport"] else { return }
    let target = export["Destination"]?["S3BucketDestination"]
    guard export["OutputSchemaVersion"]?.text == "V_1", target?["Bucket"] != nil,
      target?["Format"]?.text == "CSV"
    else { throw .malformedXML }
  }

  private static func check(tiers xml: XMLElement) throws(S3Error) {
    let least = ["ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180]
    guard ["Enabled", "Disabled"].contains(xml["Status"]?.text), !xml.all("Tiering").isEmpty,
      xml.all("Tiering").allSatisfy({ tier in
        guard let days = Int(tier["Days"]?.text ?? ""),
          let first = least[tier["AccessTier"]?.text ?? ""]
        else { return false }
        return (first...730).contains(days)
      })
    else { throw .malformedXML }
  }

  private static func check(inventory xml: XMLElement) throws(S3Error) {
    let target = xml["Destination"]?["S3BucketDestination"]
    guard target?["Bucket"]?.text.hasPrefix("arn:aws:s3:::") ?? false else {
      throw S3Error("InvalidS3DestinationBucket", 400, "Invalid bucket ARN.")
    }
    let fields = xml["OptionalFields"]?.all("Field").map(\.text) ?? []
    guard ["CSV", "ORC", "Parquet"].contains(target?["Format"]?.text),
      ["Daily", "Weekly"].contains(xml["Schedule"]?["Frequency"]?.text),
      ["All", "Current"].contains(xml["IncludedObjectVersions"]?.text),
      Set(fields).isSubset(of: inventoryFields)
    else { throw .malformedXML }
  }

  private static let inventoryFields: Set<String> = [
    "Size", "LastModifiedDate", "StorageClass", "ETag", "IsMultipartUploaded", "ReplicationStatus",
    "EncryptionStatus", "ObjectLockRetainUntilDate", "ObjectLockMode", "ObjectLockLegalHoldStatus",
    "IntelligentTieringAccessTier", "BucketKeyStatus", "ChecksumAlgorithm",
    "ObjectAccessControlList", "ObjectOwner", "LifecycleExpirationDate",
  ]

  fileprivate static let pageSize = 100
  fileprivate static let absent = S3Error(
    "NoSuchConfiguration", 404, "The specified configuration does not exist.")
}

extension S3 {
  func perform(
    _ request: S3Request, _ bucket: String, on kind: BucketConfiguration
  ) async throws -> HTTPResponse {
    guard let id = request["id"] else {
      guard request.method == "GET" else {
        throw S3Error.notSupported(request.method, kind.rawValue)
      }
      return try await list(kind, request, bucket)
    }
    let name = "\(kind.rawValue):\(id)"
    switch request.method {
    case "GET":
      let document = try await database.lookUp { connection in
        let table = ObjectTable(connection: connection)
        _ = try table.requireBucket(bucket)
        return try table.setting(name, of: bucket)
      }
      guard let document else { throw BucketConfiguration.absent }
      return HTTPResponse(
        status: 200, headers: ["Content-Type": "application/xml"], body: .bytes(document))
    case "PUT":
      let document = try await request.bytes(upTo: 64 << 10)
      let xml = try XMLElement.reading(document)
      try kind.check(xml, id: id)
      return try await set(name, of: bucket, to: document, status: 204)
    case "DELETE": return try await set(name, of: bucket, to: nil, status: 204)
    default: throw S3Error.notSupported(request.method, kind.rawValue)
    }
  }

  private func set(
    _ name: String, of bucket: String, to document: [UInt8]?, status: Int
  ) async throws -> HTTPResponse {
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      if document == nil, try table.setting(name, of: bucket) == nil {
        throw BucketConfiguration.absent
      }
      try table.set(name, of: bucket, to: document)
    }
    return HTTPResponse(status: status)
  }

  private func list(
    _ kind: BucketConfiguration, _ request: S3Request, _ bucket: String
  ) async throws -> HTTPResponse {
    let token = request["continuation-token"]
    let after = token.flatMap { ListToken.decode($0) } ?? ""
    let found = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(bucket)
      return try table.settings(kind.rawValue, of: bucket).filter { $0.id > after }
    }
    let page = found.prefix(BucketConfiguration.pageSize)
    let trees = try page.map { try XMLElement.reading($0.document) }
    return .xml(kind.list) { xml in
      xml.element("IsTruncated", found.count > page.count ? "true" : "false")
      xml.optional("ContinuationToken", token)
      if found.count > page.count, let last = page.last {
        xml.element("NextContinuationToken", ListToken.encode(last.id))
      }
      for tree in trees { xml.tree(tree) }
    }
  }
}
