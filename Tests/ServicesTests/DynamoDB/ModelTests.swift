import JSON
import Testing

@testable import Services

/// The service against a dictionary: random operations with seeds, the same answers expected.
@Suite struct ModelTests {
  /// SplitMix64, so that a seed means the same on every machine.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
      return word ^ word >> 31
    }
  }

  private struct Key: Hashable {
    let partition: Int
    let sort: Int
    var json: JSONValue {
      ["pk": ["S": .string("p\(partition)")], "sk": ["N": .string("\(sort)")]]
    }
  }

  private static let index: JSONObject = [
    "AttributeDefinitions": [
      ["AttributeName": "pk", "AttributeType": "S"],
      ["AttributeName": "sk", "AttributeType": "N"],
      ["AttributeName": "g", "AttributeType": "N"],
    ],
    "GlobalSecondaryIndexes": [
      [
        "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
        "Projection": ["ProjectionType": "ALL"],
      ]
    ],
  ]

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `does what a dictionary does`(_ seed: UInt64) async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable("items", sort: "N", Self.index)
    var random = Seeded(state: seed)
    var model: [Key: [String: Int]] = [:]
    for step in 0..<1500 {
      let key = Key(
        partition: .random(in: 0..<4, using: &random), sort: .random(in: -5..<15, using: &random))
      switch Int.random(in: 0..<10, using: &random) {
      case 0...3:
        var item = ["v": step]
        if Bool.random(using: &random) { item["g"] = .random(in: 0..<3, using: &random) }
        let mustBeNew = Bool.random(using: &random)
        await put(item, at: key, mustBeNew: mustBeNew, to: service)
        if !mustBeNew || model[key] == nil { model[key] = item }
      case 4:
        await service.call("DeleteItem", ["TableName": "items", "Key": key.json])
        model[key] = nil
      case 5...6:
        let amount = Int.random(in: -3...3, using: &random)
        await add(amount, at: key, to: service)
        model[key, default: [:]]["v", default: 0] += amount
      case 7:
        let item = await service.get(key.json)
        #expect(values(item) == model[key], "seed \(seed), \(step)")
      case 8: await checkPartition(key.partition, model, service, "seed \(seed), step \(step)")
      default:
        let group = Int.random(in: 0..<3, using: &random)
        await checkGroup(group, model, service, "seed \(seed), step \(step)")
      }
    }
  }

  private func put(
    _ item: [String: Int], at key: Key, mustBeNew: Bool, to service: ServiceUnderTest
  ) async {
    var wire = key.json.object ?? [:]
    for (name, value) in item { wire[name] = ["N": .string("\(value)")] }
    var request: JSONObject = ["TableName": "items", "Item": .object(wire)]
    if mustBeNew { request["ConditionExpression"] = "attribute_not_exists(pk)" }
    await service.call("PutItem", .object(request))
  }

  private func add(_ amount: Int, at key: Key, to service: ServiceUnderTest) async {
    await service.call(
      "UpdateItem",
      [
        "TableName": "items", "Key": key.json,
        "UpdateExpression": "SET v = if_not_exists(v, :zero) + :amount",
        "ExpressionAttributeValues": [
          ":zero": ["N": "0"], ":amount": ["N": .string("\(amount)")],
        ],
      ])
  }

  private func checkPartition(
    _ partition: Int, _ model: [Key: [String: Int]], _ service: ServiceUnderTest,
    _ place: Comment
  ) async {
    let answer = await service.call(
      "Query",
      [
        "TableName": "items", "KeyConditionExpression": "pk = :p AND sk >= :s",
        "ExpressionAttributeValues": [
          ":p": ["S": .string("p\(partition)")], ":s": ["N": "0"],
        ],
      ])
    let expected = model.filter { $0.key.partition == partition && $0.key.sort >= 0 }
      .sorted { $0.key.sort < $1.key.sort }.map(\.value)
    #expect((answer["Items"]?.array ?? []).compactMap(values) == expected, place)
  }

  private func checkGroup(
    _ group: Int, _ model: [Key: [String: Int]], _ service: ServiceUnderTest, _ place: Comment
  ) async {
    let answer = await service.call(
      "Query",
      [
        "TableName": "items", "IndexName": "byG", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": [":g": ["N": .string("\(group)")]],
      ])
    let found = (answer["Items"]?.array ?? []).compactMap { values($0)?["v"] }.sorted()
    let expected = model.values.filter { $0["g"] == group }.compactMap { $0["v"] }.sorted()
    #expect(found == expected, place)
  }

  /// The attributes of an item that are no keys.
  private func values(_ item: JSONValue?) -> [String: Int]? {
    guard let object = item?.object else { return nil }
    var values: [String: Int] = [:]
    for (name, value) in object where name == "v" || name == "g" {
      values[name] = value["N"]?.string.flatMap { Int($0) }
    }
    return values
  }
}
