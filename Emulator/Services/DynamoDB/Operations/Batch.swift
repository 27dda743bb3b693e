import JSON

extension DynamoDB {
  /// Keys that one BatchGetItem may name, and requests that one BatchWriteItem may hold.
  private static let getLimit = 100
  private static let writeLimit = 25
  /// Bytes of items that one BatchGetItem answers; the rest is left for another call.
  static let batchBytes = 16 << 20

  func batchGetItem(_ request: OperationRequest) async throws -> [UInt8] {
    let reads = try batchReads(request)
    guard reads.reduce(0, { $0 + $1.keys.count }) <= Self.getLimit else {
      throw DynamoDBError.validation("Too many items requested for the BatchGetItem call")
    }
    let report = CapacityReport(request)
    var answers: [BatchRead.Answer] = []
    var room = Self.batchBytes
    for batch in reads {
      let budget = room
      let answer = try await read(batch.table) { table in
        let keys = try batch.storedKeys(table)
        return { store in try batch.perform(keys, store, upTo: budget) }
      }
      room -= answer.size
      answers.append(answer)
    }
    var body = AnswerBody()
    body.add("Responses") {
      $0.append(members: answers, name: \.table) { $0.append(raw: $1.items) }
    }
    let left = answers.filter { !$0.unprocessed.isEmpty }
    body.add("UnprocessedKeys") { output in
      output.append(members: left, name: \.table) { $0.append(raw: $1.unprocessed) }
    }
    if report != .none {
      body.add("ConsumedCapacity") { output in
        output.append(list: answers.map(\.capacity)) { $1.append(to: &$0, report) }
      }
    }
    return body.finished
  }

  private func batchReads(_ request: OperationRequest) throws(DynamoDBError) -> [BatchRead] {
    guard let members = request["RequestItems"]?.members else { return [] }
    var reads: [BatchRead] = []
    for member in members where !member.value.isNull {
      reads.append(try BatchRead(member.key, member.value))
    }
    // What one table may not mix, two tables of a request may not either.
    let tables = members.map(\.value).filter { !$0.isNull }
    func uses(_ name: String) -> Bool { tables.contains { $0[name].map { !$0.isNull } ?? false } }
    if uses("AttributesToGet"), uses("ProjectionExpression") {
      throw .validation(
        "Can not use both expression and non-expression parameters in the same request: "
          + "Non-expression parameters: {AttributesToGet} "
          + "Expression parameters: {ProjectionExpression}")
    }
    return reads
  }

  func batchWriteItem(_ request: OperationRequest) async throws -> [UInt8] {
    let batches = try batchWrites(request)
    guard batches.reduce(0, { $0 + $1.writes.count }) <= Self.writeLimit else {
      throw DynamoDBError.validation("Too many items requested for the BatchWriteItem call")
    }
    let report = CapacityReport(request)
    // Each write stands alone in the service; here all of them share one transaction, which nobody can
    // tell from luck.
    let done = try await writeAll(batches.map(\.table)) { tables in
      let prepared = try zip(batches, tables).map { ($0, try $0.storedKeys($1)) }
      return { stores in
        try zip(prepared, stores).map { try $0.0.perform($0.1, $1) }
      }
    }
    var body = AnswerBody()
    body.add("UnprocessedItems", raw: [0x7B, 0x7D])
    if report != .none {
      body.add("ConsumedCapacity") { output in
        output.append(list: done) { $1.append(to: &$0, report) }
      }
    }
    try await addMetrics(batches, request, to: &body)
    return body.finished
  }

  private func addMetrics(
    _ batches: [BatchWrite], _ request: OperationRequest, to body: inout AnswerBody
  ) async throws {
    guard request.string("ReturnItemCollectionMetrics") == "SIZE" else { return }
    var shown: [(name: String, keys: [Attributes])] = []
    for batch in batches {
      let table = try await table(batch.table)
      guard table.hasLocalIndexes else { continue }
      let names = table.keys.partition.map(\.name)
      shown.append((batch.table, batch.writes.map { $0.attributes.keeping(names) }))
    }
    guard !shown.isEmpty else { return }
    body.add("ItemCollectionMetrics") { output in
      output.append(members: shown, name: \.name) { output, entry in
        output.append(list: entry.keys) { $0.appendItemCollectionMetrics($1) }
      }
    }
  }

  private func batchWrites(_ request: OperationRequest) throws(DynamoDBError) -> [BatchWrite] {
    guard let members = request["RequestItems"]?.members else { return [] }
    var batches: [BatchWrite] = []
    for member in members where !member.value.isNull {
      batches.append(try BatchWrite(member.key, member.value))
    }
    return batches
  }

  /// A table's name out of a member name that may be an ARN.
  static func tableName(of text: String) throws(DynamoDBError) -> String {
    guard text.hasPrefix("arn:") else { return text }
    guard let name = TableName.name(inARN: text) else { throw .validation("Invalid TableArn") }
    return name
  }
}

/// The keys that a BatchGetItem names of one table.
struct BatchRead: Sendable {
  struct Answer: Sendable {
    let table: String
    var items: [UInt8] = [0x5B]
    var size = 0
    var unprocessed: [UInt8] = []
    var capacity: ConsumedCapacity
  }

  let table: String
  let keys: [Attributes]
  private let shown: String
  private let projection: ProjectionExpression?
  private let isConsistent: Bool
  /// The request for this table, to give back the keys that there was no room for.
  private let source: JSONNode

  private static let rules = ExpressionParameters.Rules(
    expressions: ["ProjectionExpression"], legacy: ["AttributesToGet"])

