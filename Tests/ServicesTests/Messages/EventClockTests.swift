import JSON
import Server
import Storage
import Support
import Synchronization
import Testing

@testable import Services

/// A clock that stands until the test moves it.
private final class StandingClock: Sendable {
  private let now = Mutex(1_769_903_940_000)
  var milliseconds: Int { now.withLock { $0 } }
  func advance(seconds: Int) { now.withLock { $0 += seconds * 1_000 } }
}

@Suite struct EventClockTests {
  private static func call(
    _ answer: (HTTPRequest) async -> HTTPResponse, _ target: String, _ input: JSONValue
  ) async throws -> JSONValue {
    let request = HTTPRequest(
      method: "POST", target: "/", headers: ["X-Amz-Target": target, "Host": "localhost"],
      body: RequestBody(input.encoded()))
    let response = await answer(request)
    guard case .bytes(let bytes) = response.body else { return .null }
    try #require(response.status == 200, "\(String(decoding: bytes, as: UTF8.self))")
    return try JSONValue(parsing: bytes)
  }

  @Test func `gives a scheduled rule's event to its target when its time has come`() async throws {
    let clock = StandingClock()
    let database = try Database(":memory:")
    let queues = try await SQS(database) { clock.milliseconds }
    let events = try await EventBridge(database, queues: queues) { clock.milliseconds }
    _ = try await Self.call(queues.answer, "AmazonSQS.CreateQueue", ["QueueName": "q"])
    for (name, state) in [("often", "ENABLED"), ("off", "DISABLED")] {
      _ = try await Self.call(
        events.answer, "AWSEvents.PutRule",
        ["Name": .string(name), "ScheduleExpression": "rate(5 minutes)", "State": .string(state)])
      _ = try await Self.call(
        events.answer, "AWSEvents.PutTargets",
        [
          "Rule": .string(name),
          "Targets": [["Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:q"]],
        ])
    }
    func received() async throws -> [JSONValue] {
      let answer = try await Self.call(
        queues.answer, "AmazonSQS.ReceiveMessage", ["QueueUrl": "q", "MaxNumberOfMessages": 10])
      return answer["Messages"]?.array ?? []
    }
    let playing = Task { await EventClock(events).run() }
    defer { playing.cancel() }
    #expect(try await received().isEmpty)
    // A changed rule is what wakes it in a test whose clock stands.
    var messages: [JSONValue] = []
    try await eventually {
      clock.advance(seconds: 60)
      events.signals.notify(EventBridge.rulesChanged)
      messages += try await received()
      return !messages.isEmpty
    }
    let event = try JSONValue(parsing: messages.first?["Body"]?.string ?? "")
    #expect(event["detail-type"] == "Scheduled Event")
    #expect(event["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/often"])
    // Every five minutes from 23:59 on.
    let time = try #require(event["time"]?.string)
    #expect(time.hasSuffix("4:00Z") || time.hasSuffix("9:00Z"), "\(time)")
    await database.close()
  }
}
