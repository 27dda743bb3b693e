import Crypto
import JSON
package import Server
package import Storage
import Synchronization
package import Template

/// A stand-in for Secrets Manager on the emulator's database.
///
/// Values are not encrypted: the state folder is its owner's alone, and the key would lie beside them.
/// Source of operations, limits and texts: Secrets Manager API reference.
package final class SecretsManager: Sendable {
  let database: Database
  let environment: TemplateEnvironment
  let now: @Sendable () -> Double
  let invoke = Mutex<RotationFunction?>(nil)
  private let wire = JSONProtocol(
    targetPrefix: "secretsmanager.", service: "Secrets Manager", model: SecretsManager.model)

  /// The clock gives Unix milliseconds.
  package init(
    _ database: Database, environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.environment = environment
    self.now = { Double(now()) / 1000 }
    try await database.migrate(SecretTable.migrations)
  }

  /// Says how functions that rotate secrets are invoked; without it there are none.
  package func connect(_ function: RotationFunction) { invoke.withLock { $0 = function } }

  package static func matches(target: String) -> Bool { target.hasPrefix("secretsmanager.") }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    await wire.answer(request) { name, input in
      try await self.perform(name, SecretRequest(input))
    }
  }

  /// Makes the secrets of a template that are not there yet; what is there keeps its value.
  package func create(secrets: [SecretDefinition]) async throws {
    for wanted in secrets {
      let (now, arn) = (self.now(), environment.secretARN(wanted.name))
      try await database.write { connection in
        let table = SecretTable(connection: connection)
        guard try table.secret(wanted.name) == nil else { return }
        var secret = Secret(name: wanted.name, arn: arn, created: now, changed: now)
        secret.description = wanted.description
        if let text = try SecretValue(wanted.value) {
          try secret.put(text, id: RequestID.uuid(), stages: nil, at: now)
        }
        try table.save(secret)
      }
    }
  }

  /// The current text of a secret; nil when there is none.
  package func text(of name: String) async throws -> String? {
    try await database.read { connection in
      let secret = try SecretTable(connection: connection).secret(name)
      guard case .text(let text)? = try secret?.version(id: nil, stage: nil).value else {
        return nil
      }
      return text
    }
  }

  private func perform(_ operation: String, _ request: SecretRequest) async throws -> JSONValue {
    switch operation {
    case "CreateSecret": try await createSecret(request)
    case "GetSecretValue": try await getSecretValue(request)
    case "BatchGetSecretValue": try await batchGetSecretValue(request)
    case "PutSecretValue": try await putSecretValue(request)
    case "UpdateSecret": try await updateSecret(request)
    case "UpdateSecretVersionStage": try await updateSecretVersionStage(request)
    case "DescribeSecret": try await describeSecret(request)
    case "ListSecrets": try await listSecrets(request)
    case "ListSecretVersionIds": try await listSecretVersionIds(request)
    case "DeleteSecret": try await deleteSecret(request)
    case "RestoreSecret": try await restoreSecret(request)
    case "TagResource": try await tagResource(request)
    case "UntagResource": try await untagResource(request)
    case "GetRandomPassword": try getRandomPassword(request)
    case "RotateSecret": try await rotateSecret(request)
    case "CancelRotateSecret": try await cancelRotateSecret(request)
    case "PutResourcePolicy": try await putResourcePolicy(request)
    case "GetResourcePolicy": try await getResourcePolicy(request)
    case "DeleteResourcePolicy": try await deleteResourcePolicy(request)
    default: throw JSONServiceError.unsupported(operation, of: "Secrets Manager")
    }
  }

  /// Runs `change` on the secret that the request names, and keeps what it made of it.
  func change<Result: Sendable>(
    _ request: SecretRequest, evenDeleted: Bool = false,
    _ change: @escaping @Sendable (inout Secret) throws -> Result
  ) async throws -> Result {
    let id = try request.secretID()
    let now = now()
    return try await database.write { connection in
      let table = SecretTable(connection: connection)
      try table.sweep(at: now)
      guard var secret = try table.secret(id) else { throw Self.notFound }
      if !evenDeleted { try secret.requireUse() }
      let result = try change(&secret)
      try table.save(secret)
      return result
    }
  }

  func read(_ id: String) async throws -> Secret {
    let now = now()
    let secret = try await database.read { connection in
      try SecretTable(connection: connection).secret(id)
    }
    guard let secret, secret.deletion.map({ $0 > now }) ?? true else { throw Self.notFound }
    return secret
  }

  static let notFound = JSONServiceError(
    "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

extension SecretValue {
  /// The value that a template gives a secret.
  init?(_ definition: SecretDefinition.Value) throws {
    switch definition {
    case .none: return nil
    case .text(let text): self = .text(text)
    case .generated(let rules): self = .text(try rules.value())
    }
  }
}
