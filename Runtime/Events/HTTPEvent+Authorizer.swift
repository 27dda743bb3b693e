extension HTTPEvent {
  /// Mutual TLS.
  public struct Authentication: Codable, Sendable, Hashable {
    public var clientCertificate: ClientCertificate?

    private enum CodingKeys: String, CodingKey {
      case clientCertificate = "clientCert"
    }
  }

  /// What the route's authorizer found; one of the three is there.
  public struct Authorizer: Codable, Sendable, Hashable {
    public var jwt: JWT?
    public var iam: IAM?
    /// The context that a Lambda authorizer returned.
    public var lambda: [String: EventValue]?

    public init(
      jwt: JWT? = nil, iam: IAM? = nil, lambda: [String: EventValue]? = nil
    ) {
      self.jwt = jwt
      self.iam = iam
      self.lambda = lambda
    }
  }

  /// A checked token. API Gateway turns claims into text.
  public struct JWT: Codable, Sendable, Hashable {
    public var claims: [String: EventValue]
    /// The scopes that the route asks for; absent when it asks for none.
    public var scopes: [String]?

    public init(claims: [String: EventValue], scopes: [String]? = nil) {
      self.claims = claims
      self.scopes = scopes
    }
  }

  /// The caller of a signed request.
  public struct IAM: Codable, Sendable, Hashable {
    public var accessKey: String
    public var accountID: String
    public var callerID: String
    public var userARN: String
    public var userID: String
    public var principalOrganizationID: String?
    public var cognitoIdentity: CognitoIdentity?

    private enum CodingKeys: String, CodingKey {
      case accountID = "accountId"
      case callerID = "callerId"
      case userARN = "userArn"
      case userID = "userId"
      case principalOrganizationID = "principalOrgId"
      case accessKey, cognitoIdentity
    }
  }

  /// The identity behind credentials of a Cognito identity pool.
  public struct CognitoIdentity: Codable, Sendable, Hashable {
    public var methods: [String]
    public var identityID: String
    public var identityPoolID: String

    private enum CodingKeys: String, CodingKey {
      case methods = "amr"
      case identityID = "identityId"
      case identityPoolID = "identityPoolId"
    }
  }
}
