import JSON
import Storage

/// A queue's settings, and their rules.
///
/// Source: SQS API reference, `SetQueueAttributes`.
struct Queue: Sendable {
  let name: String
  /// What was set; the rest have their defaults.
  var attributes: [String: String]
  var tags: ResourceTags
  /// Unix seconds.
  let created: Int
  var changed: Int

  var isFIFO: Bool { name.hasSuffix(".fifo") }

  /// The numbers: their range and default.
  static let numbers: [String: (range: ClosedRange<Int>, standard: Int)] = [
    "DelaySeconds": (0...900, 0), "MaximumMessageSize": (1_024...1_048_576, 1_048_576),
    "MessageRetentionPeriod": (60...1_209_600, 345_600),
    "ReceiveMessageWaitTimeSeconds": (0...20, 0), "VisibilityTimeout": (0...43_200, 30),
    "KmsDataKeyReusePeriodSeconds": (60...86_400, 300),
  ]
  private static let texts: Set<String> = [
    "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled",
  ]
  private static let ofFIFO: Set<String> = [
    "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
  ]
  /// What is computed and cannot be set.
  static let computed: Set<String> = [
    "QueueArn", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed", "CreatedTimestamp", "LastModifiedTimestamp",
  ]
  static let known = Set(numbers.keys).union(texts).union(ofFIFO).union(computed)

  /// Attributes besides the numbers that have a value when none was set.
  static let withStandards = [
    "SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope",
    "FifoThroughputLimit",
  ]

  /// The value of an attribute that was not set; nil when it has none.
  func standard(_ name: String) -> String? {
    switch name {
    case "SqsManagedSseEnabled": String(attributes["KmsMasterKeyId"] == nil)
    case "FifoQueue" where isFIFO: "true"
    case "ContentBasedDeduplication" where isFIFO: "false"
    case "DeduplicationScope" where isFIFO: "queue"
    case "FifoThroughputLimit" where isFIFO: "perQueue"
    default: Self.numbers[name].map { String($0.standard) }
    }
  }

  func number(_ name: String) -> Int {
    attributes[name].flatMap { Int($0) } ?? Self.numbers[name]?.standard ?? 0
  }

  var deduplicatesContent: Bool { attributes["ContentBasedDeduplication"] == "true" }
  var deduplicatesByGroup: Bool { attributes["DeduplicationScope"] == "messageGroup" }

  /// Where messages go that were received too often, and how often that is.
  var redrive: (target: String, count: Int)? {
    guard let text = attributes["RedrivePolicy"], let policy = try? JSONValue(parsing: text),
      let target = policy["deadLetterTargetArn"]?.string,
      let count = policy["maxReceiveCount"].flatMap({ $0.int ?? $0.string.flatMap { Int($0) } })
    else { return nil }
    return (target, count)
  }

  // MARK: - Rules

  static func checkName(_ name: String, isFIFO: Bool) throws {
    let base = isFIFO && name.hasSuffix(".fifo") ? String(name.dropLast(5)) : name
    let allowed = base.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    let isWhole = allowed && (1...80).contains(name.utf8.count) && !base.isEmpty
    if isFIFO, !(isWhole && name.hasSuffix(".fifo")) {
      throw JSONServiceError.parameter(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
          + "underscores, must end with .fifo suffix and be 1 to 80 in length.")
    }
    guard isWhole else {
      throw JSONServiceError.parameter(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
    }
  }

  /// Takes new attributes over; an empty text takes some of them back.
  mutating func set(_ new: [(key: String, value: String)], isNew: Bool) throws {
    for (name, value) in new {
      guard Self.known.contains(name), !Self.computed.contains(name),
        isFIFO || !Self.ofFIFO.contains(name)
      else { throw JSONServiceError.attributeName(name) }
      guard name != "FifoQueue" || value == "true" || isNew else {
        throw JSONServiceError.attributeValue(name, "Modifying queue type is not supported.")
      }
      if value.isEmpty, Self.texts.contains(name) {
        attributes[name] = nil
        continue
      }
      try check(name, value, isNew: isNew)
      attributes[name] = name == "RedrivePolicy" ? Self.normalized(value) : value
    }
    try settleEncryption(new.map(\.key))
  }

  /// One kind of encryption takes the other's place; both in one request are refused.
  private mutating func settleEncryption(_ changed: [String]) throws {
    let wantsKMS = changed.contains("KmsMasterKeyId") && attributes["KmsMasterKeyId"] != nil
    let wantsSQS =
      changed.contains("SqsManagedSseEnabled") && attributes["SqsManagedSseEnabled"] == "true"
    guard !(wantsKMS && wantsSQS) else {
      throw JSONServiceError.attributeNameText(
        "You can use one type of server-side encryption (SSE) at one time. You can either enable "
          + "KMS SSE or SQS SSE.")
    }
    if wantsKMS { attributes["SqsManagedSseEnabled"] = nil }
    if wantsSQS {
      attributes["KmsMasterKeyId"] = nil
      attributes["KmsDataKeyReusePeriodSeconds"] = nil
    }
  }

  /// The count as a number, also where it came as a text.
  private static func normalized(_ policy: String) -> String {
    guard var value = try? JSONValue(parsing: policy),
      let count = value["maxReceiveCount"]?.string.flatMap({ Int($0) })
    else { return policy }
    value["maxReceiveCount"] = .int(count)
    return value.description
  }

  private func check(_ name: String, _ value: String, isNew: Bool) throws {
    if let rule = Self.numbers[name] {
      guard let number = Int(value), rule.range.contains(number) else {
        throw JSONServiceError.attributeValue(name)
      }
      return
    }
    switch name {
    case "FifoQueue":
      guard value == "true" else { throw JSONServiceError.attributeName(name) }
    case "ContentBasedDeduplication", "SqsManagedSseEnabled":
      guard ["true", "false"].contains(value) else { throw JSONServiceError.attributeValue(name) }
    case "DeduplicationScope":
      guard ["messageGroup", "queue"].contains(value) else {
        throw JSONServiceError.attributeValue(name)
      }
    case "FifoThroughputLimit":
      guard ["perQueue", "perMessageGroupId"].contains(value) else {
        throw JSONServiceError.attributeValue(name)
      }
    case "RedrivePolicy": try Self.checkRedrive(value)
    case "Policy", "RedriveAllowPolicy":
      guard (try? JSONValue(parsing: value))?.object != nil else {
        throw JSONServiceError.attributeValue(name)
      }
    default: break
    }
  }

  private static func checkRedrive(_ text: String) throws {
    func invalid(_ reason: String) -> JSONServiceError {
      .parameter("RedrivePolicy", text, reason)
    }
    guard let policy = try? JSONValue(parsing: text), policy.object != nil else {
      throw invalid("Redrive policy is not a valid JSON map.")
    }
    guard let target = policy["deadLetterTargetArn"]?.string else {
      throw invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
    }
    guard let given = policy["maxReceiveCount"] else {
      throw invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
    }
    guard let count = given.int ?? given.string.flatMap({ Int($0) }), (1...1_000).contains(count)
    else {
      throw invalid(
        "Invalid value for maxReceiveCount: \(given.string ?? given.description), valid values are "
          + "from 1 to 1000 both inclusive.")
    }
    guard target.hasPrefix("arn:"), target.split(separator: ":").count == 6 else {
      throw invalid("Invalid value for deadLetterTargetArn.")
    }
  }
}
