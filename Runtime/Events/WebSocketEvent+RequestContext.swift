extension WebSocketEvent {
  /// The connection and the one event on it. Times are Unix milliseconds.
  public struct RequestContext: Codable, Sendable, Hashable {
    public var routeKey: String
    public var eventType: EventType
    public var connectionID: String
    public var apiID: String
    public var stage: String
    /// The host clients connect to; with `stage` the address of `@connections`.
    public var domainName: String
    public var requestID: String
    public var extendedRequestID: String
    /// As in an access log: `20/Jan/2024:11:55:00 +0000`.
    public var requestTime: String
    public var requestTimeEpoch: Int
    public var connectedAt: Int
    /// Always `IN`.
    public var messageDirection: String
    public var identity: Identity
    /// Only with a message.
    public var messageID: String?
    /// What a Lambda authorizer put into the context, with its `principalId`.
    public var authorizer: [String: EventValue]?
    /// Only with `$disconnect`: the close code of RFC 6455 §7.4; 1005 when there was none.
    public var disconnectStatusCode: Int?
    /// Only with `$disconnect`; may be empty.
    public var disconnectReason: String?
    public var accountID: String?
    public var resourceID: String?
    public var operationName: String?
    public var error: String?
    public var integrationLatency: String?
    public var status: String?

    public init(
      routeKey: String, eventType: EventType, connectionID: String, apiID: String, stage: String,
      domainName: String, requestID: String, requestTime: String, requestTimeEpoch: Int,
      connectedAt: Int, identity: Identity, messageID: String? = nil
    ) {
      self.routeKey = routeKey
      self.eventType = eventType
      self.connectionID = connectionID
      self.apiID = apiID
      self.stage = stage
      self.domainName = domainName
      self.requestID = requestID
      self.extendedRequestID = requestID
      self.requestTime = requestTime
      self.requestTimeEpoch = requestTimeEpoch
      self.connectedAt = connectedAt
      self.messageDirection = "IN"
      self.identity = identity
      self.messageID = messageID
    }

    private enum CodingKeys: String, CodingKey {
      case connectionID = "connectionId"
      case apiID = "apiId"
      case requestID = "requestId"
      case extendedRequestID = "extendedRequestId"
      case messageID = "messageId"
      case accountID = "accountId"
      case resourceID = "resourceId"
      case routeKey, eventType, stage, domainName, requestTime, requestTimeEpoch, connectedAt
      case messageDirection, identity, authorizer, disconnectStatusCode, disconnectReason
      case operationName, error, integrationLatency, status
    }
  }
}
