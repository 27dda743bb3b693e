extension Cognito {
  /// A challenge that the user has answered.
  public struct ChallengeResult: Codable, Sendable, Hashable {
    public var challengeName: String
    public var challengeResult: Bool
    public var challengeMetadata: String?
  }

  /// Which challenge comes next?
  public struct DefineRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var session: [ChallengeResult]
    public var clientMetadata: [String: String]?
    public var userNotFound: Bool?
  }

  public struct DefineResponse: Codable, Sendable, Hashable {
    public var challengeName: String?
    public var issueTokens: Bool?
    public var failAuthentication: Bool?
  }

  /// What does the challenge look like?
  public struct CreateRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var challengeName: String
    public var session: [ChallengeResult]
    public var clientMetadata: [String: String]?
    public var userNotFound: Bool?
  }

  public struct CreateResponse: Codable, Sendable, Hashable {
    public var publicChallengeParameters: [String: String]?
    public var privateChallengeParameters: [String: String]?
    public var challengeMetadata: String?
  }

  /// Is the answer right?
  public struct VerifyRequest: Codable, Sendable, Hashable {
    public var userAttributes: [String: String]
    public var privateChallengeParameters: [String: String]?
    public var challengeAnswer: String?
    public var clientMetadata: [String: String]?
    public var userNotFound: Bool?
  }

  public struct VerifyResponse: Codable, Sendable, Hashable {
    public var answerCorrect: Bool?
  }
}
