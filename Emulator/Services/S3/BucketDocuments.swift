import Crypto
import JSON

extension BucketSetting {
  /// A document that was given, held against what S3 asks of it, in the form in which it is kept.
  func checked(_ document: [UInt8]) throws -> [UInt8] {
    if self == .policy { return try Self.policy(document) }
    let xml = try XMLElement.reading(document)
    guard xml.name == root else { throw S3Error.malformedXML }
    switch self {
    case .tagging: _ = try ObjectTags.parse(xml, limit: 50)
    case .cors: _ = try CORSRule.all(in: xml)
    case .lifecycle: return try LifecycleRules.checked(xml)
    case .encryption: try Self.checkEncryption(xml)
    case .ownershipControls: try Self.checkOwnership(xml)
    case .accelerate: try Self.check(xml["Status"], is: ["Enabled", "Suspended"])
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
    try check(
      rules[0]["ApplyServerSideEncryptionByDefault"]?["SSEAlgorithm"],
      is: ["AES256", "aws:kms", "aws:kms:dsse"])
  }

  private static func checkOwnership(_ xml: XMLElement) throws(S3Error) {
    let rules = xml.all("Rule")
    guard rules.count == 1 else { throw .malformedXML }
    try check(
      rules[0]["ObjectOwnership"],
      is: ["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"])
  }

  private static func checkWebsite(_ xml: XMLElement) throws(S3Error) {
    guard xml["RedirectAllRequestsTo"]?["HostName"] != nil || xml["IndexDocument"]?["Suffix"] != nil
    else {
      throw .invalidArgument(
        "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
        "IndexDocument", "null")
    }
  }
}

/// Lifecycle rules: checked and kept, without effect. Source: Amazon S3 API reference,
/// "PutBucketLifecycleConfiguration".
enum LifecycleRules {
  private static let ruleLimit = 1_000

  /// The document with an id for each rule.
  static func checked(_ xml: XMLElement) throws(S3Error) -> [UInt8] {
    var xml = xml
    let rules = xml.all("Rule")
    guard (1...ruleLimit).contains(rules.count), rules.count == xml.children.count else {
      throw .malformedXML
    }
    var ids: Set<String> = []
    for index in xml.children.indices {
      try check(xml.children[index])
      if xml.children[index]["ID"]?.text.isEmpty ?? true {
        xml.children[index].children.removeAll { $0.name == "ID" }
        xml.children[index].children.insert(
          XMLElement(name: "ID", text: Base64.url.encode(Random.bytes(36))), at: 0)
      }
      let id = xml.children[index]["ID"]?.text ?? ""
      guard id.unicodeScalars.count <= 255 else {
        throw .invalidArgument("ID length should not exceed allowed limit of 255", "ID", id)
      }
      guard ids.insert(id).inserted else {
        throw .invalidArgument(
          "Rule ID must be unique. Found same ID for more than one rule", "ID", id)
      }
    }
    return XMLWriter.document(xml.name) { writer in
      for child in xml.children { writer.tree(child) }
    }
  }

  private static func check(_ rule: XMLElement) throws(S3Error) {
    guard ["Enabled", "Disabled"].contains(rule["Status"]?.text) else { throw .malformedXML }
    guard rule["Filter"] == nil || rule["Prefix"] == nil,
      rule["Filter"] != nil || rule["Prefix"] != nil
    else { throw .malformedXML }
    let actions = [
      "Expiration", "NoncurrentVersionExpiration", "Transition", "NoncurrentVersionTransition",
      "AbortIncompleteMultipartUpload",
    ].flatMap { rule.all($0) }
    guard !actions.isEmpty else {
      throw .invalidRequest("At least one action needs to be specified in a rule.")
    }
    for action in actions { try check(action: action) }
  }

  private static func check(action: XMLElement) throws(S3Error) {
    for name in ["Days", "NoncurrentDays", "DaysAfterInitiation"] {
      guard let text = action[name]?.text else { continue }
      guard let days = Int(text) else { throw .malformedXML }
      let isTransition = action.name.hasSuffix("Transition")
      guard days > 0 || days == 0 && isTransition else {
        throw .invalidArgument(
          "'\(name)' for \(action.name) action must be a positive integer", name, text)
      }
    }
    if let date = action["Date"]?.text {
      guard let time = WireTime.milliseconds(iso: date) else { throw .malformedXML }
      guard time % 86_400_000 == 0 else {
        throw .invalidArgument("'Date' must be at midnight GMT", "Date", date)
      }
    }
    if action.name == "Expiration" {
      let given = ["Days", "Date", "ExpiredObjectDeleteMarker"].filter { action[$0] != nil }
      guard given.count == 1 else { throw .malformedXML }
    }
  }
}
