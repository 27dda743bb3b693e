import Crypto
import JSON
package import Server
package import Storage
package import Template

/// A stand-in for the Key Management Service on the emulator's database.
///
/// Keys lie in the state folder, which is its owner's alone. Ciphertexts name their key and its
/// material, and are bound to their encryption context. Policies and grants are kept and have no
/// effect: there are no identities here. Source of operations, limits and texts: KMS API reference.
package final class KMS: Sendable {
  let database: Database
  let environment: TemplateEnvironment
  let now: @Sendable () -> Double
  private let wire = JSONProtocol(targetPrefix: "TrentService.", service: "KMS", model: KMS.model)

  /// The clock gives Unix milliseconds.
  package init(
    _ database: Database, environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.environment = environment
    self.now = { Double(now()) / 1000 }
    try await database.migrate(KeyTable.migrations)
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    await wire.answer(request) { name, input in
      let result = try await self.perform(name, input)
      if try input.bool("DryRun") == true { throw Self.dryRun }
      return result
    }
  }

  /// What a request with `DryRun` gets when it would have succeeded.
  static let dryRun = JSONServiceError(
    "DryRunOperationException",
    "The request would have succeeded, but the DryRun option is set.", status: 412)

  private func perform(_ operation: String, _ input: JSONMembers) async throws -> JSONValue {
    switch operation {
    case "CreateKey": try await createKey(input)
    case "DescribeKey": try await describeKey(input)
    case "ListKeys": try await listKeys(input)
    case "EnableKey": try await enableKey(input)
    case "DisableKey": try await disableKey(input)
    case "UpdateKeyDescription": try await updateKeyDescription(input)
    case "ScheduleKeyDeletion": try await scheduleKeyDeletion(input)
    case "CancelKeyDeletion": try await cancelKeyDeletion(input)
    case "TagResource": try await tagResource(input)
    case "UntagResource": try await untagResource(input)
    case "ListResourceTags": try await listResourceTags(input)
    case "GetKeyPolicy": try await getKeyPolicy(input)
    case "PutKeyPolicy": try await putKeyPolicy(input)
    case "ListKeyPolicies": try await listKeyPolicies(input)
    default: try await performOther(operation, input)
    }
  }

  private func performOther(
    _ operation: String, _ input: JSONMembers
  ) async throws -> JSONValue {
    switch operation {
    case "CreateAlias": try await createAlias(input)
    case "UpdateAlias": try await updateAlias(input)
    case "DeleteAlias": try await deleteAlias(input)
    case "ListAliases": try await listAliases(input)
    case "EnableKeyRotation": try await enableKeyRotation(input)
    case "DisableKeyRotation": try await disableKeyRotation(input)
    case "GetKeyRotationStatus": try await getKeyRotationStatus(input)
    case "ListKeyRotations": try await listKeyRotations(input)
    case "RotateKeyOnDemand": try await rotateKeyOnDemand(input)
    case "CreateGrant": try await createGrant(input)
    case "ListGrants": try await listGrants(input)
    case "ListRetirableGrants": try await listRetirableGrants(input)
    case "RetireGrant": try await retireGrant(input)
    case "RevokeGrant": try await revokeGrant(input)
    default: try await performCryptography(operation, input)
    }
  }

  private func performCryptography(
    _ operation: String, _ input: JSONMembers
  ) async throws -> JSONValue {
    switch operation {
    case "Encrypt": try await encrypt(input)
    case "Decrypt": try await decrypt(input)
    case "ReEncrypt": try await reEncrypt(input)
    case "GenerateDataKey": try await generateDataKey(input, operation)
    case "GenerateDataKeyWithoutPlaintext": try await generateDataKey(input, operation)
    case "GenerateDataKeyPair": try await generateDataKeyPair(input, operation)
    case "GenerateDataKeyPairWithoutPlaintext": try await generateDataKeyPair(input, operation)
    case "GenerateRandom": try generateRandom(input)
    case "Sign": try await sign(input)
    case "Verify": try await verify(input)
    case "GenerateMac": try await generateMac(input)
    case "VerifyMac": try await verifyMac(input)
    case "GetPublicKey": try await getPublicKey(input)
    default: throw JSONServiceError.unsupported(operation, of: "KMS")
    }
  }

  // MARK: - Finding keys

  static func notFound(_ message: String) -> JSONServiceError {
    JSONServiceError("NotFoundException", message)
  }

  func keyARN(_ id: String) -> String { environment.arn("kms", "key/\(id)") }
  func aliasARN(_ name: String) -> String { environment.arn("kms", name) }

  /// The id in a key's or alias's name: `key` is an id, `alias` a name with its prefix.
  private enum Reference {
    case key(String)
    case alias(String)
  }

  private func reference(_ text: String) throws -> Reference {
    var name = text
    if text.hasPrefix("arn:") {
      let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
      guard parts.count == 6, parts[2] == "kms" else { throw Self.notFound("Invalid arn \(text)") }
      guard parts[3] == environment.region else {
        throw Self.notFound("Invalid arn \(parts[3])")
      }
      name = String(parts[5])
      if name.hasPrefix("key/") {
        name = String(name.dropFirst(4))
      } else if !name.hasPrefix("alias/") {
        throw Self.notFound("Invalid arn \(text)")
      }
    }
    if name.hasPrefix("alias/") { return .alias(name) }
    guard Self.isKeyID(name) else { throw Self.notFound("Invalid keyId '\(text)'") }
    return .key(name)
  }

  /// A UUID, or `mrk-` with 32 hexadecimal digits.
  private static func isKeyID(_ text: String) -> Bool {
    func isHex(_ part: Substring) -> Bool { part.utf8.allSatisfy { isHexDigit($0) } }
    if text.hasPrefix("mrk-") { return text.utf8.count == 36 && isHex(text.dropFirst(4)) }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { isHex($0) }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }

  /// The key that a request names by id, ARN or alias.
  func key(_ text: String, in table: KeyTable) throws -> KMSKey {
    switch try reference(text) {
    case .key(let id):
      guard let key = try table.key(id), key.deletion.map({ $0 > now() }) ?? true else {
        throw Self.notFound("Key '\(keyARN(id))' does not exist")
      }
      return key
    case .alias(let name):
      guard let alias = try table.alias(name), let key = try table.key(alias.key),
        key.deletion.map({ $0 > now() }) ?? true
      else { throw Self.notFound("Alias \(aliasARN(name)) is not found.") }
      return key
    }
  }

  /// The key of an operation that takes ids and ARNs of keys alone.
  func keyWithoutAlias(_ text: String, in table: KeyTable) throws -> KMSKey {
    guard case .key = try reference(text) else { throw Self.notFound("Invalid keyId '\(text)'") }
    return try key(text, in: table)
  }

  /// A key that can be worked with: enabled, and not waiting for its end.
  func usableKey(_ text: String, in table: KeyTable) throws -> KMSKey {
    let key = try key(text, in: table)
    try requireNoDeletion(key)
    guard key.isEnabled else {
      throw JSONServiceError("DisabledException", "\(key.arn) is disabled.")
    }
    return key
  }

  func requireNoDeletion(_ key: KMSKey) throws {
    guard key.deletion == nil else {
      throw JSONServiceError("KMSInvalidStateException", "\(key.arn) is pending deletion.")
    }
  }

  /// Changes the key that a request names, and keeps what became of it.
  func change<Result: Sendable>(
    _ input: JSONMembers, _ change: @escaping @Sendable (inout KMSKey, KeyTable) throws -> Result
  ) async throws -> Result {
    let name = try input.required("KeyId")
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      try table.sweep(at: self.now())
      var key = try self.keyWithoutAlias(name, in: table)
      let result = try change(&key, table)
      try table.save(key)
      return result
    }
  }

  func read<Result: Sendable>(
    _ body: @escaping @Sendable (KeyTable) throws -> Result
  ) async throws -> Result {
    try await database.lookUp { try body(KeyTable(connection: $0)) }
  }
}
