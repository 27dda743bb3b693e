extension DynamoDB {
  func putItem(_ request: OperationRequest) async throws -> [UInt8] {
    let put = try PutRequest(request)
    return try await write(try request.tableName()) { table in
      let key = try KeyRules.key(of: put.item, table.keys)
      try WriteRules.checkIndexKeys(of: put.item, table)
      return { store in try put.perform(key, store) }
    }
  }
}

/// A checked `PutItem`.
struct PutRequest: Sendable {
  let item: Attributes
  private let request: OperationRequest
  private let condition: WriteCondition
  private let returnsOld: Bool
  private let report: CapacityReport

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ConditionExpression"], legacy: ["Expected"], isEnveloped: true)

  init(_ request: OperationRequest) throws(DynamoDBError) {
    self.request = request
    item = try request.attributes("Item", isEnveloped: true)
    var expressions = try ExpressionParameters(request, Self.rules)
    try WriteRules.checkSize(item)
    let returned = request.string("ReturnValues") ?? "NONE"
    let expected = try LegacyConditions.expected(request)
    try expressions.readReferences()
    let parsed = try expressions.condition()
    guard returned == "NONE" || returned == "ALL_OLD" else {
      throw DynamoDBError.validation("ReturnValues can only be ALL_OLD or NONE").enveloped
    }
    try expressions.checkUse()
    condition = WriteCondition(parsed ?? expected, request)
    returnsOld = returned == "ALL_OLD"
    report = CapacityReport(request)
  }

  func perform(_ key: ItemKey, _ store: ItemStore) throws -> [UInt8] {
    var body = AnswerBody()
    let cost: ItemStore.Cost
    if condition.expression == nil, !returnsOld, !store.table.needsOldItem, report == .none {
      let bytes = item.encoded
      try store.overwrite(key, with: item, bytes, size: item.size)
      cost = ItemStore.Cost()
    } else {
      let old = try store.find(key)
      if condition.expression != nil { try condition.check(old, try old?.attributes()) }
      cost = try store.put(key, item, replacing: old)
      if returnsOld, let old { body.add("Attributes", raw: old.bytes) }
    }
    body.add(ConsumedCapacity(store.table, cost), report)
    body.add(metricsFor: item, of: store.table, request)
    return body.finished
  }
}
