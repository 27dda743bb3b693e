/// What a TOKEN authorizer of a REST API gets.
///
/// Shape: API Gateway developer guide, "Input to an API Gateway Lambda authorizer".
public struct TokenAuthorizerEvent: Codable, Sendable, Hashable {
  /// Always `TOKEN`.
  public var type: String
  public var authorizationToken: String
  public var methodARN: String

  private enum CodingKeys: String, CodingKey {
    case methodARN = "methodArn"
    case type, authorizationToken
  }
}

/// What a REQUEST authorizer of a REST API gets, and one of an HTTP API with payload format 1.0.
public struct RequestAuthorizerEvent: Codable, Sendable, Hashable {
  /// `1.0` from an HTTP API; a REST API sends none.
  public var version: String?
  /// Always `REQUEST`.
  public var type: String
  public var methodARN: String
  /// The first identity source; only from an HTTP API.
  public var identitySource: String?
  /// The same; only from an HTTP API.
  public var authorizationToken: String?
  public var resource: String
  public var path: String
  public var httpMethod: String
  public var headers: [String: String]?
  public var multiValueHeaders: [String: [String]]?
  public var queryStringParameters: [String: String]?
  public var multiValueQueryStringParameters: [String: [String]]?
  public var pathParameters: [String: String]?
  public var stageVariables: [String: String]?
  public var requestContext: RESTEvent.RequestContext

  private enum CodingKeys: String, CodingKey {
    case methodARN = "methodArn"
    case version, type, identitySource, authorizationToken, resource, path, httpMethod, headers
    case multiValueHeaders, queryStringParameters, multiValueQueryStringParameters
    case pathParameters, stageVariables, requestContext
  }
}

/// What a REQUEST authorizer of an HTTP API gets with payload format 2.0.
///
/// Shape: API Gateway developer guide, "AWS Lambda authorizers for HTTP APIs".
public struct HTTPAuthorizerEvent: Codable, Sendable, Hashable {
  /// Always `2.0`.
  public var version: String
  /// Always `REQUEST`.
  public var type: String
  public var routeARN: String
  /// The values of the identity sources; absent when the authorizer names none.
  public var identitySource: [String]?
  public var routeKey: String
  public var rawPath: String
  public var rawQueryString: String
  public var cookies: [String]?
  public var headers: [String: String]
  public var queryStringParameters: [String: String]?
  public var requestContext: HTTPEvent.RequestContext
  public var pathParameters: [String: String]?
  public var stageVariables: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case routeARN = "routeArn"
    case version, type, identitySource, routeKey, rawPath, rawQueryString, cookies, headers
    case queryStringParameters, requestContext, pathParameters, stageVariables
  }
}

/// What the REQUEST authorizer of a WebSocket API gets; it runs on `$connect` only.
public struct WebSocketAuthorizerEvent: Codable, Sendable, Hashable {
  /// Always `REQUEST`.
  public var type: String
  public var methodARN: String
  public var headers: [String: String]?
  public var multiValueHeaders: [String: [String]]?
  public var queryStringParameters: [String: String]?
  public var multiValueQueryStringParameters: [String: [String]]?
  public var stageVariables: [String: String]?
  public var requestContext: WebSocketEvent.RequestContext

  private enum CodingKeys: String, CodingKey {
    case methodARN = "methodArn"
    case type, headers, multiValueHeaders, queryStringParameters
    case multiValueQueryStringParameters, stageVariables, requestContext
  }
}
