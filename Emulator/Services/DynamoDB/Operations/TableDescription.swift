import JSON

/// What `DescribeTable` and the operations that change a table answer.
struct TableDescription {
  struct Size: Sendable {
    var items = 0
    var bytes = 0
  }

  private let table: Table
  private let status: String
  /// Of the table, then of its indexes in their order.
  private let sizes: [Size]
  private var definition: TableDefinition { table.definition }

  init(_ table: Table, status: String, sizes: [Size] = []) {
    self.table = table
    self.status = status
    self.sizes = sizes
  }

  /// The description as the one member of an answer.
  func answer(_ member: String) -> [UInt8] {
    JSONValue.object([member: .object(object)]).encoded()
  }

  private func size(_ place: Int) -> Size { place < sizes.count ? sizes[place] : Size() }

  private var object: JSONObject {
    var object: JSONObject = [
      "AttributeDefinitions": .array(
        definition.attributes.map {
          ["AttributeName": .string($0.name.string), "AttributeType": .string($0.type.rawValue)]
        }),
      "TableName": .string(definition.name),
      "KeySchema": Self.schema(definition.keys),
      "TableStatus": .string(status),
      "CreationDateTime": .double(definition.created),
      "ProvisionedThroughput": throughput(definition.throughput),
      "TableSizeBytes": .int(size(0).bytes),
      "ItemCount": .int(size(0).items),
      "TableArn": .string(definition.arn),
      "TableId": .string(definition.tableID),
    ]
    if definition.isOnDemand {
      object["BillingModeSummary"] = [
        "BillingMode": "PAY_PER_REQUEST",
        "LastUpdateToPayPerRequestDateTime": .double(definition.created),
      ]
    }
    addIndexes(to: &object)
    addStream(to: &object)
    object["DeletionProtectionEnabled"] = .bool(definition.isProtected)
    if let tableClass = definition.tableClass {
      object["TableClassSummary"] = ["TableClass": .string(tableClass)]
    }
    addSettings(to: &object)
    return object
  }

  private func throughput(_ throughput: TableDefinition.Throughput) -> JSONValue {
    [
      "NumberOfDecreasesToday": 0, "ReadCapacityUnits": .int(throughput.read),
      "WriteCapacityUnits": .int(throughput.write),
    ]
  }

  private static func schema(_ keys: [TableDefinition.Key]) -> JSONValue {
    .array(
      keys.map {
        [
          "AttributeName": .string($0.name.string),
          "KeyType": .string($0.isRange ? "RANGE" : "HASH"),
        ]
      })
  }

  private func addIndexes(to object: inout JSONObject) {
    var locals: [JSONValue] = []
    var globals: [JSONValue] = []
    for (place, index) in definition.indexes.enumerated() {
      var projection: JSONObject = ["ProjectionType": .string(index.projection.rawValue)]
      if index.projection == .include {
        projection["NonKeyAttributes"] = .array(
          index.nonKeyAttributes.map { .string($0.string) })
      }
      var entry: JSONObject = [
        "IndexName": .string(index.name), "KeySchema": Self.schema(index.keys),
        "Projection": .object(projection),
      ]
      if !index.isLocal {
        entry["IndexStatus"] = .string(status == "CREATING" ? "CREATING" : "ACTIVE")
        entry["ProvisionedThroughput"] = throughput(index.throughput)
      }
      entry["IndexSizeBytes"] = .int(size(place + 1).bytes)
      entry["ItemCount"] = .int(size(place + 1).items)
      entry["IndexArn"] = .string("\(definition.arn)/index/\(index.name)")
      if index.isLocal { locals.append(.object(entry)) } else { globals.append(.object(entry)) }
    }
    if !locals.isEmpty { object["LocalSecondaryIndexes"] = .array(locals) }
    if !globals.isEmpty { object["GlobalSecondaryIndexes"] = .array(globals) }
  }

  private func addStream(to object: inout JSONObject) {
    guard let stream = definition.stream else { return }
    if stream.isEnabled {
      object["StreamSpecification"] = [
        "StreamEnabled": true, "StreamViewType": .string(stream.view),
      ]
    }
    object["LatestStreamLabel"] = .string(stream.label)
    object["LatestStreamArn"] = definition.streamARN.map { .string($0) }
  }

  private func addSettings(to object: inout JSONObject) {
    if let encryption = definition.settings["SSESpecification"],
      encryption["Enabled"]?.bool ?? false
    {
      object["SSEDescription"] = ["Status": "ENABLED", "SSEType": encryption["SSEType"] ?? "KMS"]
    }
    if let units = definition.settings["OnDemandThroughput"] {
      object["OnDemandThroughput"] = units
    }
    if let units = definition.settings["WarmThroughput"]?.object {
      var shown = units
      shown["Status"] = "ACTIVE"
      object["WarmThroughput"] = .object(shown)
    }
  }
}
