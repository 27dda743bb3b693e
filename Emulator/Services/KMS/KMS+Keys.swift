import Crypto
import JSON
import Storage
package import Template

/// Making, describing and ending keys.
extension KMS {
  func createKey(_ input: JSONMembers) async throws -> JSONValue {
    let spec =
      try input.string("KeySpec") ?? input.string("CustomerMasterKeySpec") ?? "SYMMETRIC_DEFAULT"
    for name in ["CustomKeyStoreId", "XksKeyId"] where try input.string(name) != nil {
      throw Self.refused("\(name) of CreateKey")
    }
    if let origin = try input.string("Origin"), origin != "AWS_KMS" {
      throw Self.refused("Origin \(origin) of CreateKey")
    }
    let usage = try Self.usage(try input.string("KeyUsage"), for: spec)
    let tags = ResourceTags(try input.tags(key: "TagKey", value: "TagValue") ?? [])
    if tags.tags.contains(where: { $0.key.hasPrefix("aws:") }) {
      throw JSONServiceError("TagException", "Tags beginning with aws: are reserved")
    }
    let policy = try input.string("Policy")
    if let policy { try Self.check(policy: policy) }
    let isMultiRegion = try input.bool("MultiRegion") ?? false
    let key = try await make(
      spec: spec, usage: usage, isMultiRegion: isMultiRegion, isManaged: false, id: nil,
      description: try input.string("Description") ?? "", policy: policy, tags: tags)
    return [
      "KeyMetadata": key.metadata(account: environment.accountID, region: environment.region)
    ]
  }

  static func refused(_ what: String) -> JSONServiceError {
    JSONServiceError("UnsupportedOperationException", "martlet does not play \(what).")
  }

  /// The use of a new key, which only symmetric keys may leave open.
  private static func usage(_ wanted: String?, for spec: String) throws -> KMSKey.Usage {
    guard let family = KMSKey.families[spec] else {
      throw JSONServiceError(
        "UnsupportedOperationException", "KeySpec \(spec) is not supported in this region")
    }
    guard let wanted else {
      guard family == .symmetric else {
        throw JSONServiceError.validation(
          "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
        )
      }
      return .encrypt
    }
    guard let usage = KMSKey.Usage(rawValue: wanted), KMSKey.usages(of: family).contains(usage)
    else {
      if wanted == "KEY_AGREEMENT", case .curve = family { throw refused("KeyUsage \(wanted)") }
      throw JSONServiceError.validation(
        "KeyUsage \(wanted) is not compatible with KeySpec \(spec)")
    }
    return usage
  }

  private static func check(policy: String) throws {
    guard (try? JSONValue(parsing: policy))?.object != nil else {
      throw JSONServiceError(
        "MalformedPolicyDocumentException", "Policy contains a statement that is not valid JSON.")
    }
  }

  /// Makes a key with its material and keeps both.
  private func make(
    spec: String, usage: KMSKey.Usage, isMultiRegion: Bool, isManaged: Bool, id: String?,
    description: String, policy: String?, tags: ResourceTags
  ) async throws -> KMSKey {
    let id = id ?? (isMultiRegion ? "mrk-" + Hex.encode(Random.bytes(16)) : RequestID.uuid())
    var key = KMSKey(
      id: id, arn: keyARN(id), spec: spec, usage: usage, created: now(),
      isMultiRegion: isMultiRegion, isManaged: isManaged, policy: policy ?? defaultPolicy)
    key.description = description
    key.tags = tags
    let material = try await Self.newMaterial(key.family)
    let made = key
    try await database.write { connection in
      let table = KeyTable(connection: connection)
      try table.save(made)
      try table.add(material, to: made.id, 0)
    }
    return made
  }

  static func newMaterial(_ family: KMSKey.Family) async throws -> [UInt8] {
    let kind: AsymmetricKey.Kind
    switch family {
    case .symmetric: return Random.bytes(32)
    case .mac(let count): return Random.bytes(count)
    case .rsa(let bits): kind = .rsa(bits: bits)
    case .curve(let name, _): kind = .curve(name)
    }
    guard let key = await AsymmetricKey.generate(kind) else {
      throw JSONServiceError("KMSInternalException", "The key could not be made.", status: 500)
    }
    return key.privateDER
  }

  private var defaultPolicy: String {
    let policy: JSONValue = [
      "Version": "2012-10-17", "Id": "key-default-1",
      "Statement": [
        [
          "Sid": "Enable IAM User Permissions", "Effect": "Allow",
          "Principal": ["AWS": .string("arn:aws:iam::\(environment.accountID):root")],
          "Action": "kms:*", "Resource": "*",
        ]
      ],
    ]
    return String(decoding: policy.encoded(.pretty), as: UTF8.self)
  }

