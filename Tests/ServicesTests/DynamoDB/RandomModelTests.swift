import JSON
import Support
import Testing

@testable import Services

/// A generator with a seed, so that a failure can be run again (SplitMix64; G. L. Steele, D. Lea,
/// C. H. Flood, "Fast splittable pseudorandom number generators").
private struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}

/// A table as a dictionary in memory: what the service must agree with after every operation.
private struct ModelTable {
  struct Key: Hashable {
    let partition: Int
    let sort: Int

    var wire: JSONValue {
      ["pk": ["S": .string("p\(partition)")], "sk": ["N": .string("\(sort)")]]
    }
  }

  struct Item {
    var count: Int
    var group: Int?

    func wire(_ key: Key) -> JSONValue {
      var object = key.wire.object ?? [:]
      object["v"] = ["N": .string("\(count)")]
      if let group { object["g"] = ["S": .string("g\(group)")] }
      return .object(object)
    }
  }

  var items: [Key: Item] = [:]

  func partition(_ number: Int) -> [JSONValue] {
    items.filter { $0.key.partition == number }.sorted { $0.key.sort < $1.key.sort }
      .map { $1.wire($0) }
  }

  /// The entries of the index on `g` and `v`; equal keys have an order of their own.
  func group(_ number: Int) -> [Int] {
    items.values.filter { $0.group == number }.map(\.count).sorted()
  }
}

@Suite struct RandomModelTests {
  private static let partitions = 5
  private static let sorts = -8...8
  private static let groups = 3
  private static let failed = "The conditional request failed"

  private func service() async throws -> ServiceUnderTest {
    let service = try await ServiceUnderTest()
    await service.makeTable(
      "items", sort: "N",
      [
        "AttributeDefinitions": [
          ["AttributeName": "pk", "AttributeType": "S"],
          ["AttributeName": "sk", "AttributeType": "N"],
          ["AttributeName": "g", "AttributeType": "S"],
          ["AttributeName": "v", "AttributeType": "N"],
        ],
        "GlobalSecondaryIndexes": [
          [
            "IndexName": "byG",
            "KeySchema": [
              ["AttributeName": "g", "KeyType": "HASH"],
              ["AttributeName": "v", "KeyType": "RANGE"],
            ],
            "Projection": ["ProjectionType": "KEYS_ONLY"],
          ]
        ],
      ])
    return service
  }

