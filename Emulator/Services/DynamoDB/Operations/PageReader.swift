import Storage

/// Collects one page of a Query or Scan.
struct PageReader {
  let plan: ReadPlan
  let source: ReadSource

  private(set) var items: [UInt8] = []
  private(set) var count = 0
  private(set) var scanned = 0
  private(set) var size = 0
  /// Units of reads of the table behind a local index.
  private var baseUnits = 0.0
  private var last: [UInt8]?
  private var isCut = false

  init(_ plan: ReadPlan, _ source: ReadSource) {
    self.plan = plan
    self.source = source
  }

  /// Reads rows of `ReadSource.select` until the page is full.
  mutating func read(_ sql: String, _ values: [Value], _ connection: Connection) throws {
    var reader = self
    try connection.rows(sql, values) { row in
      try reader.take(row)
      return !reader.isCut
    }
    self = reader
  }

  private mutating func take(_ row: Row) throws {
    scanned += 1
    size += row.integer(1)
    if source.readsBase {
      baseUnits += Capacity.read(row.integer(2), isConsistent: plan.isConsistent)
    }
    isCut = scanned == plan.limit || size >= ReadPlan.pageLimit
    if isCut { last = row.bytes(0) }
    let mustParse = plan.filter != nil || plan.projection != nil || plan.columns != nil
    if !mustParse {
      count += 1
      guard plan.selection != .count else { return }
      if !items.isEmpty { items.append(0x2C) }
      row.withBytes(0) { items.append(contentsOf: $0) }
      return
    }
    let item = try Attributes(stored: row.bytes(0))
    if let filter = plan.filter, !filter.isSatisfied(by: item) { return }
    count += 1
    guard plan.selection != .count else { return }
    if !items.isEmpty { items.append(0x2C) }
    if let projection = plan.projection {
      items.append(projection.applied(to: item))
    } else if let columns = plan.columns {
      items.append(columns.applied(to: item))
    } else {
      row.withBytes(0) { items.append(contentsOf: $0) }
    }
  }

  /// The key that the next page goes on behind; nil when everything was read.
  func lastKey() throws -> Attributes? {
    try last.map { try Attributes(stored: $0).keeping(source.keyNames) }
  }

  /// The answer.
  func body() throws -> [UInt8] {
    var body = AnswerBody()
    if plan.selection != .count { body.add("Items", raw: [0x5B] + items + [0x5D]) }
    body.add("Count", count)
    body.add("ScannedCount", scanned)
    if let key = try lastKey() { body.add("LastEvaluatedKey", key) }
    body.add(capacity, plan.report)
    return body.finished
  }

  /// What the page cost.
  var capacity: ConsumedCapacity {
    let units = Capacity.read(size, isConsistent: plan.isConsistent)
    guard let index = source.index else { return ConsumedCapacity(source.table, units: units) }
    var capacity = ConsumedCapacity(source.table, units: baseUnits)
    capacity.add(units, to: index)
    return capacity
  }
}
