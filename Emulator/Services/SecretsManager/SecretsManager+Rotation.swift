import JSON
import Storage
import Synchronization

/// Rotation by a function, and resource policies.
extension SecretsManager {
  /// What a rotation asks of its function, one call each.
  ///
  /// Source: Secrets Manager user guide, "Lambda rotation functions".
  private static let steps = ["createSecret", "setSecret", "testSecret", "finishSecret"]

  /// Rotates at once, in the four steps; the answer waits for them. A step that fails ends the rotation
  /// and leaves its version `AWSPENDING`, as the service does.
  func rotateSecret(_ request: SecretRequest) async throws -> JSONValue {
    guard let id = try request.members.string("ClientRequestToken") else {
      throw SecretRequest.noToken("InvalidParameterException")
    }
    let secret = try await read(try request.secretID())
    try secret.requireUse()
    guard
      let function = try request.members.string("RotationLambdaARN") ?? secret.rotation?.function
    else {
      throw JSONServiceError(
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.")
    }
    let invoke = invoke.withLock { $0 }
    guard let invoke, await invoke.exists(function) else {
      throw JSONServiceError(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
          + "policy grants access to the principal secretsmanager.amazonaws.com.")
    }
    let rules = request.members["RotationRules"] ?? secret.rotation?.rules ?? [:]
    let isImmediate = try request.members.bool("RotateImmediately") ?? true
    let now = now()
    try await change(request) { secret in
      var rotation = SecretRotation(function: function, rules: rules)
      rotation.last = secret.rotation?.last
      secret.rotation = rotation
      secret.changed = now
      guard isImmediate, !secret.versions.contains(where: { $0.id == id }) else { return }
      secret.versions.append(Secret.Version(id: id, stages: [], value: nil, created: now))
      secret.move(Secret.pending, to: id)
    }
    if isImmediate, await run(invoke, function, secret.arn, id) {
      try await change(request) { $0.rotation?.last = now }
    }
    return Self.summary(of: secret, version: isImmediate ? id : nil)
  }

  private func run(
    _ invoke: RotationFunction, _ function: String, _ arn: String, _ id: String
  ) async -> Bool {
    for step in Self.steps {
      let event: JSONValue = [
        "Step": .string(step), "SecretId": .string(arn), "ClientRequestToken": .string(id),
        "RotationToken": .string(id),
      ]
      guard await invoke.call(function, event.encoded()) else { return false }
    }
    return true
  }

  func cancelRotateSecret(_ request: SecretRequest) async throws -> JSONValue {
    try await change(request) { secret in
      guard secret.rotation != nil else {
        throw JSONServiceError(
          "InvalidRequestException",
          "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN "
            + "configured and you didn't include such an ARN as a parameter in this call.")
      }
      secret.rotation?.isEnabled = false
      return Self.summary(of: secret, version: nil)
    }
  }

  // MARK: - Resource policies

  func putResourcePolicy(_ request: SecretRequest) async throws -> JSONValue {
    let policy = try request.members.required("ResourcePolicy")
    return try await change(request) { secret in
      guard (try? JSONValue(parsing: policy))?.object != nil else {
        throw JSONServiceError(
          "MalformedPolicyDocumentException", "This resource policy contains a JSON syntax error.")
      }
      secret.policy = policy
      return Self.summary(of: secret, version: nil)
    }
  }

  func getResourcePolicy(_ request: SecretRequest) async throws -> JSONValue {
    let secret = try await read(try request.secretID())
    try secret.requireUse()
    var answer = Self.summary(of: secret, version: nil)
    answer["ResourcePolicy"] = secret.policy.map { .string($0) }
    return answer
  }

  func deleteResourcePolicy(_ request: SecretRequest) async throws -> JSONValue {
    try await change(request) { secret in
      secret.policy = nil
      return Self.summary(of: secret, version: nil)
    }
  }
}

/// How rotation reaches functions.
package struct RotationFunction: Sendable {
  /// Whether there is a function of this ARN or name.
  let exists: @Sendable (_ function: String) async -> Bool
  /// Invokes it; false when it failed.
  let call: @Sendable (_ function: String, _ event: [UInt8]) async -> Bool

  package init(
    exists: @escaping @Sendable (_ function: String) async -> Bool,
    call: @escaping @Sendable (_ function: String, _ event: [UInt8]) async -> Bool
  ) {
    self.exists = exists
    self.call = call
  }
}
