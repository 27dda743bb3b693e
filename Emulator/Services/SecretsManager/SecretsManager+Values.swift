import Crypto
import JSON
import Storage
import Template

/// Making, reading and changing values.
extension SecretsManager {
  func createSecret(_ request: SecretRequest) async throws -> JSONValue {
    let name = try request.name()
    guard try request.members.objects("AddReplicaRegions")?.isEmpty ?? true else {
      throw JSONServiceError(
        "InvalidParameterException", "martlet has one Region and plays no replicas.")
    }
    let (value, id, now) = (try request.value(), try request.versionID(), now())
    var made = Secret(name: name, arn: newARN(name), created: now, changed: now)
    made.description = try request.members.string("Description")
    made.keyID = try request.members.string("KmsKeyId")
    made.tags = try request.tags()
    if let value { try made.put(value, id: id, stages: nil, at: now) }
    let fresh = made
    return try await database.write { connection in
      let table = SecretTable(connection: connection)
      try table.sweep(at: now)
      guard let known = try table.secret(name) else {
        try table.save(fresh)
        return Self.summary(of: fresh, version: value == nil ? nil : id)
      }
      guard known.deletion == nil else {
        throw JSONServiceError(
          "InvalidRequestException",
          "You can't create this secret because a secret with this name is already scheduled for "
            + "deletion.")
      }
      // The same token and value again: the same request, delivered twice.
      let again = known.versions.first { $0.id == id }
      guard again == nil || again?.value == value else { throw known.tokenInUse(id) }
      guard again != nil else {
        throw JSONServiceError(
          "ResourceExistsException",
          "The operation failed because the secret \(name) already exists.")
      }
      return Self.summary(of: known, version: id)
    }
  }

  func getSecretValue(_ request: SecretRequest) async throws -> JSONValue {
    let secret = try await read(try request.secretID())
    let version = try secret.version(
      id: try request.members.string("VersionId"),
      stage: try request.members.string("VersionStage"))
    let answer = try Self.shown(version, of: secret)
    try await note(version.id, of: secret)
    return answer
  }

  /// Keeps the day on which a version was read.
  private func note(_ id: String, of secret: Secret) async throws {
    let today = (now() / Self.day).rounded(.down) * Self.day
    guard
      secret.accessed != today || secret.versions.first(where: { $0.id == id })?.accessed != today
    else { return }
    try await database.write { connection in
      let table = SecretTable(connection: connection)
      guard var known = try table.secret(secret.arn) else { return }
      known.accessed = today
      for place in known.versions.indices where known.versions[place].id == id {
        known.versions[place].accessed = today
      }
      try table.save(known)
    }
  }

  private static let day = 86_400.0

  func batchGetSecretValue(_ request: SecretRequest) async throws -> JSONValue {
    let list = try request.members.strings("SecretIdList")
    let filters = try SecretFilter.read(request.members)
    guard (list == nil) == !filters.isEmpty else {
      throw JSONServiceError(
        "InvalidParameterException",
        "Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    }
    let limit = try request.members.int("MaxResults")
    guard list == nil || limit == nil else {
      throw JSONServiceError(
        "InvalidParameterException",
        "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
    }
    var next: String?
    var ids = list ?? []
    if list == nil {
      let page = try await page(request, filters, limit: limit ?? 20, includesDeleted: false)
      (ids, next) = (page.entries.map(\.arn), page.next)
    }
    var values: [JSONValue] = []
    var errors: [JSONValue] = []
    for id in ids {
      do {
        let secret = try await read(id)
        values.append(try Self.shown(try secret.version(id: nil, stage: nil), of: secret))
      } catch let error as JSONServiceError {
        errors.append([
          "SecretId": .string(id), "ErrorCode": .string(error.type),
          "Message": .string(
            error.type == "InvalidRequestException"
              ? "You can't perform this operation on the secret because it was currently marked "
                + "deleted." : error.message),
        ])
      }
    }
    var answer: JSONValue = ["SecretValues": .array(values), "Errors": .array(errors)]
    answer["NextToken"] = next.map { .string($0) }
    return answer
  }

  func putSecretValue(_ request: SecretRequest) async throws -> JSONValue {
    guard let value = try request.value() else {
      throw JSONServiceError(
        "InvalidRequestException", "You must provide either SecretString or SecretBinary.")
    }
    let (id, now) = (try request.versionID(), now())
    let stages = try request.members.strings("VersionStages")
    return try await change(request) { secret in
      try secret.put(value, id: id, stages: stages, at: now)
      var answer = Self.summary(of: secret, version: id)
      let version = secret.versions.first { $0.id == id }
      answer["VersionStages"] = .array((version?.stages ?? []).map { .string($0) })
      return answer
    }
  }

  func updateSecret(_ request: SecretRequest) async throws -> JSONValue {
    let (value, now) = (try request.value(), now())
    let id = try request.versionID()
    let description = try request.members.string("Description")
    let keyID = try request.members.string("KmsKeyId")
    return try await change(request) { secret in
      secret.description = description ?? secret.description
      secret.keyID = keyID ?? secret.keyID
      secret.changed = now
      if let value { try secret.put(value, id: id, stages: nil, at: now) }
      return Self.summary(of: secret, version: value == nil ? nil : id)
    }
  }

  func updateSecretVersionStage(_ request: SecretRequest) async throws -> JSONValue {
    let stage = try request.members.string("VersionStage", required: 1...256)
    let old = try request.members.string("RemoveFromVersionId")
    let new = try request.members.string("MoveToVersionId")
    let now = now()
    return try await change(request) { secret in
      try secret.move(stage, from: old, to: new, at: now)
      return Self.summary(of: secret, version: nil)
    }
  }

  /// The service appends six characters, so that a secret made anew has another ARN.
  private func newARN(_ name: String) -> String {
    let suffix = Random.text(
      6, from: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    return environment.arn("secretsmanager", "secret:\(name)-\(suffix)")
  }

  static func summary(of secret: Secret, version: String?) -> JSONValue {
    var answer: JSONValue = ["ARN": .string(secret.arn), "Name": .string(secret.name)]
    answer["VersionId"] = version.map { .string($0) }
    return answer
  }

  private static func shown(_ version: Secret.Version, of secret: Secret) throws -> JSONValue {
    var answer = summary(of: secret, version: version.id)
    switch version.value {
    case nil: throw Secret.noVersion("VersionId: \(version.id)")
    case .text(let text): answer["SecretString"] = .string(text)
    case .binary(let bytes): answer["SecretBinary"] = .string(Base64.standard.encode(bytes))
    }
    answer["VersionStages"] = .array(version.stages.sorted().map { .string($0) })
    answer["CreatedDate"] = .double(version.created)
    return answer
  }
}
