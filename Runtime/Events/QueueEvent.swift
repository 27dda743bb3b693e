/// A batch of messages from an SQS queue.
///
/// Shape: Lambda developer guide, "Using Lambda with Amazon SQS". Answer with `BatchResponse` to
/// have only some of the messages delivered again.
public struct QueueEvent: Codable, Sendable, Hashable {
  public var records: [Message]

  private enum CodingKeys: String, CodingKey {
    case records = "Records"
  }

  /// One message.
  public struct Message: Codable, Sendable, Hashable {
    public var messageID: String
    public var receiptHandle: String
    public var body: String
    public var bodyMD5: String
    /// Absent when the message has no attributes.
    public var messageAttributesMD5: String?
    /// What SQS knows: `SentTimestamp`, `ApproximateReceiveCount`, `MessageGroupId` …
    public var attributes: [String: String]
    public var messageAttributes: [String: Attribute]
    public var eventSource: String
    public var eventSourceARN: String
    public var region: String

    private enum CodingKeys: String, CodingKey {
      case messageID = "messageId"
      case bodyMD5 = "md5OfBody"
      case messageAttributesMD5 = "md5OfMessageAttributes"
      case region = "awsRegion"
      case receiptHandle, body, attributes, messageAttributes, eventSource, eventSourceARN
    }
  }

  /// An attribute that the sender set; binary values are base64.
  public struct Attribute: Codable, Sendable, Hashable {
    public var dataType: String
    public var stringValue: String?
    public var binaryValue: String?
    public var stringListValues: [String]?
    public var binaryListValues: [String]?
  }
}
