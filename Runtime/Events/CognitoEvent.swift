/// What a Cognito user pool hands a trigger; the function returns it with the response filled in.
///
/// Shape: Cognito developer guide, "Customizing user pool workflows with Lambda triggers". One of
/// the aliases of `Cognito` fits each trigger.
public struct CognitoEvent<
  Request: Codable & Sendable & Hashable, Response: Codable & Sendable & Hashable
>: Codable, Sendable, Hashable {
  public var version: String
  public var triggerSource: String
  public var region: String
  public var userPoolID: String
  /// Absent while nobody is known yet, as in a federated sign-up.
  public var userName: String?
  public var callerContext: CallerContext
  public var request: Request
  public var response: Response

  /// The application that asked.
  public struct CallerContext: Codable, Sendable, Hashable {
    public var sdkVersion: String
    public var clientID: String

    private enum CodingKeys: String, CodingKey {
      case sdkVersion = "awsSdkVersion"
      case clientID = "clientId"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case userPoolID = "userPoolId"
    case version, triggerSource, region, userName, callerContext, request, response
  }
}

/// The triggers of a Cognito user pool.
public enum Cognito {
  public typealias PreSignUp = CognitoEvent<SignUpRequest, SignUpResponse>
  public typealias PostConfirmation = CognitoEvent<AttributesRequest, NoResponse>
  public typealias PreAuthentication = CognitoEvent<PreAuthenticationRequest, NoResponse>
  public typealias PostAuthentication = CognitoEvent<PostAuthenticationRequest, NoResponse>
  public typealias CustomMessage = CognitoEvent<MessageRequest, MessageResponse>
  public typealias PreTokenGeneration = CognitoEvent<TokenRequest, TokenResponse>
  public typealias DefineChallenge = CognitoEvent<DefineRequest, DefineResponse>
  public typealias CreateChallenge = CognitoEvent<CreateRequest, CreateResponse>
  public typealias VerifyChallenge = CognitoEvent<VerifyRequest, VerifyResponse>
  public typealias MigrateUser = CognitoEvent<MigrationRequest, MigrationResponse>

  /// A trigger that answers nothing: the object stays empty.
  public struct NoResponse: Codable, Sendable, Hashable {
    public init() {}
  }

  public struct SignUpRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var validationData: [String: String]?
    public var clientMetadata: [String: String]?
  }

  public struct SignUpResponse: Codable, Sendable, Hashable {
    public var autoConfirmUser: Bool?
    public var autoVerifyEmail: Bool?
    public var autoVerifyPhone: Bool?
  }

  public struct AttributesRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var clientMetadata: [String: String]?
  }

  public struct PreAuthenticationRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var validationData: [String: String]?
    public var userNotFound: Bool?
  }

  public struct PostAuthenticationRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var newDeviceUsed: Bool
    public var clientMetadata: [String: String]?
  }

  public struct MessageRequest: Codable, Sendable, Hashable {
    /// Values are text, but the two `_verified` ones may be truth values.
    public var userAttributes: [String: EventValue]
    /// What stands in the message for the code.
    public var codeParameter: String
    /// What stands in the message for the user's name; only in an invitation.
    public var usernameParameter: String?
    public var clientMetadata: [String: String]?
  }

  public struct MessageResponse: Codable, Sendable, Hashable {
    public var smsMessage: String?
    public var emailMessage: String?
    public var emailSubject: String?
  }

  public struct MigrationRequest: Codable, Sendable, Hashable {
    public var password: String?
    public var validationData: [String: String]?
    public var clientMetadata: [String: String]?
  }

  public struct MigrationResponse: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]?
    public var finalUserStatus: String?
    public var messageAction: String?
    public var desiredDeliveryMediums: [String]?
    public var forceAliasCreation: Bool?
  }
}
