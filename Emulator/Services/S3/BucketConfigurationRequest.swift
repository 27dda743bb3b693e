import Server

/// The body of CreateBucket: where the bucket is to be, and its tags.
struct BucketConfigurationRequest: Sendable {
  /// The region it names; nil for the service's own.
  let place: String?
  /// The document of its tags.
  let tags: [UInt8]?
  private let region: String

  /// Where no region is named, a bucket is in us-east-1.
  private static let home = "us-east-1"

  init(_ body: [UInt8], regionOf request: S3Request) throws {
    let region = SignatureScope.region(of: request.http) ?? Self.home
    self.region = region
    guard !body.isEmpty else {
      (place, tags) = (nil, nil)
      try Self.check(nil, region)
      return
    }
    let xml = try XMLElement.reading(body)
    guard xml.name == "CreateBucketConfiguration" else { throw S3Error.malformedXML }
    let text = xml["LocationConstraint"]?.text ?? ""
    place = text.isEmpty ? nil : text
    try Self.check(place, region)
    guard let given = xml["Tags"], !given.children.isEmpty else {
      tags = nil
      return
    }
    var tagging = XMLElement(name: "Tagging")
    tagging.children = [XMLElement(name: "TagSet", children: given.children)]
    _ = try ObjectTags.parse(tagging, limit: 50)
    let set = tagging.children[0]
    tags = XMLWriter.document(tagging.name) { $0.tree(set) }
  }

  private static func check(_ place: String?, _ region: String) throws(S3Error) {
    guard let place else {
      guard region == home else { throw elsewhere("unspecified") }
      return
    }
    guard (2...32).contains(place.utf8.count), place != home,
      place.utf8.allSatisfy({
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D
      })
    else {
      throw S3Error(
        "InvalidLocationConstraint", 400, "The specified location-constraint is not valid",
        [("LocationConstraint", place)])
    }
    guard region == home || region == place || place == "EU" && region == "eu-west-1" else {
      throw elsewhere(place)
    }
  }

  private static func elsewhere(_ place: String) -> S3Error {
    S3Error(
      "IllegalLocationConstraintException", 400,
      "The \(place) location constraint is incompatible for the region specific endpoint this request "
        + "was sent to.")
  }

  /// In us-east-1 making one's own bucket again is no error, and changes nothing.
  func checkRepeated(_ name: String) throws(S3Error) {
    guard region == Self.home, place == nil, tags == nil else {
      throw S3Error(
        "BucketAlreadyOwnedByYou", 409,
        "Your previous request to create the named bucket succeeded and you already own it.",
        [("BucketName", name)])
    }
  }
}

extension ObjectTable {
  /// Where a bucket's region is kept when it is another one than the service's.
  static let placeSetting = "location"

  /// The region a bucket was made for; nil for the service's own.
  func place(of bucket: String) throws -> String? {
    try setting(Self.placeSetting, of: bucket).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Marks a bucket whose ownership nobody set.
  private static let takesLists = "takes-lists"

  /// A bucket whose owner owns every object has no lists of its own.
  func requireACLs(_ bucket: String) throws {
    guard try setting(Self.takesLists, of: bucket) == nil,
      let document = try setting(BucketSetting.ownershipControls.rawValue, of: bucket)
    else { return }
    let xml = try XMLElement.reading(document)
    guard xml["Rule"]?["ObjectOwnership"]?.text != "BucketOwnerEnforced" else {
      throw S3Error(
        "AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
    }
  }

  /// Sets or takes away who owns a bucket's objects.
  func setOwnership(of bucket: String, to document: [UInt8]?) throws {
    try set(BucketSetting.ownershipControls.rawValue, of: bucket, to: document)
    try set(Self.takesLists, of: bucket, to: nil)
  }

  /// What every new bucket is: its objects belong to its owner, and nothing is public. Source: Amazon S3
  /// user guide, "Default settings for new S3 buckets".
  ///
  /// Lists of who may do what are taken all the same until somebody sets the ownership: older programs
  /// and test suites give them to buckets which they just made.
  func setDefaults(of bucket: String, ownership: [UInt8]? = nil) throws {
    if ownership == nil { try set(Self.takesLists, of: bucket, to: []) }
    let enforced = XMLWriter.document(BucketSetting.ownershipControls.root) { xml in
      xml.element("Rule") { $0.element("ObjectOwnership", "BucketOwnerEnforced") }
    }
    try set(BucketSetting.ownershipControls.rawValue, of: bucket, to: ownership ?? enforced)
    let names = [
      "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
    ]
    let block = XMLWriter.document(BucketSetting.publicAccessBlock.root) { xml in
      for name in names { xml.element(name, "true") }
    }
    try set(BucketSetting.publicAccessBlock.rawValue, of: bucket, to: block)
  }
}
