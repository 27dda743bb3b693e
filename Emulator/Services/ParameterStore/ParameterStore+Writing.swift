import Crypto
import JSON

/// Putting, deleting and labelling.
extension ParameterStore {
  /// Versions that are kept of one parameter (Systems Manager quotas).
  private static let mostVersions = 100
  private static let mostLabels = 10
  /// Bytes of a value by tier.
  private static let standardValue = 4_096
  private static let advancedValue = 8_192

  func putParameter(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    try ParameterName.check(name)
    let overwrites = try input.bool("Overwrite") ?? false
    let tags = try input.tags()
    guard tags == nil || !overwrites else {
      throw JSONServiceError.validation(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with "
          + "tags, please remove overwrite flag. To update tags for an existing parameter, please "
          + "use AddTagsToResource or RemoveTagsFromResource.")
    }
    let value = try input.required("Value")
    let known = try await read { try $0.latest(name) }
    guard known == nil || overwrites else {
      throw JSONServiceError(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the "
          + "request to true.")
    }
    guard
      let kind = try input.string("Type").flatMap({ ParameterVersion.Kind(rawValue: $0) })
        ?? known?.kind
    else {
      throw JSONServiceError.validation(
        "A parameter type is required when you create a parameter.")
    }
    if let known, known.kind != kind {
      throw JSONServiceError(
        "HierarchyTypeMismatchException",
        "Parameter Store does not support changing a parameter type in a hierarchy. For example, "
          + "you can't change a parameter from a String type to a SecureString type. You must "
          + "create a new, unique parameter.")
    }
    let tier = try tier(input, value, known)
    try Self.check(value, input)
    var fresh = ParameterVersion(
      name: known?.name ?? name, version: 0, kind: kind, value: value, modified: now())
    fresh.tier = tier
    fresh.description = try input.string("Description") ?? known?.description
    fresh.allowedPattern = try input.string("AllowedPattern") ?? known?.allowedPattern
    fresh.policies = try input.string("Policies")
    fresh.dataType = try Self.dataType(input)
    let draft =
      kind == .secure ? try await sealed(fresh, try input.string("KeyId") ?? known?.keyID) : fresh
    return try await write { table in
      let version = try self.add(draft, in: table, overwrites: overwrites)
      if let tags { try table.save(ResourceTags(tags), of: name) }
      return ["Version": .int(version), "Tier": .string(tier)]
    }
  }

  /// Adds a version behind the latest one and returns its number.
  private func add(
    _ draft: ParameterVersion, in table: ParameterTable, overwrites: Bool
  ) throws -> Int {
    let versions = try table.versions(of: draft.name)
    // Somebody else may have made it since it was looked for.
    guard versions.isEmpty || overwrites else {
      throw JSONServiceError(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the "
          + "request to true.")
    }
    if versions.count >= Self.mostVersions, let oldest = versions.first {
      guard oldest.labels.isEmpty else {
        throw JSONServiceError(
          "ParameterMaxVersionLimitExceeded",
          "You attempted to create a new version of \(draft.name) by calling the PutParameter API "
            + "with the overwrite flag. Version \(oldest.version), the oldest version, can't be "
            + "deleted because it has a label associated with it. Move the label to another version "
            + "of the parameter, and try again.")
      }
      try table.remove(draft.name, version: oldest.version)
    }
    var document = draft.stored
    document["labels"] = []
    let number = (versions.last?.version ?? 0) + 1
    if let version = ParameterVersion(name: draft.name, version: number, stored: document) {
      try table.save(version)
    }
    return number
  }

  private func sealed(
    _ draft: ParameterVersion, _ keyID: String?
  ) async throws -> ParameterVersion {
    let keyID = keyID ?? "alias/aws/ssm"
    do {
      let (cipher, _) = try await kms.seal(
        draft.value, keyName: keyID, context: [("PARAMETER_ARN", arn(draft.name))])
      var document = draft.stored
      document["value"] = .string(Base64.standard.encode(cipher))
      document["keyID"] = .string(keyID)
      return ParameterVersion(name: draft.name, version: 0, stored: document) ?? draft
    } catch let error as JSONServiceError {
      throw JSONServiceError(
        "InvalidKeyId", error.message.isEmpty ? error.type : error.message)
    }
  }

  private func tier(
    _ input: JSONMembers, _ value: String, _ known: ParameterVersion?
  ) throws -> String {
    let wanted = try input.string("Tier") ?? known?.tier ?? "Standard"
    let size = value.utf8.count
    let needsAdvanced = try size > Self.standardValue || input.string("Policies") != nil
    switch wanted {
    case "Intelligent-Tiering":
      guard size <= Self.advancedValue else { break }
      return needsAdvanced || known?.tier == "Advanced" ? "Advanced" : "Standard"
    case "Advanced":
      guard size <= Self.advancedValue else { break }
      return "Advanced"
    default:
      if known?.tier == "Advanced" {
        throw JSONServiceError.validation(
          "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from "
            + "the advanced-parameter tier to the standard-parameter tier. If necessary, you can "
            + "delete the advanced parameter and recreate it as a standard parameter.")
      }
      guard size <= Self.standardValue else {
        throw JSONServiceError.validation(
          "Standard tier parameters support a maximum parameter value of 4096 characters. To "
            + "create a larger parameter value, upgrade the parameter to use the "
            + "advanced-parameter tier. For more information, see "
            + "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
            + "parameter-store-advanced-parameters.html")
      }
      return "Standard"
    }
    throw JSONServiceError.validation(
      "Advanced tier parameters support a maximum parameter value of 8192 characters.")
  }

