import Crypto
import JSON
import Storage
import Template

/// Making, reading and changing values.
extension SecretsManager {
  func createSecret(_ request: SecretRequest) async throws -> JSONValue {
    let name = try request.name()
    let (value, id, now) = (try request.value(), try request.versionID(), now())
    var made = Secret(name: name, arn: newARN(name), created: now, changed: now)
    made.description = try request.members.string("Description")
    made.keyID = try request.members.string("KmsKeyId")
    made.tags = try request.tags() ?? []
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
      guard let again = known.versions.first(where: { $0.id == id }), again.value == value else {
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
    return Self.shown(version, of: secret)
  }

  func batchGetSecretValue(_ request: SecretRequest) async throws -> JSONValue {
    guard let ids = try request.members.strings("SecretIdList"), (1...20).contains(ids.count) else {
      throw JSONServiceError(
        "InvalidParameterException",
        "martlet takes SecretIdList with 1 to 20 entries; Filters are not played.")
    }
    var values: [JSONValue] = []
    var errors: [JSONValue] = []
    for id in ids {
      do {
        let secret = try await read(id)
        values.append(Self.shown(try secret.version(id: nil, stage: nil), of: secret))
      } catch let error as JSONServiceError {
        errors.append([
          "SecretId": .string(id), "ErrorCode": .string(error.type),
          "Message": .string(error.message),
        ])
      }
    }
    return ["SecretValues": .array(values), "Errors": .array(errors)]
  }

  func putSecretValue(_ request: SecretRequest) async throws -> JSONValue {
    guard let value = try request.value() else {
      throw JSONServiceError(
        "InvalidParameterException", "You must provide either SecretString or SecretBinary.")
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
    let (value, id, now) = (try request.value(), try request.versionID(), now())
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

  private static func shown(_ version: Secret.Version, of secret: Secret) -> JSONValue {
    var answer = summary(of: secret, version: version.id)
    switch version.value {
    case .text(let text): answer["SecretString"] = .string(text)
    case .binary(let bytes): answer["SecretBinary"] = .string(Base64.standard.encode(bytes))
    }
    answer["VersionStages"] = .array(version.stages.map { .string($0) })
    answer["CreatedDate"] = .double(version.created)
    return answer
  }
}
