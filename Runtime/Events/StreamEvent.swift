/// A batch of changes from a DynamoDB stream.
///
/// Shape: DynamoDB Streams API reference, "Record"; Lambda developer guide, "Using Lambda with
/// DynamoDB". Answer with `BatchResponse` to have only some of the records delivered again.
public struct StreamEvent: Codable, Sendable, Hashable {
  public var records: [Record]
  /// Only with a tumbling window.
  public var window: Window?
  /// Only with a tumbling window: what the last invocation returned.
  public var state: [String: String]?
  public var shardID: String?
  public var eventSourceARN: String?
  public var isFinalInvokeForWindow: Bool?
  public var isWindowTerminatedEarly: Bool?

  private enum CodingKeys: String, CodingKey {
    case records = "Records"
    case shardID = "shardId"
    case window, state, eventSourceARN, isFinalInvokeForWindow, isWindowTerminatedEarly
  }

  /// What happened to the item.
  public enum Change: String, Codable, Sendable, Hashable {
    case insert = "INSERT"
    case modify = "MODIFY"
    case remove = "REMOVE"
  }

  /// One change.
  public struct Record: Codable, Sendable, Hashable {
    public var eventID: String
    public var change: Change
    public var eventVersion: String
    public var eventSource: String
    public var region: String
    public var eventSourceARN: String
    public var dynamodb: Images
    /// There when the time-to-live sweeper removed the item.
    public var userIdentity: UserIdentity?

    private enum CodingKeys: String, CodingKey {
      case change = "eventName"
      case region = "awsRegion"
      case eventID, eventVersion, eventSource, eventSourceARN, dynamodb, userIdentity
    }
  }

  /// The item before and after, as far as the stream's view type has them.
  public struct Images: Codable, Sendable, Hashable {
    /// Unix seconds, rounded to the second by the service.
    public var approximateCreation: Double?
    public var keys: Item
    public var new: Item?
    public var old: Item?
    public var sequenceNumber: String
    public var sizeBytes: Int
    public var viewType: String

    private enum CodingKeys: String, CodingKey {
      case approximateCreation = "ApproximateCreationDateTime"
      case keys = "Keys"
      case new = "NewImage"
      case old = "OldImage"
      case sequenceNumber = "SequenceNumber"
      case sizeBytes = "SizeBytes"
      case viewType = "StreamViewType"
    }
  }

  /// Who made the change, when it was the service.
  public struct UserIdentity: Codable, Sendable, Hashable {
    public var type: String
    public var principalID: String

    private enum CodingKeys: String, CodingKey {
      case principalID = "principalId"
      case type
    }
  }

  /// A tumbling window, in ISO 8601.
  public struct Window: Codable, Sendable, Hashable {
    public var start: String
    public var end: String
  }
}

/// Which records of a batch are to be delivered again (`ReportBatchItemFailures`).
///
/// For SQS the identifiers are message ids, for streams sequence numbers.
public struct BatchResponse: Codable, Sendable, Hashable {
  public var failures: [Failure]

  public init(failed identifiers: [String] = []) {
    failures = identifiers.map(Failure.init)
  }

  private enum CodingKeys: String, CodingKey {
    case failures = "batchItemFailures"
  }

  /// One record that failed.
  public struct Failure: Codable, Sendable, Hashable {
    public var identifier: String

    public init(identifier: String) {
      self.identifier = identifier
    }

    private enum CodingKeys: String, CodingKey {
      case identifier = "itemIdentifier"
    }
  }
}
