import Storage

/// Puts the SQL of a read together: a range of keys in the order of the store.
struct RangeStatement {
  private let source: ReadSource
  private let isForward: Bool
  private var conditions: [String] = []
  private(set) var values: [Value] = []
  private var isInPartition = false

  init(_ source: ReadSource, isForward: Bool) {
    self.source = source
    self.isForward = isForward
  }

  mutating func inPartition(_ partition: [UInt8]) {
    let order = source.order
    conditions += ["\(order.place) = ?", "\(order.partition) = ?"]
    values += [Value(KeyBytes.place(of: partition)), .blob(partition)]
    isInPartition = true
  }

  mutating func within(_ range: KeyRange) {
    let sort = source.order.sort[0]
    if let low = range.low {
      conditions.append("\(sort) \(low.isIncluded ? ">=" : ">") ?")
      values.append(.blob(low.bytes))
    }
    if let high = range.high {
      conditions.append("\(sort) \(high.isIncluded ? "<=" : "<") ?")
      values.append(.blob(high.bytes))
    }
  }

  /// A part of the hash range, for parallel scans.
  mutating func inSegment(_ segment: Int, of total: Int) {
    let place = source.order.place
    conditions += ["\(place) >= ?", "\(place) < ?"]
    values += [
      Value(KeyBytes.places * segment / total), Value(KeyBytes.places * (segment + 1) / total),
    ]
  }

  /// Only what comes behind a position, by all columns of the order: exact also among equal keys.
  mutating func after(_ position: ReadPosition) {
    let order = source.order
    var columns = order.sort
    var bounds = position.sort.map { Value.blob($0) }
    if !isInPartition {
      columns = [order.place, order.partition] + columns
      bounds = [Value(position.place), .blob(position.partition)] + bounds
    }
    let marks = columns.map { _ in "?" }.joined(separator: ", ")
    let sign = isForward ? ">" : "<"
    conditions.append("(\(columns.joined(separator: ", "))) \(sign) (\(marks))")
    values += bounds
  }

  var sql: String {
    let order = source.order
    let columns = (isInPartition ? [] : [order.place, order.partition]) + order.sort
    let direction = isForward ? "" : " DESC"
    let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    return source.select + filter + " ORDER BY "
      + columns.map { $0 + direction }.joined(separator: ", ")
  }
}
