import JSON
import Testing

@testable import Lambda

@Suite struct StreamDeliveryTests {
  private func records(_ count: Int) -> [StreamDelivery.Record] {
    (0..<count).map {
      StreamDelivery.Record(sequenceNumber: "\($0)", created: 1_000, value: .int($0))
    }
  }

  private func rules(
    retries: Int? = nil, age: Int? = nil, bisects: Bool = false, reports: Bool = true
  ) -> StreamRules {
    var rules = StreamRules()
    rules.retries = retries
    rules.longestAge = age
    rules.bisects = bisects
    rules.reportsFailures = reports
    return rules
  }

  private func failures(_ names: String...) -> JSONValue {
    ["batchItemFailures": .array(names.map { ["itemIdentifier": .string($0)] })]
  }

  @Test func `is done when the function succeeds`() {
    for answer in [nil, JSONValue.null, [:], ["batchItemFailures": []]] as [JSONValue?] {
      var delivery = StreamDelivery(records(3), rules())
      #expect(delivery.take(.succeeded(answer), now: 1_000) == .go(done: 3, givenUp: 0))
      #expect(delivery.next == nil)
    }
  }

  @Test func `delivers again from the first record that failed`() {
    var delivery = StreamDelivery(records(5), rules())
    #expect(delivery.take(.succeeded(failures("3", "2")), now: 1_000) == .go(done: 2, givenUp: 0))
    #expect(delivery.next?.map(\.sequenceNumber) == ["2", "3", "4"])
    #expect(delivery.take(.succeeded(failures("2")), now: 1_000) == .retry(failures: 2))
    #expect(delivery.take(.succeeded(nil), now: 1_000) == .go(done: 3, givenUp: 0))
  }

  @Test func `a name that is none of the batch fails it whole`() {
    var delivery = StreamDelivery(records(2), rules())
    #expect(delivery.take(.succeeded(failures("nine")), now: 1_000) == .retry(failures: 1))
    #expect(delivery.next?.count == 2)
  }

  @Test func `failures are not looked for where the mapping does not say so`() {
    var delivery = StreamDelivery(records(2), rules(reports: false))
    #expect(delivery.take(.succeeded(failures("0")), now: 1_000) == .go(done: 2, givenUp: 0))
  }

  @Test func `gives up after so many attempts, or at such an age`() {
    var delivery = StreamDelivery(records(2), rules(retries: 1))
    #expect(delivery.take(.failed, now: 1_000) == .retry(failures: 1))
    #expect(delivery.take(.throttled, now: 1_000) == .retry(failures: 1))
    #expect(delivery.take(.failed, now: 1_000) == .go(done: 2, givenUp: 2))
    var old = StreamDelivery(records(2), rules(age: 60))
    #expect(old.take(.failed, now: 1_050) == .retry(failures: 1))
    #expect(old.take(.failed, now: 1_061) == .go(done: 2, givenUp: 2))
  }

  @Test func `halves find the one record that fails`() {
    var delivery = StreamDelivery(records(8), rules(retries: 0, bisects: true))
    var done = 0
    var givenUp = 0
    var attempts = 0
    while let part = delivery.next, attempts < 50 {
      attempts += 1
      let isBad = part.contains { $0.sequenceNumber == "5" }
      if case .go(let some, let lost) = delivery.take(isBad ? .failed : .succeeded(nil), now: 1_000)
      {
        done += some
        givenUp += lost
      }
    }
    #expect(done == 8)
    #expect(givenUp == 1)
  }

  @Test func `an event that is too large goes in parts`() {
    var delivery = StreamDelivery(records(3), rules())
    #expect(delivery.take(.tooLarge, now: 1_000) == .go(done: 0, givenUp: 0))
    #expect(delivery.next?.count == 1)
    #expect(delivery.take(.tooLarge, now: 1_000) == .go(done: 1, givenUp: 1))
    #expect(delivery.next?.count == 2)
  }

  @Test func `a function gets records in Lambda's spelling`() {
    let record = StreamRecordEvent.record(
      [
        "userIdentity": ["PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"],
        "dynamodb": ["SequenceNumber": "7", "ApproximateCreationDateTime": 12],
      ], of: "arn:stream")
    #expect(record.sequenceNumber == "7")
    #expect(record.value["eventSourceARN"] == "arn:stream")
    #expect(record.value["userIdentity"]?["principalId"] == "dynamodb.amazonaws.com")
  }
}
