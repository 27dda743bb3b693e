import Crypto
import JSON

extension DynamoDB {
  private static let mandatoryKey = DynamoDBError.validation(
    "Where clause does not contain a mandatory equality on all key attributes")

  /// Reads a statement with its parameters.
  private func statement(_ request: OperationRequest) throws(DynamoDBError) -> PartiQLStatement {
    var parameters: [AttributeValue] = []
    if let elements = request["Parameters"]?.elements {
      for element in elements {
        do throws(ValueError) {
          parameters.append(try ValueReader.value(element))
        } catch {
          throw DynamoDBError(error)
        }
      }
    }
    do throws(PartiQLError) {
      return try PartiQLParser.statement(request.string("Statement") ?? "", parameters)
    } catch {
      throw .validation(error.message)
    }
  }

  // MARK: One statement

  func executeStatement(_ request: OperationRequest) async throws -> [UInt8] {
    let statement = try statement(request)
    guard case .select(let select) = statement else {
      if case .exists = statement {
        throw DynamoDBError.validation(
          "EXISTS can only be used in ExecuteTransaction write requests.")
      }
      let report = CapacityReport(request)
      let (item, capacity) = try await write(statement, request)
      var body = AnswerBody()
      body.add("Items") { output in
        output.append(list: item.map { [$0] } ?? []) { $0.append($1) }
      }
      body.add(capacity, report)
      return body.finished
    }
    return try await page(of: select, request)
  }

  private func page(
    of select: PartiQLStatement.Select, _ request: OperationRequest
  ) async throws -> [UInt8] {
    let token = PartiQLToken.Continuation(request)
    let start = try request.string("NextToken").map { (text) throws(DynamoDBError) in
      try token.start(of: text)
    }
    return try await read(select.table) { table in
      let read = try PartiQLRead(select, request, start, table)
      return { store in
        var page = PageReader(read.plan, read.source)
        try page.read(read.statement.sql, read.statement.values, store.connection)
        var body = AnswerBody()
        body.add("Items", raw: [0x5B] + page.items + [0x5D])
        if let last = try page.lastKey() {
          body.add("NextToken") { $0.appendJSON(token.text(for: last)) }
          body.add("LastEvaluatedKey", last)
        }
        body.add(page.capacity, read.plan.report)
        return body.finished
      }
    }
  }

  /// Carries out one write; returns what its RETURNING asks for.
  private func write(
    _ statement: PartiQLStatement, _ request: OperationRequest
  ) async throws -> (Attributes?, ConsumedCapacity) {
    let showsItem = WriteCondition(nil, request).showsItem
    return try await write(statement.table) { table in
      let action = try Self.action(statement, table, showsItem: showsItem)
      let key = try TransactAction.storedKey(action, table)
      return { store in
        let old = try store.find(key)
        let new = try action.outcome(old, store.table)
        let cost = try action.apply(key, store, old: old, new: new)
        let item = Self.returned(statement, old: try old?.attributes(), new: new)
        return (item, ConsumedCapacity(store.table, cost))
      }
    }
  }

  private static func returned(
    _ statement: PartiQLStatement, old: Attributes?, new: Attributes?
  ) -> Attributes? {
    switch statement {
    case .update(let update):
      let targets = ProjectionExpression(update.update.targets)
      switch update.returning {
      case "ALL_OLD": return old
      case "ALL_NEW": return new
      case "UPDATED_OLD": return old.map { targets.applied(to: $0) }
      case "UPDATED_NEW": return new.map { targets.applied(to: $0) }
      default: return nil
      }
    case .delete(let delete): return delete.returning == "ALL_OLD" ? old : nil
    case .select, .insert, .exists: return nil
    }
  }

  /// A write or check as an action of a transaction, which a single one is too.
  private static func action(
    _ statement: PartiQLStatement, _ table: Table, showsItem: Bool
  ) throws(DynamoDBError) -> TransactAction {
    func condition(_ expression: ConditionExpression?) -> WriteCondition {
      WriteCondition(expression, showsItem: showsItem)
    }
    switch statement {
    case .insert(_, let item):
      try WriteRules.checkSize(item)
      return TransactAction(table: table.name, .insert(item), condition(nil))
    case .update(let update):
      guard let key = PartiQLKey(update.condition, table.keys) else { throw mandatoryKey }
      // Unlike UpdateItem, UPDATE makes no item that is not there.
      let exists = ConditionExpression.exists(table.keys.partition[0].name)
      return TransactAction(
        table: table.name, .update(key.key, ItemChange(update: update.update)),
        condition(key.rest.map { .and(exists, $0) } ?? exists))
    case .delete(let delete):
      guard let key = PartiQLKey(delete.condition, table.keys) else { throw mandatoryKey }
      return TransactAction(table: table.name, .delete(key.key), condition(key.rest))
    case .exists(let select), .select(let select):
      guard let key = PartiQLKey(select.condition, table.keys) else { throw mandatoryKey }
      let exists = ConditionExpression.exists(table.keys.partition[0].name)
      return TransactAction(
        table: table.name, .check(key.key),
        condition(key.rest.map { .and(exists, $0) } ?? exists))
    }
  }

