/// What API Gateway hands a function for a route of a REST API (payload format 1.0).
///
/// Shape: API Gateway developer guide, "Input format of a Lambda function for proxy integration".
/// HTTP APIs can be told to use this format too.
public struct RESTEvent: Codable, Sendable, Hashable, EventBody {
  /// `1.0` from an HTTP API; a REST API sends none.
  public var version: String?
  public var resource: String
  public var path: String
  public var httpMethod: String
  public var headers: [String: String]?
  public var multiValueHeaders: [String: [String]]?
  public var queryStringParameters: [String: String]?
  public var multiValueQueryStringParameters: [String: [String]]?
  public var pathParameters: [String: String]?
  public var stageVariables: [String: String]?
  public var requestContext: RequestContext
  public var body: String?
  /// Absent in events that the console's test page makes.
  public var isBase64Encoded: Bool?

  public var hasBase64Body: Bool { isBase64Encoded ?? false }

  /// The request as API Gateway saw it.
  public struct RequestContext: Codable, Sendable, Hashable {
    public var accountID: String
    public var apiID: String
    public var resourceID: String
    public var resourcePath: String
    public var path: String
    public var httpMethod: String
    public var stage: String
    public var requestID: String
    public var identity: Identity
    public var domainName: String?
    public var domainPrefix: String?
    public var extendedRequestID: String?
    public var protocolVersion: String?
    /// As in an access log: `15/May/2020:06:01:09 +0000`.
    public var requestTime: String?
    /// Unix milliseconds.
    public var requestTimeEpoch: Int?
    public var deploymentID: String?
    public var operationName: String?
    public var authorizer: [String: EventValue]?

    private enum CodingKeys: String, CodingKey {
      case accountID = "accountId"
      case apiID = "apiId"
      case resourceID = "resourceId"
      case requestID = "requestId"
      case extendedRequestID = "extendedRequestId"
      case protocolVersion = "protocol"
      case deploymentID = "deploymentId"
      case resourcePath, path, httpMethod, stage, identity, domainName, domainPrefix
      case requestTime, requestTimeEpoch, operationName, authorizer
    }
  }

  /// Who asked, as far as API Gateway knows.
  public typealias Identity = WebSocketEvent.Identity
}
