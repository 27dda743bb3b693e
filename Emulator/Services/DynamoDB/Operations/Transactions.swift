import Crypto
import JSON
import Storage

extension DynamoDB {
  /// Bytes of all items of a transaction (developer guide, "Quotas").
  static let transactionBytes = 4 << 20
  /// How long a client's token answers for its first use.
  static let tokenMilliseconds = 600_000

  func transactWriteItems(_ request: OperationRequest) async throws -> [UInt8] {
    let actions = try transactActions(request)
    let report = CapacityReport(request)
    return try await transact(
      // Each operation knows its own tokens only.
      token: request.string("ClientRequestToken").map { "items:" + $0 },
      content: request["TransactItems"].map { Array($0.source) } ?? [], report,
      tables: actions.map(\.table)
    ) { tables in
      let keys = try TransactAction.storedKeys(actions, tables)
      return { stores in
        let cost = try TransactAction.perform(actions, keys, stores)
        return TransactionResult(
          body: Self.transactBody(actions, stores, request), capacities: cost.writes,
          replay: cost.reads)
      }
    }
  }

  /// Runs a transaction; with a token that was used before, its answer is given again, at the price of
  /// a read.
  func transact(
    token: String?, content: [UInt8], _ report: CapacityReport, tables names: [String],
    _ prepare: ([Table]) throws -> @Sendable ([ItemStore]) throws -> TransactionResult
  ) async throws -> [UInt8] {
    let digest = token.map { _ in SHA256.digest(content) }
    let now = clock.milliseconds()
    // Old tokens are forgotten before the checks.
    return try await writeAll(names, checksFirst: token == nil) { tables in
      let job = try prepare(tables)
      return { stores in
        guard let token, let digest, let connection = stores.first?.connection else {
          return try job(stores).answer(report)
        }
        if let known = try Self.replay(of: token, digest, now, connection) {
          return known.answer(report)
        }
        let result = try job(stores)
        try connection.run(
          "INSERT OR REPLACE INTO dynamodb_tokens VALUES (?, ?, ?, ?, ?)",
          [
            .text(token), .blob(digest), .blob(result.body.bytes), Value(now),
            .blob(result.encodedReplay),
          ])
        return result.answer(report)
      }
    }
  }

  private func transactActions(
    _ request: OperationRequest
  ) throws(DynamoDBError) -> [TransactAction] {
    guard let elements = request["TransactItems"]?.elements else { return [] }
    var actions: [TransactAction] = []
    for element in elements {
      actions.append(try TransactAction(OperationRequest(part: element)))
    }
    return actions
  }

  /// The result of an earlier request with the same token; an error when it was another request.
  private static func replay(
    of token: String, _ digest: [UInt8], _ now: Int, _ connection: Connection
  ) throws -> TransactionResult? {
    try connection.run(
      "DELETE FROM dynamodb_tokens WHERE created < ?", [Value(now - tokenMilliseconds)])
    let found = try connection.first(
      "SELECT digest, response, reads FROM dynamodb_tokens WHERE token = ?", [.text(token)]
    ) { ($0.bytes(0), $0.bytes(1), $0.bytes(2)) }
    guard let (known, response, reads) = found else { return nil }
    guard known == digest else {
      throw DynamoDBError(
        .idempotentMismatch,
        "The request was rejected because a request with the same client token and different "
          + "parameters was already received")
    }
    return TransactionResult(replaying: response, reads)
  }

  private static func transactBody(
    _ actions: [TransactAction], _ stores: [ItemStore], _ request: OperationRequest
  ) -> AnswerBody {
    var body = AnswerBody()
    if request.string("ReturnItemCollectionMetrics") == "SIZE" {
      var shown: [(name: String, keys: [Attributes])] = []
      for (action, store) in zip(actions, stores) where store.table.hasLocalIndexes {
        let key = action.attributes.keeping(store.table.keys.partition.map(\.name))
        if let place = shown.firstIndex(where: { $0.name == store.table.name }) {
          shown[place].keys.append(key)
        } else {
          shown.append((store.table.name, [key]))
        }
      }
      body.add("ItemCollectionMetrics") { output in
        output.append(members: shown, name: \.name) { output, entry in
          output.append(list: entry.keys) { $0.appendItemCollectionMetrics($1) }
        }
      }
    }
    return body
  }

  /// Like `write`, for items of several tables in one transaction; a table may come more than once.
  func writeAll<T: Sendable>(
    _ names: [String], checksFirst: Bool = false,
    _ prepare: ([Table]) throws -> @Sendable ([ItemStore]) throws -> T
  ) async throws -> T {
    for _ in 0..<5 {
      var tables: [Table] = []
      for name in names { tables.append(try await table(name)) }
      let job = try prepare(tables)
      let (catalog, clock, found) = (self.catalog, self.clock, tables)
      do {
        return try await database.write(checksFirst: checksFirst) { connection in
          try catalog.check(found, connection)
          return try job(
            found.map { ItemStore(table: $0, connection: connection, clock: clock) })
        }
      } catch is StaleTable {
        continue
      }
    }
    throw DynamoDBError(.internalError, "the tables change too often")
  }

  // MARK: Reading

