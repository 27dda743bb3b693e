import Crypto
import JSON
package import Server
package import Storage
package import Template

/// A stand-in for the Parameter Store of Systems Manager on the emulator's database. Secure strings
/// are sealed by KMS.
///
/// Source of operations, limits and texts: Systems Manager API reference.
package final class ParameterStore: Sendable {
  let database: Database
  let kms: KMS
  /// Where `/aws/reference/secretsmanager/…` lies.
  let secrets: SecretsManager
  let environment: TemplateEnvironment
  let now: @Sendable () -> Double
  private let wire = JSONProtocol(
    targetPrefix: "AmazonSSM.", service: "Systems Manager", model: ParameterStore.model)

  /// The clock gives Unix milliseconds.
  package init(
    _ database: Database, kms: KMS, secrets: SecretsManager,
    environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.kms = kms
    self.secrets = secrets
    self.environment = environment
    self.now = { Double(now()) / 1000 }
    try await database.migrate(ParameterTable.migrations)
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    await wire.answer(request) { name, input in try await self.perform(name, input) }
  }

  private func perform(_ operation: String, _ input: JSONMembers) async throws -> JSONValue {
    switch operation {
    case "PutParameter": try await putParameter(input)
    case "GetParameter": try await getParameter(input)
    case "GetParameters": try await getParameters(input)
    case "GetParametersByPath": try await getParametersByPath(input)
    case "GetParameterHistory": try await getParameterHistory(input)
    case "DescribeParameters": try await describeParameters(input)
    case "DeleteParameter": try await deleteParameter(input)
    case "DeleteParameters": try await deleteParameters(input)
    case "LabelParameterVersion": try await labelParameterVersion(input)
    case "UnlabelParameterVersion": try await unlabelParameterVersion(input)
    case "AddTagsToResource": try await addTags(input)
    case "RemoveTagsFromResource": try await removeTags(input)
    case "ListTagsForResource": try await listTags(input)
    default: throw JSONServiceError.unsupported(operation, of: "Systems Manager")
    }
  }

  /// Makes the parameters of a template; a value that was changed by hand since stays.
  package func create(parameters: [ParameterDefinition]) async throws {
    for wanted in parameters {
      let now = now()
      try await database.write { connection in
        let table = ParameterTable(connection: connection)
        guard try table.latest(wanted.name) == nil else { return }
        var version = ParameterVersion(
          name: wanted.name, version: 1, kind: .init(rawValue: wanted.type) ?? .text,
          value: wanted.value, modified: now)
        version.description = wanted.description
        try table.save(version)
      }
    }
  }

  func arn(_ name: String) -> String {
    environment.arn("ssm", "parameter" + (name.hasPrefix("/") ? name : "/" + name))
  }

  /// The service gives this error no text.
  static let notFound = JSONServiceError("ParameterNotFound", "")

  /// The version that a reference means: by number, by label, or the latest.
  func version(
    _ reference: ParameterReference, in table: ParameterTable
  ) throws -> ParameterVersion {
    guard let selector = reference.selector else {
      guard let latest = try table.latest(reference.name) else { throw Self.notFound }
      return latest
    }
    let versions = try table.versions(of: reference.name)
    guard !versions.isEmpty else { throw Self.notFound }
    if let number = Int(selector) {
      if let found = versions.first(where: { $0.version == number }) { return found }
    } else if let found = versions.first(where: { $0.labels.contains(selector) }) {
      return found
    }
    let what = Int(selector) == nil ? "label" : "version"
    throw JSONServiceError(
      "ParameterVersionNotFound",
      "Systems Manager could not find \(what) \(selector) of \(reference.name). Verify the \(what) "
        + "and try again.")
  }

  func read<Result: Sendable>(
    _ body: @escaping @Sendable (ParameterTable) throws -> Result
  ) async throws -> Result {
    try await database.read { try body(ParameterTable(connection: $0)) }
  }

  func write<Result: Sendable>(
    _ body: @escaping @Sendable (ParameterTable) throws -> Result
  ) async throws -> Result {
    try await database.write { try body(ParameterTable(connection: $0)) }
  }

  /// `Parameter` on the wire; a secure value is opened on request.
  func shown(
    _ version: ParameterVersion, decrypts: Bool, selector: String? = nil
  ) async throws -> JSONValue {
    var value = version.value
    if version.kind == .secure, decrypts { value = try await opened(version) }
    var answer: JSONValue = [
      "Name": .string(version.name), "Type": .string(version.kind.rawValue),
      "Value": .string(value), "Version": .int(version.version),
      "LastModifiedDate": .double(version.modified), "ARN": .string(arn(version.name)),
      "DataType": .string(version.dataType),
    ]
    if let selector { answer["Selector"] = .string(":" + selector) }
    return answer
  }

  private func opened(_ version: ParameterVersion) async throws -> String {
    do {
      return try await kms.unseal(
        Base64.standard.decode(version.value) ?? [],
        context: [("PARAMETER_ARN", arn(version.name))])
    } catch let error as JSONServiceError {
      throw JSONServiceError(
        "InvalidKeyId", error.message.isEmpty ? error.type : error.message)
    }
  }
}
