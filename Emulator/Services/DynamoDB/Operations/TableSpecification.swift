import Crypto
import JSON

/// A `CreateTable` with its parts checked against each other, in the service's order.
struct TableSpecification {
  private let request: OperationRequest
  private let created: Double
  private let label: String
  private let attributes: [(name: ByteText, type: AttributeValue.TypeName)]

  static let localIndexLimit = 5
  static let globalIndexLimit = 20

  init(_ request: OperationRequest, created: Double, label: String) {
    self.request = request
    self.created = created
    self.label = label
    attributes = Self.attributes(request)
  }

  /// The attribute definitions of a request.
  static func attributes(
    _ request: OperationRequest
  ) -> [(name: ByteText, type: AttributeValue.TypeName)] {
    (request["AttributeDefinitions"]?.elements.map(Array.init) ?? []).compactMap { entry in
      guard let name = entry["AttributeName"]?.string,
        let type = entry["AttributeType"]?.string.flatMap(AttributeValue.TypeName.init(rawValue:))
      else { return nil }
      return (ByteText(name), type)
    }
  }

  func definition() throws(DynamoDBError) -> TableDefinition {
    let billing = try Self.billing(request)
    let keys = Self.keys(request["KeySchema"])
    guard keys.count <= 2 else {
      let shown = keys.map {
        "KeySchemaElement(attributeName=\($0.name), keyType=\($0.isRange ? "RANGE" : "HASH"))"
      }
      throw DynamoDBError.validation(
        "Value '[\(shown.joined(separator: ", "))]' at 'keySchema' failed to satisfy constraint: "
          + "Member must have length less than or equal to 2"
      ).enveloped
    }
    try checkDuplicates()
    try checkDefined(keys)
    try Self.checkOrder(keys)
    let locals = try indexes("LocalSecondaryIndexes", isLocal: true, tableKeys: keys)
    let globals = try indexes("GlobalSecondaryIndexes", isLocal: false, tableKeys: keys)
    var definition = TableDefinition(
      name: try request.tableName(), tableID: RequestID.uuid(), created: created,
      attributes: attributes, keys: keys)
    definition.indexes = locals + globals
    try checkNames(of: definition.indexes)
    try checkUnused(definition)
    for place in definition.indexes.indices {
      definition.indexes[place].number = place + 1
      try Self.checkThroughput(definition.indexes[place], billing)
    }
    definition.nextIndexNumber = definition.indexes.count + 1
    definition.isOnDemand = billing.isOnDemand
    definition.throughput = billing.throughput
    definition.stream = try Self.stream(
      request["StreamSpecification"], label: label, isNewTable: true)
    definition.isProtected = request.bool("DeletionProtectionEnabled") ?? false
    definition.tableClass = try Self.tableClass(request)
    definition.tags = try Tags.read(request["Tags"])
    definition.settings = try Self.settings(request, billing.isOnDemand, isNewTable: true)
    return definition
  }

  /// Settings that are only kept and shown.
  static func settings(
    _ request: OperationRequest, _ isOnDemand: Bool, isNewTable: Bool
  ) throws(DynamoDBError) -> JSONObject {
    var settings: JSONObject = [:]
    try checkEncryption(request["SSESpecification"])
    try checkOnDemandUnits(request["OnDemandThroughput"], isOnDemand, isNewTable: isNewTable)
    for name in ["SSESpecification", "OnDemandThroughput", "WarmThroughput"] {
      if let node = request[name], node.count > 0 { settings[name] = node.value }
    }
    return settings
  }

  static func tableClass(_ request: OperationRequest) throws(DynamoDBError) -> String? {
    let classes = ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
    guard let name = request.string("TableClass") else { return nil }
    guard classes.contains(name) else {
      throw .validation(
        "Invalid table-class parameter provided. Please try again with a valid table-class value: "
          + "[\(classes.joined(separator: ", "))].")
    }
    return name
  }

