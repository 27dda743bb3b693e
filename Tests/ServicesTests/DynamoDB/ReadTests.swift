import JSON
import Testing

@testable import Services

@Suite struct ReadTests {
  private func filled(_ type: String = "N") async throws -> ServiceUnderTest {
    let service = try await ServiceUnderTest()
    await service.makeTable(
      "items", sort: type,
      [
        "AttributeDefinitions": [
          ["AttributeName": "pk", "AttributeType": "S"],
          ["AttributeName": "sk", "AttributeType": .string(type)],
          ["AttributeName": "g", "AttributeType": "S"],
        ],
        "GlobalSecondaryIndexes": [
          [
            "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
            "Projection": ["ProjectionType": "ALL"],
          ]
        ],
        "LocalSecondaryIndexes": [
          [
            "IndexName": "local",
            "KeySchema": [
              ["AttributeName": "pk", "KeyType": "HASH"],
              ["AttributeName": "g", "KeyType": "RANGE"],
            ],
            "Projection": ["ProjectionType": "KEYS_ONLY"],
          ]
        ],
      ])
    for number in 0..<30 {
      var item: JSONObject = [
        "pk": ["S": .string("p\(number % 3)")],
        "sk": type == "N" ? ["N": .string("\(number - 15)")] : ["S": .string("k\(number)")],
        "v": ["N": .string("\(number)")],
      ]
      if number % 2 == 0 { item["g"] = ["S": "same"] }
      await service.put(.object(item))
    }
    return service
  }

  private func keys(_ answer: JSONValue) -> [String] {
    (answer["Items"]?.array ?? []).map {
      $0["sk"]?["N"]?.string ?? $0["sk"]?["S"]?.string ?? "?"
    }
  }

  private static let ranges: [(String, [String], [String])] = [
    ("= :a", ["0"], ["0"]),
    ("< :a", ["-9"], ["-15", "-12"]),
    ("<= :a", ["-9"], ["-15", "-12", "-9"]),
    ("> :a", ["6"], ["9", "12"]),
    (">= :a", ["6"], ["6", "9", "12"]),
    ("BETWEEN :a AND :b", ["-3", "3"], ["-3", "0", "3"]),
  ]

  @Test(arguments: ranges)
  func `a range of sort keys is read in the order of numbers`(
    _ test: String, _ bounds: [String], _ expected: [String]
  ) async throws {
    let service = try await filled()
    var values: JSONObject = [":p": ["S": "p0"], ":a": ["N": .string(bounds[0])]]
    if bounds.count > 1 { values[":b"] = ["N": .string(bounds[1])] }
    for isForward in [true, false] {
      let answer = await service.call(
        "Query",
        [
          "TableName": "items", "KeyConditionExpression": .string("pk = :p AND sk \(test)"),
          "ExpressionAttributeValues": .object(values), "ScanIndexForward": .bool(isForward),
        ])
      #expect(keys(answer) == (isForward ? expected : expected.reversed()))
    }
  }

  @Test func `begins_with reads a prefix`() async throws {
    let service = try await filled("S")
    let answer = await service.call(
      "Query",
      [
        "TableName": "items", "KeyConditionExpression": "pk = :p AND begins_with(sk, :a)",
        "ExpressionAttributeValues": [":p": ["S": "p0"], ":a": ["S": "k1"]],
      ])
    #expect(keys(answer) == ["k12", "k15", "k18"])
  }

  @Test(arguments: [nil, "byG", "local"] as [String?], 1...7)
  func `pages of every size give every item once`(_ index: String?, _ size: Int) async throws {
    let service = try await filled()
    var found: [JSONValue] = []
    var start: JSONValue?
    var request: JSONObject = [
      "TableName": "items", "Limit": .int(size),
      "KeyConditionExpression": index == "byG" ? "g = :p" : "pk = :p",
      "ExpressionAttributeValues": [":p": ["S": index == "byG" ? "same" : "p0"]],
    ]
    if let index { request["IndexName"] = .string(index) }
    repeat {
      request["ExclusiveStartKey"] = start ?? .null
      let page = await service.call("Query", .object(request))
      found += page["Items"]?.array ?? []
      start = page["LastEvaluatedKey"]
      #expect(found.count <= 30)
    } while start != nil && found.count <= 30
    let count = index == "byG" ? 15 : index == "local" ? 5 : 10
    #expect(found.count == count)
    #expect(Set(found.map { "\($0["pk"] ?? .null)\($0["sk"] ?? .null)" }).count == count)
  }

  @Test(arguments: [1, 2, 3, 7])
  func `segments of a scan give every item once`(_ total: Int) async throws {
    let service = try await filled()
    var found: [String] = []
    for segment in 0..<total {
      var start: JSONValue = .null
      repeat {
        let page = await service.call(
          "Scan",
          [
            "TableName": "items", "Segment": .int(segment), "TotalSegments": .int(total),
            "Limit": 4, "ExclusiveStartKey": start,
          ])
        found += (page["Items"]?.array ?? []).map { $0["v"]?["N"]?.string ?? "?" }
        start = page["LastEvaluatedKey"] ?? .null
      } while !start.isNull
    }
    #expect(found.compactMap { Int($0) }.sorted() == Array(0..<30))
  }

  @Test func `a filter is counted apart from what was read`() async throws {
    let service = try await filled()
    let answer = await service.call(
      "Scan",
      [
        "TableName": "items", "FilterExpression": "v > :v AND attribute_exists(g)",
        "ExpressionAttributeValues": [":v": ["N": "20"]], "Select": "COUNT",
      ])
    #expect(answer == ["Count": 4, "ScannedCount": 30])
  }

  @Test func `an index shows what it projects, a local one the rest on request`() async throws {
    let service = try await filled()
    var request: JSONObject = [
      "TableName": "items", "IndexName": "local", "KeyConditionExpression": "pk = :p AND g = :g",
      "ExpressionAttributeValues": [":p": ["S": "p0"], ":g": ["S": "same"]],
    ]
    let keys = await service.call("Query", .object(request))
    #expect(keys["Items"]?[0]?.object?.keys.sorted() == ["g", "pk", "sk"])
    request["Select"] = "ALL_ATTRIBUTES"
    let all = await service.call("Query", .object(request))
    #expect(all["Items"]?[0]?.object?.keys.sorted() == ["g", "pk", "sk", "v"])
  }

  @Test func `an item that loses its index key leaves the index`() async throws {
    let service = try await filled()
    await service.call(
      "UpdateItem",
      [
        "TableName": "items", "Key": ["pk": ["S": "p0"], "sk": ["N": "-15"]],
        "UpdateExpression": "REMOVE g",
      ])
    let answer = await service.call(
      "Query",
      [
        "TableName": "items", "IndexName": "byG", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": [":g": ["S": "same"]],
      ])
    #expect(answer["Count"] == 14)
  }

  @Test func `a page ends after a megabyte`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable("items", sort: "N")
    let text = JSONValue.string(String(repeating: "x", count: 300_000))
    for number in 0..<5 {
      await service.put([
        "pk": ["S": "a"], "sk": ["N": .string("\(number)")], "t": ["S": text],
      ])
    }
    let answer = await service.call(
      "Query",
      [
        "TableName": "items", "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": [":p": ["S": "a"]], "ReturnConsumedCapacity": "TOTAL",
      ])
    #expect(answer["Count"] == 4)
    #expect(answer["LastEvaluatedKey"] == ["pk": ["S": "a"], "sk": ["N": "3"]])
    #expect(answer["ConsumedCapacity"]?["CapacityUnits"] == 146.5)
  }
}
