import JSON
import Testing

@testable import Services

@Suite struct TransactionTests {
  private func service() async throws -> ServiceUnderTest {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    await service.put(["pk": ["S": "a"], "v": ["N": "1"]])
    return service
  }

  private func put(_ key: String, _ more: JSONObject = [:]) -> JSONValue {
    var put: JSONObject = ["TableName": "items", "Item": ["pk": ["S": .string(key)]]]
    for (name, value) in more { put[name] = value }
    return ["Put": .object(put)]
  }

  @Test func `nothing is kept when one action fails, and each reason is told`() async throws {
    let service = try await service()
    let answer = await service.call(
      "TransactWriteItems",
      [
        "TransactItems": [
          put("b"),
          put(
            "a",
            [
              "ConditionExpression": "attribute_not_exists(pk)",
              "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            ]),
          [
            "Update": [
              "TableName": "items", "Key": ["pk": ["S": "c"]], "UpdateExpression": "SET x = y",
            ]
          ],
        ]
      ])
    #expect(
      answer["Message"]
        == .string(
          "Transaction cancelled, please refer cancellation reasons for specific reasons "
            + "[None, ConditionalCheckFailed, ValidationError]"))
    #expect(
      answer["CancellationReasons"] == [
        ["Code": "None"],
        [
          "Code": "ConditionalCheckFailed", "Message": "The conditional request failed",
          "Item": ["pk": ["S": "a"], "v": ["N": "1"]],
        ],
        [
          "Code": "ValidationError",
          "Message":
            "The provided expression refers to an attribute that does not exist in the item",
        ],
      ])
    #expect(await service.get(["pk": ["S": "b"]]) == nil)
  }

  @Test func `a token answers for its first request for ten minutes`() async throws {
    let service = try await service()
    let request: JSONObject = [
      "ClientRequestToken": "token-1",
      "TransactItems": [
        [
          "Update": [
            "TableName": "items", "Key": ["pk": ["S": "a"]], "UpdateExpression": "ADD v :one",
            "ExpressionAttributeValues": [":one": ["N": "1"]],
          ]
        ]
      ],
    ]
    for _ in 0..<3 { await service.call("TransactWriteItems", .object(request)) }
    #expect(await service.get(["pk": ["S": "a"]])?["v"] == ["N": "2"])
    var other = request
    other["TransactItems"] = [put("z")]
    let refused = await service.call("TransactWriteItems", .object(other))
    #expect(
      refused["__type"]
        == "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException")
    service.clock.advance(601_000)
    await service.call("TransactWriteItems", .object(request))
    #expect(await service.get(["pk": ["S": "a"]])?["v"] == ["N": "3"])
  }

  @Test func `reads of a transaction come in order, absent items as empty`() async throws {
    let service = try await service()
    let answer = await service.call(
      "TransactGetItems",
      [
        "TransactItems": [
          ["Get": ["TableName": "items", "Key": ["pk": ["S": "none"]]]],
          ["Get": ["TableName": "items", "Key": ["pk": ["S": "a"]]]],
        ],
        "ReturnConsumedCapacity": "TOTAL",
      ])
    #expect(answer["Responses"] == [[:], ["Item": ["pk": ["S": "a"], "v": ["N": "1"]]]])
    #expect(answer["ConsumedCapacity"]?[0]?["CapacityUnits"] == 4.0)
  }

  @Test func `many clients adding to overlapping items lose nothing`() async throws {
    let service = try await service()
    await withTaskGroup(of: Void.self) { group in
      for client in 0..<16 {
        group.addTask {
          for step in 0..<20 {
            let keys = ["k\((client + step) % 5)", "k\((client + step + 1) % 5)"]
            let updates: [JSONValue] = keys.map { key in
              [
                "Update": [
                  "TableName": "items", "Key": ["pk": ["S": .string(key)]],
                  "UpdateExpression": "ADD v :one",
                  "ExpressionAttributeValues": [":one": ["N": "1"]],
                ]
              ]
            }
            await service.call("TransactWriteItems", ["TransactItems": .array(updates)])
          }
        }
      }
    }
    var sum = 0
    for number in 0..<5 {
      let item = await service.get(["pk": ["S": .string("k\(number)")]])
      sum += item?["v"]?["N"]?.string.flatMap { Int($0) } ?? 0
    }
    #expect(sum == 16 * 20 * 2)
  }
}