  private static func checkEncryption(_ node: JSONNode?) throws(DynamoDBError) {
    guard let node else { return }
    let kind = node["SSEType"]?.string
    let hasKey = node["KMSMasterKeyId"]?.string != nil
    if !(node["Enabled"]?.bool ?? true) {
      if kind != nil { throw .invalid("SSEType can not be specified if Enabled is false") }
      if hasKey { throw .invalid("KMSMasterKeyId can not be specified if Enabled is false") }
    }
    if kind == "AES256" { throw .invalid("SSEType AES256 is not supported") }
    if hasKey, kind != "KMS" {
      throw .invalid("SSEType KMS is required if KMSMasterKeyId is specified")
    }
  }

  /// Ceilings are for tables that are paid on demand; -1 takes one away from a table that has it.
  private static func checkOnDemandUnits(
    _ node: JSONNode?, _ isOnDemand: Bool, isNewTable: Bool
  ) throws(DynamoDBError) {
    let units = ["MaxReadRequestUnits", "MaxWriteRequestUnits"].compactMap { name in
      node?[name].flatMap { $0.isNull ? nil : (name: name, value: $0.wholeNumber) }
    }
    if let first = units.first, !isOnDemand {
      throw .invalid(
        "\(first.name) for OnDemandThroughput cannot be specified when "
          + (isNewTable
            ? "table BillingMode is PROVISIONED." : "the table BillingMode is PROVISIONED"))
    }
    for (name, value) in units where value < 1 && (isNewTable || value != -1) {
      throw .invalid("Requested \(name) for OnDemandThroughput for table is outside of valid range")
    }
  }

  // MARK: Keys

  static func keys(_ node: JSONNode?) -> [TableDefinition.Key] {
    (node?.elements.map(Array.init) ?? []).map { element in
      TableDefinition.Key(
        name: ByteText(element["AttributeName"]?.string ?? ""),
        isRange: element["KeyType"]?.isString("RANGE") ?? false)
    }
  }

  private func checkDuplicates() throws(DynamoDBError) {
    var seen: Set<ByteText> = []
    for attribute in attributes where !seen.insert(attribute.name).inserted {
      throw .validation("Attribute Name is duplicated: \(attribute.name)")
    }
  }

  private func checkDefined(_ keys: [TableDefinition.Key]) throws(DynamoDBError) {
    let names = keys.map(\.name)
    let areDefined = names.allSatisfy { name in attributes.contains { $0.name == name } }
    if names.count == 2 {
      guard areDefined else {
        throw .validation("Invalid KeySchema: Some index key attribute have no definition")
      }
    } else if !areDefined {
      throw undefined(names)
    }
  }

  private func undefined(_ names: [ByteText]) -> DynamoDBError {
    .invalid(
      "Some index key attributes are not defined in AttributeDefinitions. "
        + "Keys: [\(names.map(\.string).joined(separator: ", "))], AttributeDefinitions: "
        + "[\(attributes.map(\.name.string).joined(separator: ", "))]")
  }

  private static func checkOrder(_ keys: [TableDefinition.Key]) throws(DynamoDBError) {
    if keys.count == 2, keys[0].name == keys[1].name {
      throw .validation(
        "Both the Hash Key and the Range Key element in the KeySchema have the same name")
    }
    guard let first = keys.first, !first.isRange else {
      throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    }
    if keys.count == 2, !keys[1].isRange {
      throw .validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    }
  }

  /// A global index may have up to four attributes of each kind, hash keys first.
  private static func checkGlobalOrder(_ keys: [TableDefinition.Key]) throws(DynamoDBError) {
    if keys.count <= 2, keys.filter({ !$0.isRange }).count <= 1 { return try checkOrder(keys) }
    let hashes = keys.prefix { !$0.isRange }
    let ranges = keys.dropFirst(hashes.count)
    guard !hashes.isEmpty else {
      throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    }
    guard ranges.allSatisfy(\.isRange) else {
      throw .invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    }
    for (kind, part) in [("HASH", hashes), ("RANGE", ranges)] where part.count > 4 {
      throw .invalid(
        "The KeySchema exceeds the maximum allowed number of \(kind) key attributes")
    }
    guard Set(keys.map(\.name)).count == keys.count else {
      throw .validation("The KeySchema contains multiple key attributes with the same name")
    }
  }

