import JSON

/// How much of what an operation cost is told.
enum CapacityReport: String, Sendable {
  case none = "NONE"
  case total = "TOTAL"
  case indexes = "INDEXES"

  init(_ request: OperationRequest) {
    self = request.string("ReturnConsumedCapacity").flatMap(Self.init) ?? .none
  }
}

/// What an operation cost on one table and its indexes.
struct ConsumedCapacity: Sendable {
  let table: String
  var units = 0.0
  var indexes: [(name: String, isLocal: Bool, units: Double)] = []

  init(_ table: Table, _ cost: ItemStore.Cost) {
    self.table = table.name
    add(cost)
  }

  init(_ table: Table, units: Double = 0) { self.init(table.name, units: units) }

  init(_ table: String, units: Double) {
    self.table = table
    self.units = units
  }

  mutating func add(_ cost: ItemStore.Cost) {
    units += cost.table
    for (index, units) in cost.indexes { add(units, to: index) }
  }

  mutating func add(_ units: Double, to index: TableIndex) {
    add((index.name, index.isLocal, units))
  }

  mutating func add(_ entry: (name: String, isLocal: Bool, units: Double)) {
    if let place = indexes.firstIndex(where: { $0.name == entry.name }) {
      indexes[place].units += entry.units
    } else {
      indexes.append(entry)
    }
  }

  /// In a transaction the table costs twice as much; its indexes cost what they always do.
  var doubled: ConsumedCapacity {
    var doubled = self
    doubled.units *= 2
    return doubled
  }

  private var total: Double { indexes.reduce(units) { $0 + $1.units } }

  /// Appends the object; `kind` names the units of a transaction, which are shown twice.
  func append(to output: inout [UInt8], _ report: CapacityReport, kind: String? = nil) {
    output.append(raw: "{\"TableName\":")
    output.appendJSON(table)
    append(total, kind, to: &output)
    if report == .indexes {
      output.append(raw: ",\"Table\":{")
      append(units, kind, to: &output, isFirst: true)
      output.append(raw: "}")
      append("LocalSecondaryIndexes", indexes.filter(\.isLocal), kind, to: &output)
      append("GlobalSecondaryIndexes", indexes.filter { !$0.isLocal }, kind, to: &output)
    }
    output.append(raw: "}")
  }

  private func append(
    _ units: Double, _ kind: String?, to output: inout [UInt8], isFirst: Bool = false
  ) {
    output.append(contentsOf: "\(isFirst ? "" : ",")\"CapacityUnits\":\(units)".utf8)
    if let kind { output.append(contentsOf: ",\"\(kind)\":\(units)".utf8) }
  }

  private func append(
    _ name: String, _ indexes: [(name: String, isLocal: Bool, units: Double)], _ kind: String?,
    to output: inout [UInt8]
  ) {
    guard !indexes.isEmpty else { return }
    output.append(contentsOf: ",\"\(name)\":{".utf8)
    for (place, index) in indexes.enumerated() {
      if place > 0 { output.append(0x2C) }
      output.appendJSON(index.name)
      output.append(raw: ":{")
      append(index.units, kind, to: &output, isFirst: true)
      output.append(0x7D)
    }
    output.append(0x7D)
  }
}

/// Puts the members of an answer together.
struct AnswerBody: Sendable {
  private(set) var bytes: [UInt8] = [0x7B]

  init() {}

  /// Goes on with members that were put together before.
  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func add(_ name: StaticString, _ write: (inout [UInt8]) -> Void) {
    if bytes.count > 1 { bytes.append(0x2C) }
    bytes.append(0x22)
    bytes.append(raw: name)
    bytes.append(raw: "\":")
    write(&bytes)
  }

  mutating func add(_ name: StaticString, raw value: [UInt8]) {
    add(name) { $0.append(contentsOf: value) }
  }

  mutating func add(_ name: StaticString, _ value: Int) { add(name) { $0.appendJSON(value) } }

  mutating func add(_ name: StaticString, _ attributes: Attributes) {
    add(name) { $0.append(attributes) }
  }

  mutating func add(_ capacity: ConsumedCapacity, _ report: CapacityReport) {
    guard report != .none else { return }
    add("ConsumedCapacity") { capacity.append(to: &$0, report) }
  }

  /// What a transaction cost: twice as much as its parts alone, shown under two names.
  mutating func addTransaction(
    _ capacities: [ConsumedCapacity], _ report: CapacityReport, _ kind: String
  ) {
    guard report != .none else { return }
    add("ConsumedCapacity") { output in
      output.append(list: capacities) { $1.doubled.append(to: &$0, report, kind: kind) }
    }
  }

  /// The size of an item collection, for tables with local indexes; always below a gigabyte here.
  mutating func add(metricsFor key: Attributes, of table: Table, _ request: OperationRequest) {
    guard request.string("ReturnItemCollectionMetrics") == "SIZE", table.hasLocalIndexes else {
      return
    }
    add("ItemCollectionMetrics") { output in
      output.appendItemCollectionMetrics(key.keeping(table.keys.partition.map(\.name)))
    }
  }

  var finished: [UInt8] { bytes + [0x7D] }
}

extension [UInt8] {
  mutating func appendItemCollectionMetrics(_ key: Attributes) {
    append(raw: "{\"ItemCollectionKey\":")
    append(key)
    append(raw: ",\"SizeEstimateRangeGB\":[0.0,1.0]}")
  }
}
