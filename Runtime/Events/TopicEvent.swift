/// Notifications of an SNS topic.
///
/// Shape: Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications".
public struct TopicEvent: Codable, Sendable, Hashable {
  public var records: [Record]

  private enum CodingKeys: String, CodingKey {
    case records = "Records"
  }

  /// One delivery to the function's subscription.
  public struct Record: Codable, Sendable, Hashable {
    public var eventVersion: String
    public var subscriptionARN: String
    public var eventSource: String
    public var notification: Notification

    private enum CodingKeys: String, CodingKey {
      case eventVersion = "EventVersion"
      case subscriptionARN = "EventSubscriptionArn"
      case eventSource = "EventSource"
      case notification = "Sns"
    }
  }

  /// What was published.
  public struct Notification: Codable, Sendable, Hashable {
    public var type: String
    public var messageID: String
    public var topicARN: String
    public var subject: String?
    public var message: String
    /// ISO 8601 with milliseconds.
    public var timestamp: String
    public var signatureVersion: String
    public var signature: String
    public var signingCertificateURL: String
    public var unsubscribeURL: String
    public var messageAttributes: [String: Attribute]?

    private enum CodingKeys: String, CodingKey {
      case type = "Type"
      case messageID = "MessageId"
      case topicARN = "TopicArn"
      case subject = "Subject"
      case message = "Message"
      case timestamp = "Timestamp"
      case signatureVersion = "SignatureVersion"
      case signature = "Signature"
      case signingCertificateURL = "SigningCertUrl"
      case unsubscribeURL = "UnsubscribeUrl"
      case messageAttributes = "MessageAttributes"
    }
  }

  /// An attribute that the publisher set; binary values are base64.
  public struct Attribute: Codable, Sendable, Hashable {
    public var type: String
    public var value: String

    private enum CodingKeys: String, CodingKey {
      case type = "Type"
      case value = "Value"
    }
  }
}

extension TopicEvent.Notification {
  /// HTTP deliveries and some documents end the two addresses in `URL` where Lambda says `Url`.
  private enum OtherSpelling: String, CodingKey {
    case signingCertificateURL = "SigningCertURL"
    case unsubscribeURL = "UnsubscribeURL"
  }

  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    let other = try decoder.container(keyedBy: OtherSpelling.self)
    type = try object.decode(String.self, forKey: .type)
    messageID = try object.decode(String.self, forKey: .messageID)
    topicARN = try object.decode(String.self, forKey: .topicARN)
    subject = try object.decodeIfPresent(String.self, forKey: .subject)
    message = try object.decode(String.self, forKey: .message)
    timestamp = try object.decode(String.self, forKey: .timestamp)
    signatureVersion = try object.decode(String.self, forKey: .signatureVersion)
    signature = try object.decode(String.self, forKey: .signature)
    signingCertificateURL =
      try other.decodeIfPresent(String.self, forKey: .signingCertificateURL)
      ?? object.decode(String.self, forKey: .signingCertificateURL)
    unsubscribeURL =
      try other.decodeIfPresent(String.self, forKey: .unsubscribeURL)
      ?? object.decode(String.self, forKey: .unsubscribeURL)
    messageAttributes = try object.decodeIfPresent(
      [String: TopicEvent.Attribute].self, forKey: .messageAttributes)
  }
}