  func transactGetItems(_ request: OperationRequest) async throws -> [UInt8] {
    var gets: [(table: String, get: TransactGet)] = []
    for element in request["TransactItems"]?.elements.map(Array.init) ?? [] {
      guard let node = element["Get"] else { continue }
      let part = OperationRequest(part: node)
      gets.append((try part.tableName(), try TransactGet(part)))
    }
    let report = CapacityReport(request)
    let prepared = gets
    return try await readAll(prepared.map(\.table)) { tables in
      let keys = try zip(prepared, tables).map { try KeyRules.key(named: $0.get.key, $1.keys) }
      guard Self.areDistinct(tables, keys) else {
        throw DynamoDBError.validation(
          "Transaction request cannot include multiple operations on one item")
      }
      return { stores in
        var body = AnswerBody()
        var capacities: [ConsumedCapacity] = []
        var responses: [[UInt8]] = []
        for ((get, key), store) in zip(zip(prepared.map(\.get), keys), stores) {
          let found = try store.find(key)
          responses.append(try get.response(found))
          let units = Capacity.read(found?.size ?? 0, isConsistent: true)
          ConsumedCapacity.add(units, of: store.table, to: &capacities)
        }
        body.addTransaction(capacities, report, "ReadCapacityUnits")
        body.add("Responses") { $0.append(list: responses) { $0.append(raw: $1) } }
        return body.finished
      }
    }
  }

  private static func areDistinct(_ tables: [Table], _ keys: [ItemKey]) -> Bool {
    for place in keys.indices {
      for other in keys.indices.prefix(place)
      where keys[place] == keys[other] && tables[place] === tables[other] {
        return false
      }
    }
    return true
  }

  /// Reads several tables as they were at one moment.
  private func readAll<T: Sendable>(
    _ names: [String], _ prepare: ([Table]) throws -> @Sendable ([ItemStore]) throws -> T
  ) async throws -> T {
    var tables: [Table] = []
    for name in names { tables.append(try await table(name)) }
    let job = try prepare(tables)
    let (clock, found) = (self.clock, tables)
    return try await database.snapshot { connection in
      try job(found.map { ItemStore(table: $0, connection: connection, clock: clock) })
    }
  }
}

/// One `Get` of a transaction.
struct TransactGet: Sendable {
  let key: Attributes
  private let projection: ProjectionExpression?

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ProjectionExpression"], legacy: [])

  init(_ request: OperationRequest) throws(DynamoDBError) {
    var expressions = try ExpressionParameters(request, Self.rules)
    key = try request.attributes("Key")
    try expressions.readReferences()
    projection = try expressions.projection()
    try expressions.checkUse()
  }

  func response(_ found: StoredItem?) throws -> [UInt8] {
    var body = AnswerBody()
    if let found {
      if let projection {
        let item = projection.applied(to: try found.attributes())
        if !item.isEmpty { body.add("Item", item) }
      } else {
        body.add("Item", raw: found.bytes)
      }
    }
    return body.finished
  }
}

extension ConsumedCapacity {
  /// Adds what one operation of several cost to the entry of its table.
  static func add(_ cost: ConsumedCapacity, to all: inout [ConsumedCapacity]) {
    guard let place = all.firstIndex(where: { $0.table == cost.table }) else {
      all.append(cost)
      return
    }
    all[place].units += cost.units
    for index in cost.indexes { all[place].add(index) }
  }

  /// Adds units to the entry of a table, in the order of first mention.
  static func add(_ units: Double, of table: Table, to all: inout [ConsumedCapacity]) {
    if let place = all.firstIndex(where: { $0.table == table.name }) {
      all[place].units += units
    } else {
      all.append(ConsumedCapacity(table, units: units))
    }
  }

  static func add(_ cost: ItemStore.Cost, of table: Table, to all: inout [ConsumedCapacity]) {
    if let place = all.firstIndex(where: { $0.table == table.name }) {
      all[place].add(cost)
    } else {
      all.append(ConsumedCapacity(table, cost))
    }
  }
}

/// What a transaction answers, and what it cost.
struct TransactionResult: Sendable {
  /// The members of the answer apart from the capacity, which each request may ask for in its own way.
  let body: AnswerBody
  let capacities: [ConsumedCapacity]
  /// The cost of the same request with the same token: a read of the items that it wrote.
  let replay: [ConsumedCapacity]
  var kind = "WriteCapacityUnits"

  init(body: AnswerBody, capacities: [ConsumedCapacity], replay: [ConsumedCapacity]) {
    self.body = body
    self.capacities = capacities
    self.replay = replay
  }

  /// The result that was kept under a token.
  init(replaying body: [UInt8], _ reads: [UInt8]) {
    let entries = (try? JSONValue(parsing: reads))?.array ?? []
    let capacities = entries.compactMap { entry -> ConsumedCapacity? in
      guard let table = entry[0]?.string, let units = entry[1]?.double else { return nil }
      return ConsumedCapacity(table, units: units)
    }
    self.init(body: AnswerBody(bytes: body), capacities: capacities, replay: capacities)
    kind = "ReadCapacityUnits"
  }

  var encodedReplay: [UInt8] {
    JSONValue.array(replay.map { [.string($0.table), .double($0.units)] }).encoded()
  }

  func answer(_ report: CapacityReport) -> [UInt8] {
    var answer = body
    answer.addTransaction(capacities, report, kind)
    return answer.finished
  }
}
