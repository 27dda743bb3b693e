import JSON

/// A parameter that stands for a secret: `/aws/reference/secretsmanager/NAME`, with a version's id or
/// stage behind a colon.
///
/// Source: Systems Manager user guide, "Referencing AWS Secrets Manager secrets from Parameter Store
/// parameters".
struct SecretReference: Sendable {
  private static let prefix = "/aws/reference/secretsmanager/"

  let path: String
  let secret: String
  let selector: String?

  init?(_ reference: ParameterReference) {
    guard reference.name.hasPrefix(Self.prefix) else { return nil }
    path = reference.name
    secret = String(reference.name.dropFirst(Self.prefix.count))
    selector = reference.selector
  }
}

extension ParameterStore {
  func shown(_ reference: SecretReference, decrypts: Bool) async throws -> JSONValue {
    guard decrypts else {
      throw JSONServiceError.validation(
        "WithDecryption flag must be True for retrieving a Secret Manager secret.")
    }
    guard let found = try await secrets.value(of: reference.secret, reference.selector) else {
      throw JSONServiceError(
        "ParameterNotFound",
        "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret "
          + "\(reference.path) not found.")
    }
    var answer: JSONValue = [
      "Name": .string(reference.path), "Type": "SecureString", "Value": .string(found.text),
      "Version": 0, "SourceResult": .string(found.secret.description),
      "LastModifiedDate": found.secret["LastChangedDate"] ?? .double(now()),
      "ARN": found.secret["ARN"] ?? "", "DataType": "text",
    ]
    answer["Selector"] = reference.selector.map { .string(":" + $0) }
    return answer
  }
}
