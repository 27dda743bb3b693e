import JSON

extension ApplicationReader {
  private static let harmlessOfTables: Set<String> = [
    "ProvisionedThroughput", "OnDemandThroughput", "PointInTimeRecoverySpecification",
    "SSESpecification", "Tags", "TableClass", "DeletionProtectionEnabled",
    "ContributorInsightsSpecification", "WarmThroughput", "ResourcePolicy",
  ]

  mutating func readTable(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties,
      known: [
        "TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes", "TimeToLiveSpecification", "StreamSpecification",
      ], harmless: ApplicationReader.harmlessOfTables)
    let definitions = try properties.required("AttributeDefinitions")
    var attributes: [String: TableDefinition.AttributeType] = [:]
    for definition in try definitions.elements() {
      let type = try definition.required("AttributeType")
      guard let known = TableDefinition.AttributeType(rawValue: try type.text()) else {
        throw type.error("a key attribute is S, N or B")
      }
      attributes[try definition.required("AttributeName").text()] = known
    }
    let table = TableDefinition(
      logicalID: resource.logicalID,
      name: try scope.physicalName(of: resource, properties.place),
      attributes: attributes,
      key: try readKey(properties.required("KeySchema"), attributes),
      globalIndexes: try readIndexes(properties.member("GlobalSecondaryIndexes"), attributes),
      localIndexes: try readIndexes(properties.member("LocalSecondaryIndexes"), attributes),
      timeToLive: try readTimeToLive(properties.member("TimeToLiveSpecification")),
      stream: try readStream(properties.member("StreamSpecification")),
      isOnDemand: try properties.member("BillingMode")?.text(
        among: ["PAY_PER_REQUEST", "PROVISIONED"]) == "PAY_PER_REQUEST")
    try check(table, definitions, properties)
    application.tables.append(table)
  }

  /// DynamoDB refuses a table whose attributes are not exactly those of its keys.
  private func check(
    _ table: TableDefinition, _ definitions: Property, _ properties: Property
  ) throws {
    let keys = [table.key] + table.globalIndexes.map(\.key) + table.localIndexes.map(\.key)
    let used = Set(keys.flatMap { [$0.partition, $0.sort].compactMap(\.self) })
    for name in table.attributes.keys.sorted() where !used.contains(name) {
      throw definitions.error("\"\(name)\" is defined but in no key; DynamoDB refuses that")
    }
    for index in table.localIndexes
    where index.key.partition != table.key.partition || index.key.sort == nil {
      throw properties.error(
        "the local index \(index.name) needs the table's partition key and a sort key")
    }
    let names = (table.globalIndexes + table.localIndexes).map(\.name)
    guard Set(names).count == names.count else {
      throw properties.error("two indexes have the same name")
    }
  }

  private func readKey(
    _ schema: Property, _ attributes: [String: TableDefinition.AttributeType]
  ) throws -> TableDefinition.Key {
    var partition: String?
    var sort: String?
    for part in try schema.elements() {
      let name = try part.required("AttributeName")
      guard attributes[try name.text()] != nil else {
        throw name.error("\"\(try name.text())\" is not in AttributeDefinitions")
      }
      switch try part.required("KeyType").text(among: ["HASH", "RANGE"]) {
      case "HASH" where partition == nil: partition = try name.text()
      case "RANGE" where sort == nil: sort = try name.text()
      default: throw part.error("a key has one HASH and at most one RANGE attribute")
      }
    }
    guard let partition else { throw schema.error("the key has no HASH attribute") }
    return TableDefinition.Key(partition: partition, sort: sort)
  }

  private func readIndexes(
    _ list: Property?, _ attributes: [String: TableDefinition.AttributeType]
  ) throws -> [TableDefinition.Index] {
    try list?.elements().map { index in
      TableDefinition.Index(
        name: try index.required("IndexName").text(),
        key: try readKey(index.required("KeySchema"), attributes),
        projection: try readProjection(index.required("Projection")))
    } ?? []
  }

  private func readProjection(_ property: Property) throws -> TableDefinition.Projection {
    let type = try property.required("ProjectionType").text(
      among: ["ALL", "KEYS_ONLY", "INCLUDE"])
    switch type {
    case "ALL": return .all
    case "KEYS_ONLY": return .keysOnly
    default: return .include(try property.required("NonKeyAttributes").texts())
    }
  }

  private func readTimeToLive(_ property: Property?) throws -> String? {
    guard let property, try property.required("Enabled").flag() else { return nil }
    return try property.required("AttributeName").text()
  }

  private func readStream(_ property: Property?) throws -> TableDefinition.StreamView? {
    guard let view = try property?.required("StreamViewType") else { return nil }
    guard let known = TableDefinition.StreamView(rawValue: try view.text()) else {
      throw view.error("expected KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES")
    }
    return known
  }

  /// SAM's table with a partition key `id` of type String, unless it says otherwise.
  mutating func readSimpleTable(_ resource: Resource) throws {
    let properties = properties(of: resource, over: "SimpleTable")
    warnOfOthers(
      in: properties, known: ["TableName", "PrimaryKey"],
      harmless: [
        "ProvisionedThroughput", "SSESpecification", "Tags", "PointInTimeRecoverySpecification",
      ])
    let key = try properties.member("PrimaryKey")
    let name = try key?.required("Name").text() ?? "id"
    let types: [String: TableDefinition.AttributeType] = [
      "String": .string, "Number": .number, "Binary": .binary,
    ]
    let type = try key?.required("Type").text(among: ["String", "Number", "Binary"]) ?? "String"
    application.tables.append(
      TableDefinition(
        logicalID: resource.logicalID,
        name: try scope.physicalName(of: resource, properties.place),
        attributes: [name: types[type] ?? .string], key: TableDefinition.Key(partition: name),
        globalIndexes: [], localIndexes: [], timeToLive: nil, stream: nil,
        isOnDemand: properties.value["ProvisionedThroughput"] == nil))
  }

  mutating func readBucket(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ["BucketName", "VersioningConfiguration"],
      harmless: [
        "PublicAccessBlockConfiguration", "BucketEncryption", "Tags", "OwnershipControls",
        "AccessControl", "LoggingConfiguration", "ObjectLockEnabled",
      ])
    let name = try scope.physicalName(of: resource, properties.place)
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E: true
      default: false
      }
    }
    guard (3...63).contains(name.utf8.count), allowed else {
      throw properties.error(
        "\"\(name)\" is no bucket name: 3 to 63 lower-case letters, digits, dots and hyphens")
    }
    let versioning = try properties.member("VersioningConfiguration")?.required("Status").text()
    application.buckets.append(
      BucketDefinition(
        logicalID: resource.logicalID, name: name, isVersioned: versioning == "Enabled"))
  }

  mutating func readSecret(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ["Name", "Description", "SecretString", "GenerateSecretString"],
      harmless: ["KmsKeyId", "Tags", "ReplicaRegions"])
    let value: SecretDefinition.Value
    if let text = try properties.member("SecretString") {
      value = .text(try text.text())
    } else if let generated = try properties.member("GenerateSecretString") {
      value = .generated(try readGenerated(generated))
    } else {
      value = .none
    }
    application.secrets.append(
      SecretDefinition(
        logicalID: resource.logicalID,
        name: try scope.physicalName(of: resource, properties.place),
        description: try properties.member("Description")?.text(), value: value))
  }

  private func readGenerated(_ property: Property) throws -> GeneratedSecret {
    let template = try property.member("SecretStringTemplate")
    if let template {
      guard (try? JSONValue(parsing: template.text()))?.object != nil else {
        throw template.error("expected the text of a JSON object")
      }
    }
    return GeneratedSecret(
      length: try property.member("PasswordLength")?.int(1...4096, unit: "characters") ?? 32,
      excludedCharacters: try property.member("ExcludeCharacters")?.text() ?? "",
      excludesLowercase: try property.member("ExcludeLowercase")?.flag() ?? false,
      excludesUppercase: try property.member("ExcludeUppercase")?.flag() ?? false,
      excludesNumbers: try property.member("ExcludeNumbers")?.flag() ?? false,
      excludesPunctuation: try property.member("ExcludePunctuation")?.flag() ?? false,
      includesSpace: try property.member("IncludeSpace")?.flag() ?? false,
      requiresEachType: try property.member("RequireEachIncludedType")?.flag() ?? true,
      template: try template?.text(),
      key: try template.map { _ in try property.required("GenerateStringKey").text() })
  }
}
