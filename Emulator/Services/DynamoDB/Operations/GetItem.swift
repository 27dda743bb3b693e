import JSON

extension DynamoDB {
  func getItem(_ request: OperationRequest) async throws -> [UInt8] {
    let get = try GetRequest(request)
    return try await read(try request.tableName(), isShort: true) { table in
      let key = try KeyRules.key(named: get.key, table.keys)
      return { store in try get.perform(key, store) }
    }
  }
}

/// A checked `GetItem`.
struct GetRequest: Sendable {
  let key: Attributes
  private let projection: ProjectionExpression?
  private let isConsistent: Bool
  private let report: CapacityReport

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ProjectionExpression"], legacy: ["AttributesToGet"])

  init(_ request: OperationRequest) throws(DynamoDBError) {
    var expressions = try ExpressionParameters(request, Self.rules)
    key = try request.attributes("Key")
    let legacy = try request.attributesToGet()
    try expressions.readReferences()
    projection = try expressions.projection() ?? legacy
    try expressions.checkUse()
    isConsistent = request.bool("ConsistentRead") ?? false
    report = CapacityReport(request)
  }

  func perform(_ key: ItemKey, _ store: ItemStore) throws -> [UInt8] {
    var body = AnswerBody()
    let found = try store.find(key)
    if let found {
      if let projection {
        body.add("Item", projection.applied(to: try found.attributes()))
      } else {
        // The bytes of the store are the bytes of the wire: nothing is parsed.
        body.add("Item", raw: found.bytes)
      }
    }
    let units = Capacity.read(found?.size ?? 0, isConsistent: isConsistent)
    body.add(ConsumedCapacity(store.table, units: units), report)
    return body.finished
  }
}

extension OperationRequest {
  /// The older form of a projection, names of attributes alone.
  func attributesToGet() throws(DynamoDBError) -> ProjectionExpression? {
    guard let elements = self["AttributesToGet"]?.elements else { return nil }
    let names = elements.map { ByteText($0.string ?? "") }
    var seen: Set<ByteText> = []
    for name in names where !seen.insert(name).inserted {
      throw .invalid("Duplicate value in attribute name: \(name)")
    }
    return ProjectionExpression(names.map { DocumentPath(root: $0) })
  }
}
