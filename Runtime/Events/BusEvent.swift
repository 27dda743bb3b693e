/// An event of an EventBridge bus.
///
/// Shape: EventBridge user guide, "Events". `Detail` is what the source says happened.
public struct BusEvent<Detail: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  public var version: String
  public var id: String
  public var detailType: String
  public var source: String
  public var account: String
  /// ISO 8601, whole seconds.
  public var time: String
  public var region: String
  /// ARNs of what it is about; for a schedule its rule.
  public var resources: [String]
  public var detail: Detail
  /// Only while an archive is replayed.
  public var replayName: String?

  private enum CodingKeys: String, CodingKey {
    case detailType = "detail-type"
    case replayName = "replay-name"
    case version, id, source, account, time, region, resources, detail
  }
}

/// What a rule with a schedule sends: an event with an empty detail.
public typealias ScheduledEvent = BusEvent<[String: EventValue]>
