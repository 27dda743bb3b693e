/// What a function gets through its function URL: payload format 2.0 without an API around it.
///
/// Shape: Lambda developer guide, "Request payload format" of function URLs. Only IAM can be the
/// authorizer; route key and stage are `$default` or absent.
public struct FunctionURLEvent: Codable, Sendable, Hashable, EventBody {
  /// Always `2.0`.
  public var version: String
  public var routeKey: String?
  public var rawPath: String
  public var rawQueryString: String
  public var cookies: [String]?
  public var headers: [String: String]
  public var queryStringParameters: [String: String]?
  public var pathParameters: [String: String]?
  public var stageVariables: [String: String]?
  public var requestContext: RequestContext
  public var body: String?
  public var isBase64Encoded: Bool

  public var hasBase64Body: Bool { isBase64Encoded }

  /// The request as the URL's front saw it; `apiID` is the id in the URL.
  public struct RequestContext: Codable, Sendable, Hashable {
    public var accountID: String
    public var apiID: String
    public var domainName: String
    public var domainPrefix: String
    public var http: HTTPEvent.Request
    public var requestID: String
    public var routeKey: String?
    public var stage: String?
    public var time: String
    /// Unix milliseconds.
    public var timeEpoch: Int
    public var authorizer: HTTPEvent.Authorizer?
    public var authentication: HTTPEvent.Authentication?

    private enum CodingKeys: String, CodingKey {
      case accountID = "accountId"
      case apiID = "apiId"
      case requestID = "requestId"
      case domainName, domainPrefix, http, routeKey, stage, time, timeEpoch, authorizer
      case authentication
    }
  }
}
