import Crypto
import JSON
import Storage
import Template

/// Descriptions, lists, tags, deletion.
extension SecretsManager {
  private static let dayInSeconds = 86_400.0
  /// API reference, `DeleteSecret`: the default of `RecoveryWindowInDays`.
  private static let defaultRecoveryWindow = 30
  private static let mostTags = 50

  func describeSecret(_ request: SecretRequest) async throws -> JSONValue {
    Self.described(try await read(try request.secretID()), listsVersions: true)
  }

  /// The text of a version, by its id or stage, and what `DescribeSecret` says; nil when there is no
  /// such text.
  func value(
    of name: String, _ selector: String?
  ) async throws -> (text: String, secret: JSONValue)? {
    do {
      let secret = try await read(name)
      let isID = selector.map { id in secret.versions.contains { $0.id == id } } ?? false
      let version = try secret.version(
        id: isID ? selector : nil, stage: isID ? nil : selector)
      guard case .text(let text)? = version.value else { return nil }
      return (text, Self.described(secret, listsVersions: true))
    } catch is JSONServiceError {
      return nil
    }
  }

  func listSecrets(_ request: SecretRequest) async throws -> JSONValue {
    let page = try await page(
      request, try SecretFilter.read(request.members),
      limit: try request.members.int("MaxResults") ?? 100,
      includesDeleted: try request.members.bool("IncludePlannedDeletion") ?? false)
    var answer: JSONValue = [
      "SecretList": .array(page.entries.map { Self.described($0, listsVersions: false) })
    ]
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  /// The secrets that pass all filters, the oldest first unless the request says otherwise.
  func page(
    _ request: SecretRequest, _ filters: [SecretFilter], limit: Int, includesDeleted: Bool
  ) async throws -> Page<Secret> {
    let start = try Self.start(request)
    let now = now()
    var found = try await database.read { try SecretTable(connection: $0).secrets() }
    found = found.filter { secret in
      secret.deletion.map { includesDeleted && $0 > now } ?? true
        && filters.allSatisfy { $0.matches(secret) }
    }
    if try request.members.string("SortOrder") == "desc" { found.reverse() }
    if let start {
      guard let place = found.firstIndex(where: { $0.name == start }) else {
        throw Self.invalidToken
      }
      found.removeFirst(place + 1)
    }
    return Page(found, limit: limit, name: \.name)
  }

  private static let invalidToken = JSONServiceError(
    "InvalidNextTokenException", "The NextToken value is invalid.")

  private static func start(_ request: SecretRequest) throws -> String? {
    guard let token = try request.members.string("NextToken") else { return nil }
    guard let name = Page<Never>.name(in: token) else { throw invalidToken }
    return name
  }

  func listSecretVersionIds(_ request: SecretRequest) async throws -> JSONValue {
    let secret = try await read(try request.secretID())
    let includesDeprecated = try request.members.bool("IncludeDeprecated") ?? false
    var versions = secret.versions.filter { includesDeprecated || !$0.stages.isEmpty }
    if let start = try Self.start(request) {
      guard let place = versions.firstIndex(where: { $0.id == start }) else {
        throw Self.invalidToken
      }
      versions.removeFirst(place + 1)
    }
    let page = Page(
      versions, limit: try request.members.int("MaxResults") ?? 100, name: \.id)
    var answer = Self.summary(of: secret, version: nil)
    answer["Versions"] = .array(
      page.entries.map { version in
        var entry: JSONValue = [
          "VersionId": .string(version.id), "CreatedDate": .double(version.created),
          "KmsKeyIds": [.string(secret.keyID ?? "DefaultEncryptionKey")],
        ]
        if !version.stages.isEmpty {
          entry["VersionStages"] = .array(version.stages.sorted().map { .string($0) })
        }
        entry["LastAccessedDate"] = version.accessed.map { .double($0) }
        return entry
      })
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  func deleteSecret(_ request: SecretRequest) async throws -> JSONValue {
    let isForced = try request.members.bool("ForceDeleteWithoutRecovery") ?? false
    let window = try request.members.int("RecoveryWindowInDays", in: Int.min...Int.max)
    guard window.map({ (7...30).contains($0) }) ?? true else {
      throw JSONServiceError(
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    }
    guard !isForced || window == nil else {
      throw JSONServiceError(
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
    }
    let now = now()
    let end =
      isForced ? now : now + Double(window ?? Self.defaultRecoveryWindow) * Self.dayInSeconds
    let secret: Secret
    do {
      secret = try await change(request, evenDeleted: isForced) { secret in
        secret.deletion = end
        secret.deleted = now
        return secret
      }
    } catch let error as JSONServiceError where isForced && error == Self.notFound {
      // Removing what is not there by force is no error (API reference, `DeleteSecret`).
      let name = try request.secretID()
      return [
        "ARN": .string(name.hasPrefix("arn:") ? name : environment.secretARN(name)),
        "Name": .string(name), "DeletionDate": .double(end),
      ]
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
      let all = (secret.tags ?? []).filter { !keys.contains($0.key) } + tags
      guard all.count <= Self.mostTags else {
        throw JSONServiceError(
          "InvalidParameterException", "Number of tags exceeds the limit of \(Self.mostTags).")
      }
      secret.tags = all
      return [:]
    }
  }

  func untagResource(_ request: SecretRequest) async throws -> JSONValue {
    let keys = Set(try request.members.strings("TagKeys") ?? [])
    return try await change(request) { secret in
      secret.tags?.removeAll { keys.contains($0.key) }
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
    answer["LastAccessedDate"] = secret.accessed.map { .double($0) }
    if let rotation = secret.rotation {
      answer["RotationEnabled"] = .bool(rotation.isEnabled)
      answer["RotationLambdaARN"] = .string(rotation.function)
      answer["RotationRules"] = rotation.rules
      answer["LastRotatedDate"] = rotation.last.map { .double($0) }
      answer["NextRotationDate"] = rotation.next(since: secret.created).map { .double($0) }
    }
    answer["Tags"] = secret.tags.map { tags in
      .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
    }
    let staged = secret.versions.filter { !$0.stages.isEmpty }.map { version in
      (version.id, JSONValue.array(version.stages.sorted().map { .string($0) }))
    }
    if !staged.isEmpty {
      answer[listsVersions ? "VersionIdsToStages" : "SecretVersionsToStages"] = .object(
        JSONObject(staged))
    }
    return answer
  }
}
