import JSON
package import Storage
import Synchronization

/// A stand-in for DynamoDB: the service's wire protocol on the emulator's database.
package final class DynamoDB: Sendable {
  let database: Database
  let catalog = Catalog()
  let clock: ServiceClock
  let streamNames = StreamLabels()

  /// Opens the tables that the database holds.
  ///
  /// The clock gives Unix milliseconds.
  package init(
    _ database: Database, now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    clock = ServiceClock(milliseconds: now)
    try await database.migrate(Catalog.migrations)
    let catalog = self.catalog
    try await database.write { try catalog.load($0) }
  }

  /// Carries out one operation on a request in JSON; the result is its answer in JSON.
  func perform(
    _ operation: String, _ document: JSONDocument
  ) async throws(DynamoDBError) -> [UInt8] {
    guard let model = ServiceModel.shared.operations[operation] else {
      throw UnplayedOperations.error(for: operation)
    }
    let request = try OperationRequest(operation, model, document)
    do {
      return try await answer(operation, request)
    } catch let error as DynamoDBError {
      throw error
    } catch let error as ValueError {
      throw DynamoDBError(error)
    } catch {
      throw DynamoDBError(.internalError, "\(error)")
    }
  }

  private func answer(_ operation: String, _ request: OperationRequest) async throws -> [UInt8] {
    switch operation {
    case "GetItem": try await getItem(request)
    case "PutItem": try await putItem(request)
    case "Query": try await query(request)
    case "UpdateItem": try await updateItem(request)
    case "DeleteItem": try await deleteItem(request)
    case "Scan": try await scan(request)
    case "BatchGetItem": try await batchGetItem(request)
    case "BatchWriteItem": try await batchWriteItem(request)
    case "TransactWriteItems": try await transactWriteItems(request)
    case "TransactGetItems": try await transactGetItems(request)
    case "CreateTable": try await createTable(request)
    case "DescribeTable": try await describeTable(request)
    case "ListTables": try listTables(request)
    case "DeleteTable": try await deleteTable(request)
    case "UpdateTable": try await updateTable(request)
    case "UpdateTimeToLive": try await updateTimeToLive(request)
    case "DescribeTimeToLive": try await describeTimeToLive(request)
    case "TagResource": try await tagResource(request)
    case "UntagResource": try await untagResource(request)
    case "ListTagsOfResource": try await listTagsOfResource(request)
    case "DescribeContinuousBackups": try await describeContinuousBackups(request)
    case "ExecuteStatement": try await executeStatement(request)
    case "BatchExecuteStatement": try await batchExecuteStatement(request)
    case "ExecuteTransaction": try await executeTransaction(request)
    case "ListStreams": try listStreams(request)
    case "DescribeStream": try await describeStream(request)
    case "GetShardIterator": try await getShardIterator(request)
    case "GetRecords": try await getRecords(request)
    case "DescribeLimits": Account.limits
    case "DescribeEndpoints": Account.endpoints
    default: throw UnplayedOperations.error(for: operation)
    }
  }

  // MARK: Tables

  /// A table by its name. One that is not known is looked for in the database, where another process
  /// may have made it.
  func table(_ name: String) async throws -> Table {
    if let table = catalog.table(named: name) { return table }
    let catalog = self.catalog
    try await database.write { try catalog.load($0) }
    guard let table = catalog.table(named: name) else { throw DynamoDBError.tableNotFound }
    return table
  }

  private static let attempts = 5

  /// Runs a job on one table's items in a transaction. What needs no store is done before, in
  /// `prepare`; both are repeated when the table changes between them.
  func write<T: Sendable>(
    _ name: String, _ prepare: (Table) throws -> @Sendable (ItemStore) throws -> T
  ) async throws -> T {
    for _ in 0..<Self.attempts {
      let table = try await table(name)
      let job = try prepare(table)
      let (catalog, clock) = (self.catalog, self.clock)
      do {
        return try await database.write(checksFirst: true) { connection in
          try catalog.check([table], connection)
          return try job(ItemStore(table: table, connection: connection, clock: clock))
        }
      } catch is StaleTable {
        continue
      }
    }
    throw DynamoDBError(.internalError, "the table \(name) changes too often")
  }

  /// Runs a job on one table's items that only reads; a short one may touch some dozen rows.
  func read<T: Sendable>(
    _ name: String, isShort: Bool = false,
    _ prepare: (Table) throws -> @Sendable (ItemStore) throws -> T
  ) async throws -> T {
    for _ in 0..<Self.attempts {
      let table = try await table(name)
      let job = try prepare(table)
      let clock = self.clock
      do {
        let body: @Sendable (Connection) throws -> T = { connection in
          try job(ItemStore(table: table, connection: connection, clock: clock))
        }
        return try await isShort ? database.lookUp(body) : database.read(body)
      } catch let error as DatabaseError {
        // Reads take no part in the catalog's check: a table that is gone shows as missing in SQL.
        let catalog = self.catalog
        try await database.write { try catalog.load($0) }
        guard catalog.table(named: name) !== table else { throw error }
      }
    }
    throw DynamoDBError(.internalError, "the table \(name) changes too often")
  }
}

/// Gives each stream a label of its own, even two of one millisecond.
final class StreamLabels: Sendable {
  private let last = Mutex(0)

  func next(after milliseconds: Int) -> Int {
    last.withLock { last in
      last = max(last + 1, milliseconds)
      return last
    }
  }
}
