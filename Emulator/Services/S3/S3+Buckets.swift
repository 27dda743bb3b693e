import JSON
import Server
import Storage

extension S3 {
  /// Where each bucket is, is told to those who ask for a page or for some of them.
  func listBuckets(_ request: S3Request) async throws -> HTTPResponse {
    let limit = try request.number("max-buckets", 1...10_000, default: 10_000)
    let prefix = request["prefix"]
    let after = ListToken.decode(request["continuation-token"] ?? "") ?? ""
    let (wanted, usual) = (request["bucket-region"], region)
    let tellsPlaces = !request.parameters.isEmpty
    let found = try await database.read { connection in
      let table = ObjectTable(connection: connection)
      var found: [(bucket: Bucket, place: String?)] = []
      let count = wanted == nil ? limit + 1 : Int(Int32.max)
      for bucket in try table.buckets(prefix: prefix ?? "", after: after, limit: count) {
        let place = tellsPlaces ? try table.place(of: bucket.name) ?? usual : nil
        if wanted == nil || wanted == place { found.append((bucket, place)) }
      }
      return found
    }
    let page = found.prefix(limit)
    let owner = ownerXML
    return .xml(
      "ListAllMyBucketsResult",
      { xml in
        xml.raw(owner)
        xml.element("Buckets") { xml in
          for (bucket, place) in page {
            xml.element("Bucket") { xml in
              xml.element("Name", bucket.name)
              xml.element("CreationDate", WireTime.iso(bucket.created))
              xml.optional("BucketRegion", place)
            }
          }
        }
        xml.optional("Prefix", prefix)
        if found.count > limit, let last = page.last {
          xml.element("ContinuationToken", ListToken.encode(last.bucket.name))
        }
      })
  }

  func createBucket(_ request: S3Request, _ name: String) async throws -> HTTPResponse {
    let body = try await request.bytes(upTo: 64 << 10)
    try BucketName.check(name)
    let configuration = try BucketConfigurationRequest(body, regionOf: request)
    let access = try AccessControl.named(in: request.headers, owner: ownerID)
    let ownership = try Self.ownership(request.headers["x-amz-object-ownership"])
    let isLocked = request.headers["x-amz-bucket-object-lock-enabled"]?.lowercased() == "true"
    guard access == nil || ownership?.isEnforced != true || access == .private(ownerID) else {
      throw S3Error(
        "InvalidBucketAclWithObjectOwnership", 400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
    }
    let now = self.now()
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      guard try table.bucket(name) == nil else {
        try configuration.checkRepeated(name)
        return
      }
      let versioning: Bucket.Versioning? = isLocked ? .enabled : nil
      try table.save(Bucket(name: name, created: now, versioning: versioning))
      try table.setDefaults(of: name, ownership: ownership?.document)
      let place = configuration.place.map { Array($0.utf8) }
      try table.set(ObjectTable.placeSetting, of: name, to: place)
      try table.set(BucketSetting.tagging.rawValue, of: name, to: configuration.tags)
      if isLocked {
        try table.set(BucketSetting.objectLock.rawValue, of: name, to: ObjectLock.plain)
      }
      if let access {
        let stored = Array(access.stored.description.utf8)
        try table.set(BucketSetting.acl.rawValue, of: name, to: stored)
      }
    }
    let place = configuration.place == nil ? "/\(name)" : "http://\(name).s3.amazonaws.com/"
    return HTTPResponse(status: 200, headers: ["Location": place])
  }

  /// Who owns a new bucket's objects; nil when the request does not say.
  private static func ownership(
    _ name: String?
  ) throws(S3Error) -> (document: [UInt8], isEnforced: Bool)? {
    guard let wanted = name else { return nil }
    guard ["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"].contains(wanted) else {
      throw S3Error(
        "InvalidArgument", 400, "Invalid x-amz-object-ownership header: \(wanted)",
        [("ArgumentName", "x-amz-object-ownership")])
    }
    let document = XMLWriter.document(BucketSetting.ownershipControls.root) { xml in
      xml.element("Rule") { $0.element("ObjectOwnership", wanted) }
    }
    return (document, wanted == "BucketOwnerEnforced")
  }