  private static func check(_ value: String, _ input: JSONMembers) throws {
    guard !value.isEmpty else {
      throw JSONServiceError.validation(
        "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must "
          + "have length greater than or equal to 1")
    }
    if let pattern = try input.string("AllowedPattern"), !pattern.isEmpty {
      guard RequestPattern.isValid(pattern) else {
        throw JSONServiceError(
          "InvalidAllowedPatternException",
          "The request does not meet the regular expression requirement.")
      }
      guard RequestPattern.matches(value, pattern) else {
        throw JSONServiceError(
          "ParameterPatternMismatchException",
          "Parameter value, cannot be validated against allowedPattern: \(pattern)")
      }
    }
  }

  private static func dataType(_ input: JSONMembers) throws -> String {
    let type = try input.string("DataType") ?? "text"
    guard ["text", "aws:ec2:image", "aws:ssm:integration"].contains(type) else {
      throw JSONServiceError.validation(
        "The following data type is not supported: \(type) (Data type names are all lowercase.)")
    }
    return type
  }

  func deleteParameter(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    return try await write { table in
      guard try table.remove(ParameterReference(name).name) else { throw Self.notFound }
      return [:]
    }
  }

  func deleteParameters(_ input: JSONMembers) async throws -> JSONValue {
    let names = try input.strings("Names") ?? []
    return try await write { table in
      var (deleted, invalid): ([JSONValue], [JSONValue]) = ([], [])
      for name in names {
        if try table.remove(name) {
          deleted.append(.string(name))
        } else {
          invalid.append(.string(name))
        }
      }
      return ["DeletedParameters": .array(deleted), "InvalidParameters": .array(invalid)]
    }
  }

  // MARK: - Labels

  func labelParameterVersion(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    let number = try input.int("ParameterVersion")
    let labels = try input.strings("Labels") ?? []
    return try await write { table in
      var versions = try table.versions(of: name)
      guard let place = try Self.place(of: number, name, in: versions) else {
        throw Self.notFound
      }
      let invalid = labels.filter { !Self.isLabel($0) }
      let valid = labels.filter { Self.isLabel($0) }
      guard Set(versions[place].labels).union(valid).count <= Self.mostLabels else {
        throw JSONServiceError(
          "ParameterVersionLabelLimitExceeded",
          "A parameter version can have maximum 10 labels.Move one or more labels to another "
            + "version and try again.")
      }
      for index in versions.indices where index != place {
        let kept = versions[index].labels.filter { !valid.contains($0) }
        guard kept.count != versions[index].labels.count else { continue }
        versions[index].labels = kept
        try table.save(versions[index])
      }
      for label in valid where !versions[place].labels.contains(label) {
        versions[place].labels.append(label)
      }
      try table.save(versions[place])
      return [
        "InvalidLabels": .array(invalid.map { .string($0) }),
        "ParameterVersion": .int(versions[place].version),
      ]
    }
  }

  func unlabelParameterVersion(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    let number = try input.int("ParameterVersion")
    let labels = try input.strings("Labels") ?? []
    return try await write { table in
      var versions = try table.versions(of: name)
      guard let place = try Self.place(of: number, name, in: versions) else {
        throw Self.notFound
      }
      let removed = labels.filter { versions[place].labels.contains($0) }
      let invalid = labels.filter { !versions[place].labels.contains($0) }
      versions[place].labels.removeAll { removed.contains($0) }
      try table.save(versions[place])
      return [
        "RemovedLabels": .array(removed.map { .string($0) }),
        "InvalidLabels": .array(invalid.map { .string($0) }),
      ]
    }
  }

  private static func place(
    of number: Int?, _ name: String, in versions: [ParameterVersion]
  ) throws -> Int? {
    guard !versions.isEmpty else { return nil }
    guard let number else { return versions.count - 1 }
    guard let place = versions.firstIndex(where: { $0.version == number }) else {
      throw JSONServiceError(
        "ParameterVersionNotFound",
        "Systems Manager could not find version \(number) of \(name). Verify the version and try "
          + "again.")
    }
    return place
  }

  /// Letters, digits and `.-_`; not beginning with a digit, `aws` or `ssm` (API reference).
  private static func isLabel(_ label: String) -> Bool {
    let lowered = label.lowercased()
    guard !lowered.hasPrefix("aws"), !lowered.hasPrefix("ssm"), let first = label.utf8.first,
      !(0x30...0x39).contains(first)
    else { return false }
    return label.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
      default: false
      }
    }
  }
}
