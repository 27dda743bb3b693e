/// What an authorizer answers in the simple form: yes or no, and a context.
///
/// Shape: API Gateway developer guide, "AWS Lambda authorizers for HTTP APIs", format 2.0.
public struct SimpleAuthorizerResponse: Codable, Sendable, Hashable {
  public var isAuthorized: Bool
  public var context: [String: EventValue]?

  public init(isAuthorized: Bool, context: [String: EventValue]? = nil) {
    self.isAuthorized = isAuthorized
    self.context = context
  }
}

/// What an authorizer answers in the policy form: who it is and what that one may call.
///
/// Shape: API Gateway developer guide, "Output from an API Gateway Lambda authorizer". Values of
/// the context are text, numbers or truth values; WebSocket and REST APIs pass them on as text.
public struct PolicyAuthorizerResponse: Codable, Sendable, Hashable {
  public var principalID: String
  public var policyDocument: PolicyDocument
  public var context: [String: EventValue]?
  public var usageIdentifierKey: String?

  public init(
    principalID: String, policyDocument: PolicyDocument, context: [String: EventValue]? = nil,
    usageIdentifierKey: String? = nil
  ) {
    self.principalID = principalID
    self.policyDocument = policyDocument
    self.context = context
    self.usageIdentifierKey = usageIdentifierKey
  }

  private enum CodingKeys: String, CodingKey {
    case principalID = "principalId"
    case policyDocument, context, usageIdentifierKey
  }
}

/// An IAM policy as authorizers write it.
public struct PolicyDocument: Codable, Sendable, Hashable {
  public var version: String
  public var statements: [Statement]

  public init(statements: [Statement]) {
    self.version = "2012-10-17"
    self.statements = statements
  }

  private enum CodingKeys: String, CodingKey {
    case version = "Version"
    case statements = "Statement"
  }

  /// Whether a statement permits or forbids; a forbidding one wins.
  public enum Effect: String, Codable, Sendable, Hashable {
    case allow = "Allow"
    case deny = "Deny"
  }

  /// One rule. A single action or resource may stand without its list when it is read.
  public struct Statement: Codable, Sendable, Hashable {
    public var effect: Effect
    public var actions: [String]
    public var resources: [String]

    public init(
      effect: Effect, actions: [String] = ["execute-api:Invoke"], resources: [String]
    ) {
      self.effect = effect
      self.actions = actions
      self.resources = resources
    }

    private enum CodingKeys: String, CodingKey {
      case effect = "Effect"
      case actions = "Action"
      case resources = "Resource"
    }

    public init(from decoder: any Decoder) throws {
      let object = try decoder.container(keyedBy: CodingKeys.self)
      effect = try object.decode(Effect.self, forKey: .effect)
      actions = try object.decodeOneOrMany(forKey: .actions)
      resources = try object.decodeOneOrMany(forKey: .resources)
    }
  }
}

extension KeyedDecodingContainer {
  fileprivate func decodeOneOrMany(forKey key: Key) throws -> [String] {
    if let one = try? decode(String.self, forKey: key) { return [one] }
    return try decode([String].self, forKey: key)
  }
}