  init(_ name: String, _ node: JSONNode) throws(DynamoDBError) {
    let request = OperationRequest(part: node)
    shown = name
    table = try DynamoDB.tableName(of: name)
    source = node
    var expressions = try ExpressionParameters(request, Self.rules)
    var keys: [Attributes] = []
    if let elements = request["Keys"]?.elements {
      for element in elements {
        do throws(ValueError) {
          keys.append(try ValueReader.attributes(element))
        } catch {
          throw DynamoDBError(error)
        }
      }
    }
    self.keys = keys
    let legacy = try request.attributesToGet()
    try expressions.readReferences()
    projection = try expressions.projection() ?? legacy
    try expressions.checkUse()
    isConsistent = request.bool("ConsistentRead") ?? false
  }

  func storedKeys(_ table: Table) throws(DynamoDBError) -> [ItemKey] {
    var stored: [ItemKey] = []
    for key in keys { stored.append(try KeyRules.key(named: key, table.keys)) }
    guard Set(stored).count == stored.count else {
      throw .validation("Provided list of item keys contains duplicates")
    }
    return stored
  }

  func perform(_ stored: [ItemKey], _ store: ItemStore, upTo budget: Int) throws -> Answer {
    var answer = Answer(table: shown, capacity: ConsumedCapacity(store.table))
    var left: [Attributes] = []
    for (key, place) in zip(keys, stored) {
      guard answer.size < budget else {
        left.append(key)
        continue
      }
      let found = try store.find(place)
      answer.capacity.units += Capacity.read(found?.size ?? 0, isConsistent: isConsistent)
      guard let found else { continue }
      answer.size += found.size
      if answer.items.count > 1 { answer.items.append(0x2C) }
      if let projection {
        answer.items.append(projection.applied(to: try found.attributes()))
      } else {
        answer.items.append(contentsOf: found.bytes)
      }
    }
    answer.items.append(0x5D)
    if !left.isEmpty { answer.unprocessed = unprocessed(left) }
    return answer
  }

  private func unprocessed(_ keys: [Attributes]) -> [UInt8] {
    var output: [UInt8] = [0x7B]
    output.append(raw: "\"Keys\":")
    output.append(list: keys) { $0.append($1) }
    for name in [
      "AttributesToGet", "ConsistentRead", "ExpressionAttributeNames", "ProjectionExpression",
    ] {
      guard let node = source[name], !node.isNull else { continue }
      output.append(contentsOf: ",\"\(name)\":".utf8)
      output.append(contentsOf: node.source)
    }
    output.append(0x7D)
    return output
  }
}

/// What a BatchWriteItem does to one table.
struct BatchWrite: Sendable {
  enum Write: Sendable {
    case put(Attributes)
    case delete(Attributes)

    var attributes: Attributes {
      switch self {
      case .put(let item): item
      case .delete(let key): key
      }
    }
  }

  let table: String
  let writes: [Write]

  init(_ name: String, _ node: JSONNode) throws(DynamoDBError) {
    table = try DynamoDB.tableName(of: name)
    var writes: [Write] = []
    if let elements = node.elements {
      for element in elements { writes.append(try Self.write(OperationRequest(part: element))) }
    }
    self.writes = writes
  }

  private static func write(_ request: OperationRequest) throws(DynamoDBError) -> Write {
    switch (request["PutRequest"], request["DeleteRequest"]) {
    case (let put?, nil):
      let item = try OperationRequest(part: put).attributes("Item")
      try WriteRules.checkSize(item)
      return .put(item)
    case (nil, let delete?):
      return .delete(try OperationRequest(part: delete).attributes("Key"))
    case (nil, nil), (_?, _?):
      throw .validation(
        "Supplied AttributeValue has more than one datatypes set, "
          + "must contain exactly one of the supported datatypes")
    }
  }

  func storedKeys(_ table: Table) throws(DynamoDBError) -> [ItemKey] {
    var stored: [ItemKey] = []
    for write in writes {
      switch write {
      case .put(let item):
        stored.append(try putKey(item, table))
      case .delete(let key): stored.append(try KeyRules.key(named: key, table.keys))
      }
    }
    guard Set(stored).count == stored.count else {
      throw .validation("Provided list of item keys contains duplicates")
    }
    return stored
  }

  /// In a batch a key of a wrong type is reported without its name.
  private func putKey(_ item: Attributes, _ table: Table) throws(DynamoDBError) -> ItemKey {
    for key in table.keys.attributes {
      if let value = item[key.name], value.type != key.type { throw .keyMismatch }
    }
    let key = try KeyRules.key(of: item, table.keys)
    try WriteRules.checkIndexKeys(of: item, table)
    return key
  }

  func perform(_ stored: [ItemKey], _ store: ItemStore) throws -> ConsumedCapacity {
    var capacity = ConsumedCapacity(store.table)
    for (write, key) in zip(writes, stored) {
      let old = try store.find(key)
      switch write {
      case .put(let item): capacity.add(try store.put(key, item, replacing: old))
      case .delete:
        if let old {
          capacity.add(try store.remove(key, old))
        } else {
          capacity.units += 1
        }
      }
    }
    return capacity
  }
}

extension [UInt8] {
  mutating func append(raw bytes: [UInt8]) { append(contentsOf: bytes) }

  /// Appends an object with one member for each value.
  mutating func append<T>(
    members values: [T], name: (T) -> String, _ write: (inout [UInt8], T) -> Void
  ) {
    append(0x7B)
    for (place, value) in values.enumerated() {
      if place > 0 { append(0x2C) }
      appendJSON(name(value))
      append(0x3A)
      write(&self, value)
    }
    append(0x7D)
  }
}
