import Crypto
import JSON
import Storage

/// Descriptions, lists, tags, deletion.
extension SecretsManager {
  private static let dayInSeconds = 86_400.0
  /// API reference, `DeleteSecret`: the default of `RecoveryWindowInDays`.
  private static let defaultRecoveryWindow = 30

  func describeSecret(_ request: SecretRequest) async throws -> JSONValue {
    Self.described(try await read(try request.secretID()), listsVersions: true)
  }

  func listSecrets(_ request: SecretRequest) async throws -> JSONValue {
    guard try request.members.objects("Filters")?.isEmpty ?? true else {
      throw JSONServiceError(
        "InvalidParameterException", "martlet does not play the Filters of ListSecrets.")
    }
    let limit = try request.members.int("MaxResults", in: 1...100) ?? 100
    let includesDeleted = try request.members.bool("IncludePlannedDeletion") ?? false
    let start = try request.members.string("NextToken").map { token throws(JSONServiceError) in
      guard let bytes = Base64.standard.decode(token) else {
        throw JSONServiceError("InvalidNextTokenException", "The NextToken value is invalid.")
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let found = try await database.read { connection in
      try SecretTable(connection: connection).secrets(after: start ?? "", limit: limit + 1)
    }
    let page = found.prefix(limit)
    let shown = page.filter { includesDeleted || $0.deletion == nil }
    var answer: JSONValue = [
      "SecretList": .array(shown.map { Self.described($0, listsVersions: false) })
    ]
    if found.count > limit, let last = page.last {
      answer["NextToken"] = .string(Base64.standard.encode(Array(last.name.utf8)))
    }
    return answer
  }

  func listSecretVersionIds(_ request: SecretRequest) async throws -> JSONValue {
    let secret = try await read(try request.secretID())
    let includesDeprecated = try request.members.bool("IncludeDeprecated") ?? false
    let versions = secret.versions.filter { includesDeprecated || !$0.stages.isEmpty }
    var answer = Self.summary(of: secret, version: nil)
    answer["Versions"] = .array(
      versions.map { version in
        [
          "VersionId": .string(version.id),
          "VersionStages": .array(version.stages.map { .string($0) }),
          "CreatedDate": .double(version.created),
        ]
      })
    return answer
  }

  func deleteSecret(_ request: SecretRequest) async throws -> JSONValue {
    let isForced = try request.members.bool("ForceDeleteWithoutRecovery") ?? false
    let window = try request.members.int("RecoveryWindowInDays", in: Int.min...Int.max)
    guard !isForced || window == nil else {
      throw JSONServiceError(
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
    }
    guard window.map({ (7...30).contains($0) }) ?? true else {
      throw JSONServiceError(
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    }
    let now = now()
    let end =
      isForced ? now : now + Double(window ?? Self.defaultRecoveryWindow) * Self.dayInSeconds
    let secret = try await change(request, evenDeleted: isForced) { secret in
      secret.deletion = end
      secret.deleted = now
      return secret
    }
    if isForced {
      try await database.write { try SecretTable(connection: $0).sweep(at: end) }
    }
    var answer = Self.summary(of: secret, version: nil)
    answer["DeletionDate"] = .double(end)
    return answer
  }

  func restoreSecret(_ request: SecretRequest) async throws -> JSONValue {
    try await change(request, evenDeleted: true) { secret in
      secret.deletion = nil
      secret.deleted = nil
      return Self.summary(of: secret, version: nil)
    }
  }

  func tagResource(_ request: SecretRequest) async throws -> JSONValue {
    let tags = try request.tags() ?? []
    return try await change(request) { secret in
      let keys = Set(tags.map(\.key))
      secret.tags.removeAll { keys.contains($0.key) }
      secret.tags += tags
      return [:]
    }
  }

  func untagResource(_ request: SecretRequest) async throws -> JSONValue {
    let keys = Set(try request.members.strings("TagKeys") ?? [])
    return try await change(request) { secret in
      secret.tags.removeAll { keys.contains($0.key) }
      return [:]
    }
  }

  private static func described(_ secret: Secret, listsVersions: Bool) -> JSONValue {
    var answer = summary(of: secret, version: nil)
    answer["Description"] = secret.description.map { .string($0) }
    answer["KmsKeyId"] = secret.keyID.map { .string($0) }
    answer["CreatedDate"] = .double(secret.created)
    answer["LastChangedDate"] = .double(secret.changed)
    answer["DeletedDate"] = secret.deleted.map { .double($0) }
    answer["Tags"] = .array(
      secret.tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    let staged = secret.versions.filter { !$0.stages.isEmpty }.map { version in
      (version.id, JSONValue.array(version.stages.map { .string($0) }))
    }
    if !staged.isEmpty {
      answer[listsVersions ? "VersionIdsToStages" : "SecretVersionsToStages"] = .object(
        JSONObject(staged))
    }
    return answer
  }
}
