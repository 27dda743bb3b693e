import JSON
import Storage

extension DynamoDB {
  func updateTable(_ request: OperationRequest) async throws -> [UInt8] {
    let update = TableUpdate(
      request,
      label: Timestamp.text(ofMilliseconds: streamNames.next(after: clock.milliseconds())))
    let table = try await namedTable(request)
    let clock = self.clock
    let changed = try await change(table.name) { table, connection in
      let definition = try update.applied(to: table.definition)
      try IndexChange(from: table, to: definition, clock: clock).carryOut(connection)
      return definition
    }
    return try await description(of: changed, status: "UPDATING").answer("TableDescription")
  }
}

/// An `UpdateTable`, checked against the table it meets.
struct TableUpdate: Sendable {
  private let request: OperationRequest
  private let label: String

  private static let parameters = [
    "ProvisionedThroughput", "BillingMode", "GlobalSecondaryIndexUpdates", "StreamSpecification",
    "SSESpecification", "ReplicaUpdates", "TableClass", "DeletionProtectionEnabled",
    "OnDemandThroughput", "WarmThroughput", "MultiRegionConsistency", "GlobalTableWitnessUpdates",
  ]
  /// Features that this service does not have; asking for them is an error, not silence.
  private static let refused = [
    "ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates",
  ]

  init(_ request: OperationRequest, label: String) {
    self.request = request
    self.label = label
  }

  func applied(to old: TableDefinition) throws(DynamoDBError) -> TableDefinition {
    guard Self.parameters.contains(where: { request[$0] != nil }) else {
      throw .validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
          + "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
    }
    for name in Self.refused where request[name] != nil {
      throw .invalid("\(name) is not supported by this emulator")
    }
    try checkCombination(old)
    var definition = old
    try updateBilling(&definition)
    try updateIndexes(&definition)
    try updateStream(&definition)
    if let isProtected = request.bool("DeletionProtectionEnabled") {
      definition.isProtected = isProtected
    }
    if let tableClass = try TableSpecification.tableClass(request) {
      definition.tableClass = tableClass
    }
    let settings = try TableSpecification.settings(
      request, definition.isOnDemand, isNewTable: false)
    for (name, value) in settings {
      definition.settings[name] =
        name == "OnDemandThroughput" ? Self.merged(value, over: old.settings[name]) : value
    }
    if !definition.isOnDemand { definition.settings["OnDemandThroughput"] = nil }
    return definition
  }

