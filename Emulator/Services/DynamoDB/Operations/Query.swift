import Storage

extension DynamoDB {
  func query(_ request: OperationRequest) async throws -> [UInt8] {
    let query = try QueryRequest(request)
    return try await read(try request.tableName(), isShort: query.isShort) { table in
      let prepared = try query.prepared(for: table)
      return { store in
        var page = PageReader(query.plan, prepared.source)
        try page.read(prepared.sql, prepared.values, store.connection)
        return try page.body()
      }
    }
  }
}

/// A checked `Query`.
struct QueryRequest: Sendable {
  private(set) var plan: ReadPlan
  private let condition: KeyCondition
  private let isForward: Bool
  private let legacyFilter: [ByteText]

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ProjectionExpression", "FilterExpression", "KeyConditionExpression"],
    legacy: ["AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"])

  init(_ request: OperationRequest) throws(DynamoDBError) {
    var expressions = try ExpressionParameters(request, Self.rules)
    let filter = try LegacyConditions.entries(request["QueryFilter"])
    let keys = try LegacyConditions.entries(request["KeyConditions"])
    let names = try request.attributesToGet()
    plan = try ReadPlan(request)
    guard request["KeyConditions"] != nil || request["KeyConditionExpression"] != nil else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
          + "request.")
    }
    try expressions.readReferences()
    let keyCondition = try expressions.keyCondition()
    plan.filter =
      try expressions.condition("FilterExpression") ?? LegacyConditions.joined(filter, request)
    plan.projection = try expressions.projection() ?? names
    try plan.checkSelection(request, isQuery: true)
    try expressions.checkUse()
    if let keyCondition {
      condition = keyCondition
    } else {
      condition = try LegacyConditions.keyCondition(keys)
    }
    guard (1...8).contains(condition.tests.count) else {
      throw .validation("Conditions can be of length 1 or 2 only")
    }
    isForward = request.bool("ScanIndexForward") ?? true
    legacyFilter = filter.map(\.name)
  }

  /// Rows of a query that is done among the lookups.
  private static let shortLimit = 100

  var isShort: Bool { plan.limit.map { $0 <= Self.shortLimit } ?? false }

  struct Prepared: Sendable {
    let source: ReadSource
    let sql: String
    let values: [Value]
  }

  func prepared(for table: Table) throws(DynamoDBError) -> Prepared {
    let index = try plan.index(of: table)
    let source = try ReadSource(table, index, plan, checksFilter: true)
    let position = try plan.position(in: source)
    let range = try KeyRange(condition, source.keys)
    try checkFilter(source.keys)
    var statement = RangeStatement(source, isForward: isForward)
    statement.inPartition(range.partition)
    if let position {
      guard position.partition == range.partition, range.contains(position.sort[0]) else {
        throw .validation(
          position.partition == range.partition
            ? "The provided starting key does not match the range key predicate"
            : "The provided starting key is outside query boundaries based on provided conditions")
      }
      statement.after(position)
    }
    statement.within(range)
    return Prepared(source: source, sql: statement.sql, values: statement.values)
  }

  /// A filter sees only what is not part of the key.
  private func checkFilter(_ keys: KeySchema) throws(DynamoDBError) {
    for name in legacyFilter where keys.names.contains(name) {
      throw .validation(
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: \(name)")
    }
    guard legacyFilter.isEmpty, let filter = plan.filter else { return }
    for path in filter.paths where keys.names.contains(path.root) {
      throw .validation(
        "Filter Expression can only contain non-primary key attributes: "
          + "Primary key attribute: \(path.root)")
    }
  }
}

/// A key condition as bytes: one partition and a range of sort keys.
struct KeyRange: Sendable {
  let partition: [UInt8]
  private(set) var low: (bytes: [UInt8], isIncluded: Bool)?
  private(set) var high: (bytes: [UInt8], isIncluded: Bool)?
  private(set) var isEmpty = false

  init(_ condition: KeyCondition, _ keys: KeySchema) throws(DynamoDBError) {
    var partition: [[UInt8]] = []
    for attribute in keys.partition {
      guard let test = condition[attribute.name] else { throw Self.missed(attribute) }
      guard case .equal(let value) = test else {
        throw .validation("Query key condition not supported")
      }
      partition.append(try Self.bytes(value, attribute))
    }
    self.partition = KeySchema.joined(partition)
    let others = condition.tests.filter { test in
      !keys.partition.contains { $0.name == test.name }
    }
    try readSort(others, keys.sort)
  }

