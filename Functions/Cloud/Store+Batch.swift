package import Events
import JSON
import Network

/// One write of a batch. Batches have no conditions.
package enum BatchWrite: Sendable, Equatable {
  case put(Item)
  case delete(key: Item)
}

extension Store {
  /// Writes of a batch, and keys of a batch, at the most (DynamoDB API reference).
  private static let writesInBatch = 25
  private static let keysInBatch = 100
  /// Rounds in which a service may leave parts of a batch undone.
  private static let mostRounds = 12

  /// Writes any number of items of one table in batches; what the service leaves undone is written
  /// again after a growing wait. No item may stand twice in 25 neighbours. Not a transaction.
  package func write(_ writes: [BatchWrite], in table: String) async throws(StoreError) {
    var rest = writes[...]
    while !rest.isEmpty {
      try await writeBatch(Array(rest.prefix(Self.writesInBatch)), in: table)
      rest = rest.dropFirst(Self.writesInBatch)
    }
  }

  /// Writes any number of items in batches, as ``write(_:in:)``.
  package func put(_ items: [Item], into table: String) async throws(StoreError) {
    try await write(items.map(BatchWrite.put), in: table)
  }

  /// The items with these keys, in no order; absent ones are left out. `attributes` names the ones
  /// wanted of each; none: all.
  package func get(
    _ keys: [Item], from table: String, attributes: [AttributePath] = [], consistent: Bool = true
  ) async throws(StoreError) -> [Item] {
    var found: [Item] = []
    var rest = keys[...]
    while !rest.isEmpty {
      try await getBatch(
        Array(rest.prefix(Self.keysInBatch)), table, attributes, consistent, &found)
      rest = rest.dropFirst(Self.keysInBatch)
    }
    return found
  }

  private func writeBatch(_ writes: [BatchWrite], in table: String) async throws(StoreError) {
    var writes = writes
    for round in 1... {
      var body = RequestBody()
      body.member("RequestItems") { bytes in
        bytes.append(UInt8(ascii: "{"))
        bytes.appendJSON(table)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendElements(writes) { $0.append($1) }
        bytes.append(UInt8(ascii: "}"))
      }
      let answer = try await call("BatchWriteItem", body)
      guard let left = answer["UnprocessedItems"]?[table]?.elements else { return }
      writes = []
      for element in left {
        if let item = try item("Item", of: element["PutRequest"] ?? element) {
          writes.append(.put(item))
        } else if let key = try item("Key", of: element["DeleteRequest"] ?? element) {
          writes.append(.delete(key: key))
        }
      }
      guard !writes.isEmpty else { return }
      try await rest(after: round, left: writes.count)
    }
  }

  private func getBatch(
    _ keys: [Item], _ table: String, _ attributes: [AttributePath], _ consistent: Bool,
    _ found: inout [Item]
  ) async throws(StoreError) {
    var keys = keys
    for round in 1... {
      var body = RequestBody()
      body.member("RequestItems") { bytes in
        bytes.append(UInt8(ascii: "{"))
        bytes.appendJSON(table)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: wanted(keys, attributes, consistent))
        bytes.append(UInt8(ascii: "}"))
      }
      let answer = try await call("BatchGetItem", body)
      if let responses = answer["Responses"] { found += try items(table, of: responses) }
      guard let left = answer["UnprocessedKeys"]?[table] else { return }
      keys = try items("Keys", of: left)
      guard !keys.isEmpty else { return }
      try await rest(after: round, left: keys.count)
    }
  }

  /// What a batch asks of one table.
  private func wanted(
    _ keys: [Item], _ attributes: [AttributePath], _ consistent: Bool
  ) -> [UInt8] {
    var part = RequestBody()
    var expression = ExpressionWriter()
    part.member("ConsistentRead", consistent)
    part.member("Keys") { $0.appendElements(keys) { $0.appendItem($1) } }
    part.project(attributes, &expression)
    expression.write(to: &part)
    return part.finished()
  }

  /// Waits before what was left undone is tried again.
  private func rest(after round: Int, left: Int) async throws(StoreError) {
    guard round < Self.mostRounds else {
      throw .failed(
        .service(
          code: "ProvisionedThroughputExceededException",
          message: "\(left) parts of a batch were left undone \(round) times", status: 200))
    }
    var policy = retry
    policy.attempts = Self.mostRounds
    guard let wait = policy.wait(after: .status(503), attempt: round, remaining: remaining) else {
      throw .failed(.deadlineExceeded)
    }
    do {
      try await Task.sleep(for: wait)
    } catch {
      throw .failed(.network(.cancelled))
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ write: BatchWrite) {
    switch write {
    case .put(let item):
      append(contentsOf: #"{"PutRequest":{"Item":"#.utf8)
      appendItem(item)
    case .delete(let key):
      append(contentsOf: #"{"DeleteRequest":{"Key":"#.utf8)
      appendItem(key)
    }
    append(contentsOf: "}}".utf8)
  }
}