  /// Some changes must be the only one of a request, others exclude each other.
  private func checkCombination(_ old: TableDefinition) throws(DynamoDBError) {
    let given = Self.parameters.filter { request[$0] != nil }
    for (name, text) in Self.lonely where given.contains(name) && given.count > 1 {
      throw .invalid("\(text) modification must be the only operation in the request")
    }
    if given.contains("OnDemandThroughput"),
      given.contains(where: { $0 != "OnDemandThroughput" && $0 != "BillingMode" })
    {
      throw .invalid(
        "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    }
    let changesStream = given.contains("StreamSpecification")
    let changesUnits =
      given.contains("ProvisionedThroughput") || request.string("BillingMode") == "PROVISIONED"
    let changesIndexes =
      request["GlobalSecondaryIndexUpdates"]?.elements?.contains { element in
        ["Create", "Delete"].contains { !(element[$0]?.isNull ?? true) }
      } ?? false
    if changesStream, changesUnits {
      throw .invalid("You cannot modify stream status while updating table IOPS")
    }
    if changesIndexes, given.contains("ProvisionedThroughput") {
      throw .invalid("You cannot create or delete index while updating table IOPS")
    }
    if changesIndexes, changesStream {
      throw .invalid("You cannot create or delete index while changing stream status")
    }
    if let encryption = request["SSESpecification"], old.settings["SSESpecification"] == nil,
      !(encryption["Enabled"]?.bool ?? false), encryption["SSEType"]?.string == nil
    {
      throw .invalid("Table is already encrypted by default")
    }
  }

  /// Parameters that stand alone, and what messages call them.
  private static let lonely = [
    ("SSESpecification", "Server-Side Encryption"), ("TableClass", "TableClass"),
    ("DeletionProtectionEnabled", "DeletionProtection"),
  ]

  /// Ceilings that are not named stay as they are; -1 takes one away.
  private static func merged(_ units: JSONValue, over old: JSONValue?) -> JSONValue? {
    var merged = old?.object ?? [:]
    for (name, value) in units.object ?? [:] { merged[name] = value == .int(-1) ? nil : value }
    return merged.isEmpty ? nil : .object(merged)
  }

  private func updateBilling(_ definition: inout TableDefinition) throws(DynamoDBError) {
    guard request["BillingMode"] != nil || request["ProvisionedThroughput"] != nil else { return }
    if request["BillingMode"] == nil, definition.isOnDemand {
      throw .invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          + "PAY_PER_REQUEST")
    }
    if request["ProvisionedThroughput"] == nil, request.string("BillingMode") == "PROVISIONED" {
      throw .invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    }
    let billing = try TableSpecification.billing(request)
    if request["BillingMode"] == nil, billing.throughput == definition.throughput {
      throw .validation(
        "The provisioned throughput for the table will not change. The requested value equals "
          + "the current value. Current ReadCapacityUnits provisioned for the table: "
          + "\(definition.throughput.read). Requested ReadCapacityUnits: "
          + "\(billing.throughput.read). Current WriteCapacityUnits provisioned for the table: "
          + "\(definition.throughput.write). Requested WriteCapacityUnits: "
          + "\(billing.throughput.write). Refer to the Amazon DynamoDB Developer Guide for current "
          + "limits and how to request higher limits.")
    }
    definition.isOnDemand = billing.isOnDemand
    definition.throughput = billing.throughput
    if billing.isOnDemand {
      for place in definition.indexes.indices { definition.indexes[place].throughput = .init() }
    }
  }

  private func updateIndexes(_ definition: inout TableDefinition) throws(DynamoDBError) {
    guard let node = request["GlobalSecondaryIndexUpdates"], let elements = node.elements else {
      return
    }
    guard node.count > 0 else { throw .invalid("List of GlobalSecondaryIndexUpdates is empty") }
    for attribute in TableSpecification.attributes(request)
    where definition.type(of: attribute.name) == nil {
      definition.attributes.append(attribute)
    }
    var names: Set<String> = []
    for element in elements {
      let (action, node) = try Self.action(of: element)
      let name = node["IndexName"]?.string ?? ""
      guard names.insert(name).inserted else {
        throw .invalid(
          "Only one global secondary index update per index is allowed simultaneously. "
            + "Index: \(name)")
      }
      switch action {
      case "Create": try add(node, to: &definition)
      case "Delete":
        definition.indexes.remove(at: try Self.place(of: name, in: definition, action))
      default:
        try setUnits(
          of: try Self.place(of: name, in: definition, action), node, in: &definition)
      }
    }
    guard elements.count(where: { $0["Update"]?.isNull ?? true }) <= 1 else {
      throw DynamoDBError(
        .limitExceeded,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
          + "per table")
    }
    Self.forgetUnusedAttributes(&definition)
  }

  /// The one action of an update, and what it says.
  private static func action(
    of element: JSONNode
  ) throws(DynamoDBError) -> (name: String, node: JSONNode) {
    let actions = ["Create", "Delete", "Update"].compactMap { name in
      element[name].flatMap { $0.isNull ? nil : (name: name, node: $0) }
    }
    guard let first = actions.first else {
      throw .invalid(
        "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          + "GlobalSecondaryIndexUpdate.Delete must not be null")
    }
    guard actions.count == 1 else {
      throw .invalid(
        "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
    }
    return first
  }

  private func setUnits(
    of place: Int, _ node: JSONNode, in definition: inout TableDefinition
  ) throws(DynamoDBError) {
    guard let units = node["ProvisionedThroughput"], !units.isNull else { return }
    let index = definition.indexes[place]
    guard !definition.isOnDemand else {
      throw .invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
          + "\(index.name) when BillingMode is PAY_PER_REQUEST")
    }
    let (old, new) = (
      index.throughput,
      TableDefinition.Throughput(
        read: units["ReadCapacityUnits"]?.wholeNumber ?? 0,
        write: units["WriteCapacityUnits"]?.wholeNumber ?? 0)
    )
    guard new != old else {
      throw .validation(
        "The provisioned throughput for the index \(index.name) will not change. The requested "
          + "value equals the current value. Current ReadCapacityUnits provisioned for the index: "
          + "\(old.read). Requested ReadCapacityUnits: \(new.read). Current WriteCapacityUnits "
          + "provisioned for the index: \(old.write). Requested WriteCapacityUnits: \(new.write). "
          + "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
          + "higher limits.")
    }
    definition.indexes[place].throughput = new
  }

  private func add(_ node: JSONNode, to definition: inout TableDefinition) throws(DynamoDBError) {
    let name = node["IndexName"]?.string ?? ""
    guard !definition.indexes.contains(where: { $0.name == name }) else {
      throw .validation(
        "Attempting to create an index which already exists")
    }
    guard request["AttributeDefinitions"] != nil else {
      throw .invalid("AttributeDefinitions is not specified for index: \(name)")
    }
    let specification = TableSpecification(request, created: 0, label: label)
    var index = try specification.index(node, isLocal: false, tableKeys: definition.keys)
    let hasUnits = index.throughput != .init()
    if definition.isOnDemand, hasUnits {
      throw .invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: \(name) "
          + "when BillingMode is PAY_PER_REQUEST")
    }
    if !definition.isOnDemand, !hasUnits {
      throw .invalid("ProvisionedThroughput must be specified for index: \(name)")
    }
    guard definition.indexes.filter({ !$0.isLocal }).count < TableSpecification.globalIndexLimit
    else {
      throw DynamoDBError(
        .limitExceeded,
        "GlobalSecondaryIndex count exceeds the per-table limit of "
          + "\(TableSpecification.globalIndexLimit)")
    }
    index.number = definition.nextIndexNumber
    definition.nextIndexNumber += 1
    definition.indexes.append(index)
  }

  private static func place(
    of name: String, in definition: TableDefinition, _ action: String
  ) throws(DynamoDBError) -> Int {
    if definition.indexes.contains(where: { $0.name == name && $0.isLocal }) {
      throw .validation(
        "Cannot \(action.lowercased()) an index that is not a GlobalSecondaryIndex: \(name)")
    }
    let place = definition.indexes.firstIndex { $0.name == name && !$0.isLocal }
    guard let place else {
      throw DynamoDBError(
        .resourceNotFound, "Requested resource not found: Index: \(name) not found")
    }
    return place
  }

  private static func forgetUnusedAttributes(_ definition: inout TableDefinition) {
    var used = Set(definition.keys.map(\.name))
    for index in definition.indexes { used.formUnion(index.keys.map(\.name)) }
    definition.attributes.removeAll { !used.contains($0.name) }
  }

  private func updateStream(_ definition: inout TableDefinition) throws(DynamoDBError) {
    guard let node = request["StreamSpecification"] else { return }
    let isOn = definition.stream?.isEnabled ?? false
    let stream = try TableSpecification.stream(node, label: label, isNewTable: false)
    if stream != nil, isOn {
      throw .validation("Table already has an enabled stream: TableName: \(definition.name)")
    }
    if stream == nil, !isOn {
      throw .validation("Table has no stream to disable: TableName: \(definition.name)")
    }
    if let stream {
      definition.stream = stream
    } else {
      definition.stream?.isEnabled = false
    }
  }
}

/// Makes and fills the indexes that a change of a definition adds, and drops those it removes.
struct IndexChange {
  private let old: Table
  private let new: Table
  private let clock: ServiceClock