  func headBucket(_ name: String) async throws -> HTTPResponse {
    let place = try await place(of: name) ?? region
    return HTTPResponse(
      status: 200,
      headers: [
        "x-amz-bucket-region": place, "x-amz-access-point-alias": "false",
        "Content-Type": "application/xml",
      ])
  }

  func deleteBucket(_ name: String) async throws -> HTTPResponse {
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      let bucket = try table.requireBucket(name)
      guard try table.isEmpty(name) else {
        let text = "The bucket you tried to delete is not empty"
        throw S3Error(
          "BucketNotEmpty", 409,
          bucket.versioning == nil
            ? text : text + ". You must delete all versions in the bucket.",
          [("BucketName", name)])
      }
      try table.remove(bucket: name)
    }
    return HTTPResponse(status: 204)
  }

  /// The region a bucket was made for; nil for the service's own.
  private func place(of name: String) async throws -> String? {
    try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(name)
      return try table.place(of: name)
    }
  }

  func location(of name: String) async throws -> HTTPResponse {
    let place = try await place(of: name) ?? region
    // us-east-1 is written as nothing.
    let body = XMLWriter.document("LocationConstraint") { xml in
      xml.raw(place == "us-east-1" ? "" : place)
    }
    return HTTPResponse(
      status: 200, headers: ["Content-Type": "application/xml"], body: .bytes(body))
  }

  func versioning(of name: String) async throws -> HTTPResponse {
    let bucket = try await database.lookUp { try ObjectTable(connection: $0).requireBucket(name) }
    return .xml("VersioningConfiguration") { xml in
      xml.optional("Status", bucket.versioning?.rawValue)
    }
  }

  func setVersioning(_ request: S3Request, _ name: String) async throws -> HTTPResponse {
    let xml = try await request.xml()
    guard xml.name == "VersioningConfiguration" else { throw S3Error.malformedXML }
    guard let text = xml["Status"]?.text else {
      throw S3Error(
        "IllegalVersioningConfigurationException", 400,
        "The Versioning element must be specified")
    }
    guard let status = Bucket.Versioning(rawValue: text) else { throw S3Error.malformedXML }
    guard xml["MfaDelete"]?.text != "Enabled" else { throw S3Error.notImplemented("MfaDelete") }
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      var bucket = try table.requireBucket(name)
      guard status == .enabled || !bucket.has(.objectLock) else {
        throw S3Error(
          "InvalidBucketState", 409,
          "An Object Lock configuration is present on this bucket, so the versioning state cannot be "
            + "changed.")
      }
      bucket.versioning = status
      try table.save(bucket)
    }
    return HTTPResponse(status: 200)
  }

  /// Everything belongs to the one account.
  var ownerXML: String { "<Owner><ID>\(ownerID)</ID><DisplayName>martlet</DisplayName></Owner>" }

  var ownerID: String {
    String(repeating: "0", count: 64 - account.count) + account
  }
}

/// The rules of bucket names. Source: Amazon S3 user guide, "Bucket naming rules".
enum BucketName {
  static func check(_ name: String) throws(S3Error) {
    guard isValid(name) else {
      throw S3Error(
        "InvalidBucketName", 400, "The specified bucket is not valid.", [("BucketName", name)])
    }
  }

  static func isValid(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else {
      return false
    }
    func isPlain(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte)
    }
    guard isPlain(first), isPlain(last),
      bytes.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
    else { return false }
    let isAddress =
      name.split(separator: ".", omittingEmptySubsequences: false).count == 4
      && bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    // These first path segments belong to the model stand-ins and to Lambda.
    let reserved: Set<String> = [
      "openai", "anthropic", "gemini", "vertex", "bedrock", "model", "2015-03-31", "2021-11-15",
    ]
    return !isAddress && !name.contains("..") && !name.hasPrefix("xn--")
      && !name.hasSuffix("-s3alias") && !reserved.contains(name)
  }
}

extension HTTPResponse {
  /// An XML document as S3 answers it.
  static func xml(_ name: String, _ body: (inout XMLWriter) -> Void) -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: ["Content-Type": "application/xml"],
      body: .bytes(XMLWriter.document(name, body)))
  }
}
