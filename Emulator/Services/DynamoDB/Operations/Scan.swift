import Storage

extension DynamoDB {
  func scan(_ request: OperationRequest) async throws -> [UInt8] {
    let scan = try ScanRequest(request)
    return try await read(try request.tableName()) { table in
      let source = try ReadSource(
        table, try scan.plan.index(of: table), scan.plan, checksFilter: false)
      let statement = try scan.statement(for: source)
      return { store in
        var page = PageReader(scan.plan, source)
        try page.read(statement.sql, statement.values, store.connection)
        return try page.body()
      }
    }
  }
}

/// A checked `Scan`.
struct ScanRequest: Sendable {
  private(set) var plan: ReadPlan
  private let segment: (number: Int, total: Int)?

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ProjectionExpression", "FilterExpression"],
    legacy: ["AttributesToGet", "ScanFilter", "ConditionalOperator"])

  init(_ request: OperationRequest) throws(DynamoDBError) {
    var expressions = try ExpressionParameters(request, Self.rules)
    let filter = try LegacyConditions.entries(request["ScanFilter"])
    let names = try request.attributesToGet()
    segment = try Self.segment(request)
    plan = try ReadPlan(request)
    try expressions.readReferences()
    plan.filter =
      try expressions.condition("FilterExpression") ?? LegacyConditions.joined(filter, request)
    plan.projection = try expressions.projection() ?? names
    try plan.checkSelection(request, isQuery: false)
    try expressions.checkUse()
  }

  private static func segment(
    _ request: OperationRequest
  ) throws(DynamoDBError) -> (number: Int, total: Int)? {
    switch (request.integer("Segment"), request.integer("TotalSegments")) {
    case (nil, nil): return nil
    case (nil, _):
      throw .validation(
        "The Segment parameter is required but was not present in the request when parameter "
          + "TotalSegments is present")
    case (_, nil):
      throw .validation(
        "The TotalSegments parameter is required but was not present in the request when "
          + "Segment parameter is present")
    case (let segment?, let total?):
      guard segment < total else {
        throw .validation(
          "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            + "Segment: \(segment) is not less than TotalSegments: \(total)")
      }
      return (segment, total)
    }
  }

  func statement(for source: ReadSource) throws(DynamoDBError) -> RangeStatement {
    var statement = RangeStatement(source, isForward: true)
    if let segment { statement.inSegment(segment.number, of: segment.total) }
    guard let position = try plan.position(in: source) else { return statement }
    if let segment {
      let low = KeyBytes.places * segment.number / segment.total
      let high = KeyBytes.places * (segment.number + 1) / segment.total
      guard (low..<high).contains(position.place) else {
        throw .validation(
          "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
            + "ExclusiveStartKey with correct Segment. TotalSegments: \(segment.total) "
            + "Segment: \(segment.number)")
      }
    }
    statement.after(position)
    return statement
  }
}