  // MARK: Several statements

  func batchExecuteStatement(_ request: OperationRequest) async throws -> [UInt8] {
    let parts = request["Statements"]?.elements.map { $0.map { OperationRequest(part: $0) } } ?? []
    // A statement that cannot be read fails alone.
    let statements = parts.map { part in
      Result<PartiQLStatement, DynamoDBError> { () throws(DynamoDBError) in try statement(part) }
    }
    let readable = statements.compactMap { try? $0.get() }
    guard Set(readable.map(\.isRead)).count <= 1 else {
      throw DynamoDBError.validation(
        "BatchExecuteStatement API does not support both read and write operations in the same "
          + "request.")
    }
    let report = CapacityReport(request)
    var responses: [[UInt8]] = []
    var capacities: [ConsumedCapacity] = []
    for (statement, part) in zip(statements, parts) {
      do {
        let statement = try statement.get()
        let (item, capacity) = try await single(statement, part)
        responses.append(Self.response(statement.table, item))
        ConsumedCapacity.add(capacity, to: &capacities)
      } catch let error as DynamoDBError {
        responses.append(Self.response((try? statement.get())?.table, error))
      }
    }
    var body = AnswerBody()
    body.add("Responses") { $0.append(list: responses) { $0.append(raw: $1) } }
    if report != .none {
      body.add("ConsumedCapacity") { output in
        output.append(list: capacities) { $1.append(to: &$0, report) }
      }
    }
    return body.finished
  }

  private func single(
    _ statement: PartiQLStatement, _ request: OperationRequest
  ) async throws -> (Attributes?, ConsumedCapacity) {
    guard case .select(let select) = statement else { return try await write(statement, request) }
    let isConsistent = request.bool("ConsistentRead") ?? false
    return try await read(select.table, isShort: true) { table in
      guard select.index == nil, let key = PartiQLKey(select.condition, table.keys),
        key.rest == nil
      else {
        throw DynamoDBError.validation(
          "Select statements within BatchExecuteStatement must specify the primary key in the "
            + "where clause.")
      }
      let stored = try KeyRules.key(named: key.key, table.keys)
      return { store in
        let found = try store.find(stored)
        let units = Capacity.read(found?.size ?? 0, isConsistent: isConsistent)
        var item = try found?.attributes()
        if let rest = key.rest, let whole = item, !rest.isSatisfied(by: whole) { item = nil }
        if let columns = select.columns { item = item.map { columns.applied(to: $0) } }
        return (item, ConsumedCapacity(store.table, units: units))
      }
    }
  }

  private static func response(_ table: String, _ item: Attributes?) -> [UInt8] {
    var body = AnswerBody()
    body.add("TableName") { $0.appendJSON(table) }
    if let item { body.add("Item", item) }
    return body.finished
  }

  /// A failure; the table is named when the statement was carried out and failed. The item that a
  /// condition met is not shown here, whatever the statement asks for.
  private static func response(_ table: String?, _ error: DynamoDBError) -> [UInt8] {
    var body = AnswerBody()
    body.add("Error") { output in
      output.append(raw: "{\"Code\":")
      output.appendJSON(error.kind.code)
      output.append(raw: ",\"Message\":")
      output.appendJSON(error.message)
      output.append(0x7D)
    }
    if let table, error.kind == .conditionFailed || error.kind == .duplicateItem {
      body.add("TableName") { $0.appendJSON(table) }
    }
    return body.finished
  }

