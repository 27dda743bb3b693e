import Crypto
import JSON
import Storage

/// One message as it lies in its queue.
struct QueueMessage: Sendable {
  /// Its place in the order of all messages, 0 before it is kept.
  var sequence = 0
  var id: String
  let body: String
  /// As the sender gave them: an object of `{DataType, StringValue, …}`.
  let attributes: JSONValue
  /// `AWSTraceHeader`, and what a dead letter remembers of its source.
  var system: JSONValue
  /// Unix milliseconds.
  var sent: Int
  var visible: Int
  var received = 0
  var firstReceived: Int?
  let group: String?
  let deduplication: String?

  var bodyMD5: String { Hex.encode(MD5.digest(body)) }

  /// Nil without attributes.
  var attributesMD5: String? { Self.md5(of: attributes) }

  /// `SequenceNumber`: 20 digits.
  var sequenceNumber: String {
    let digits = String(sequence)
    return "1" + String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits
  }

  /// Source: SQS developer guide, "Calculating the MD5 message digest for message attributes".
  static func md5(of attributes: JSONValue) -> String? {
    guard let members = attributes.object, !members.isEmpty else { return nil }
    var hash = MD5()
    func add(_ bytes: [UInt8]) {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).bigEndian) { hash.update($0) }
      hash.update(bytes)
    }
    let sorted = members.sorted {
      Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8))
    }
    for (name, value) in sorted {
      let type = value["DataType"]?.string ?? ""
      add(Array(name.utf8))
      add(Array(type.utf8))
      if type.hasPrefix("Binary") {
        hash.update([2])
        add(Base64.standard.decode(value["BinaryValue"]?.string ?? "") ?? [])
      } else {
        hash.update([1])
        add(Array((value["StringValue"]?.string ?? "").utf8))
      }
    }
    return Hex.encode(hash.finish())
  }

  // MARK: - Rules

  /// Bytes that count against the limit: body, and names, types and values of attributes.
  static func size(_ body: String, _ attributes: JSONValue) -> Int {
    (attributes.object ?? [:]).reduce(body.utf8.count) { sum, member in
      let value = member.value
      let binary = value["BinaryValue"]?.string.flatMap { Base64.standard.decode($0)?.count } ?? 0
      return sum + member.key.utf8.count + (value["DataType"]?.string ?? "").utf8.count
        + (value["StringValue"]?.string ?? "").utf8.count + binary
    }
  }

  static func check(body: String) throws {
    let isValid = body.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: true
      default: false
      }
    }
    guard isValid else { throw JSONServiceError.invalidContents }
  }

  static func check(attributes: JSONValue) throws {
    let members = attributes.object ?? [:]
    guard members.count <= 10 else {
      throw JSONServiceError.parameter(
        "Number of message attributes [\(members.count)] exceeds the allowed maximum [10].")
    }
    for (name, value) in members {
      try check(attributeName: name)
      try check(attribute: value, name)
    }
  }

  private static func check(attributeName name: String) throws {
    guard name.utf8.count < 257 else {
      throw JSONServiceError.parameter(
        "Message (user) attribute names must be shorter than 256 Bytes")
    }
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
    guard allowed, !name.isEmpty, !name.hasPrefix("."), !name.hasSuffix("."),
      !name.contains(".."), !name.lowercased().hasPrefix("aws."),
      !name.lowercased().hasPrefix("amazon.")
    else {
      throw JSONServiceError.parameter(
        "Message (user) attributes name can only contain upper and lower score characters, digits, "
          + "periods, hyphens and underscores. ")
    }
  }

  private static func check(attribute value: JSONValue, _ name: String) throws {
    let type = value["DataType"]?.string ?? ""
    guard !type.isEmpty else {
      throw JSONServiceError.parameter(
        "The message attribute '\(name)' must contain non-empty message attribute type.")
    }
    let kind = type.prefix { $0 != "." }
    guard ["String", "Number", "Binary"].contains(String(kind)), type.utf8.count <= 256 else {
      throw JSONServiceError.parameter(
        "The message attribute '\(name)' has an invalid message attribute type, the set of "
          + "supported type prefixes is Binary, Number, and String.")
    }
    let text = value[kind == "Binary" ? "BinaryValue" : "StringValue"]?.string ?? ""
    guard !text.isEmpty else {
      throw JSONServiceError.parameter(
        "Message (user) attribute '\(name)' must contain a non-empty value of type '\(kind)'.")
    }
    if kind == "Number", Double(text) == nil {
      throw JSONServiceError.parameter(
        "Can't cast the value of message (user) attribute '\(name)' to a number.")
    }
    if kind != "Binary" { try check(body: text) }
  }

  /// `MessageGroupId` and `MessageDeduplicationId`.
  static func check(token: String?, _ name: String) throws {
    guard let token else { return }
    let allowed = token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard (1...128).contains(token.utf8.count), allowed else {
      throw JSONServiceError.parameter(
        name, token,
        "\(name) can only include alphanumeric and punctuation characters. 1 to 128 in length.")
    }
  }
}
