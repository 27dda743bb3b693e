import Cloud
import Events
import JSON
import Support
import Synchronization
import Testing

/// A table of claims that judges the one condition that claims are written under.
///
/// Only what `Claims` sends is understood; anything else fails the request.
private final class ClaimTable: Sendable {
  private let items = Mutex<[String: JSONObject]>([:])

  func answer(_ request: RawRequest) -> FakeAnswer {
    guard let body = try? JSONValue(parsing: request.body) else { return FakeAnswer(status: 500) }
    return items.withLock { items in
      switch request.header("x-amz-target") {
      case "DynamoDB_20120810.PutItem"?: put(body, &items)
      case "DynamoDB_20120810.UpdateItem"?: change(body, &items, isDelete: false)
      case "DynamoDB_20120810.DeleteItem"?: change(body, &items, isDelete: true)
      default: FakeAnswer(status: 500)
      }
    }
  }

  private func number(_ value: JSONValue?) -> Int { value?["N"]?.string.flatMap(Int.init) ?? 0 }

  private func put(_ body: JSONValue, _ items: inout [String: JSONObject]) -> FakeAnswer {
    guard let item = body["Item"]?.object, let key = item["claim"]?["S"]?.string,
      body["ConditionExpression"]
        == """
        (attribute_not_exists(#0)) OR ((#1 = :0) AND (#2 < :1) AND (#3 = :2)) OR (#4 < :3)
        """, body["ExpressionAttributeNames"]?["#2"] == "leaseUntil",
      body["ExpressionAttributeNames"]?["#4"] == "expiresAt"
    else { return .refusal("ValidationException", "another condition") }
    let values = body["ExpressionAttributeValues"]
    if let old = items[key] {
      let isAbandoned =
        old["state"] == values?[":0"] && number(old["leaseUntil"]) < number(values?[":1"])
        && old["hash"] == values?[":2"]
      guard isAbandoned || number(old["expiresAt"]) < number(values?[":3"]) else {
        return failed(old)
      }
    }
    let old = items[key]
    items[key] = item
    return .ok(old.map { #"{"Attributes":\#(JSONValue.object($0))}"# } ?? "{}")
  }

  private func change(
    _ body: JSONValue, _ items: inout [String: JSONObject], isDelete: Bool
  ) -> FakeAnswer {
    let values = body["ExpressionAttributeValues"]
    let offset =
      isDelete ? 0 : (body["UpdateExpression"]?.string ?? "").split(separator: ":").count - 1
    guard let key = body["Key"]?["claim"]?["S"]?.string, var item = items[key],
      item["holder"] == values?[":\(offset)"], item["state"] == values?[":\(offset + 1)"]
    else { return failed(items[body["Key"]?["claim"]?["S"]?.string ?? ""]) }
    if isDelete {
      items[key] = nil
      return .ok()
    }
    item["state"] = ["S": "completed"]
    item["leaseUntil"] = nil
    if offset == 2 { item["result"] = values?[":1"] }
    items[key] = item
    return .ok()
  }

  private func failed(_ old: JSONObject?) -> FakeAnswer {
    let rest = old.map { ",\"Item\":\(JSONValue.object($0))" } ?? ""
    return .refusal("ConditionalCheckFailedException", rest: rest)
  }
}

@Suite(.timeLimit(.minutes(3))) struct ClaimsTests {
  private final class Clock: Sendable {
    private let time = Mutex<Int64>(1_767_323_045_000)
    var now: Int64 { time.withLock { $0 } }
    func advance(_ duration: Duration) {
      time.withLock { $0 += Int64(duration / .milliseconds(1)) }
    }
  }

  private let clock = Clock()
  private let cloud: FakeCloud

  init() throws {
    let table = ClaimTable()
    cloud = try FakeCloud { request, _ in table.answer(request) }
  }

  private var claims: Claims {
    let clock = clock
    return Claims(Store(cloud.client), table: "claims", now: { clock.now })
  }

  private func taken(_ outcome: ClaimOutcome) throws -> Claim {
    guard case .taken(let claim) = outcome else {
      Issue.record("\(outcome)")
      throw CancellationError()
    }
    return claim
  }

  private let payload = Array("hello".utf8)

  @Test func `the second delivery waits, and then gets the first one's result`() async throws {
    let claim = try taken(try await claims.take("m-1", payload: payload, lease: .seconds(30)))
    #expect(!claim.isRetaken)
    #expect(
      try await claims.take("m-1", payload: payload, lease: .seconds(30))
        == .inProgress(until: clock.now + 30_000))
    try await claims.complete(claim, result: [1, 2])
    #expect(
      try await claims.take("m-1", payload: payload, lease: .seconds(30))
        == .completed(result: [1, 2]))
    // Even long after the lease, and again.
    clock.advance(.seconds(3_600))
    #expect(
      try await claims.take("m-1", payload: payload, lease: .seconds(30))
        == .completed(result: [1, 2]))
    try await claims.complete(claim, result: [1, 2])
  }

  @Test func `the same key for something else is refused, done or not`() async throws {
    let claim = try taken(try await claims.take("m-1", payload: payload, lease: .seconds(30)))
    #expect(
      try await claims.take("m-1", payload: [1], lease: .seconds(30)) == .otherPayload)
    clock.advance(.seconds(31))
    #expect(
      try await claims.take("m-1", payload: [1], lease: .seconds(30)) == .otherPayload)
    clock.advance(.seconds(-31))
    try await claims.complete(claim)
    #expect(
      try await claims.take("m-1", payload: [1], lease: .seconds(30)) == .otherPayload)
    #expect(
      try await claims.take("m-1", payload: payload, lease: .seconds(30))
        == .completed(result: nil))
  }

  @Test func `a claim of a crashed holder is taken again when its lease ends`() async throws {
    let crashed = try taken(try await claims.take("m-1", payload: payload, lease: .seconds(30)))
    clock.advance(.milliseconds(30_001))
    let again = try taken(try await claims.take("m-1", payload: payload, lease: .seconds(30)))
    #expect(again.isRetaken)
    // The first holder was only slow: it learns that it is too late.
    let late = claims
    await #expect(throws: ClaimError.lost) { try await late.complete(crashed) }
    await #expect(throws: ClaimError.lost) { try await late.release(crashed) }
    try await claims.complete(again)
  }

  @Test func `a released claim can be taken at once`() async throws {
    let claim = try taken(try await claims.take("m-1", payload: payload, lease: .seconds(30)))
    try await claims.release(claim)
    let next = try taken(try await claims.take("m-1", payload: [1], lease: .seconds(30)))
    #expect(!next.isRetaken)
  }

  @Test func `a claim is forgotten at the end of its life`() async throws {
    let claim = try taken(try await claims.take("m-1", payload: payload, lease: .seconds(30)))
    try await claims.complete(claim)
    clock.advance(.seconds(86_402))
    let next = try taken(try await claims.take("m-1", payload: [1], lease: .seconds(30)))
    #expect(!next.isRetaken)
  }

  @Test func `of many at the same time one takes it`() async throws {
    let claims = claims
    let payload = payload
    let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 {
        group.addTask {
          guard case .taken = try await claims.take("m", payload: payload, lease: .seconds(30))
          else { return false }
          return true
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(winners == 1)
  }
}
