import JSON
import Server
import Storage

extension S3 {
  func listBuckets(_ request: S3Request) async throws -> HTTPResponse {
    let limit = try request.number("max-buckets", 1...10_000, default: 10_000)
    let prefix = request["prefix"] ?? ""
    let token = request["continuation-token"] ?? ""
    let after = ListToken.decode(token) ?? ""
    let found = try await database.read {
      try ObjectTable(connection: $0).buckets(prefix: prefix, after: after, limit: limit + 1)
    }
    let page = found.prefix(limit)
    let owner = ownerXML
    return .xml(
      "ListAllMyBucketsResult",
      { xml in
        xml.raw(owner)
        xml.element("Buckets") { xml in
          for bucket in page {
            xml.element("Bucket") { xml in
              xml.element("Name", bucket.name)
              xml.element("CreationDate", WireTime.iso(bucket.created))
            }
          }
        }
        if !prefix.isEmpty { xml.element("Prefix", prefix) }
        if found.count > limit, let last = page.last {
          xml.element("ContinuationToken", ListToken.encode(last.name))
        }
      })
  }

  func createBucket(_ request: S3Request, _ name: String) async throws -> HTTPResponse {
    let body = try await request.bytes(upTo: 64 << 10)
    try BucketName.check(name)
    guard request.headers["x-amz-bucket-object-lock-enabled"]?.lowercased() != "true" else {
      throw S3Error.notImplemented("x-amz-bucket-object-lock-enabled")
    }
    let place = body.isEmpty ? nil : try location(in: XMLElement.reading(body))
    let access = try AccessControl.named(in: request.headers, owner: ownerID)
    let ownership = try Self.ownership(request.headers["x-amz-object-ownership"])
    let now = self.now()
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      // In us-east-1 creating one's own bucket again is no error, and changes nothing but its list.
      if try table.bucket(name) == nil {
        try table.save(Bucket(name: name, created: now))
        try table.set(Self.locationSetting, of: name, to: place.map { Array($0.utf8) })
        if let ownership {
          try table.set(BucketSetting.ownershipControls.rawValue, of: name, to: ownership)
        }
      }
      if let access {
        try table.requireACLs(name)
        try table.set(
          BucketSetting.acl.rawValue, of: name, to: Array(access.stored.description.utf8))
      }
    }
    return HTTPResponse(status: 200, headers: ["Location": "/\(name)"])
  }

  /// Where a bucket's region is kept when it is another one than the service's.
  private static let locationSetting = "location"

  private func location(in configuration: XMLElement) throws(S3Error) -> String? {
    guard configuration.name == "CreateBucketConfiguration" else { throw .malformedXML }
    guard let text = configuration["LocationConstraint"]?.text, !text.isEmpty else { return nil }
    guard (2...32).contains(text.utf8.count), text != "us-east-1",
      text.utf8.allSatisfy({
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D
      })
    else {
      throw S3Error(
        "InvalidLocationConstraint", 400, "The specified location-constraint is not valid",
        [("LocationConstraint", text)])
    }
    return text
  }

  private static func ownership(_ name: String?) throws(S3Error) -> [UInt8]? {
    guard let name else { return nil }
    guard ["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"].contains(name) else {
      throw .invalidArgument(
        "Invalid x-amz-object-ownership header", "x-amz-object-ownership", name)
    }
    return XMLWriter.document(BucketSetting.ownershipControls.root) { xml in
      xml.element("Rule") { $0.element("ObjectOwnership", name) }
    }
  }

  func headBucket(_ name: String) async throws -> HTTPResponse {
    let place = try await place(of: name) ?? region
    return HTTPResponse(
      status: 200, headers: ["x-amz-bucket-region": place, "x-amz-access-point-alias": "false"])
  }

  func deleteBucket(_ name: String) async throws -> HTTPResponse {
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(name)
      guard try table.isEmpty(name) else {
        throw S3Error(
          "BucketNotEmpty", 409, "The bucket you tried to delete is not empty",
          [("BucketName", name)])
      }
      try table.remove(bucket: name)
    }
    return HTTPResponse(status: 204)
  }

  /// The region a bucket was made for; nil for the service's own.
  private func place(of name: String) async throws -> String? {
    let bytes = try await database.lookUp { connection in
      let table = ObjectTable(connection: connection)
      _ = try table.requireBucket(name)
      return try table.setting(Self.locationSetting, of: name)
    }
    return bytes.map { String(decoding: $0, as: UTF8.self) }
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
    guard xml.name == "VersioningConfiguration", let text = xml["Status"]?.text,
      let status = Bucket.Versioning(rawValue: text)
    else { throw S3Error.malformedXML }
    guard xml["MfaDelete"]?.text != "Enabled" else { throw S3Error.notImplemented("MfaDelete") }
    try await database.write { connection in
      let table = ObjectTable(connection: connection)
      var bucket = try table.requireBucket(name)
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
