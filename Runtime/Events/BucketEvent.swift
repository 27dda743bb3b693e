/// Notifications of an S3 bucket.
///
/// Shape: S3 user guide, "Event message structure", version 2.x. The object's key is URL-encoded:
/// a space is `+`.
public struct BucketEvent: Codable, Sendable, Hashable {
  public var records: [Record]

  private enum CodingKeys: String, CodingKey {
    case records = "Records"
  }

  /// One change of one object.
  public struct Record: Codable, Sendable, Hashable {
    public var eventVersion: String
    public var eventSource: String
    public var region: String
    /// ISO 8601 with milliseconds.
    public var eventTime: String
    /// Such as `ObjectCreated:Put`, without `s3:` in front.
    public var eventName: String
    public var userIdentity: Principal
    public var requestParameters: RequestParameters
    public var responseElements: [String: String]
    public var s3: Entity
    /// Only after a restore from an archive.
    public var glacierEventData: GlacierEventData?

    private enum CodingKeys: String, CodingKey {
      case region = "awsRegion"
      case eventVersion, eventSource, eventTime, eventName, userIdentity, requestParameters
      case responseElements, s3, glacierEventData
    }
  }

  /// A user or an owner.
  public struct Principal: Codable, Sendable, Hashable {
    public var principalID: String

    private enum CodingKeys: String, CodingKey {
      case principalID = "principalId"
    }
  }

  /// Where the request came from.
  public struct RequestParameters: Codable, Sendable, Hashable {
    public var sourceIPAddress: String
  }

  /// The bucket and the object.
  public struct Entity: Codable, Sendable, Hashable {
    public var schemaVersion: String
    public var configurationID: String
    public var bucket: Bucket
    public var object: Object

    private enum CodingKeys: String, CodingKey {
      case schemaVersion = "s3SchemaVersion"
      case configurationID = "configurationId"
      case bucket, object
    }
  }

  /// The bucket.
  public struct Bucket: Codable, Sendable, Hashable {
    public var name: String
    public var ownerIdentity: Principal
    public var arn: String
  }

  /// The object; a removed one has neither size nor tag.
  public struct Object: Codable, Sendable, Hashable {
    public var key: String
    /// Bytes.
    public var size: Int?
    public var eTag: String?
    /// Only in a bucket with versions.
    public var versionID: String?
    /// Hexadecimal; orders the events of one key.
    public var sequencer: String?

    private enum CodingKeys: String, CodingKey {
      case versionID = "versionId"
      case key, size, eTag, sequencer
    }
  }

  /// A finished restore.
  public struct GlacierEventData: Codable, Sendable, Hashable {
    public var restoreEventData: Restore

    /// Until when the restored copy stays, and the class it came from.
    public struct Restore: Codable, Sendable, Hashable {
      public var expiry: String
      public var storageClass: String

      private enum CodingKeys: String, CodingKey {
        case expiry = "lifecycleRestorationExpiryTime"
        case storageClass = "lifecycleRestoreStorageClass"
      }
    }
  }
}
