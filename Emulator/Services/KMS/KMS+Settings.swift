import Crypto
import JSON

/// Tags, policies and rotation.
extension KMS {
  func tagResource(_ input: JSONMembers) async throws -> JSONValue {
    let tags = try input.tags(key: "TagKey", value: "TagValue") ?? []
    guard !tags.contains(where: { $0.key.hasPrefix("aws:") }) else {
      throw JSONServiceError("TagException", "Tags beginning with aws: are reserved")
    }
    return try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.tags.set(tags)
      guard key.tags.tags.count <= 50 else {
        throw JSONServiceError("TagException", "Too many tags")
      }
      return [:]
    }
  }

  func untagResource(_ input: JSONMembers) async throws -> JSONValue {
    let names = try input.strings("TagKeys") ?? []
    return try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.tags.remove(names)
      return [:]
    }
  }

  func listResourceTags(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    let limit = min(try input.int("Limit") ?? 50, 50)
    let start = try Self.marker(input)
    let key = try await read { try self.keyWithoutAlias(name, in: $0) }
    let found = key.tags.tags.sorted { $0.key < $1.key }.filter { $0.key > start }
    return Self.list("Tags", Page(found, limit: limit, name: \.key)) { tag in
      ["TagKey": .string(tag.key), "TagValue": .string(tag.value)]
    }
  }

  // MARK: - Policies

  func getKeyPolicy(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    let key = try await read { try self.keyWithoutAlias(name, in: $0) }
    guard try input.string("PolicyName") ?? "default" == "default" else {
      throw Self.notFound("No such policy exists")
    }
    return ["Policy": .string(key.policy), "PolicyName": "default"]
  }

  func putKeyPolicy(_ input: JSONMembers) async throws -> JSONValue {
    guard try input.string("PolicyName") ?? "default" == "default" else {
      throw JSONServiceError("UnsupportedOperationException", "Only default policy is supported")
    }
    let policy = try input.required("Policy")
    guard (try? JSONValue(parsing: policy))?.object != nil else {
      throw JSONServiceError(
        "MalformedPolicyDocumentException", "Policy contains a statement that is not valid JSON.")
    }
    return try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.policy = policy
      return [:]
    }
  }

  func listKeyPolicies(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    _ = try await read { try self.keyWithoutAlias(name, in: $0) }
    return ["PolicyNames": ["default"], "Truncated": false]
  }

  // MARK: - Rotation

  private static func requireRotation(_ key: KMSKey) throws {
    guard key.family == .symmetric else {
      throw JSONServiceError(
        "UnsupportedOperationException",
        "\(key.arn) key spec is \(key.spec) which is not valid for this operation.")
    }
  }

  func enableKeyRotation(_ input: JSONMembers) async throws -> JSONValue {
    let period = try input.int("RotationPeriodInDays")
    let now = now()
    return try await change(input) { key, table in
      key = try self.usableKey(key.id, in: table)
      try Self.requireRotation(key)
      key.rotationPeriod = period ?? key.rotationPeriod ?? 365
      key.rotationEnabled = now
      return [:]
    }
  }

  func disableKeyRotation(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { key, table in
      key = try self.usableKey(key.id, in: table)
      try Self.requireRotation(key)
      key.rotationPeriod = nil
      key.rotationEnabled = nil
      return [:]
    }
  }

  func getKeyRotationStatus(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    let key = try await read { try self.keyWithoutAlias(name, in: $0) }
    try Self.requireRotation(key)
    let isOn = key.rotationPeriod != nil && key.deletion == nil
    var answer: JSONValue = ["KeyId": .string(key.id), "KeyRotationEnabled": .bool(isOn)]
    if isOn {
      answer["RotationPeriodInDays"] = key.rotationPeriod.map { .int($0) }
      answer["NextRotationDate"] = key.nextRotation.map { .double($0) }
    }
    return answer
  }

  func listKeyRotations(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    let limit = try input.int("Limit") ?? 100
    let start = Int(try Self.marker(input)) ?? -1
    let key = try await read { try self.keyWithoutAlias(name, in: $0) }
    try Self.requireRotation(key)
    let found = key.rotations.enumerated().filter { $0.offset > start }
    return Self.list("Rotations", Page(found, limit: limit) { String($0.offset) }) { entry in
      [
        "KeyId": .string(key.id), "RotationDate": .double(entry.element.date),
        "RotationType": entry.element.isOnDemand ? "ON_DEMAND" : "AUTOMATIC",
      ]
    }
  }

  /// Rotations that a user may ask for (KMS quotas, "On-demand rotation").
  private static let mostOnDemand = 25

  func rotateKeyOnDemand(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { key, table in
      key = try self.usableKey(key.id, in: table)
      try Self.requireRotation(key)
      guard key.rotations.count(where: \.isOnDemand) < Self.mostOnDemand else {
        throw JSONServiceError(
          "LimitExceededException", "The on-demand rotation limit of the key has been reached.")
      }
      try self.rotate(&key, isOnDemand: true, in: table)
      return ["KeyId": .string(key.id)]
    }
  }

  /// New material for what is encrypted from now on; older material stays for what was.
  func rotate(_ key: inout KMSKey, isOnDemand: Bool, in table: KeyTable) throws {
    key.rotations.append(KMSKey.Rotation(date: now(), isOnDemand: isOnDemand))
    try table.add(Random.bytes(32), to: key.id, key.materialNumber)
  }
}
