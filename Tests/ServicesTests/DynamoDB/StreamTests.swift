import JSON
import Testing

@testable import Services

@Suite struct StreamTests {
  private func service(_ view: String) async throws -> (ServiceUnderTest, String) {
    let service = try await ServiceUnderTest()
    await service.makeTable(
      "items",
      ["StreamSpecification": ["StreamEnabled": true, "StreamViewType": .string(view)]])
    let streams = await service.call("ListStreams", ["TableName": "items"])
    return (service, streams["Streams"]?[0]?["StreamArn"]?.string ?? "")
  }

  private func iterator(
    _ service: ServiceUnderTest, _ arn: String, _ type: String = "TRIM_HORIZON"
  ) async -> JSONValue {
    let answer = await service.call(
      "GetShardIterator",
      [
        "StreamArn": .string(arn), "ShardId": .string(StreamShard.id),
        "ShardIteratorType": .string(type),
      ])
    return answer["ShardIterator"] ?? .null
  }

  @Test(arguments: [
    ("KEYS_ONLY", false, false), ("NEW_IMAGE", true, false), ("OLD_IMAGE", false, true),
    ("NEW_AND_OLD_IMAGES", true, true),
  ])
  func `each change is one record with the images of the view`(
    _ view: String, _ hasNew: Bool, _ hasOld: Bool
  ) async throws {
    let (service, arn) = try await service(view)
    await service.put(["pk": ["S": "a"], "v": ["N": "1"]])
    await service.put(["pk": ["S": "a"], "v": ["N": "2"]])
    await service.put(["pk": ["S": "a"], "v": ["N": "2"]])
    await service.call("DeleteItem", ["TableName": "items", "Key": ["pk": ["S": "a"]]])
    let answer = await service.call(
      "GetRecords", ["ShardIterator": await iterator(service, arn)])
    let records = answer["Records"]?.array ?? []
    #expect(records.map { $0["eventName"] } == ["INSERT", "MODIFY", "REMOVE"])
    let modified = records.count > 1 ? records[1]["dynamodb"] : nil
    #expect(modified?["Keys"] == ["pk": ["S": "a"]])
    #expect(modified?["NewImage"]?["v"] == (hasNew ? ["N": "2"] : nil))
    #expect(modified?["OldImage"]?["v"] == (hasOld ? ["N": "1"] : nil))
    #expect(answer["NextShardIterator"]?.string != nil)
  }

  @Test func `an iterator goes on where it stopped, and grows old`() async throws {
    let (service, arn) = try await service("KEYS_ONLY")
    let latest = await iterator(service, arn, "LATEST")
    for number in 0..<5 { await service.put(["pk": ["S": .string("\(number)")]]) }
    var keys: [JSONValue?] = []
    var next: JSONValue = latest
    for _ in 0..<3 {
      let answer = await service.call("GetRecords", ["ShardIterator": next, "Limit": 2])
      keys += (answer["Records"]?.array ?? []).map { $0["dynamodb"]?["Keys"]?["pk"]?["S"] }
      next = answer["NextShardIterator"] ?? .null
    }
    #expect(keys == ["0", "1", "2", "3", "4"])
    service.clock.advance(901_000)
    let old = await service.call("GetRecords", ["ShardIterator": next])
    #expect(old["__type"] == "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException")
  }

  @Test func `expired items are swept with the service's name in the stream`() async throws {
    let (service, arn) = try await service("OLD_IMAGE")
    await service.call(
      "UpdateTimeToLive",
      [
        "TableName": "items",
        "TimeToLiveSpecification": ["Enabled": true, "AttributeName": "end"],
      ])
    let now = service.clock.now / 1000
    await service.put(["pk": ["S": "over"], "end": ["N": .string("\(now - 1)")]])
    await service.put(["pk": ["S": "later"], "end": ["N": .string("\(now + 60)")]])
    await service.put(["pk": ["S": "text"], "end": ["S": .string("\(now - 1)")]])
    await service.put(["pk": ["S": "ancient"], "end": ["N": "1"]])
    #expect(await service.get(["pk": ["S": "over"]]) != nil)
    #expect(try await service.service.sweep() == 1)
    #expect(await service.get(["pk": ["S": "over"]]) == nil)
    service.clock.advance(61_000)
    #expect(try await service.service.sweep() == 1)
    #expect(await service.get(["pk": ["S": "text"]]) != nil)
    #expect(await service.get(["pk": ["S": "ancient"]]) != nil)
    let answer = await service.call(
      "GetRecords", ["ShardIterator": await iterator(service, arn)])
    let removed = (answer["Records"]?.array ?? []).filter { $0["eventName"] == "REMOVE" }
    #expect(removed.count == 2)
    #expect(
      removed.first?["userIdentity"] == [
        "PrincipalId": "dynamodb.amazonaws.com", "Type": "Service",
      ])
  }

  @Test func `records are gone after a day`() async throws {
    let (service, arn) = try await service("KEYS_ONLY")
    await service.put(["pk": ["S": "a"]])
    service.clock.advance(25 * 3_600_000)
    await service.put(["pk": ["S": "b"]])
    try await service.service.sweep()
    let answer = await service.call(
      "GetRecords", ["ShardIterator": await iterator(service, arn)])
    #expect(answer["Records"]?.array?.count == 1)
  }
}
