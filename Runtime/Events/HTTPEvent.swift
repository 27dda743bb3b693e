/// What API Gateway hands a function for a route of an HTTP API, payload format 2.0.
///
/// Shape: API Gateway developer guide, "Lambda proxy integrations for HTTP APIs". Header names are
/// lower case; repeated headers and query parameters are joined by commas; cookies stand apart.
public struct HTTPEvent: Codable, Sendable, Hashable, EventBody {
  /// Always `2.0`.
  public var version: String
  public var routeKey: String
  /// The path as sent, still percent-encoded, with the stage in front unless it is `$default`.
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

  public init(
    routeKey: String, rawPath: String, rawQueryString: String = "",
    headers: [String: String] = [:], requestContext: RequestContext, body: String? = nil,
    isBase64Encoded: Bool = false
  ) {
    self.version = "2.0"
    self.routeKey = routeKey
    self.rawPath = rawPath
    self.rawQueryString = rawQueryString
    self.headers = headers
    self.requestContext = requestContext
    self.body = body
    self.isBase64Encoded = isBase64Encoded
  }

  public var hasBase64Body: Bool { isBase64Encoded }

  /// The request as API Gateway saw it.
  public struct RequestContext: Codable, Sendable, Hashable {
    public var accountID: String
    public var apiID: String
    public var domainName: String
    public var domainPrefix: String
    public var http: Request
    public var requestID: String
    public var routeKey: String
    public var stage: String
    /// As in an access log: `12/Mar/2020:19:03:58 +0000`.
    public var time: String
    /// Unix milliseconds.
    public var timeEpoch: Int
    public var authorizer: Authorizer?
    public var authentication: Authentication?

    public init(
      accountID: String, apiID: String, domainName: String, domainPrefix: String, http: Request,
      requestID: String, routeKey: String, stage: String, time: String, timeEpoch: Int
    ) {
      self.accountID = accountID
      self.apiID = apiID
      self.domainName = domainName
      self.domainPrefix = domainPrefix
      self.http = http
      self.requestID = requestID
      self.routeKey = routeKey
      self.stage = stage
      self.time = time
      self.timeEpoch = timeEpoch
    }

    private enum CodingKeys: String, CodingKey {
      case accountID = "accountId"
      case apiID = "apiId"
      case requestID = "requestId"
      case domainName, domainPrefix, http, routeKey, stage, time, timeEpoch, authorizer
      case authentication
    }
  }

  /// The request line and where it came from.
  public struct Request: Codable, Sendable, Hashable {
    public var method: String
    public var path: String
    /// `HTTP/1.1` or `HTTP/2`.
    public var version: String
    public var sourceIP: String
    public var userAgent: String

    public init(
      method: String, path: String, version: String = "HTTP/1.1", sourceIP: String,
      userAgent: String
    ) {
      self.method = method
      self.path = path
      self.version = version
      self.sourceIP = sourceIP
      self.userAgent = userAgent
    }

    private enum CodingKeys: String, CodingKey {
      case version = "protocol"
      case sourceIP = "sourceIp"
      case method, path, userAgent
    }
  }
}
