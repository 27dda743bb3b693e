/// A named deployment of an API.
package struct APIStage: Sendable, Equatable {
  package var name: String
  package var variables: [String: String]

  package init(name: String, variables: [String: String] = [:]) {
    self.name = name
    self.variables = variables
  }
}

package struct WebSocketAPI: Sendable, Equatable {
  package var logicalID: String
  package var id: String
  package var name: String
  /// `$request.body.action`.
  package var selectionExpression: String
  package var routes: [WebSocketRoute]
  package var stages: [APIStage]

  package init(
    logicalID: String, id: String, name: String, selectionExpression: String,
    routes: [WebSocketRoute], stages: [APIStage]
  ) {
    self.logicalID = logicalID
    self.id = id
    self.name = name
    self.selectionExpression = selectionExpression
    self.routes = routes
    self.stages = stages
  }
}

package struct WebSocketRoute: Sendable, Equatable {
  package var key: String
  /// The function's name.
  package var function: String
  /// Milliseconds, 50 to 29,000.
  package var timeout: Int
  /// Whether the function's answer goes back to the client: the route has a response.
  package var returnsResponse: Bool
  /// Asked before `$connect`; other routes have none.
  package var authorizer: AuthorizerDefinition?

  package init(
    key: String, function: String, timeout: Int = 29_000, returnsResponse: Bool = false,
    authorizer: AuthorizerDefinition? = nil
  ) {
    self.key = key
    self.function = function
    self.timeout = timeout
    self.returnsResponse = returnsResponse
    self.authorizer = authorizer
  }
}

package struct HTTPAPI: Sendable, Equatable {
  package var logicalID: String
  package var id: String
  package var name: String
  package var routes: [HTTPRoute]
  package var stages: [APIStage]
  package var cors: CORS?

  package init(
    logicalID: String, id: String, name: String, routes: [HTTPRoute], stages: [APIStage],
    cors: CORS? = nil
  ) {
    self.logicalID = logicalID
    self.id = id
    self.name = name
    self.routes = routes
    self.stages = stages
    self.cors = cors
  }
}

package struct HTTPRoute: Sendable, Equatable {
  /// `GET /items/{id}`, `ANY /{proxy+}`, `$default`.
  package var key: String
  package var function: String
  /// Milliseconds, 50 to 30,000.
  package var timeout: Int
  /// `1.0` or `2.0`.
  package var payloadVersion: String
  package var authorizer: AuthorizerDefinition?
  package var scopes: [String]

  package init(
    key: String, function: String, timeout: Int = 30_000, payloadVersion: String = "2.0",
    authorizer: AuthorizerDefinition? = nil, scopes: [String] = []
  ) {
    self.key = key
    self.function = function
    self.timeout = timeout
    self.payloadVersion = payloadVersion
    self.authorizer = authorizer
    self.scopes = scopes
  }
}

/// What an API answers to questions of browsers about other origins.
package struct CORS: Sendable, Equatable {
  package var origins: [String] = []
  package var methods: [String] = []
  package var headers: [String] = []
  package var exposedHeaders: [String] = []
  package var allowsCredentials = false
  /// Seconds.
  package var maxAge: Int?

  package init() {}
}

/// Who is asked before a route.
package struct AuthorizerDefinition: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case function(name: String, payloadVersion: String, simpleAnswers: Bool)
    case jwt(issuer: String, audience: [String])
    case iam
  }

  package var name: String
  package var kind: Kind
  /// `$request.header.Authorization`, `route.request.querystring.token`, …
  package var identitySources: [String]
  /// Seconds for which an answer is kept, 0 to 3,600.
  package var timeToLive: Int

  package init(name: String, kind: Kind, identitySources: [String] = [], timeToLive: Int = 0) {
    self.name = name
    self.kind = kind
    self.identitySources = identitySources
    self.timeToLive = timeToLive
  }
}