  func executeTransaction(_ request: OperationRequest) async throws -> [UInt8] {
    let parts = request["TransactStatements"]?.elements.map {
      $0.map { OperationRequest(part: $0) }
    }
    var parsed: [(statement: PartiQLStatement, showsItem: Bool)] = []
    for (place, part) in (parts ?? []).enumerated() {
      do throws(DynamoDBError) {
        let statement = try statement(part)
        try Self.checkTransactable(statement)
        parsed.append((statement, WriteCondition(nil, part).showsItem))
      } catch {
        throw Self.failed(place, error)
      }
    }
    guard Set(parsed.map(\.statement.isRead)).count <= 1 else {
      throw DynamoDBError.validation(
        "ExecuteTransaction API does not support both read and write operations in the same request."
      )
    }
    let statements = parsed
    return try await transact(
      token: request.string("ClientRequestToken").map { "statements:" + $0 },
      content: request["TransactStatements"].map { Array($0.source) } ?? [],
      CapacityReport(request),
      tables: statements.map(\.statement.table)
    ) { tables in
      var actions: [TransactAction] = []
      for (place, (entry, table)) in zip(statements, tables).enumerated() {
        do throws(DynamoDBError) {
          actions.append(
            try Self.transactAction(entry.statement, table, showsItem: entry.showsItem))
        } catch {
          throw Self.failed(place, error)
        }
      }
      let isRead = statements.first?.statement.isRead ?? false
      let (keys, prepared) = (try TransactAction.storedKeys(actions, tables), actions)
      return { stores in
        if isRead { return try Self.transactRead(statements.map(\.statement), keys, stores) }
        let cost = try TransactAction.perform(prepared, keys, stores)
        var body = AnswerBody()
        body.add("Responses") {
          $0.append(list: prepared) { output, _ in output.append(raw: "{}") }
        }
        return TransactionResult(body: body, capacities: cost.writes, replay: cost.reads)
      }
    }
  }

  private static func failed(_ place: Int, _ error: DynamoDBError) -> DynamoDBError {
    guard error.kind == .validation else { return error }
    return .validation("Validation failed in TransactStatements[\(place)]: \(error.message)")
  }

  /// What a transaction does not take.
  private static func checkTransactable(_ statement: PartiQLStatement) throws(DynamoDBError) {
    switch statement {
    case .update(let update) where update.returning != nil:
      throw .validation("RETURNING clause is not supported in ExecuteTransaction.")
    case .delete(let delete) where delete.returning != nil:
      throw .validation("RETURNING clause is not supported in ExecuteTransaction.")
    case .select(let select) where select.index != nil:
      throw .validation("Reads on indices are not supported within transactions.")
    case .exists(let select) where select.index != nil:
      throw .validation("Operations on indices are not supported in transactions")
    default: return
    }
  }

  private static func transactAction(
    _ statement: PartiQLStatement, _ table: Table, showsItem: Bool
  ) throws(DynamoDBError) -> TransactAction {
    switch statement {
    case .select(let select):
      guard let key = PartiQLKey(select.condition, table.keys), key.rest == nil else {
        throw .validation(
          "Select statements within ExecuteTransaction must specify the primary key in the where "
            + "clause.")
      }
    case .exists(let select):
      guard let key = PartiQLKey(select.condition, table.keys), key.rest != nil else {
        throw .validation("EXISTS() must contain a single item read with additional condition")
      }
    default: break
    }
    return try action(statement, table, showsItem: showsItem)
  }

  private static func transactRead(
    _ statements: [PartiQLStatement], _ keys: [ItemKey], _ stores: [ItemStore]
  ) throws -> TransactionResult {
    var responses: [[UInt8]] = []
    var capacities: [ConsumedCapacity] = []
    for ((statement, key), store) in zip(zip(statements, keys), stores) {
      guard case .select(let select) = statement else { continue }
      let found = try store.find(key)
      var item = try found?.attributes()
      if let columns = select.columns { item = item.map { columns.applied(to: $0) } }
      var body = AnswerBody()
      if let item { body.add("Item", item) }
      responses.append(body.finished)
      ConsumedCapacity.add(
        Capacity.read(found?.size ?? 0, isConsistent: true), of: store.table, to: &capacities)
    }
    var body = AnswerBody()
    body.add("Responses") { $0.append(list: responses) { $0.append(raw: $1) } }
    var result = TransactionResult(body: body, capacities: capacities, replay: capacities)
    result.kind = "ReadCapacityUnits"
    return result
  }
}

extension ConditionExpression {
  static func exists(_ name: ByteText) -> ConditionExpression {
    let function = Function.attributeExists
    return .call(
      .init(
        function: function, name: function.rawValue,
        arguments: [.path(DocumentPath(root: name))]))
  }
}
