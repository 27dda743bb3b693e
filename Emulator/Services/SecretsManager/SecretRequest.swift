import Crypto
import JSON

/// The members that requests of Secrets Manager share, checked.
struct SecretRequest {
  let members: JSONMembers

  init(_ members: JSONMembers) { self.members = members }

  /// Bytes of a value, text or binary (API reference, `SecretString`: 65,536).
  private static let valueLimit = 65_536

  func secretID() throws(JSONServiceError) -> String {
    try members.string("SecretId", required: 1...2048)
  }

  /// The name of a new secret.
  func name() throws(JSONServiceError) -> String {
    let name = try members.string("Name", required: 1...512)
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/_+=.@-!".utf8.contains(byte)
      }
    }
    guard allowed else {
      throw .validation(
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
          + "following: -/_+=.@!")
    }
    return name
  }

  /// The new value; nil when the request gives none.
  func value() throws(JSONServiceError) -> SecretValue? {
    let text = try members.string("SecretString")
    let binary = try members.blob("SecretBinary")
    switch (text, binary) {
    case (nil, nil): return nil
    case (.some, .some):
      throw JSONServiceError(
        "InvalidParameterException", "You can't specify both SecretString and SecretBinary.")
    case (let text?, nil):
      try Self.check("secretString", text.utf8.count)
      return .text(text)
    case (nil, let binary?):
      try Self.check("secretBinary", binary.count)
      return .binary(binary)
    }
  }

  /// The id of the version that the request makes: its token, else a new one.
  ///
  /// SDKs always send one: without it the service makes no version.
  func versionID() throws(JSONServiceError) -> String {
    guard try members.string("ClientRequestToken") != nil else {
      throw Self.noToken("InvalidRequestException")
    }
    return try members.string("ClientRequestToken", required: 32...64)
  }

  static func noToken(_ type: String) -> JSONServiceError {
    JSONServiceError(
      type, "You must provide a ClientRequestToken value. We recommend a UUID-type value.")
  }

  func tags() throws(JSONServiceError) -> [Secret.Tag]? {
    guard let objects = try members.objects("Tags") else { return nil }
    var tags: [Secret.Tag] = []
    for object in objects {
      let key = try object.string("Key", required: 1...128)
      tags.append(Secret.Tag(key: key, value: try object.string("Value") ?? ""))
    }
    return tags
  }

  private static func check(_ member: String, _ count: Int) throws(JSONServiceError) {
    guard (1...valueLimit).contains(count) else {
      // The service never repeats a secret in its errors.
      let bound = count == 0 ? "greater than or equal to 1" : "less than or equal to \(valueLimit)"
      throw .validation(
        "1 validation error detected: Value at '\(member)' failed to satisfy constraint: Member "
          + "must have length \(bound)")
    }
  }
}