  init(from table: Table, to definition: TableDefinition, clock: ServiceClock) {
    old = table
    new = Table(id: table.id, definition)
    self.clock = clock
  }

  private static let batch = 500

  func carryOut(_ connection: Connection) throws {
    let kept = Set(new.indexes.map(\.sql.table))
    for index in old.indexes where !kept.contains(index.sql.table) {
      try connection.execute("DROP TABLE \(index.sql.table)")
    }
    let known = Set(old.indexes.map(\.sql.table))
    let added = new.indexes.filter { !known.contains($0.sql.table) }
    guard !added.isEmpty else { return }
    for index in added { try connection.execute(index.sql.create) }
    try fill(added, connection)
  }

  private func fill(_ indexes: [TableIndex], _ connection: Connection) throws {
    let store = ItemStore(table: new, connection: connection, clock: clock)
    var last = 0
    while true {
      let rows = try connection.all(
        """
        SELECT id, pk, sk, item FROM \(new.sql.table) WHERE id > ? ORDER BY id LIMIT \(Self.batch)
        """, [Value(last)]
      ) { ($0.integer(0), ItemKey(partition: $0.bytes(1), sort: $0.bytes(2)), $0.bytes(3)) }
      guard let end = rows.last?.0 else { return }
      for (id, key, bytes) in rows {
        let item = try Attributes(stored: bytes)
        for index in indexes {
          // Values of a wrong type were allowed before there was an index: such items stay out of it.
          guard let place = index.key(of: item) else { continue }
          try store.insert(index.projected(item), at: place, key, id: id, in: index)
        }
      }
      last = end
    }
  }
}