  /// Conditions on sort keys: equalities for the first ones, anything for the last.
  private mutating func readSort(
    _ tests: [(name: ByteText, test: KeyCondition.Test)], _ attributes: [KeySchema.Attribute]
  ) throws(DynamoDBError) {
    guard tests.count <= attributes.count else {
      throw attributes.isEmpty
        ? .validation("Query key condition not supported")
        : .validation("Conditions can be of length 1 or 2 only")
    }
    try Self.checkOrder(tests, attributes)
    var fixed: [UInt8] = []
    for (place, attribute) in attributes.prefix(tests.count).enumerated() {
      guard let test = tests.first(where: { $0.name == attribute.name })?.test else {
        throw Self.missed(attribute)
      }
      let isLastAttribute = place == attributes.count - 1
      guard case .equal(let value) = test, !isLastAttribute else {
        guard place == tests.count - 1 else {
          throw .validation("Query key condition not supported")
        }
        try narrow(test, attribute, behind: fixed, isLast: isLastAttribute)
        return
      }
      fixed += KeySchema.escaped(try Self.bytes(value, attribute)) + [0, 0]
    }
    if !fixed.isEmpty { between(fixed, KeyBytes.end(ofPrefix: fixed), isHighIncluded: false) }
  }

  /// Of several sort keys, those before the last one with a condition need equalities.
  private static func checkOrder(
    _ tests: [(name: ByteText, test: KeyCondition.Test)], _ attributes: [KeySchema.Attribute]
  ) throws(DynamoDBError) {
    func test(of attribute: KeySchema.Attribute) -> KeyCondition.Test? {
      tests.first { $0.name == attribute.name }?.test
    }
    guard let last = attributes.lastIndex(where: { test(of: $0) != nil }) else { return }
    let loose = attributes[..<last].filter {
      if case .equal = test(of: $0) { false } else { true }
    }
    guard loose.isEmpty else {
      throw .validation(
        "RANGE key attributes \(loose.map(\.name.string).joined(separator: ", ")) must have "
          + "equality conditions specified in the query because a condition is present on key "
          + "attribute \(attributes[last].name)")
    }
  }

  private mutating func narrow(
    _ test: KeyCondition.Test, _ attribute: KeySchema.Attribute, behind fixed: [UInt8],
    isLast: Bool
  ) throws(DynamoDBError) {
    /// The bytes of a value, and the first bytes behind all keys that have it.
    func edge(_ value: AttributeValue) throws(DynamoDBError) -> (from: [UInt8], to: [UInt8]?) {
      let bytes = try Self.bytes(value, attribute)
      if isLast { return (fixed + bytes, nil) }
      let from = fixed + KeySchema.escaped(bytes) + [0, 0]
      return (from, KeyBytes.end(ofPrefix: from))
    }
    let end = fixed.isEmpty ? nil : KeyBytes.end(ofPrefix: fixed)
    switch test {
    case .equal(let value):
      let edge = try edge(value)
      between(edge.from, edge.to ?? edge.from, isHighIncluded: edge.to == nil)
    case .less(let value): between(fixed, try edge(value).from, isHighIncluded: false)
    case .lessOrEqual(let value):
      let edge = try edge(value)
      between(fixed, edge.to ?? edge.from, isHighIncluded: edge.to == nil)
    case .greater(let value):
      let edge = try edge(value)
      between(edge.to ?? edge.from, end, isHighIncluded: false, isLowIncluded: edge.to != nil)
    case .greaterOrEqual(let value): between(try edge(value).from, end, isHighIncluded: false)
    case .between(let low, let high):
      let (first, last) = (try edge(low), try edge(high))
      between(first.from, last.to ?? last.from, isHighIncluded: last.to == nil)
    case .beginsWith(let value):
      guard attribute.type != .number else {
        throw .invalid("ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type")
      }
      let bytes = try Self.bytes(value, attribute, allowsEmpty: true)
      let prefix = fixed + (isLast ? bytes : KeySchema.escaped(bytes))
      between(prefix, KeyBytes.end(ofPrefix: prefix), isHighIncluded: false)
    }
  }

  private mutating func between(
    _ low: [UInt8], _ high: [UInt8]?, isHighIncluded: Bool, isLowIncluded: Bool = true
  ) {
    if !low.isEmpty || !isLowIncluded { self.low = (low, isLowIncluded) }
    self.high = high.map { ($0, isHighIncluded) }
  }

  func contains(_ sort: [UInt8]) -> Bool {
    if let low {
      let isBelow = sort.lexicographicallyPrecedes(low.bytes)
      if isBelow || (!low.isIncluded && sort == low.bytes) { return false }
    }
    if let high {
      let isAbove = high.bytes.lexicographicallyPrecedes(sort)
      if isAbove || (!high.isIncluded && sort == high.bytes) { return false }
    }
    return true
  }

  private static func bytes(
    _ value: AttributeValue, _ attribute: KeySchema.Attribute, allowsEmpty: Bool = false
  ) throws(DynamoDBError) -> [UInt8] {
    guard value.type == attribute.type, let bytes = KeyBytes.encode(value) else {
      throw .invalid("Condition parameter type does not match schema type")
    }
    if !allowsEmpty, let kind = KeyRules.emptyKind(of: value) {
      throw .validation(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
          + "cannot contain an empty \(kind) value. Key: \(attribute.name)")
    }
    return bytes
  }

  private static func missed(_ attribute: KeySchema.Attribute) -> DynamoDBError {
    .validation("Query condition missed key schema element: \(attribute.name)")
  }
}
