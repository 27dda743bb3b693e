import JSON
import Storage
import Support
import Template
import Testing

@testable import Services

@Suite struct TableTests {
  private func template(
    hasIndex: Bool, expiry: String? = nil
  ) -> [Template.TableDefinition] {
    typealias Definition = Template.TableDefinition
    return [
      Definition(
        logicalID: "Chats", name: "chats",
        attributes: hasIndex ? ["owner": .string, "tenant": .string] : ["owner": .string],
        key: Definition.Key(partition: "owner"),
        globalIndexes: hasIndex
          ? [Definition.Index(name: "byTenant", key: Definition.Key(partition: "tenant"))] : [],
        timeToLive: expiry)
    ]
  }

  @Test func `tables of a template are made once and grow by the indexes it adds`() async throws {
    let service = try await ServiceUnderTest()
    try await service.service.create(tables: template(hasIndex: false))
    try await service.service.create(tables: template(hasIndex: false))
    for number in 0..<1200 {
      await service.put(
        ["owner": ["S": .string("o\(number)")], "tenant": ["S": .string("t\(number % 2)")]],
        into: "chats")
    }
    try await service.service.create(tables: template(hasIndex: true, expiry: "end"))
    let answer = await service.call(
      "Query",
      [
        "TableName": "chats", "IndexName": "byTenant", "KeyConditionExpression": "tenant = :t",
        "ExpressionAttributeValues": [":t": ["S": "t1"]], "Select": "COUNT",
      ])
    #expect(answer["Count"] == 600)
    let setting = await service.call("DescribeTimeToLive", ["TableName": "chats"])
    #expect(setting["TimeToLiveDescription"]?["AttributeName"] == "end")
  }

  @Test func `a definition survives its way to the database and back`() async throws {
    try await withTemporaryFolder { folder in try await checkDefinition(folder) }
  }

  private func checkDefinition(_ folder: String) async throws {
    let first = try await ServiceUnderTest(folder + "/state")
    await first.makeTable(
      "items", sort: "N",
      [
        "Tags": [["Key": "team", "Value": "a"]], "DeletionProtectionEnabled": true,
        "StreamSpecification": ["StreamEnabled": true, "StreamViewType": "KEYS_ONLY"],
      ])
    await first.put(["pk": ["S": "a"], "sk": ["N": "1"]])
    let before = await first.call("DescribeTable", ["TableName": "items"])
    await first.service.database.close()
    let second = try await ServiceUnderTest(folder + "/state")
    #expect(await second.call("DescribeTable", ["TableName": "items"]) == before)
    #expect(before["Table"]?["ItemCount"] == 1)
    #expect(
      await second.message("DeleteTable", ["TableName": "items"])?.hasPrefix(
        "Resource cannot be deleted as it is currently protected") == true)
    await second.service.database.close()
  }

  @Test func `tables are listed in pages by the order of bytes`() async throws {
    let service = try await ServiceUnderTest()
    for name in ["bbb", "aaa", "Zzz", "a-b"] { await service.makeTable(name) }
    let first = await service.call("ListTables", ["Limit": 3])
    #expect(first["TableNames"] == ["Zzz", "a-b", "aaa"])
    #expect(first["LastEvaluatedTableName"] == "aaa")
    let second = await service.call("ListTables", ["ExclusiveStartTableName": "aaa"])
    #expect(second == ["TableNames": ["bbb"]])
  }

  @Test func `a deleted table is gone with its items, another of its name is new`() async throws {
    let service = try await ServiceUnderTest()
    await service.makeTable()
    await service.put(["pk": ["S": "a"]])
    await service.call("DeleteTable", ["TableName": "items"])
    #expect(
      await service.message("GetItem", ["TableName": "items", "Key": ["pk": ["S": "a"]]])
        == "Requested resource not found")
    await service.makeTable()
    #expect(await service.get(["pk": ["S": "a"]]) == nil)
  }

  @Test func `another process's tables are seen`() async throws {
    try await withTemporaryFolder { folder in try await checkTwoProcesses(folder) }
  }

  private func checkTwoProcesses(_ folder: String) async throws {
    let first = try await ServiceUnderTest(folder + "/state")
    let second = try await ServiceUnderTest(folder + "/state")
    await first.makeTable()
    await second.put(["pk": ["S": "a"], "g": ["S": "b"]])
    #expect(await first.get(["pk": ["S": "a"]]) != nil)
    // An index that one adds is kept by the other.
    await first.call(
      "UpdateTable",
      [
        "TableName": "items",
        "AttributeDefinitions": [["AttributeName": "g", "AttributeType": "S"]],
        "GlobalSecondaryIndexUpdates": [
          [
            "Create": [
              "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
              "Projection": ["ProjectionType": "ALL"],
            ]
          ]
        ],
      ])
    await second.put(["pk": ["S": "c"], "g": ["S": "b"]])
    let answer = await first.call(
      "Query",
      [
        "TableName": "items", "IndexName": "byG", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": [":g": ["S": "b"]],
      ])
    #expect(answer["Count"] == 2)
    await first.service.database.close()
    await second.service.database.close()
  }
}
