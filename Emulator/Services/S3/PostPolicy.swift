import Crypto
import JSON

/// The policy of a form upload: what the fields may say, and until when.
///
/// Source: Amazon S3 API reference, "Creating a POST policy".
struct PostPolicy: Sendable {
  private enum Condition: Sendable {
    case equals(String, String)
    case startsWith(String, String)
    case length(ClosedRange<Int>)
  }

  private let conditions: [Condition]
  /// Unix milliseconds.
  private let end: Int

  /// `text` is the field as it was sent, in Base64.
  init(_ text: String) throws(S3Error) {
    guard let bytes = Base64.standard.decode(text.filter { !$0.isWhitespace }),
      let policy = try? JSONValue(parsing: bytes), policy.object != nil
    else { throw Self.invalid("Invalid JSON.") }
    guard let stamp = policy["expiration"]?.string else {
      throw Self.invalid("Policy missing expiration.")
    }
    guard let end = WireTime.milliseconds(iso: stamp) else {
      throw Self.invalid("Invalid 'expiration' value: '\(stamp)'")
    }
    guard let entries = policy["conditions"]?.array else {
      throw Self.invalid("Policy missing conditions.")
    }
    self.end = end
    var conditions: [Condition] = []
    for entry in entries { conditions += try Self.conditions(entry) }
    self.conditions = conditions
  }

  private static func conditions(_ entry: JSONValue) throws(S3Error) -> [Condition] {
    if let object = entry.object {
      var found: [Condition] = []
      for (name, value) in object {
        guard let text = value.string else { throw invalid("Invalid Simple-Condition.") }
        found.append(.equals(name.lowercased(), text))
      }
      guard !found.isEmpty else { throw invalid("Invalid Simple-Condition.") }
      return found
    }
    guard let parts = entry.array, parts.count == 3, let kind = parts[0].string?.lowercased() else {
      throw invalid("Invalid Condition.")
    }
    if kind == "content-length-range" {
      guard let least = number(parts[1]), let most = number(parts[2]), 0 <= least, least <= most
      else { throw invalid("Invalid content-length-range condition.") }
      return [.length(least...most)]
    }
    guard let name = parts[1].string, name.hasPrefix("$"), let value = parts[2].string else {
      throw invalid("Invalid \(kind) condition.")
    }
    let field = name.dropFirst().lowercased()
    switch kind {
    case "eq": return [.equals(field, value)]
    case "starts-with": return [.startsWith(field, value)]
    default: throw invalid("Unknown operator '\(kind)'")
    }
  }

  private static func number(_ value: JSONValue) -> Int? {
    value.int ?? value.string.flatMap { Int($0) }
  }

  private static func invalid(_ reason: String) -> S3Error {
    S3Error("InvalidPolicyDocument", 400, "Invalid Policy: \(reason)")
  }

  /// Fields that need no condition.
  private static let free: Set<String> = [
    "x-amz-signature", "awsaccesskeyid", "signature", "file", "policy", "bucket",
  ]

  /// Checks the fields of a form, whose names are in lower case, before its file is received.
  func check(_ fields: [(name: String, value: String)], now: Int) throws(S3Error) {
    guard now <= end else { throw Self.denied("Policy expired.") }
    var named: Set<String> = []
    for condition in conditions {
      switch condition {
      case .equals(let name, let wanted):
        named.insert(name)
        guard fields.contains(where: { $0.name == name && $0.value == wanted }) else {
          throw Self.failed(#"["eq", "$\#(name)", "\#(wanted)"]"#)
        }
      case .startsWith(let name, let wanted):
        named.insert(name)
        guard fields.contains(where: { $0.name == name && $0.value.hasPrefix(wanted) }) else {
          throw Self.failed(#"["starts-with", "$\#(name)", "\#(wanted)"]"#)
        }
      case .length: break
      }
    }
    let extra = fields.map(\.name).filter {
      !named.contains($0) && !Self.free.contains($0) && !$0.hasPrefix("x-ignore-")
    }
    guard extra.isEmpty else {
      throw Self.denied("Extra input fields: \(extra.joined(separator: ", "))")
    }
  }

  /// The longest file that the policy allows.
  var limit: Int? {
    conditions.compactMap { if case .length(let range) = $0 { range.upperBound } else { nil } }
      .min()
  }

  /// Checks the length of the file once it is known.
  func check(length: Int) throws(S3Error) {
    for case .length(let range) in conditions where !range.contains(length) {
      let isSmall = length < range.lowerBound
      throw S3Error(
        isSmall ? "EntityTooSmall" : "EntityTooLarge", 400,
        "Your proposed upload \(isSmall ? "is smaller than the minimum" : "exceeds the maximum") "
          + "allowed size",
        [
          ("ProposedSize", "\(length)"),
          isSmall
            ? ("MinSizeAllowed", "\(range.lowerBound)") : ("MaxSizeAllowed", "\(range.upperBound)"),
        ])
    }
  }

  private static func failed(_ condition: String) -> S3Error {
    denied("Policy Condition failed: \(condition)")
  }

  private static func denied(_ reason: String) -> S3Error {
    S3Error("AccessDenied", 403, "Invalid according to Policy: \(reason)")
  }
}
