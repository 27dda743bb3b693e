/// What API Gateway hands a function for a WebSocket route.
///
/// Shape: API Gateway developer guide, "WebSocket API Lambda proxy integration" and the mapping
/// reference. A message has no `headers`; `body` is absent on `$connect` and `$disconnect`.
public struct WebSocketEvent: Codable, Sendable, Hashable, EventBody {
  public var headers: [String: String]?
  public var multiValueHeaders: [String: [String]]?
  public var queryStringParameters: [String: String]?
  public var multiValueQueryStringParameters: [String: [String]]?
  public var stageVariables: [String: String]?
  public var requestContext: RequestContext
  public var body: String?
  public var isBase64Encoded: Bool

  public init(
    requestContext: RequestContext, headers: [String: String]? = nil,
    multiValueHeaders: [String: [String]]? = nil, body: String? = nil,
    isBase64Encoded: Bool = false
  ) {
    self.requestContext = requestContext
    self.headers = headers
    self.multiValueHeaders = multiValueHeaders
    self.body = body
    self.isBase64Encoded = isBase64Encoded
  }

  public var hasBase64Body: Bool { isBase64Encoded }

  /// The opaque name of the open connection.
  public var connectionID: String { requestContext.connectionID }

  /// What happened to the connection.
  public enum EventType: String, Codable, Sendable, Hashable {
    case connect = "CONNECT"
    case message = "MESSAGE"
    case disconnect = "DISCONNECT"
  }

  /// Who connected, as far as API Gateway knows.
  public struct Identity: Codable, Sendable, Hashable {
    public var sourceIP: String
    public var userAgent: String?
    public var apiKey: String?
    public var apiKeyID: String?
    public var accountID: String?
    public var caller: String?
    public var user: String?
    public var userARN: String?
    public var accessKey: String?
    public var principalOrganizationID: String?
    public var cognitoAuthenticationProvider: String?
    public var cognitoAuthenticationType: String?
    public var cognitoIdentityID: String?
    public var cognitoIdentityPoolID: String?
    public var clientCertificate: ClientCertificate?

    public init(sourceIP: String, userAgent: String? = nil) {
      self.sourceIP = sourceIP
      self.userAgent = userAgent
    }

    private enum CodingKeys: String, CodingKey {
      case sourceIP = "sourceIp"
      case apiKeyID = "apiKeyId"
      case accountID = "accountId"
      case userARN = "userArn"
      case principalOrganizationID = "principalOrgId"
      case cognitoIdentityID = "cognitoIdentityId"
      case cognitoIdentityPoolID = "cognitoIdentityPoolId"
      case clientCertificate = "clientCert"
      case userAgent, apiKey, caller, user, accessKey
      case cognitoAuthenticationProvider, cognitoAuthenticationType
    }
  }
}
