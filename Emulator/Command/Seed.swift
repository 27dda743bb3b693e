import JSON
import Server
import Services
import Template

/// What `--seed FOLDER` puts into the stores before the functions run. What is there already is left
/// as it is, so a seed can be given at every start.
///
/// - `tables/NAME.jsonl`: an item a line, as DynamoDB writes it (`{"id":{"S":"a"}}`);
///   `tables/NAME.json`: a list of such items, or `{"Items":[…]}` as `aws dynamodb scan` prints it.
///   `tables/NAME.table.json` describes a table that the template does not have (CreateTable).
/// - `buckets/NAME/…`: objects; the path below the bucket is the key.
/// - `secrets.json`: an object of names and values; a value that is no text is kept as its JSON.
struct Seed {
  let folder: String

  /// Longest list of items in one file.
  private static let longestList = 64 << 20
  private static let longestTable = 1 << 20
  /// Items that are written at the same time.
  private static let width = 64

  struct Count: Equatable, CustomStringConvertible {
    var items = 0
    var objects = 0
    var secrets = 0

    var description: String { "\(items) items, \(objects) objects and \(secrets) secrets" }
  }

  init(_ folder: String) throws(ProjectError) {
    guard Files.isFolder(folder) else {
      throw ProjectError(description: "--seed \(folder): there is no such folder")
    }
    self.folder = folder
  }

  /// - Returns: What was not there before.
  func plant(_ dynamoDB: DynamoDB, _ objects: S3, _ secrets: SecretsManager) async throws -> Count {
    var count = Count()
    try await makeTables(dynamoDB)
    for name in Files.visible(in: folder + "/tables") where !name.hasSuffix(".table.json") {
      count.items += try await plantItems(of: name, dynamoDB)
    }
    count.objects = try await plantObjects(objects)
    count.secrets = try await plantSecrets(secrets)
    return count
  }

  // MARK: Tables

  private func makeTables(_ dynamoDB: DynamoDB) async throws {
    for name in Files.visible(in: folder + "/tables") where name.hasSuffix(".table.json") {
      let path = folder + "/tables/" + name
      let bytes = try contents(path, limit: Self.longestTable)
      let answer = await call(dynamoDB, "CreateTable", bytes)
      guard answer.status == 200 || answer.type.hasSuffix("ResourceInUseException") else {
        throw ProjectError(description: "\(path): \(answer.message)")
      }
    }
  }

  private func plantItems(of name: String, _ dynamoDB: DynamoDB) async throws -> Int {
    let path = folder + "/tables/" + name
    guard name.hasSuffix(".jsonl") || name.hasSuffix(".json") else {
      throw ProjectError(description: "\(path): items come in NAME.jsonl or NAME.json")
    }
    let table = String(name.prefix { $0 != "." })
    let key = try await partitionKey(of: table, dynamoDB, path)
    let planter = ItemPlanter(seed: self, dynamoDB: dynamoDB, table: table, key: key, path: path)
    var next: () throws -> (Int, JSONValue)?
    if name.hasSuffix(".jsonl") {
      let reader = try LineReader(path)
      next = { try reader.next().map { (reader.line, $0) } }
    } else {
      let list = try JSONValue(parsing: contents(path, limit: Self.longestList))
      guard let items = (list["Items"] ?? list).array else {
        throw ProjectError(description: "\(path): a list of items, or {\"Items\":[…]}, is expected")
      }
      var rest = items.enumerated().makeIterator()
      next = { rest.next().map { ($0.offset + 1, $0.element) } }
    }
    var planted = 0
    while true {
      var batch: [(Int, JSONValue)] = []
      while batch.count < Self.width, let item = try next() { batch.append(item) }
      if batch.isEmpty { return planted }
      planted += try await planter.plant(batch)
    }
  }

