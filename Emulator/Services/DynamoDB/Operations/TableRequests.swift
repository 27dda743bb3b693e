import Crypto
import JSON
import Storage

extension DynamoDB {
  func createTable(_ request: OperationRequest) async throws -> [UInt8] {
    let definition = try newDefinition(request)
    let catalog = self.catalog
    let table = try await database.write { connection in
      try catalog.load(connection)
      guard catalog.table(named: definition.name) == nil else {
        throw DynamoDBError(
          .resourceInUse, "Table already exists: \(definition.name)")
      }
      return try catalog.add(definition, connection)
    }
    return TableDescription(table, status: "CREATING").answer("TableDescription")
  }

  private func newDefinition(
    _ request: OperationRequest
  ) throws(DynamoDBError) -> TableDefinition {
    try TableSpecification(
      request, created: Double(clock.milliseconds()) / 1000,
      label: Timestamp.text(ofMilliseconds: streamNames.next(after: clock.milliseconds()))
    ).definition()
  }

  func describeTable(_ request: OperationRequest) async throws -> [UInt8] {
    let table = try await namedTable(request)
    return try await description(of: table).answer("Table")
  }

  /// A table by the name in the request; the error names it, as that of table operations does.
  func namedTable(_ request: OperationRequest) async throws -> Table {
    let name = try request.tableName()
    do {
      return try await table(name)
    } catch let error as DynamoDBError where error == .tableNotFound {
      throw DynamoDBError.tableNotFound(name)
    }
  }

  func description(of table: Table, status: String = "ACTIVE") async throws -> TableDescription {
    let sizes = try await read(table.name) { table in
      { store in
        try ([table.sql.table] + table.indexes.map(\.sql.table)).map { name in
          try store.connection.first("SELECT count(*), coalesce(sum(size), 0) FROM \(name)") {
            TableDescription.Size(items: $0.integer(0), bytes: $0.integer(1))
          } ?? TableDescription.Size()
        }
      }
    }
    return TableDescription(table, status: status, sizes: sizes)
  }

  func listTables(_ request: OperationRequest) throws -> [UInt8] {
    let limit = request.integer("Limit") ?? 100
    let names = catalog.names(after: request.string("ExclusiveStartTableName"))
    var body = AnswerBody()
    body.add("TableNames") { $0.append(list: Array(names.prefix(limit))) { $0.appendJSON($1) } }
    if names.count > limit {
      body.add("LastEvaluatedTableName") { $0.appendJSON(names[limit - 1]) }
    }
    return body.finished
  }

  func deleteTable(_ request: OperationRequest) async throws -> [UInt8] {
    let table = try await namedTable(request)
    guard !table.definition.isProtected else {
      throw DynamoDBError.validation(
        "Resource cannot be deleted as it is currently protected against deletion. "
          + "Disable deletion protection first.")
    }
    let catalog = self.catalog
    try await database.write { connection in
      try catalog.check([table], connection)
      try catalog.remove(table, connection)
    }
    return TableDescription(table, status: "DELETING").answer("TableDescription")
  }

  /// Changes a table's definition; `change` is repeated when another change came first.
  @discardableResult
  func change(
    _ name: String,
    _ change: @escaping @Sendable (Table, Connection) throws -> TableDefinition
  ) async throws -> Table {
    let catalog = self.catalog
    return try await database.write { connection in
      try catalog.load(connection)
      guard let table = catalog.table(named: name) else {
        throw DynamoDBError.tableNotFound(name)
      }
      return try catalog.replace(table, with: try change(table, connection), connection)
    }
  }

  // MARK: Time to live

  func updateTimeToLive(_ request: OperationRequest) async throws -> [UInt8] {
    let specification = request["TimeToLiveSpecification"]
    let isEnabled = specification?["Enabled"]?.bool ?? false
    let attribute = ByteText(specification?["AttributeName"]?.string ?? "")
    let table = try await namedTable(request)
    let clock = self.clock
    try await change(table.name) { table, connection in
      let old = table.definition.timeToLive
      if isEnabled, old?.isEnabled ?? false {
        throw DynamoDBError.validation(
          old?.attribute == attribute
            ? "TimeToLive is already enabled"
            : "TimeToLive is active on a different AttributeName: current AttributeName is "
              + "\(old?.attribute ?? "")")
      }
      if !isEnabled, !(old?.isEnabled ?? false) {
        throw DynamoDBError.validation("TimeToLive is already disabled")
      }
      if !isEnabled, old?.attribute != attribute {
        throw DynamoDBError.validation(
          "TimeToLive is active on a different AttributeName: current AttributeName is "
            + "\(old?.attribute ?? "")")
      }
      var definition = table.definition
      definition.timeToLive = .init(attribute: attribute, isEnabled: isEnabled)
      let changed = Table(id: table.id, definition)
      try ItemStore(table: changed, connection: connection, clock: clock).refreshExpiry()
      return definition
    }
    var body = AnswerBody()
    body.add("TimeToLiveSpecification") { output in
      output.append(raw: "{\"Enabled\":")
      output.append(contentsOf: "\(isEnabled)".utf8)
      output.append(raw: ",\"AttributeName\":")
      output.appendJSON(attribute.string)
      output.append(0x7D)
    }
    return body.finished
  }

  func describeTimeToLive(_ request: OperationRequest) async throws -> [UInt8] {
    let table = try await namedTable(request)
    let setting = table.definition.timeToLive
    let isEnabled = setting?.isEnabled ?? false
    var body = AnswerBody()
    body.add("TimeToLiveDescription") { output in
      output.append(raw: "{\"TimeToLiveStatus\":")
      output.appendJSON(isEnabled ? "ENABLED" : "DISABLED")
      if let setting, isEnabled {
        output.append(raw: ",\"AttributeName\":")
        output.appendJSON(setting.attribute.string)
      }
      output.append(0x7D)
    }
    return body.finished
  }

  func describeContinuousBackups(_ request: OperationRequest) async throws -> [UInt8] {
    let name = try request.tableName()
    guard (try? await table(name)) != nil else {
      throw DynamoDBError(.tableNotFoundByBackups, "Table not found: \(name)")
    }
    var body = AnswerBody()
    body.add("ContinuousBackupsDescription") { output in
      output.append(
        raw: """
          {"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":\
          {"PointInTimeRecoveryStatus":"DISABLED"}}
          """)
    }
    return body.finished
  }
}

extension ItemStore {
  /// Computes anew when each item expires, after the setting has changed.
  func refreshExpiry() throws {
    guard let setting = table.definition.timeToLive, setting.isEnabled else {
      try connection.run("UPDATE \(table.sql.table) SET expires = NULL WHERE expires IS NOT NULL")
      return
    }
    var last = 0
    while true {
      let batch = try connection.all(
        "SELECT id, item FROM \(table.sql.table) WHERE id > ? ORDER BY id LIMIT 500", [Value(last)]
      ) { ($0.integer(0), $0.bytes(1)) }
      guard let end = batch.last?.0 else { return }
      for (id, bytes) in batch {
        try connection.run(
          "UPDATE \(table.sql.table) SET expires = ? WHERE id = ?",
          [Value(table.expiry(of: try Attributes(stored: bytes))), Value(id)])
      }
      last = end
    }
  }
}

/// What is the same for all tables of the account.
enum Account {
  static let limits = Array(
    """
    {"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,\
    "TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000}
    """.utf8)

  static let endpoints = Array(
    #"{"Endpoints":[{"Address":"dynamodb.\#(TableName.region).amazonaws.com","CachePeriodInMinutes":1440}]}"#
      .utf8)
}
