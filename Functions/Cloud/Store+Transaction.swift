package import Events
import JSON

/// One part of a transaction. No item may stand in two parts.
package enum TransactionWrite: Sendable, Equatable {
  case put(Item, into: String, if: Condition? = nil)
  case update(Item, in: String, [Change], if: Condition? = nil)
  case delete(Item, from: String, if: Condition? = nil)
  /// Writes nothing, but the item has to be so.
  case check(Item, in: String, Condition)
}

extension Store {
  /// Writes all parts or none, 1 to 100.
  ///
  /// The same `token` (1 to 36 characters) within ten minutes makes a repetition harmless.
  package func transact(
    _ writes: [TransactionWrite], token: String? = nil
  ) async throws(StoreError) {
    var body = RequestBody()
    if let token { body.member("ClientRequestToken", token) }
    body.member("TransactItems") { bytes in
      bytes.appendElements(writes) { $0.append($1) }
    }
    _ = try await call("TransactWriteItems", body)
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ write: TransactionWrite) {
    var part = RequestBody()
    let name: String
    switch write {
    case .put(let item, let table, let condition):
      name = "Put"
      part.member("TableName", table)
      part.member("Item", item)
      part.require(condition)
    case .update(let key, let table, let changes, let condition):
      name = "Update"
      var expression = ExpressionWriter()
      part.member("TableName", table)
      part.member("Key", key)
      part.member("UpdateExpression", expression.update(changes))
      part.require(condition, &expression)
    case .delete(let key, let table, let condition):
      name = "Delete"
      part.member("TableName", table)
      part.member("Key", key)
      part.require(condition)
    case .check(let key, let table, let condition):
      name = "ConditionCheck"
      part.member("TableName", table)
      part.member("Key", key)
      part.require(condition)
    }
    append(contentsOf: "{\"\(name)\":".utf8)
    append(contentsOf: part.finished())
    append(UInt8(ascii: "}"))
  }
}