  /// Without indexes each defined attribute must be a key; with them it must be one somewhere.
  private func checkUnused(_ definition: TableDefinition) throws(DynamoDBError) {
    var used = Set(definition.keys.map(\.name))
    for index in definition.indexes { used.formUnion(index.keys.map(\.name)) }
    guard Set(attributes.map(\.name)).count == used.count, attributes.count == used.count else {
      throw definition.indexes.isEmpty
        ? .invalid(
          "Number of attributes in KeySchema does not exactly match number of attributes defined "
            + "in AttributeDefinitions")
        : .invalid(
          "Some AttributeDefinitions are not used. AttributeDefinitions: "
            + "[\(attributes.map(\.name.string).joined(separator: ", "))], keys used: "
            + "[\(used.map(\.string).sorted().joined(separator: ", "))]")
    }
  }

  // MARK: Indexes

  private func indexes(
    _ name: String, isLocal: Bool, tableKeys: [TableDefinition.Key]
  ) throws(DynamoDBError) -> [TableDefinition.Index] {
    guard let node = request[name], let elements = node.elements else { return [] }
    guard node.count > 0 else { throw .invalid("List of \(name) is empty") }
    if isLocal, tableKeys.count != 2 {
      throw .invalid(
        "Table KeySchema does not have a range key, which is required when specifying a "
          + "LocalSecondaryIndex")
    }
    var indexes: [TableDefinition.Index] = []
    for element in elements {
      let index = try index(element, isLocal: isLocal, tableKeys: tableKeys)
      if indexes.contains(where: { $0.name == index.name }) {
        throw .invalid("Duplicate index name: \(index.name)")
      }
      indexes.append(index)
    }
    guard indexes.count <= (isLocal ? Self.localIndexLimit : Self.globalIndexLimit) else {
      throw .invalid(
        isLocal
          ? "Number of LocalSecondaryIndexes exceeds per-table limit of \(Self.localIndexLimit)"
          : "GlobalSecondaryIndex count exceeds the per-table limit of \(Self.globalIndexLimit)")
    }
    return indexes
  }

  func index(
    _ node: JSONNode, isLocal: Bool, tableKeys: [TableDefinition.Key]
  ) throws(DynamoDBError) -> TableDefinition.Index {
    let name = node["IndexName"]?.string ?? ""
    let keys = Self.keys(node["KeySchema"])
    let names = keys.map(\.name)
    guard names.allSatisfy({ name in attributes.contains { $0.name == name } }) else {
      throw undefined(names)
    }
    if isLocal {
      try Self.checkOrder(keys)
      try checkLocal(keys, name, tableKeys)
    } else {
      try Self.checkGlobalOrder(keys)
    }
    let (projection, extra) = try Self.projection(node["Projection"])
    return TableDefinition.Index(
      name: name, number: 0, isLocal: isLocal, keys: keys, projection: projection,
      nonKeyAttributes: extra,
      throughput: .init(
        read: node["ProvisionedThroughput"]?["ReadCapacityUnits"]?.wholeNumber ?? 0,
        write: node["ProvisionedThroughput"]?["WriteCapacityUnits"]?.wholeNumber ?? 0))
  }

  private func checkLocal(
    _ keys: [TableDefinition.Key], _ name: String, _ tableKeys: [TableDefinition.Key]
  ) throws(DynamoDBError) {
    guard keys.count == 2 else {
      throw .invalid("Index KeySchema does not have a range key for index: \(name)")
    }
    guard keys[0].name == tableKeys[0].name else {
      throw .invalid(
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
          + "\(name). index hash key: \(keys[0].name), table hash key: \(tableKeys[0].name)")
    }
  }

