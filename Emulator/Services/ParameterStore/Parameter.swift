import JSON

/// One version of a parameter.
struct ParameterVersion: Sendable {
  enum Kind: String, Sendable {
    case text = "String"
    case list = "StringList"
    case secure = "SecureString"
  }

  let name: String
  let version: Int
  let kind: Kind
  /// Of a secure one the ciphertext in base64.
  let value: String
  /// Unix seconds.
  let modified: Double
  var keyID: String?
  var description: String?
  var allowedPattern: String?
  var tier = "Standard"
  var policies: String?
  var dataType = "text"
  var labels: [String] = []

  init(name: String, version: Int, kind: Kind, value: String, modified: Double) {
    self.name = name
    self.version = version
    self.kind = kind
    self.value = value
    self.modified = modified
  }

  var stored: JSONValue {
    var document: JSONValue = [
      "kind": .string(kind.rawValue), "value": .string(value), "modified": .double(modified),
      "tier": .string(tier), "dataType": .string(dataType),
      "labels": .array(labels.map { .string($0) }),
    ]
    for (key, text) in [
      ("keyID", keyID), ("description", description), ("allowedPattern", allowedPattern),
      ("policies", policies),
    ] {
      document[key] = text.map { .string($0) }
    }
    return document
  }

  /// As ``stored`` wrote it; nil for anything else.
  init?(name: String, version: Int, stored: JSONValue) {
    guard let kind = stored["kind"]?.string.flatMap({ Kind(rawValue: $0) }),
      let value = stored["value"]?.string
    else { return nil }
    self.init(
      name: name, version: version, kind: kind, value: value,
      modified: stored["modified"]?.double ?? 0)
    keyID = stored["keyID"]?.string
    description = stored["description"]?.string
    allowedPattern = stored["allowedPattern"]?.string
    policies = stored["policies"]?.string
    tier = stored["tier"]?.string ?? "Standard"
    dataType = stored["dataType"]?.string ?? "text"
    labels = stored["labels"]?.array?.compactMap(\.string) ?? []
  }
}

/// The name of a parameter, and its rules.
///
/// Source: Systems Manager user guide, "Requirements and constraints for parameter names".
enum ParameterName {
  private static let mostLevels = 15
  /// Characters of the ARN, which holds the name.
  private static let longest = 1_011

  /// With the slash that a name on the first level may lack.
  static func qualified(_ name: String) -> String { name.hasPrefix("/") ? name : "/" + name }

  static func check(_ name: String) throws(JSONServiceError) {
    let lowered = name.lowercased()
    if lowered.hasPrefix("/aws") || lowered.hasPrefix("aws") {
      guard !lowered.hasPrefix("/") else {
        throw JSONServiceError(
          "AccessDeniedException", "No access to reserved parameter name: \(name).")
      }
      throw .validation(prefixText(name.contains("/")))
    }
    if lowered.hasPrefix("ssm") || lowered.hasPrefix("/ssm") {
      throw .validation(prefixText(name.dropFirst().contains("/")))
    }
    if name.contains("/"), !name.hasPrefix("/") {
      throw .validation("Parameter name must be a fully qualified name.")
    }
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
      default: false
      }
    }
    guard allowed, !name.hasSuffix("/"), !name.contains("//") else {
      throw .validation(
        "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it "
          + "can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix "
          + "of letters, numbers and the following 3 symbols .-_")
    }
    guard name.split(separator: "/").count <= mostLevels else {
      throw JSONServiceError(
        "HierarchyLevelLimitExceededException",
        "A hierarchy can have a maximum of 15 levels. For more information, see Requirements and "
          + "constraints for parameter names in the AWS Systems Manager User Guide. ")
    }
    guard name.utf8.count <= longest else {
      throw .validation("Parameter name is too long: at most \(longest) characters are allowed.")
    }
  }

  private static func prefixText(_ isPath: Bool) -> String {
    isPath
      ? "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it "
        + "can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
        + "letters, numbers and the following 3 symbols .-_"
      : "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."
  }

  static func checkPath(_ path: String) throws(JSONServiceError) {
    let allowed = path.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
      default: false
      }
    }
    guard path.hasPrefix("/"), allowed, !path.contains("//") else {
      throw .validation(
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
          + "with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" "
          + "(case-insensitive). It must use only letters, numbers, or the following symbols: . "
          + "(period), - (hyphen), _ (underscore). Special characters are not allowed. All "
          + "sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: "
          + "/get/parameters2-/by1./path0_.")
    }
  }
}

/// `name`, `name:3` or `name:label`; also the ARN in place of the name.
struct ParameterReference: Sendable {
  let name: String
  let selector: String?

  init(_ text: String) {
    var rest = text[...]
    if text.hasPrefix("arn:"), let start = text.firstRange(of: ":parameter/") {
      let path = text[start.upperBound...]
      // The ARN of `/a/b` ends in `parameter/a/b`, that of `a` in `parameter/a`.
      let parts = path.split(separator: ":", maxSplits: 1)
      let name = parts.first.map(String.init) ?? ""
      rest = Substring(name.contains("/") ? "/" + path : String(path))
    }
    let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    selector = parts.count == 2 ? String(parts[1]) : nil
  }
}
