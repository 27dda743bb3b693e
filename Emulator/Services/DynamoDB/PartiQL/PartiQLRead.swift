import Crypto
import JSON

/// How a SELECT is carried out: a read of one partition, or of a range of its sort keys, when the
/// condition names it; of the whole table else. The condition itself is the filter in any case.
struct PartiQLRead: Sendable {
  let plan: ReadPlan
  let source: ReadSource
  let statement: RangeStatement

  init(
    _ select: PartiQLStatement.Select, _ request: OperationRequest, _ start: Attributes?,
    _ table: Table
  ) throws(DynamoDBError) {
    var plan = try ReadPlan(request, start: start, index: select.index)
    let index = try Self.index(select, table, isConsistent: plan.isConsistent)
    plan.columns = select.columns
    plan.filter = select.condition
    let parts = select.condition?.conjuncts ?? []
    let keys = KeyCondition(parts, of: index?.keys ?? table.keys)
    // Without a partition the read is a scan, and a scan only finds nothing.
    let source = try ReadSource(table, index, plan, checksFilter: keys != nil)
    try Self.checkOrder(select, source, isQuery: keys != nil)
    var statement = RangeStatement(source, isForward: select.order?.isForward ?? true)
    let range = keys.flatMap { try? KeyRange($0, source.keys) }
    if let range {
      statement.inPartition(range.partition)
      statement.within(range)
    }
    if let position = try plan.position(in: source) { statement.after(position) }
    self.plan = plan
    self.source = source
    self.statement = statement
  }

  private static func index(
    _ select: PartiQLStatement.Select, _ table: Table, isConsistent: Bool
  ) throws(DynamoDBError) -> TableIndex? {
    guard let name = select.index else { return nil }
    guard let index = table.index(named: name) else {
      throw .validation("The table does not have the specified index")
    }
    if isConsistent, !index.isLocal {
      throw .validation("Strongly consistent read is not supported on Global Secondary Indexes")
    }
    return index
  }

  private static func checkOrder(
    _ select: PartiQLStatement.Select, _ source: ReadSource, isQuery: Bool
  ) throws(DynamoDBError) {
    guard let order = select.order else { return }
    guard select.condition != nil else {
      throw .validation("Must have WHERE clause in the statement when using ORDER BY clause.")
    }
    guard isQuery else {
      throw .validation(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY "
          + "clause.")
    }
    guard source.keys.names.contains(order.name) else {
      throw .validation(
        "Variable reference \(order.name) in ORDER BY clause must be part of the primary key")
    }
  }
}

extension KeyCondition {
  /// The tests that conditions hold which must all be true; nil unless they name one partition. Of the
  /// sort key one test is taken, the others are left to the filter.
  init?(_ conditions: [ConditionExpression], of keys: KeySchema) {
    self.init()
    for condition in conditions {
      guard let part = try? KeyCondition(condition), let (name, test) = part.tests.first,
        let attribute = keys.attributes.first(where: { $0.name == name }),
        test.values.allSatisfy({ $0.type == attribute.type })
      else { continue }
      let isPartition = keys.partition.contains { $0.name == name }
      if case .equal = test {} else if isPartition || keys.sort.count != 1 { continue }
      // A second test of one attribute narrows nothing further here.
      try? add(name, test)
    }
    guard keys.partition.allSatisfy({ self[$0.name] != nil }) else { return nil }
    guard keys.sort.count <= 1 else {
      self = KeyCondition(partitionOf: self, keys)
      return
    }
  }

  private init(partitionOf whole: KeyCondition, _ keys: KeySchema) {
    self.init()
    for attribute in keys.partition {
      if let test = whole[attribute.name] { try? add(attribute.name, test) }
    }
  }
}

extension PartiQLToken {
  /// Where a SELECT goes on. The text is good for the same statement with the same parameters only.
  struct Continuation: Sendable {
    private let digest: [UInt8]

    init(_ request: OperationRequest) {
      let parameters = request["Parameters"].map { Array($0.source) } ?? []
      digest = SHA256.digest(Array((request.string("Statement") ?? "").utf8) + [0] + parameters)
    }

    func text(for last: Attributes) -> String { Base64.standard.encode(digest + last.encoded) }

    func start(of text: String) throws(DynamoDBError) -> Attributes {
      guard let bytes = Base64.standard.decode(text), bytes.count > digest.count,
        let key = try? Attributes(stored: Array(bytes.dropFirst(digest.count)))
      else { throw .validation("Invalid NextToken") }
      guard bytes.starts(with: digest) else {
        throw .validation("NextToken does not match request")
      }
      return key
    }
  }
}
