import JSON

/// Everything a user has said about a table; what `CreateTable` and `UpdateTable` change and
/// `DescribeTable` shows.
struct TableDefinition: Sendable, Equatable {
  struct Key: Sendable, Equatable {
    var name: ByteText
    var isRange: Bool
  }

  enum ProjectionKind: String, Sendable {
    case all = "ALL"
    case include = "INCLUDE"
    case keysOnly = "KEYS_ONLY"
  }

  struct Throughput: Sendable, Equatable {
    var read = 0
    var write = 0
  }

  struct Index: Sendable, Equatable {
    var name: String
    /// Tells the index apart from an earlier one of the same name in the store.
    var number: Int
    var isLocal: Bool
    var keys: [Key]
    var projection: ProjectionKind
    var nonKeyAttributes: [ByteText] = []
    var throughput = Throughput()
  }

  struct Stream: Sendable, Equatable {
    var view: String
    /// The time of its start, as in its ARN.
    var label: String
    var isEnabled: Bool
  }

  struct TimeToLive: Sendable, Equatable {
    var attribute: ByteText
    var isEnabled: Bool
  }

  var name: String
  /// A UUID, new for each table even of the same name.
  var tableID: String
  /// Unix seconds.
  var created: Double
  var attributes: [(name: ByteText, type: AttributeValue.TypeName)]
  var keys: [Key]
  var indexes: [Index] = []
  var nextIndexNumber = 1
  var isOnDemand = false
  var throughput = Throughput()
  var stream: Stream?
  var timeToLive: TimeToLive?
  var isProtected = false
  var tableClass: String?
  var tags: [(key: String, value: String)] = []
  /// Settings that are kept and shown but change nothing here (encryption, warm and on-demand
  /// throughput), by their names in the description.
  var settings = JSONObject()

  static func == (left: TableDefinition, right: TableDefinition) -> Bool {
    left.json == right.json
  }

  func type(of attribute: ByteText) -> AttributeValue.TypeName? {
    attributes.first { $0.name == attribute }?.type
  }

  var arn: String { TableName.arn(of: name) }

  var streamARN: String? { stream.map { "\(arn)/stream/\($0.label)" } }
}

// MARK: - As it is kept

extension TableDefinition {
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "tableID": .string(tableID), "created": .double(created),
      "attributes": .array(
        attributes.map { ["name": .string($0.name.string), "type": .string($0.type.rawValue)] }),
      "keys": .array(keys.map(\.json)), "indexes": .array(indexes.map(\.json)),
      "nextIndexNumber": .int(nextIndexNumber), "isOnDemand": .bool(isOnDemand),
      "throughput": throughput.json, "isProtected": .bool(isProtected),
      "tags": .array(tags.map { ["key": .string($0.key), "value": .string($0.value)] }),
      "settings": .object(settings),
    ]
    if let stream {
      object["stream"] = [
        "view": .string(stream.view), "label": .string(stream.label),
        "isEnabled": .bool(stream.isEnabled),
      ]
    }
    if let timeToLive {
      object["timeToLive"] = [
        "attribute": .string(timeToLive.attribute.string),
        "isEnabled": .bool(timeToLive.isEnabled),
      ]
    }
    if let tableClass { object["tableClass"] = .string(tableClass) }
    return .object(object)
  }

  /// Reads what `json` wrote; members that are missing have the values of an older version.
  init?(_ json: JSONValue) {
    guard let name = json["name"]?.string, let tableID = json["tableID"]?.string else { return nil }
    self.name = name
    self.tableID = tableID
    created = json["created"]?.double ?? 0
    attributes = (json["attributes"]?.array ?? []).compactMap { entry in
      guard let name = entry["name"]?.string,
        let type = entry["type"]?.string.flatMap(AttributeValue.TypeName.init(rawValue:))
      else { return nil }
      return (ByteText(name), type)
    }
    keys = (json["keys"]?.array ?? []).compactMap { Key($0) }
    indexes = (json["indexes"]?.array ?? []).compactMap { Index($0) }
    nextIndexNumber = json["nextIndexNumber"]?.int ?? 1
    isOnDemand = json["isOnDemand"]?.bool ?? false
    throughput = Throughput(json["throughput"])
    isProtected = json["isProtected"]?.bool ?? false
    tableClass = json["tableClass"]?.string
    tags = (json["tags"]?.array ?? []).compactMap { tag in
      guard let key = tag["key"]?.string, let value = tag["value"]?.string else { return nil }
      return (key, value)
    }
    settings = json["settings"]?.object ?? [:]
    if let stream = json["stream"] {
      self.stream = Stream(
        view: stream["view"]?.string ?? "", label: stream["label"]?.string ?? "",
        isEnabled: stream["isEnabled"]?.bool ?? false)
    }
    if let expiry = json["timeToLive"], let attribute = expiry["attribute"]?.string {
      timeToLive = TimeToLive(
        attribute: ByteText(attribute), isEnabled: expiry["isEnabled"]?.bool ?? false)
    }
  }
}

extension TableDefinition.Key {
  fileprivate var json: JSONValue { ["name": .string(name.string), "isRange": .bool(isRange)] }

  fileprivate init?(_ json: JSONValue) {
    guard let name = json["name"]?.string else { return nil }
    self.init(name: ByteText(name), isRange: json["isRange"]?.bool ?? false)
  }
}

extension TableDefinition.Throughput {
  fileprivate var json: JSONValue { ["read": .int(read), "write": .int(write)] }

  fileprivate init(_ json: JSONValue?) {
    self.init(read: json?["read"]?.int ?? 0, write: json?["write"]?.int ?? 0)
  }
}

extension TableDefinition.Index {
  fileprivate var json: JSONValue {
    [
      "name": .string(name), "number": .int(number), "isLocal": .bool(isLocal),
      "keys": .array(keys.map(\.json)), "projection": .string(projection.rawValue),
      "nonKeyAttributes": .array(nonKeyAttributes.map { .string($0.string) }),
      "throughput": throughput.json,
    ]
  }

  fileprivate init?(_ json: JSONValue) {
    guard let name = json["name"]?.string, let number = json["number"]?.int else { return nil }
    self.init(
      name: name, number: number, isLocal: json["isLocal"]?.bool ?? false,
      keys: (json["keys"]?.array ?? []).compactMap { TableDefinition.Key($0) },
      projection: json["projection"]?.string.flatMap(TableDefinition.ProjectionKind.init) ?? .all,
      nonKeyAttributes: (json["nonKeyAttributes"]?.array ?? []).compactMap { value in
        value.string.map { ByteText($0) }
      },
      throughput: TableDefinition.Throughput(json["throughput"]))
  }
}
