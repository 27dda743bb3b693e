import Crypto
import Server

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

  /// When the rules let an object end, as its readers are told; nil when none does.
  static func expiration(of object: StoredObject, _ document: [UInt8]) -> String? {
    guard let xml = try? XMLElement.reading(document) else { return nil }
    var first: (end: Int, id: String)?
    for rule in xml.all("Rule") where rule["Status"]?.text == "Enabled" && applies(rule, object) {
      guard let end = end(rule, object), end < first?.end ?? .max else { continue }
      first = (end, rule["ID"]?.text ?? "")
    }
    return first.map { found in
      "expiry-date=\"\(WireTime.http(found.end))\", rule-id=\"\(PercentEncoding.encode(found.id))\""
    }
  }

  /// The end of an object by a rule, which lies at midnight, in Unix milliseconds.
  private static func end(_ rule: XMLElement, _ object: StoredObject) -> Int? {
    guard let expiration = rule["Expiration"] else { return nil }
    if let date = expiration["Date"]?.text { return WireTime.milliseconds(iso: date) }
    let day = 86_400_000
    return (expiration["Days"]?.text).flatMap { Int($0) }.map { days in
      ((object.modified + days * day + day - 1) / day) * day
    }
  }

  private static func applies(_ rule: XMLElement, _ object: StoredObject) -> Bool {
    guard let filter = rule["Filter"]?["And"] ?? rule["Filter"] else {
      return object.key.hasPrefix(rule["Prefix"]?.text ?? "")
    }
    let tags = filter.all("Tag").map {
      ObjectDetails.Pair(name: $0["Key"]?.text ?? "", value: $0["Value"]?.text ?? "")
    }
    let least = (filter["ObjectSizeGreaterThan"]?.text).flatMap { Int($0) } ?? -1
    let most = (filter["ObjectSizeLessThan"]?.text).flatMap { Int($0) } ?? .max
    return object.key.hasPrefix(filter["Prefix"]?.text ?? "") && object.size > least
      && object.size < most && tags.allSatisfy(object.details.tags.contains)
  }

  private static func check(_ rule: XMLElement) throws(S3Error) {
    guard ["Enabled", "Disabled"].contains(rule["Status"]?.text) else { throw .malformedXML }
    guard rule["Filter"] == nil || rule["Prefix"] == nil,
      rule["Filter"] != nil || rule["Prefix"] != nil
    else { throw .malformedXML }
    try check(filter: rule["Filter"])
    let actions = [
      "Expiration", "NoncurrentVersionExpiration", "Transition", "NoncurrentVersionTransition",
      "AbortIncompleteMultipartUpload",
    ].flatMap { rule.all($0) }
    guard !actions.isEmpty else {
      throw .invalidRequest("At least one action needs to be specified in a rule.")
    }
    for action in actions { try check(action: action) }
  }

  /// One condition, or several within `And`.
  private static func check(filter: XMLElement?) throws(S3Error) {
    guard let filter else { return }
    guard filter.children.count <= 1 else { throw .malformedXML }
    let names = filter["And"]?.all("Tag").map { $0["Key"]?.text ?? "" } ?? []
    guard Set(names).count == names.count else {
      throw .invalidRequest("Duplicate Tag Keys are not allowed.")
    }
  }

  private static func check(action: XMLElement) throws(S3Error) {
    if action.name.hasPrefix("NoncurrentVersion"), action["NoncurrentDays"] == nil {
      throw .malformedXML
    }
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
