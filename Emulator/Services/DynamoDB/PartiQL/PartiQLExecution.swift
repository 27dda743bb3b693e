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
        throw DynamoDBError.validation("EXISTS is only supported in ExecuteTransaction")
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
    let start = try request.string("NextToken").map { try Self.start(of: $0) }
    return try await read(select.table) { table in
      let (plan, source, statement) = try Self.prepared(select, request, start, table)
      return { store in
        var page = PageReader(plan, source)
        try page.read(statement.sql, statement.values, store.connection)
        var body = AnswerBody()
        body.add("Items", raw: [0x5B] + page.items + [0x5D])
        if let last = try page.lastKey() {
          body.add("NextToken") { $0.appendJSON(Base64.standard.encode(last.encoded)) }
          body.add("LastEvaluatedKey", last)
        }
        body.add(page.capacity, plan.report)
        return body.finished
      }
    }
  }

  private static func start(of token: String) throws(DynamoDBError) -> Attributes {
    guard let bytes = Base64.standard.decode(token), let key = try? Attributes(stored: bytes) else {
      throw .validation("Invalid NextToken")
    }
    return key
  }

  /// A read of one partition when the condition names it, of the whole table else.
  private static func prepared(
    _ select: PartiQLStatement.Select, _ request: OperationRequest, _ start: Attributes?,
    _ table: Table
  ) throws(DynamoDBError) -> (ReadPlan, ReadSource, RangeStatement) {
    var plan = try ReadPlan(request, start: start, index: select.index)
    let source = ReadSource(table, try plan.index(of: table), plan)
    plan.projection = select.projection
    let parts = select.condition?.conjuncts ?? []
    var partition: [[UInt8]] = []
    for attribute in source.keys.partition {
      guard let value = parts.lazy.compactMap({ $0.equality(of: attribute.name) }).first,
        value.type == attribute.type, let bytes = KeyBytes.encode(value)
      else { break }
      partition.append(bytes)
    }
    plan.filter = select.condition
    let isQuery = partition.count == source.keys.partition.count
    if let order = select.order {
      guard isQuery else {
        throw .validation(
          "Must have WHERE clause in the statement when using ORDER BY clause.")
      }
      guard source.keys.names.contains(order.name) else {
        throw .validation(
          "Variable reference \(order.name) in ORDER BY clause must be part of "
            + "the primary key")
      }
    }
    var statement = RangeStatement(source, isForward: select.order?.isForward ?? true)
    if isQuery { statement.inPartition(KeySchema.joined(partition)) }
    if let position = try plan.position(in: source) { statement.after(position) }
    return (plan, source, statement)
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
    var statements: [(PartiQLStatement, OperationRequest)] = []
    for element in request["Statements"]?.elements.map(Array.init) ?? [] {
      let part = OperationRequest(part: element)
      statements.append((try statement(part), part))
    }
    guard Set(statements.map(\.0.isRead)).count <= 1 else {
      throw DynamoDBError.validation(
        "Transaction/Batch statements must be either all reads or all writes")
    }
    let report = CapacityReport(request)
    var responses: [[UInt8]] = []
    var capacities: [ConsumedCapacity] = []
    for (statement, part) in statements {
      do {
        let (item, capacity) = try await single(statement, part)
        responses.append(Self.response(statement.table, item))
        capacities.append(capacity)
      } catch let error as DynamoDBError {
        responses.append(Self.response(statement.table, error))
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
      guard let key = PartiQLKey(select.condition, table.keys) else {
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
        if let projection = select.projection { item = item.map { projection.applied(to: $0) } }
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

  private static func response(_ table: String, _ error: DynamoDBError) -> [UInt8] {
    var body = AnswerBody()
    body.add("Error") { output in
      output.append(raw: "{\"Code\":")
      output.appendJSON(error.kind.code)
      output.append(raw: ",\"Message\":")
      output.appendJSON(error.message)
      if let item = error.item {
        output.append(raw: ",\"Item\":")
        output.append(raw: item)
      }
      output.append(0x7D)
    }
    body.add("TableName") { $0.appendJSON(table) }
    return body.finished
  }

  func executeTransaction(_ request: OperationRequest) async throws -> [UInt8] {
    var statements: [(statement: PartiQLStatement, showsItem: Bool)] = []
    for element in request["TransactStatements"]?.elements.map(Array.init) ?? [] {
      let part = OperationRequest(part: element)
      statements.append((try statement(part), WriteCondition(nil, part).showsItem))
    }
    guard Set(statements.map(\.statement.isRead)).count <= 1 else {
      throw DynamoDBError.validation(
        "Transaction/Batch statements must be either all reads or all writes")
    }
    let report = CapacityReport(request)
    let parsed = statements
    return try await transact(
      token: request.string("ClientRequestToken"),
      content: request["TransactStatements"].map { Array($0.source) } ?? [],
      tables: parsed.map(\.statement.table)
    ) { tables in
      let actions = try zip(parsed, tables).map {
        try Self.action($0.statement, $1, showsItem: $0.showsItem)
      }
      let isRead = parsed.first?.statement.isRead ?? false
      let keys = try TransactAction.storedKeys(actions, tables)
      return { stores in
        if isRead { return try Self.transactRead(parsed.map(\.statement), keys, stores, report) }
        let capacities = try TransactAction.perform(actions, keys, stores)
        var body = AnswerBody()
        body.add("Responses") { $0.append(list: actions) { output, _ in output.append(raw: "{}") } }
        body.addTransaction(capacities, report, "WriteCapacityUnits")
        return body.finished
      }
    }
  }

  private static func transactRead(
    _ statements: [PartiQLStatement], _ keys: [ItemKey], _ stores: [ItemStore],
    _ report: CapacityReport
  ) throws -> [UInt8] {
    var responses: [[UInt8]] = []
    var capacities: [ConsumedCapacity] = []
    for ((statement, key), store) in zip(zip(statements, keys), stores) {
      guard case .select(let select) = statement else { continue }
      let found = try store.find(key)
      var item = try found?.attributes()
      let rest = PartiQLKey(select.condition, store.table.keys)?.rest
      if let rest, let whole = item, !rest.isSatisfied(by: whole) { item = nil }
      if let projection = select.projection { item = item.map { projection.applied(to: $0) } }
      var body = AnswerBody()
      if let item { body.add("Item", item) }
      responses.append(body.finished)
      ConsumedCapacity.add(
        Capacity.read(found?.size ?? 0, isConsistent: true), of: store.table, to: &capacities)
    }
    var body = AnswerBody()
    body.add("Responses") { $0.append(list: responses) { $0.append(raw: $1) } }
    body.addTransaction(capacities, report, "ReadCapacityUnits")
    return body.finished
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
