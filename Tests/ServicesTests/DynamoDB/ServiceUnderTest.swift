import JSON
import Storage
import Synchronization

@testable import Services

/// The service on a database in memory, spoken to in JSON as a client does.
final class ServiceUnderTest: Sendable {
  let service: DynamoDB
  /// The service's clock, in milliseconds; it stands still unless a test moves it.
  let clock: Clock

  final class Clock: Sendable {
    private let value = Mutex(1_700_000_000_000)
    var now: Int { value.withLock { $0 } }
    func advance(_ milliseconds: Int) { value.withLock { $0 += milliseconds } }
  }

  init(_ path: String = ":memory:") async throws {
    let clock = Clock()
    self.clock = clock
    service = try await DynamoDB(try Database(path)) { clock.now }
  }

  /// The answer to a request, or the error's type without its prefix and its text.
  @discardableResult
  func call(_ operation: String, _ request: JSONValue) async -> JSONValue {
    do throws(DynamoDBError) {
      let bytes = try await perform(operation, request.encoded())
      return bytes.isEmpty ? [:] : Self.parsed(bytes)
    } catch {
      return Self.parsed(error.encoded)
    }
  }

  func perform(_ operation: String, _ body: [UInt8]) async throws(DynamoDBError) -> [UInt8] {
    guard let document = try DynamoDB.document(body) else { throw .serialization("") }
    return try await service.perform(operation, document)
  }

  /// The text of the error that a request is answered with; nil when it is answered otherwise.
  func message(_ operation: String, _ request: JSONValue) async -> String? {
    let answer = await call(operation, request)
    return answer["message"]?.string ?? answer["Message"]?.string
  }

  /// Makes a table with string keys.
  func makeTable(
    _ name: String = "items", sort: String? = nil, _ more: JSONObject = [:]
  ) async {
    var request: JSONObject = [
      "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST",
      "KeySchema": [["AttributeName": "pk", "KeyType": "HASH"]],
      "AttributeDefinitions": [["AttributeName": "pk", "AttributeType": "S"]],
    ]
    if let sort {
      request["KeySchema"] = [
        ["AttributeName": "pk", "KeyType": "HASH"], ["AttributeName": "sk", "KeyType": "RANGE"],
      ]
      request["AttributeDefinitions"] = [
        ["AttributeName": "pk", "AttributeType": "S"],
        ["AttributeName": "sk", "AttributeType": .string(sort)],
      ]
    }
    for (key, value) in more { request[key] = value }
    await call("CreateTable", .object(request))
  }

  func put(_ item: JSONValue, into table: String = "items") async {
    await call("PutItem", ["TableName": .string(table), "Item": item])
  }

  func get(_ key: JSONValue, from table: String = "items") async -> JSONValue? {
    await call("GetItem", ["TableName": .string(table), "Key": key])["Item"]
  }

  private static func parsed(_ bytes: [UInt8]) -> JSONValue {
    (try? JSONValue(parsing: bytes, limits: JSONLimits(depth: 300))) ?? .null
  }
}
