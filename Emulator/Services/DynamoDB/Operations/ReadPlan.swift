import JSON

/// What Query and Scan have in common: which attributes, which filter, how many, where to go on.
struct ReadPlan: Sendable {
  enum Selection: String, Sendable {
    case all = "ALL_ATTRIBUTES"
    case projected = "ALL_PROJECTED_ATTRIBUTES"
    case specific = "SPECIFIC_ATTRIBUTES"
    case count = "COUNT"
  }

  var projection: ProjectionExpression?
  /// What a statement shows instead of a projection.
  var columns: PartiQLColumns?
  var filter: ConditionExpression?
  var selection: Selection?
  let limit: Int?
  let start: Attributes?
  let isConsistent: Bool
  let report: CapacityReport
  let indexName: String?

  /// Bytes that one page reads at most (developer guide, "Quotas").
  static let pageLimit = 1 << 20

  /// Reads what does not need the table; expressions are added by the operation in its own order.
  init(_ request: OperationRequest) throws(DynamoDBError) {
    limit = request.integer("Limit")
    isConsistent = request.bool("ConsistentRead") ?? false
    report = CapacityReport(request)
    indexName = request.string("IndexName")
    selection = request.string("Select").flatMap(Selection.init)
    guard let node = request["ExclusiveStartKey"] else {
      start = nil
      return
    }
    do throws(ValueError) {
      start = try ValueReader.attributes(node)
    } catch {
      throw .validation("The provided starting key is invalid: \(error.message)")
    }
  }

  /// A plan for a statement, whose parts say what parameters of the request do not.
  init(
    _ request: OperationRequest, start: Attributes?, index: String?
  ) throws(DynamoDBError) {
    limit = request.integer("Limit")
    isConsistent = request.bool("ConsistentRead") ?? false
    report = CapacityReport(request)
    indexName = index
    self.start = start
  }

  /// Checks `Select` against the other parameters. Query puts one of the texts into an envelope.
  func checkSelection(
    _ request: OperationRequest, isQuery: Bool
  ) throws(DynamoDBError) {
    let names = request["AttributesToGet"] != nil
    if selection == .specific, request["ProjectionExpression"] == nil, !names {
      let error = DynamoDBError.validation(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
          + "SPECIFIC_ATTRIBUTES")
      throw isQuery ? error.enveloped : error
    }
    if let selection, selection != .specific, names || request["ProjectionExpression"] != nil {
      let parameter = names ? "AttributesToGet" : "ProjectionExpression"
      let target = selection == .count ? "only the Count" : selection.rawValue
      throw .validation("Cannot specify the \(parameter) when choosing to get \(target)")
    }
    if selection == .projected, indexName == nil {
      throw .validation(
        "ALL_PROJECTED_ATTRIBUTES can be used only when \(isQuery ? "Querying" : "Scanning") "
          + "using an IndexName")
    }
  }

  /// The index that the request names, with what it cannot do checked.
  func index(of table: Table) throws(DynamoDBError) -> TableIndex? {
    guard let indexName else { return nil }
    guard let index = table.index(named: indexName) else {
      throw .validation(
        "The table does not have the specified index: \(indexName)")
    }
    if isConsistent, !index.isLocal {
      throw .validation("Consistent reads are not supported on global secondary indexes")
    }
    if selection == .all, !index.isLocal, !index.projectsAll {
      throw .invalid(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index \(indexName) "
          + "because its projection type is not ALL")
    }
    return index
  }

  /// Where to go on, as the position of the last key in the order of the read.
  func position(in source: ReadSource) throws(DynamoDBError) -> ReadPosition? {
    guard let start else { return nil }
    let names = source.keyNames
    guard start.count == names.count, names.allSatisfy({ start[$0] != nil }) else {
      throw .validation("The provided starting key is invalid")
    }
    guard let position = source.position(of: start) else {
      throw .validation(
        source.index == nil
          ? "The provided starting key is invalid: The provided key element does not match the schema"
          : "The provided starting key is invalid")
    }
    return position
  }
}

/// Where items are read from: a table, or an index of it.
struct ReadSource: Sendable {
  let table: Table
  let index: TableIndex?
  /// A local index that does not hold all attributes reads the rest from the table.
  let readsBase: Bool

  /// What a read asks for must be in a global index; what a local one has not is read from the table.
  init(
    _ table: Table, _ index: TableIndex?, _ plan: ReadPlan, checksFilter: Bool
  ) throws(DynamoDBError) {
    self.table = table
    self.index = index
    guard let index, !index.projectsAll else {
      readsBase = false
      return
    }
    let missing = (plan.projection?.roots ?? plan.columns?.roots ?? [])
      .filter { !index.carries($0) }
    guard missing.isEmpty || index.isLocal else {
      throw .invalid("Global secondary index \(index.name) does not project \(Self.list(missing))")
    }
    readsBase = index.isLocal && (plan.selection == .all || !missing.isEmpty)
    let filtered = (plan.filter?.paths ?? []).map(\.root).filter { !index.carries($0) }
    guard !checksFilter || readsBase || filtered.isEmpty else {
      throw .invalid(
        "Secondary index \(index.name) does not project one or more filter attributes: "
          + Self.list(filtered))
    }
  }

  private static func list(_ names: [ByteText]) -> String {
    var shown: [String] = []
    for name in names where !shown.contains(name.string) { shown.append(name.string) }
    return "[" + shown.joined(separator: ", ") + "]"
  }

  var keys: KeySchema { index?.keys ?? table.keys }

  var keyNames: [ByteText] { index?.keyNames ?? table.keys.names }

  /// The columns and tables of a read: the item's bytes, the size of what is read, the item's own.
  var select: String {
    guard let index else {
      return "SELECT item, size, size FROM \(table.sql.table)"
    }
    let entry = index.sql.table
    guard index.projectsAll || readsBase else {
      return "SELECT item, size, size FROM \(entry)"
    }
    return """
      SELECT base.item, entry.size, base.size
      FROM \(entry) AS entry CROSS JOIN \(table.sql.table) AS base ON base.id = entry.base
      """
  }

  /// The columns that order a read, as they are called in `select`.
  var order: (place: String, partition: String, sort: [String]) {
    guard let index else { return ("place", "pk", ["sk"]) }
    if index.projectsAll || readsBase {
      return ("entry.place", "ipk", ["isk", "entry.pk", "entry.sk"])
    }
    return ("place", "ipk", ["isk", "pk", "sk"])
  }

  /// The position of an item by its key attributes; nil when a type does not fit.
  func position(of key: Attributes) -> ReadPosition? {
    guard let own = (try? KeyRules.key(named: key.keeping(table.keys.names), table.keys)) else {
      return nil
    }
    guard let index else {
      return ReadPosition(place: own.place, partition: own.partition, sort: [own.sort])
    }
    guard let entry = index.key(of: key) else { return nil }
    return ReadPosition(
      place: entry.place, partition: entry.partition,
      sort: [entry.sort, own.partition, own.sort])
  }
}

/// A place in the order of a read.
struct ReadPosition: Sendable {
  let place: Int
  let partition: [UInt8]
  let sort: [[UInt8]]
}
