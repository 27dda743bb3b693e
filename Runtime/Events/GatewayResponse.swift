/// What a function answers to an event of API Gateway or a function URL.
///
/// Shape: API Gateway developer guide, "Lambda function response format". `cookies` is for HTTP
/// APIs and function URLs, `multiValueHeaders` for REST APIs.
public struct GatewayResponse: Codable, Sendable, Hashable {
  public var statusCode: Int
  public var headers: [String: String]?
  public var multiValueHeaders: [String: [String]]?
  public var cookies: [String]?
  public var body: String?
  public var isBase64Encoded: Bool?

  public init(
    statusCode: Int, headers: [String: String]? = nil,
    multiValueHeaders: [String: [String]]? = nil, cookies: [String]? = nil, body: String? = nil,
    isBase64Encoded: Bool? = nil
  ) {
    self.statusCode = statusCode
    self.headers = headers
    self.multiValueHeaders = multiValueHeaders
    self.cookies = cookies
    self.body = body
    self.isBase64Encoded = isBase64Encoded
  }

  /// An answer whose body is not text: it travels as base64.
  public init(statusCode: Int, headers: [String: String]? = nil, bytes: [UInt8]) {
    self.init(
      statusCode: statusCode, headers: headers, body: Base64Bytes(bytes).text,
      isBase64Encoded: true)
  }

  /// An empty 200: what WebSocket routes answer.
  public static let ok = GatewayResponse(statusCode: 200)
}

/// What stands in front of a streamed answer: status, headers and cookies.
///
/// Shape: Lambda developer guide, "Response streaming"; the content type
/// `application/vnd.awslambda.http-integration-response` announces it.
public struct ResponsePrelude: Codable, Sendable, Hashable {
  public var statusCode: Int
  public var headers: [String: String]?
  public var multiValueHeaders: [String: [String]]?
  public var cookies: [String]?

  public init(
    statusCode: Int, headers: [String: String]? = nil,
    multiValueHeaders: [String: [String]]? = nil, cookies: [String]? = nil
  ) {
    self.statusCode = statusCode
    self.headers = headers
    self.multiValueHeaders = multiValueHeaders
    self.cookies = cookies
  }
}