  /// 100,000 operations with `--all`, enough to notice a mistake otherwise.
  @Test func `random operations leave what a dictionary holds`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = Seeded(seed)
    let service = try await service()
    var model = ModelTable()
    for step in 0..<(Project.runsEverything ? 100_000 : 2_000) {
      let wrong = await self.step(service, &model, &random)
      guard wrong == nil else {
        Issue.record("seed \(seed), step \(step): \(wrong ?? "")")
        return
      }
    }
  }

  /// One operation on both; the text says where they differ.
  private func step(
    _ service: ServiceUnderTest, _ model: inout ModelTable, _ random: inout Seeded
  ) async -> String? {
    let key = ModelTable.Key(
      partition: .random(in: 0..<Self.partitions, using: &random),
      sort: .random(in: Self.sorts, using: &random))
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: return await put(key, service, &model, &random)
    case 2: return await delete(key, service, &model)
    case 3, 4: return await increment(key, service, &model, &random)
    case 5: return await transfer(key, service, &model, &random)
    case 6: return await query(key.partition, service, model, &random)
    case 7: return await queryIndex(service, model, &random)
    default:
      let found = await service.get(key.wire)
      let wanted = model.items[key]?.wire(key)
      return found == wanted ? nil : "get: \(String(describing: found))"
    }
  }

  private func put(
    _ key: ModelTable.Key, _ service: ServiceUnderTest, _ model: inout ModelTable,
    _ random: inout Seeded
  ) async -> String? {
    let item = ModelTable.Item(
      count: .random(in: 0..<20, using: &random),
      group: Bool.random(using: &random) ? .random(in: 0..<Self.groups, using: &random) : nil)
    var request: JSONObject = [
      "TableName": "items", "Item": item.wire(key), "ReturnValues": "ALL_OLD",
    ]
    let mustBeNew = Int.random(in: 0..<3, using: &random) == 0
    if mustBeNew { request["ConditionExpression"] = "attribute_not_exists(pk)" }
    let answer = await service.call("PutItem", .object(request))
    let old = model.items[key]
    if mustBeNew, old != nil {
      return answer["message"] == .string(Self.failed) ? nil : "put over: \(answer)"
    }
    model.items[key] = item
    return answer["Attributes"] == old?.wire(key) ? nil : "put: \(answer)"
  }

  private func delete(
    _ key: ModelTable.Key, _ service: ServiceUnderTest, _ model: inout ModelTable
  ) async -> String? {
    let answer = await service.call(
      "DeleteItem", ["TableName": "items", "Key": key.wire, "ReturnValues": "ALL_OLD"])
    let old = model.items.removeValue(forKey: key)
    return answer["Attributes"] == old?.wire(key) ? nil : "delete: \(answer)"
  }

  private func increment(
    _ key: ModelTable.Key, _ service: ServiceUnderTest, _ model: inout ModelTable,
    _ random: inout Seeded
  ) async -> String? {
    let bound = Int.random(in: 0..<30, using: &random)
    let answer = await service.call(
      "UpdateItem",
      [
        "TableName": "items", "Key": key.wire, "UpdateExpression": "SET v = v + :one",
        "ConditionExpression": "v < :bound", "ReturnValues": "UPDATED_NEW",
        "ExpressionAttributeValues": [
          ":one": ["N": "1"], ":bound": ["N": .string("\(bound)")],
        ],
      ])
    guard let old = model.items[key], old.count < bound else {
      return answer["message"] == .string(Self.failed) ? nil : "increment: \(answer)"
    }
    model.items[key]?.count += 1
    let wanted: JSONValue = ["v": ["N": .string("\(old.count + 1)")]]
    return answer["Attributes"] == wanted ? nil : "increment: \(answer)"
  }

  /// Takes one from an item and gives it to another, or does neither.
  private func transfer(
    _ from: ModelTable.Key, _ service: ServiceUnderTest, _ model: inout ModelTable,
    _ random: inout Seeded
  ) async -> String? {
    let to = ModelTable.Key(
      partition: .random(in: 0..<Self.partitions, using: &random),
      sort: .random(in: Self.sorts, using: &random))
    func update(_ key: ModelTable.Key, _ expression: String, _ condition: String) -> JSONValue {
      [
        "Update": [
          "TableName": "items", "Key": key.wire, "UpdateExpression": .string(expression),
          "ConditionExpression": .string(condition),
          "ExpressionAttributeValues": [":one": ["N": "1"]],
        ]
      ]
    }
    let answer = await service.call(
      "TransactWriteItems",
      [
        "TransactItems": [
          update(from, "SET v = v - :one", "v >= :one"),
          update(to, "SET v = v + :one", "attribute_exists(v) AND NOT v < :one OR v < :one"),
        ]
      ])
    if from == to {
      let text = "Transaction request cannot include multiple operations on one item"
      return answer["message"] == .string(text) ? nil : "transfer to itself: \(answer)"
    }
    let hasOne = (model.items[from]?.count ?? 0) >= 1
    guard hasOne, model.items[to] != nil else {
      let codes = answer["CancellationReasons"]?.array?.map { $0["Code"]?.string }
      let wanted = [hasOne, model.items[to] != nil].map { $0 ? "None" : "ConditionalCheckFailed" }
      return codes == wanted ? nil : "transfer: \(answer)"
    }
    model.items[from]?.count -= 1
    model.items[to]?.count += 1
    return answer == [:] ? nil : "transfer: \(answer)"
  }

  /// All pages of a query together, with pages of a random length.
  private func pages(
    _ service: ServiceUnderTest, _ request: JSONObject, limit: Int
  ) async -> [JSONValue]? {
    var request = request
    request["Limit"] = .int(limit)
    var found: [JSONValue] = []
    for _ in 0..<1_000 {
      let answer = await service.call("Query", .object(request))
      guard let items = answer["Items"]?.array, items.count <= limit else { return nil }
      found += items
      guard let last = answer["LastEvaluatedKey"] else { return found }
      request["ExclusiveStartKey"] = last
    }
    return nil
  }

  private func query(
    _ partition: Int, _ service: ServiceUnderTest, _ model: ModelTable, _ random: inout Seeded
  ) async -> String? {
    let isForward = Bool.random(using: &random)
    let found = await pages(
      service,
      [
        "TableName": "items", "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": [":p": ["S": .string("p\(partition)")]],
        "ScanIndexForward": .bool(isForward),
      ], limit: .random(in: 1...20, using: &random))
    let wanted = model.partition(partition)
    return found == (isForward ? wanted : wanted.reversed())
      ? nil : "query: \(String(describing: found))"
  }

  private func queryIndex(
    _ service: ServiceUnderTest, _ model: ModelTable, _ random: inout Seeded
  ) async -> String? {
    let group = Int.random(in: 0..<Self.groups, using: &random)
    let found = await pages(
      service,
      [
        "TableName": "items", "IndexName": "byG", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": [":g": ["S": .string("g\(group)")]],
      ], limit: .random(in: 1...20, using: &random))
    let counts = found?.compactMap { $0["v"]?["N"]?.string.flatMap { Int($0) } }
    return counts == model.group(group) ? nil : "index: \(String(describing: found))"
  }

  @Test func `every cut of a read goes on exactly behind it`() async throws {
    let service = try await service()
    let count = 23
    for number in 0..<count {
      await service.put([
        "pk": ["S": "p"], "sk": ["N": .string("\(number - 10)")], "g": ["S": "g"],
        // Equal keys in the index: the table's key tells them apart.
        "v": ["N": .string("\(number / 4)")],
      ])
    }
    let reads: [(String, JSONObject)] = [
      (
        "Query",
        [
          "KeyConditionExpression": "pk = :x", "ExpressionAttributeValues": [":x": ["S": "p"]],
        ]
      ),
      (
        "Query",
        [
          "IndexName": "byG", "KeyConditionExpression": "g = :x",
          "ExpressionAttributeValues": [":x": ["S": "g"]],
        ]
      ),
      ("Scan", [:]), ("Scan", ["IndexName": "byG"]),
    ]
    for (operation, parts) in reads {
      for isForward in operation == "Query" ? [true, false] : [true] {
        var request = parts
        request["TableName"] = "items"
        if operation == "Query" { request["ScanIndexForward"] = .bool(isForward) }
        let all = await service.call(operation, .object(request))["Items"]?.array ?? []
        #expect(all.count == count)
        for cut in 1..<count {
          request["Limit"] = .int(cut)
          request["ExclusiveStartKey"] = nil
          let head = await service.call(operation, .object(request))
          #expect(head["Items"]?.array == Array(all[..<cut]))
          request["Limit"] = nil
          request["ExclusiveStartKey"] = head["LastEvaluatedKey"]
          let tail = await service.call(operation, .object(request))
          #expect(tail["Items"]?.array == Array(all[cut...]), "\(operation) cut at \(cut)")
          #expect(tail["LastEvaluatedKey"] == nil)
        }
      }
    }
  }
}