  /// The key that a service has for itself, made at its first use.
  func managedKey(_ alias: String) async throws -> KMSKey {
    if let key = try await read({ try? self.key(alias, in: $0) }) { return key }
    let service = String(alias.dropFirst("alias/aws/".count))
    let key = try await make(
      spec: "SYMMETRIC_DEFAULT", usage: .encrypt, isMultiRegion: false, isManaged: true, id: nil,
      description:
        "Default key that protects my \(service) data when no other key is defined",
      policy: nil, tags: ResourceTags())
    let now = now()
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      // Somebody else may have been faster; then that key is the one.
      if let other = try table.alias(alias), let known = try table.key(other.key) { return known }
      try table.save(KeyTable.Alias(name: alias, key: key.id, created: now, changed: now))
      return key
    }
  }

  /// Makes the keys and aliases of a template that are not there yet.
  package func create(keys: [KeyDefinition], aliases: [KeyAliasDefinition]) async throws {
    for wanted in keys {
      let known = try await read { try $0.key(wanted.id) }
      guard known == nil, let family = KMSKey.families[wanted.spec],
        let usage = KMSKey.Usage(rawValue: wanted.usage), KMSKey.usages(of: family).contains(usage)
      else { continue }
      let key = try await make(
        spec: wanted.spec, usage: usage, isMultiRegion: false, isManaged: false, id: wanted.id,
        description: wanted.description, policy: nil, tags: ResourceTags())
      try await database.write { connection in
        var key = key
        key.isEnabled = wanted.isEnabled
        if wanted.rotates { (key.rotationPeriod, key.rotationEnabled) = (365, key.created) }
        try KeyTable(connection: connection).save(key)
      }
    }
    let now = now()
    for wanted in aliases {
      try await database.write { connection in
        let table = KeyTable(connection: connection)
        let key = try self.key(wanted.target, in: table)
        try table.save(
          KeyTable.Alias(name: wanted.name, key: key.id, created: now, changed: now))
      }
    }
  }

  func describeKey(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    // Asking for a service's own key is enough to make it (API reference, `DescribeKey`).
    if let alias = name.firstRange(of: "alias/aws/").map({ String(name[$0.lowerBound...]) }),
      name == alias || name == aliasARN(alias)
    {
      _ = try await managedKey(alias)
    }
    let key = try await read { try self.key(name, in: $0) }
    return [
      "KeyMetadata": key.metadata(account: environment.accountID, region: environment.region)
    ]
  }

  func listKeys(_ input: JSONMembers) async throws -> JSONValue {
    let limit = try input.int("Limit") ?? 100
    let start = try Self.marker(input)
    let found = try await read { try $0.keys(after: start, limit: limit + 1) }
    return Self.list("Keys", Page(found, limit: limit, name: \.id)) { key in
      ["KeyId": .string(key.id), "KeyArn": .string(key.arn)]
    }
  }

  static func marker(_ input: JSONMembers) throws -> String {
    guard let marker = try input.string("Marker") else { return "" }
    guard let name = Page<Never>.name(in: marker) else {
      throw JSONServiceError("InvalidMarkerException", "Could not deserialize marker '\(marker)'")
    }
    return name
  }

  static func list<Entry>(
    _ name: String, _ page: Page<Entry>, _ entry: (Entry) -> JSONValue
  ) -> JSONValue {
    var answer: JSONValue = [
      name: .array(page.entries.map(entry)), "Truncated": .bool(page.next != nil),
    ]
    answer["NextMarker"] = page.next.map { .string($0) }
    return answer
  }

  func enableKey(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.isEnabled = true
      return [:]
    }
  }

  func disableKey(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.isEnabled = false
      return [:]
    }
  }

  func updateKeyDescription(_ input: JSONMembers) async throws -> JSONValue {
    let text = try input.required("Description")
    return try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.description = text
      return [:]
    }
  }

  func scheduleKeyDeletion(_ input: JSONMembers) async throws -> JSONValue {
    let days = try input.int("PendingWindowInDays") ?? 30
    guard (7...30).contains(days) else {
      throw JSONServiceError.validation(
        "PendingWindowInDays must be between 7 and 30 days (inclusive).")
    }
    let end = now() + Double(days) * 86_400
    return try await change(input) { key, _ in
      try self.requireNoDeletion(key)
      key.deletion = end
      return [
        "KeyId": .string(key.arn), "DeletionDate": .double(end), "KeyState": "PendingDeletion",
        "PendingWindowInDays": .int(days),
      ]
    }
  }

  func cancelKeyDeletion(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { key, _ in
      guard key.deletion != nil else {
        throw JSONServiceError(
          "KMSInvalidStateException", "\(key.arn) is not pending deletion.")
      }
      key.deletion = nil
      key.isEnabled = false
      return ["KeyId": .string(key.arn)]
    }
  }
}
