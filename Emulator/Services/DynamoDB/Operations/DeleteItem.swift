extension DynamoDB {
  func deleteItem(_ request: OperationRequest) async throws -> [UInt8] {
    let delete = try DeleteRequest(request)
    return try await write(try request.tableName()) { table in
      let key = try KeyRules.key(named: delete.key, table.keys)
      return { store in try delete.perform(key, store) }
    }
  }
}

/// A checked `DeleteItem`.
struct DeleteRequest: Sendable {
  let key: Attributes
  private let request: OperationRequest
  private let condition: WriteCondition
  private let returnsOld: Bool
  private let report: CapacityReport

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ConditionExpression"], legacy: ["Expected"])

  init(_ request: OperationRequest) throws(DynamoDBError) {
    self.request = request
    let returned = request.string("ReturnValues") ?? "NONE"
    var expressions = try ExpressionParameters(request, Self.rules)
    guard returned == "NONE" || returned == "ALL_OLD" else {
      throw .validation("ReturnValues can only be ALL_OLD or NONE")
    }
    key = try request.attributes("Key")
    let expected = try LegacyConditions.expected(request)
    try expressions.readReferences()
    let parsed = try expressions.condition()
    try expressions.checkUse()
    condition = WriteCondition(parsed ?? expected, request)
    returnsOld = returned == "ALL_OLD"
    report = CapacityReport(request)
  }

  func perform(_ key: ItemKey, _ store: ItemStore) throws -> [UInt8] {
    var body = AnswerBody()
    let old = try store.find(key)
    if condition.expression != nil { try condition.check(old, try old?.attributes()) }
    var cost = ItemStore.Cost(table: 1)
    if let old {
      cost = try store.remove(key, old)
      if returnsOld { body.add("Attributes", raw: old.bytes) }
    }
    body.add(ConsumedCapacity(store.table, cost), report)
    body.add(metricsFor: self.key, of: store.table, request)
    return body.finished
  }
}
