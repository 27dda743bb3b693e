import JSON

extension BucketSetting {
  /// A document that was given, held against what S3 asks of it, in the form in which it is kept.
  func checked(_ document: [UInt8], of bucket: String) throws -> [UInt8] {
    if self == .policy { return try Self.policy(document) }
    let xml = try XMLElement.reading(document)
    guard xml.name == root else { throw S3Error.malformedXML }
    switch self {
    case .tagging: _ = try ObjectTags.parse(xml, limit: 50)
    case .cors: _ = try CORSRule.all(in: xml)
    case .lifecycle: return try LifecycleRules.checked(xml)
    case .encryption: try Self.checkEncryption(xml)
    case .ownershipControls: try Self.checkOwnership(xml)
    case .accelerate:
      try Self.check(xml["Status"], is: ["Enabled", "Suspended"])
      guard !bucket.contains(".") else {
        throw S3Error.invalidRequest(
          "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
      }
    case .objectLock: _ = try ObjectLock(xml)
    case .replication: try Self.checkReplication(xml)
    case .publicAccessBlock:
      for child in xml.children { try Self.check(child, is: ["true", "false", "TRUE", "FALSE"]) }
    case .requestPayment: try Self.check(xml["Payer"], is: ["BucketOwner", "Requester"])
    case .website: try Self.checkWebsite(xml)
    default: break
    }
    return document
  }

  private static func check(_ element: XMLElement?, is values: [String]) throws(S3Error) {
    guard let element, values.contains(element.text) else { throw .malformedXML }
  }

  private static func policy(_ document: [UInt8]) throws(S3Error) -> [UInt8] {
    guard let policy = try? JSONValue(parsing: document), policy.object != nil else {
      throw S3Error(
        "MalformedPolicy", 400, "Policies must be valid JSON and the first byte must be '{'")
    }
    let statement = policy["Statement"]
    let all = statement?.array ?? (statement?.object == nil ? [] : [statement ?? .null])
    guard !all.isEmpty else {
      throw S3Error("MalformedPolicy", 400, "Missing required field Statement")
    }
    for one in all {
      for name in ["Effect", "Resource", "Action"]
      where one[name] == nil && one["Not\(name)"] == nil {
        throw S3Error("MalformedPolicy", 400, "Missing required field \(name)")
      }
      guard ["Allow", "Deny"].contains(one["Effect"]?.string) else {
        throw S3Error(
          "MalformedPolicy", 400, "Invalid effect: \(one["Effect"]?.string ?? "")")
      }
      guard one["Principal"] != nil || one["NotPrincipal"] != nil else {
        throw S3Error("MalformedPolicy", 400, "Missing required field Principal")
      }
    }
    return document
  }

  private static func checkEncryption(_ xml: XMLElement) throws(S3Error) {
    let rules = xml.all("Rule")
    guard rules.count == 1 else { throw .malformedXML }
    let usual = rules[0]["ApplyServerSideEncryptionByDefault"]
    try check(usual?["SSEAlgorithm"], is: ["AES256", "aws:kms", "aws:kms:dsse"])
    guard usual?["SSEAlgorithm"]?.text != "AES256" || usual?["KMSMasterKeyID"] == nil else {
      throw S3Error(
        "InvalidArgument", 400,
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
          + "aws:kms:dsse", [("ArgumentName", "ApplyServerSideEncryptionByDefault")])
    }
  }

  private static func checkReplication(_ xml: XMLElement) throws(S3Error) {
    guard xml["Role"] != nil, !xml.all("Rule").isEmpty,
      xml.all("Rule").allSatisfy({ rule in
        ["Enabled", "Disabled"].contains(rule["Status"]?.text)
          && rule["Destination"]?["Bucket"] != nil
      })
    else { throw .malformedXML }
  }

  private static func checkOwnership(_ xml: XMLElement) throws(S3Error) {
    let rules = xml.all("Rule")
    guard rules.count == 1 else { throw .malformedXML }
    try check(
      rules[0]["ObjectOwnership"],
      is: ["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"])
  }

  private static func checkWebsite(_ xml: XMLElement) throws(S3Error) {
    if let redirection = xml["RedirectAllRequestsTo"] {
      guard xml["IndexDocument"] == nil, xml["RoutingRules"] == nil else {
        throw .invalidArgument(
          "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
          "RedirectAllRequestsTo", "not null")
      }
      guard redirection["HostName"] != nil else { throw .malformedXML }
      try checkProtocol(redirection)
    } else {
      guard let suffix = xml["IndexDocument"]?["Suffix"]?.text else {
        throw .invalidArgument(
          "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
          "IndexDocument", "null")
      }
      guard !suffix.isEmpty, !suffix.contains("/") else {
        throw .invalidArgument(
          "The IndexDocument Suffix is not well formed", "IndexDocument", suffix)
      }
    }
    if let errors = xml["ErrorDocument"], errors["Key"]?.text.isEmpty ?? true {
      throw .malformedXML
    }
    for rule in xml["RoutingRules"]?.all("RoutingRule") ?? [] { try check(routing: rule) }
  }

  private static func check(routing rule: XMLElement) throws(S3Error) {
    guard let redirection = rule["Redirect"], !redirection.children.isEmpty else {
      throw .malformedXML
    }
    try checkProtocol(redirection)
    guard redirection["ReplaceKeyPrefixWith"] == nil || redirection["ReplaceKeyWith"] == nil else {
      throw .invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    }
    if let condition = rule["Condition"], condition.children.isEmpty {
      throw .invalidRequest(
        "Condition cannot be empty. To redirect all requests without a condition, the condition "
          + "element shouldn't be present.")
    }
  }

  private static func checkProtocol(_ redirection: XMLElement) throws(S3Error) {
    guard let name = redirection["Protocol"]?.text, name != "http", name != "https" else { return }
    throw .invalidRequest(
      "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
        + "automatically.")
  }
}
