import JSON
import Testing

@testable import Services

@Suite struct ItemTests {
  @Test func `an item comes back as it was put, numbers in canonical form`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    let item: JSONValue = [
      "pk": ["S": "a"], "number": ["N": "+012.500e1"], "text": ["S": "日本語 \"quoted\" \n"],
      "empty": ["S": ""], "binary": ["B": "AAECAw=="], "yes": ["BOOL": true],
      "nothing": ["NULL": true], "texts": ["SS": ["x", "y"]], "numbers": ["NS": ["1.0", "2"]],
      "binaries": ["BS": ["AA==", "AQ=="]],
      "list": ["L": [["N": "1"], ["M": ["a": ["S": "b"]]]]], "map": ["M": [:]],
    ]
    await service.put(item)
    var expected = item.object ?? [:]
    expected["number"] = ["N": "125"]
    expected["numbers"] = ["NS": ["1", "2"]]
    #expect(await service.get(["pk": ["S": "a"]]) == .object(expected))
  }

  @Test func `names that differ only in their normal form are two names`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    await service.put(["pk": ["S": "a"], "\u{e9}": ["N": "1"], "e\u{301}": ["N": "2"]])
    let item = await service.get(["pk": ["S": "a"]])
    #expect(item?.object?.count == 3)
    await service.put(["pk": ["S": "\u{e9}"]])
    #expect(await service.get(["pk": ["S": "e\u{301}"]]) == nil)
  }

  @Test func `a condition decides about a write and can show the item`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    let put: JSONObject = [
      "TableName": "items", "Item": ["pk": ["S": "a"], "v": ["N": "1"]],
      "ConditionExpression": "attribute_not_exists(pk)",
      "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    ]
    #expect(await service.call("PutItem", .object(put)) == [:])
    let refused = await service.call("PutItem", .object(put))
    #expect(
      refused["__type"]
        == "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException")
    #expect(refused["message"] == "The conditional request failed")
    #expect(refused["Item"] == ["pk": ["S": "a"], "v": ["N": "1"]])
  }

  @Test func `an update makes what is missing and returns what was asked for`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    let request: JSONObject = [
      "TableName": "items", "Key": ["pk": ["S": "a"]],
      "UpdateExpression": "SET c = if_not_exists(c, :zero) + :one, l = :list ADD s :set",
      "ExpressionAttributeValues": [
        ":zero": ["N": "0"], ":one": ["N": "1"], ":list": ["L": []], ":set": ["SS": ["x"]],
      ],
      "ReturnValues": "UPDATED_NEW",
    ]
    let first = await service.call("UpdateItem", .object(request))
    #expect(
      first["Attributes"] == ["c": ["N": "1"], "l": ["L": []], "s": ["SS": ["x"]]])
    var second = request
    second["ReturnValues"] = "ALL_OLD"
    let old = await service.call("UpdateItem", .object(second))
    #expect(old["Attributes"]?["c"] == ["N": "1"])
    #expect(await service.get(["pk": ["S": "a"]])?["c"] == ["N": "2"])
  }

  @Test func `list elements are set, removed and appended by the places of the old list`()
    async throws
  {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    await service.put(["pk": ["S": "a"], "l": ["L": [["N": "0"], ["N": "1"], ["N": "2"]]]])
    await service.call(
      "UpdateItem",
      [
        "TableName": "items", "Key": ["pk": ["S": "a"]],
        "UpdateExpression": "SET l[9] = :b, l[7] = :a, l[2] = :c REMOVE l[0]",
        "ExpressionAttributeValues": [":a": ["S": "a"], ":b": ["S": "b"], ":c": ["S": "c"]],
      ])
    let list = await service.get(["pk": ["S": "a"]])?["l"]
    #expect(list == ["L": [["N": "1"], ["S": "c"], ["S": "a"], ["S": "b"]]])
  }

  @Test func `delete returns what was there, and nothing twice`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    await service.put(["pk": ["S": "a"], "v": ["N": "1"]])
    let request: JSONValue = [
      "TableName": "items", "Key": ["pk": ["S": "a"]], "ReturnValues": "ALL_OLD",
    ]
    #expect(
      await service.call("DeleteItem", request)
        == ["Attributes": ["pk": ["S": "a"], "v": ["N": "1"]]])
    #expect(await service.call("DeleteItem", request) == [:])
  }

  @Test func `a projection takes parts of an item, list elements in ascending order`() async throws
  {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    await service.put([
      "pk": ["S": "a"], "l": ["L": [["N": "0"], ["N": "1"], ["N": "2"]]],
      "m": ["M": ["x": ["N": "1"], "y": ["M": ["z": ["N": "2"], "w": ["N": "3"]]]]],
    ])
    let answer = await service.call(
      "GetItem",
      [
        "TableName": "items", "Key": ["pk": ["S": "a"]],
        "ProjectionExpression": "l[2], l[0], m.y.z, absent, #m.x",
        "ExpressionAttributeNames": ["#m": "m"],
      ])
    #expect(
      answer["Item"] == [
        "l": ["L": [["N": "0"], ["N": "2"]]],
        "m": ["M": ["x": ["N": "1"], "y": ["M": ["z": ["N": "2"]]]]],
      ])
  }

  @Test func `consumed capacity counts started kilobytes and indexes`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable(
      "items",
      [
        "AttributeDefinitions": [
          ["AttributeName": "pk", "AttributeType": "S"],
          ["AttributeName": "g", "AttributeType": "S"],
        ],
        "GlobalSecondaryIndexes": [
          [
            "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
            "Projection": ["ProjectionType": "KEYS_ONLY"],
          ]
        ],
      ])
    let text = JSONValue.string(String(repeating: "x", count: 2000))
    let answer = await service.call(
      "PutItem",
      [
        "TableName": "items", "Item": ["pk": ["S": "a"], "g": ["S": "b"], "t": ["S": text]],
        "ReturnConsumedCapacity": "INDEXES",
      ])
    #expect(
      answer["ConsumedCapacity"] == [
        "TableName": "items", "CapacityUnits": 3.0, "Table": ["CapacityUnits": 2.0],
        "GlobalSecondaryIndexes": ["byG": ["CapacityUnits": 1.0]],
      ])
  }
}