  private static func projection(
    _ node: JSONNode?
  ) throws(DynamoDBError) -> (TableDefinition.ProjectionKind, [ByteText]) {
    guard let text = node?["ProjectionType"]?.string,
      let kind = TableDefinition.ProjectionKind(rawValue: text)
    else { throw .invalid("Unknown ProjectionType: null") }
    let extra = node?["NonKeyAttributes"]?.elements.map { $0.map { ByteText($0.string ?? "") } }
    if extra != nil, kind != .include {
      throw .invalid("ProjectionType is \(text), but NonKeyAttributes is specified")
    }
    if kind == .include, extra == nil {
      throw .invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    }
    var seen: Set<ByteText> = []
    for name in extra ?? [] where !seen.insert(name).inserted {
      throw .invalid("Duplicate element in NonKeyAttributes: \(name)")
    }
    return (kind, extra ?? [])
  }

  private func checkNames(of indexes: [TableDefinition.Index]) throws(DynamoDBError) {
    var seen: Set<String> = []
    for index in indexes where !seen.insert(index.name).inserted {
      throw .invalid("Duplicate index name: \(index.name)")
    }
  }

  // MARK: Billing and streams

  struct Billing {
    let isOnDemand: Bool
    let throughput: TableDefinition.Throughput
  }

  /// The highest figure that is taken for a capacity.
  private static let highestUnits = 1_000_000_000_000

  static func billing(_ request: OperationRequest) throws(DynamoDBError) -> Billing {
    let isOnDemand = request.string("BillingMode") == "PAY_PER_REQUEST"
    guard let node = request["ProvisionedThroughput"] else {
      guard isOnDemand else {
        throw .invalid(
          "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            + "PROVISIONED")
      }
      return Billing(isOnDemand: true, throughput: .init())
    }
    let throughput = TableDefinition.Throughput(
      read: node["ReadCapacityUnits"]?.wholeNumber ?? 0,
      write: node["WriteCapacityUnits"]?.wholeNumber ?? 0)
    for (name, value) in [
      ("ReadCapacityUnits", throughput.read), ("WriteCapacityUnits", throughput.write),
    ] where value > highestUnits {
      throw .validation("Given value \(value) for \(name) is out of bounds")
    }
    if isOnDemand {
      throw .invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          + "PAY_PER_REQUEST")
    }
    return Billing(isOnDemand: false, throughput: throughput)
  }

  private static func checkThroughput(
    _ index: TableDefinition.Index, _ billing: Billing
  ) throws(DynamoDBError) {
    guard !index.isLocal else { return }
    let hasUnits = index.throughput != .init()
    if !billing.isOnDemand, !hasUnits {
      throw .invalid(
        "ProvisionedThroughput is not specified for index: \(index.name)")
    }
    if billing.isOnDemand, hasUnits {
      throw .invalid(
        "ProvisionedThroughput should not be specified for index: \(index.name) when "
          + "BillingMode is PAY_PER_REQUEST")
    }
  }

  static func stream(
    _ node: JSONNode?, label: String, isNewTable: Bool
  ) throws(DynamoDBError) -> TableDefinition.Stream? {
    guard let node else { return nil }
    let view = node["StreamViewType"]?.string
    guard node["StreamEnabled"]?.bool ?? false else {
      if view != nil {
        throw .invalid(
          isNewTable
            ? "Table is being created with a stream disabled, UpdateViewType should not be specified"
            : "If stream is being disabled, then UpdateViewType must not be specified")
      }
      return nil
    }
    guard let view else {
      throw .invalid(
        isNewTable
          ? "Table is being created with a stream enabled, UpdateViewType is required"
          : "If stream is being enabled then UpdateViewType is required")
    }
    return TableDefinition.Stream(view: view, label: label, isEnabled: true)
  }
}
