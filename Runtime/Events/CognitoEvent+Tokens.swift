extension Cognito {
  /// Before a token is made (versions 1 and 2 of the event).
  public struct TokenRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var groupConfiguration: Groups
    public var clientMetadata: [String: String]?
    /// Only in version 2.
    public var scopes: [String]?
  }

  /// `claims` answers version 1, `claimsAndScopes` version 2.
  public struct TokenResponse: Codable, Sendable, Hashable {
    public var claims: Claims?
    public var claimsAndScopes: ClaimsAndScopes?

    private enum CodingKeys: String, CodingKey {
      case claims = "claimsOverrideDetails"
      case claimsAndScopes = "claimsAndScopeOverrideDetails"
    }
  }

  /// The user's groups and the roles that come with them.
  public struct Groups: Codable, Sendable, Hashable {
    public var groups: [String]?
    public var roles: [String]?
    public var preferredRole: String?

    public init(groups: [String]? = nil, roles: [String]? = nil, preferredRole: String? = nil) {
      self.groups = groups
      self.roles = roles
      self.preferredRole = preferredRole
    }

    private enum CodingKeys: String, CodingKey {
      case groups = "groupsToOverride"
      case roles = "iamRolesToOverride"
      case preferredRole
    }
  }

  /// Changes to the identity token.
  public struct Claims: Codable, Sendable, Hashable {
    public var set: [String: String]?
    public var suppress: [String]?
    public var groups: Groups?

    public init(
      set: [String: String]? = nil, suppress: [String]? = nil, groups: Groups? = nil
    ) {
      self.set = set
      self.suppress = suppress
      self.groups = groups
    }

    private enum CodingKeys: String, CodingKey {
      case set = "claimsToAddOrOverride"
      case suppress = "claimsToSuppress"
      case groups = "groupOverrideDetails"
    }
  }

  /// Changes to both tokens.
  public struct ClaimsAndScopes: Codable, Sendable, Hashable {
    public var idToken: TokenChange?
    public var accessToken: TokenChange?
    public var groups: Groups?

    public init(
      idToken: TokenChange? = nil, accessToken: TokenChange? = nil, groups: Groups? = nil
    ) {
      self.idToken = idToken
      self.accessToken = accessToken
      self.groups = groups
    }

    private enum CodingKeys: String, CodingKey {
      case idToken = "idTokenGeneration"
      case accessToken = "accessTokenGeneration"
      case groups = "groupOverrideDetails"
    }
  }

  /// Changes to one token; scopes belong to the access token only.
  public struct TokenChange: Codable, Sendable, Hashable {
    public var set: [String: EventValue]?
    public var suppress: [String]?
    public var addScopes: [String]?
    public var suppressScopes: [String]?

    public init(
      set: [String: EventValue]? = nil, suppress: [String]? = nil, addScopes: [String]? = nil,
      suppressScopes: [String]? = nil
    ) {
      self.set = set
      self.suppress = suppress
      self.addScopes = addScopes
      self.suppressScopes = suppressScopes
    }

    private enum CodingKeys: String, CodingKey {
      case set = "claimsToAddOrOverride"
      case suppress = "claimsToSuppress"
      case addScopes = "scopesToAdd"
      case suppressScopes = "scopesToSuppress"
    }
  }
}
