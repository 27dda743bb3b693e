package import Events
import JSON
import Network

/// Why a table did not do what was asked.
package enum StoreError: Error, Equatable {
  /// The item was not as the condition wants it; the item as it is, when there is one.
  case conditionFailed(Item?)
  /// Nothing of a transaction was written: what was wrong with each part, in order.
  case transactionCancelled([CancellationReason])
  case failed(CloudError)
}

/// What was wrong with a part of a transaction.
package struct CancellationReason: Sendable, Equatable {
  /// `None`, `ConditionalCheckFailed`, `TransactionConflict`, `ValidationError`, …
  package let code: String
  package let message: String?
  package let item: Item?

  package init(code: String, message: String? = nil, item: Item? = nil) {
    self.code = code
    self.message = message
    self.item = item
  }
}

/// Tables of items: DynamoDB.
///
/// Names and values never become part of an expression's text. Reads are strongly consistent unless
/// said otherwise.
package struct Store: Sendable {
  private let client: CloudClient

  package init(_ client: CloudClient) { self.client = client }

  /// The same store, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> Store {
    Store(client.until(deadline))
  }

  /// The item with this key; nil when there is none. `attributes` names the ones wanted; none: all.
  package func get(
    _ key: Item, from table: String, attributes: [AttributePath] = [], consistent: Bool = true
  ) async throws(StoreError) -> Item? {
    var body = RequestBody()
    var expression = ExpressionWriter()
    body.member("TableName", table)
    body.member("Key", key)
    body.member("ConsistentRead", consistent)
    body.project(attributes, &expression)
    expression.write(to: &body)
    return try await item("Item", of: call("GetItem", body))
  }

  /// Writes a whole item; the one that it replaced, when `returningOld` asks for it.
  @discardableResult
  package func put(
    _ item: Item, into table: String, if condition: Condition? = nil, returningOld: Bool = false
  ) async throws(StoreError) -> Item? {
    var body = RequestBody()
    body.member("TableName", table)
    body.member("Item", item)
    body.require(condition)
    if returningOld { body.member("ReturnValues", "ALL_OLD") }
    return try await self.item("Attributes", of: call("PutItem", body))
  }

  /// What an update gives back.
  package enum Returned: String, Sendable {
    case nothing = "NONE"
    case old = "ALL_OLD"
    case new = "ALL_NEW"
    case changedOld = "UPDATED_OLD"
    case changedNew = "UPDATED_NEW"
  }

  /// Changes an item in place; makes it when there is none and the condition allows.
  @discardableResult
  package func update(
    _ key: Item, in table: String, _ changes: [Change], if condition: Condition? = nil,
    returning: Returned = .nothing
  ) async throws(StoreError) -> Item? {
    var body = RequestBody()
    var expression = ExpressionWriter()
    body.member("TableName", table)
    body.member("Key", key)
    if !changes.isEmpty { body.member("UpdateExpression", expression.update(changes)) }
    body.require(condition, &expression)
    if returning != .nothing { body.member("ReturnValues", returning.rawValue) }
    return try await item("Attributes", of: call("UpdateItem", body))
  }

  /// Removes an item; one that is not there is not an error. Gives back what it was, when
  /// `returningOld` asks for it.
  @discardableResult
  package func delete(
    _ key: Item, from table: String, if condition: Condition? = nil, returningOld: Bool = false
  ) async throws(StoreError) -> Item? {
    var body = RequestBody()
    body.member("TableName", table)
    body.member("Key", key)
    body.require(condition)
    if returningOld { body.member("ReturnValues", "ALL_OLD") }
    return try await item("Attributes", of: call("DeleteItem", body))
  }

  var retry: RetryPolicy { client.retry }

  /// What is left until the deadline.
  var remaining: Duration { client.deadline.map { $0 - .now } ?? client.timeout }

  // MARK: - The wire

  /// Sends one operation; the root of its answer.
  func call(_ operation: String, _ body: RequestBody) async throws(StoreError) -> JSONNode {
    let answer: JSONNode
    let status: Int
    do throws(CloudError) {
      let response = try await client.sendJSON(
        .dynamoDB, target: "DynamoDB_20120810." + operation, version: "1.0", body.finished(),
        isAnswer: Store.isAnswer)
      status = response.status
      answer = try response.json()
    } catch {
      throw .failed(error)
    }
    guard status != 200 else { return answer }
    guard let reasons = answer["CancellationReasons"]?.elements else {
      throw .conditionFailed(try item("Item", of: answer))
    }
    var list: [CancellationReason] = []
    for reason in reasons {
      list.append(
        CancellationReason(
          code: reason["Code"]?.string ?? "", message: reason["Message"]?.string,
          item: try item("Item", of: reason)))
    }
    throw .transactionCancelled(list)
  }

  /// Refusals that say something about items are answers to us.
  private static func isAnswer(_ response: ClientResponse) -> Bool {
    guard response.status == 400 else { return response.status == 200 }
    let code = ServiceFailure.read(response).code
    return code == "ConditionalCheckFailedException" || code == "TransactionCanceledException"
  }

  func item(_ name: String, of answer: JSONNode) throws(StoreError) -> Item? {
    guard let node = answer[name] else { return nil }
    do throws(CloudError) {
      return try node.item()
    } catch {
      throw .failed(error)
    }
  }

  func items(_ name: String, of answer: JSONNode) throws(StoreError) -> [Item] {
    guard let elements = answer[name]?.elements else { return [] }
    var items: [Item] = []
    for element in elements {
      do throws(CloudError) {
        items.append(try element.item())
      } catch {
        throw .failed(error)
      }
    }
    return items
  }
}