  private func partitionKey(
    of table: String, _ dynamoDB: DynamoDB, _ path: String
  ) async throws -> String {
    let answer = await call(
      dynamoDB, "DescribeTable", JSONValue.object(["TableName": .string(table)]).encoded())
    let schema = answer.body["Table"]?["KeySchema"]?.array ?? []
    let hash = schema.first { $0["KeyType"]?.string == "HASH" }
    guard let name = hash?["AttributeName"]?.string else {
      throw ProjectError(
        description: "\(path): there is no table \(table); the template has to describe it, or "
          + "tables/\(table).table.json")
    }
    return name
  }

  /// An operation of DynamoDB, as a program would call it.
  fileprivate func call(
    _ dynamoDB: DynamoDB, _ operation: String, _ body: [UInt8]
  ) async -> SeedAnswer {
    let response = await dynamoDB.answer(
      HTTPRequest(
        method: "POST", target: "/",
        headers: [
          "X-Amz-Target": "DynamoDB_20120810.\(operation)",
          "Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20240120T115500Z",
          "Authorization": "AWS4-HMAC-SHA256 Credential=martlet/20240120/us-east-1/dynamodb/"
            + "aws4_request, SignedHeaders=host, Signature=00",
        ], body: RequestBody(body)))
    return SeedAnswer(response)
  }

  // MARK: Objects and secrets

  private func plantObjects(_ objects: S3) async throws -> Int {
    var planted = 0
    for bucket in Files.visible(in: folder + "/buckets") {
      let root = folder + "/buckets/" + bucket
      for key in Files.tree(root) {
        do {
          if try await objects.plant(root + "/" + key, as: key, in: bucket) { planted += 1 }
        } catch {
          throw ProjectError(description: "\(root)/\(key): \(error)")
        }
      }
    }
    return planted
  }

  private func plantSecrets(_ secrets: SecretsManager) async throws -> Int {
    let path = folder + "/secrets.json"
    guard Files.visible(in: folder).contains("secrets.json") else { return 0 }
    guard
      let entries = try JSONValue(parsing: contents(path, limit: Self.longestTable)).object
    else { throw ProjectError(description: "\(path): an object of names and values is expected") }
    var planted = 0
    for (name, value) in entries where try await secrets.text(of: name) == nil {
      let text = value.string ?? value.description
      try await secrets.create(secrets: [.init(logicalID: name, name: name, value: .text(text))])
      planted += 1
    }
    return planted
  }

  private func contents(_ path: String, limit: Int) throws -> [UInt8] {
    do {
      return try Files.contents(of: path, limit: limit)
    } catch {
      throw ProjectError(description: "\(path) \(error)")
    }
  }
}

/// What DynamoDB made of a call.
private struct SeedAnswer {
  let status: Int
  let body: JSONValue

  var type: String { body["__type"]?.string ?? "" }
  var message: String { (body["message"] ?? body["Message"])?.string ?? type }

  init(_ response: HTTPResponse) {
    status = response.status
    var bytes: [UInt8] = []
    if case .bytes(let all) = response.body { bytes = all }
    body = (try? JSONValue(parsing: bytes)) ?? .null
  }
}

/// Writes items that are not there yet.
private struct ItemPlanter: Sendable {
  let seed: Seed
  let dynamoDB: DynamoDB
  let table: String
  /// The name of the partition key.
  let key: String
  let path: String

  func plant(_ batch: [(Int, JSONValue)]) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for (number, item) in batch {
        group.addTask { try await plant(item, number) }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
  }

  private func plant(_ item: JSONValue, _ number: Int) async throws -> Bool {
    let request: JSONValue = [
      "TableName": .string(table), "Item": item,
      "ConditionExpression": "attribute_not_exists(#key)",
      "ExpressionAttributeNames": ["#key": .string(key)],
    ]
    let answer = await seed.call(dynamoDB, "PutItem", request.encoded())
    guard answer.status != 200 else { return true }
    guard answer.type.hasSuffix("ConditionalCheckFailedException") else {
      throw ProjectError(description: "\(path), item \(number): \(answer.message)")
    }
    return false
  }
}
