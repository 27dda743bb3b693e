import JSON
import Support
import Testing

@testable import Services

@Suite struct ErrorTests {
  private func service() async throws -> ServiceUnderTest {
    let service = try await ServiceUnderTest()
    await service.makeTable("hash")
    await service.makeTable(
      "range", sort: "N",
      [
        "AttributeDefinitions": [
          ["AttributeName": "pk", "AttributeType": "S"],
          ["AttributeName": "sk", "AttributeType": "N"],
          ["AttributeName": "g", "AttributeType": "S"],
        ],
        "GlobalSecondaryIndexes": [
          [
            "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
            "Projection": ["ProjectionType": "ALL"],
          ]
        ],
      ])
    return service
  }

  @Test func `every wrong request gets the service's type and words`() async throws {
    let service = try await service()
    let lines = try Project.text("Tests/ServicesTests/Vectors/errors.tsv")
      .split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.hasPrefix("#") && !line.isEmpty {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      let answer = await service.call(fields[0], try JSONValue(parsing: fields[1]))
      let type = answer["__type"]?.string?.split(separator: "#").last.map(String.init)
      let message = answer["message"]?.string ?? answer["Message"]?.string
      #expect(type == fields[2], "line \(number + 1)")
      #expect(message == fields[3], "line \(number + 1)")
    }
  }

  @Test(arguments: [
    "", "{", "[]", "null", "\"a\"", "{\"TableName\":}", "{\"TableName\":\"a\"}}", "\u{0}",
    "{'a':1}",
    "{\"TableName\":\"a\",\"TableName\":\"b\"}",
  ])
  func `broken JSON is a SerializationException`(_ body: String) async throws {
    let service = try await service()
    await #expect {
      _ = try await service.perform("GetItem", Array(body.utf8))
    } throws: { error in
      (error as? DynamoDBError)?.kind == .serialization
    }
  }

  @Test func `operations that do not exist have an error without a text`() async throws {
    let service = try await service()
    for operation in ["createBackup", "getItem", "", "Nothing"] {
      let answer = await service.call(operation, [:])
      #expect(
        answer == ["__type": "com.amazon.coral.service#UnknownOperationException"],
        "\(operation)")
    }
  }

  @Test func `operations that are not played are named`() async throws {
    let service = try await service()
    for operation in ["ExportTableToPointInTime", "CreateBackup"] {
      let answer = await service.call(operation, [:])
      #expect(answer["__type"]?.string?.hasSuffix("#UnknownOperationException") == true)
      #expect(answer["Message"]?.string?.contains(operation) == true, "\(answer)")
    }
  }

  @Test func `nesting is refused from the 33rd level on`() async throws {
    let service = try await service()
    func item(_ levels: Int) -> JSONValue {
      var value: JSONValue = ["S": "deep"]
      for _ in 1..<levels { value = ["L": [value]] }
      return ["pk": ["S": "a"], "v": value]
    }
    await service.put(item(32), into: "hash")
    #expect(await service.get(["pk": ["S": "a"]], from: "hash") == item(32))
    let refusal = await service.message("PutItem", ["TableName": "hash", "Item": item(33)])
    #expect(
      refusal
        == "Nesting Levels have exceeded supported limits: "
        + "Attributes in the item have nested levels beyond supported limit")
    // An update cannot get around the limit by putting a value inside another.
    await service.put(
      ["pk": ["S": "b"], "v": item(31).object?["v"] ?? .null, "m": ["M": [:]]], into: "hash")
    #expect(
      await service.call(
        "UpdateItem",
        [
          "TableName": "hash", "Key": ["pk": ["S": "b"]], "UpdateExpression": "SET m.x = v",
        ]) == [:])
    let moved = await service.message(
      "UpdateItem",
      [
        "TableName": "hash", "Key": ["pk": ["S": "a"]], "UpdateExpression": "SET v[0] = v",
      ])
    #expect(moved == refusal)
  }

  @Test func `items over 400 KB are refused, by the size the service counts`() async throws {
    let service = try await service()
    // "pk" + "a" + "t" take 4 bytes of the limit.
    let fits = JSONValue.string(String(repeating: "x", count: ItemStore.sizeLimit - 4))
    await service.put(["pk": ["S": "a"], "t": ["S": fits]], into: "hash")
    #expect(await service.get(["pk": ["S": "a"]], from: "hash") != nil)
    let larger = JSONValue.string(String(repeating: "x", count: ItemStore.sizeLimit - 3))
    #expect(
      await service.message(
        "PutItem", ["TableName": "hash", "Item": ["pk": ["S": "a"], "t": ["S": larger]]])
        == "Item size has exceeded the maximum allowed size")
    #expect(
      await service.message(
        "UpdateItem",
        [
          "TableName": "hash", "Key": ["pk": ["S": "a"]], "UpdateExpression": "SET u = :u",
          "ExpressionAttributeValues": [":u": ["S": "x"]],
        ]) == "Item size to update has exceeded the maximum allowed size")
  }
}
