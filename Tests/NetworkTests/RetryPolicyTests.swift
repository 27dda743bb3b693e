import Network
import Testing

@Suite struct RetryPolicyTests {
  private let policy = RetryPolicy()

  /// Always the greatest number: the longest jitter.
  private struct Greatest: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
  }

  private func wait(
    _ failure: RetryPolicy.Failure, attempt: Int = 1, remaining: Duration = .seconds(60),
    hasPassedOn: Bool = false
  ) -> Duration? {
    var generator = Greatest()
    return policy.wait(
      after: failure, attempt: attempt, remaining: remaining, hasPassedOn: hasPassedOn,
      using: &generator)
  }

  @Test func `repeats what time may heal, and nothing else`() {
    for status in [408, 409, 429, 500, 502, 503, 504, 529] {
      #expect(wait(.status(status)) != nil, "\(status)")
    }
    for status in [400, 401, 402, 403, 404, 413, 422, 501, 505] {
      #expect(wait(.status(status)) == nil, "\(status)")
    }
    for error: NetworkError in [
      .refused(""), .connectTimeout, .unresolvableHost(""),
      .connectionLost(received: 0, detail: ""),
      .idle(received: 0),
    ] {
      #expect(wait(.network(error)) != nil, "\(error)")
    }
    for error: NetworkError in [
      .connectionLost(received: 1, detail: ""), .idle(received: 9), .cancelled, .untrusted(""),
      .deadlineExceeded(received: 0), .invalidRequest(""), .responseTooLarge(limit: 1),
      .malformedResponse(""), .unavailable(""), .requestBodyFailed(""),
    ] {
      #expect(wait(.network(error)) == nil, "\(error)")
    }
  }

  @Test func `waits longer each time, up to the cap, and stops after three`() {
    #expect(
      wait(.status(500), attempt: 1).map { $0 > .milliseconds(499) && $0 < .milliseconds(501) }
        == true)
    #expect(
      wait(.status(500), attempt: 2).map { $0 > .milliseconds(999) && $0 < .milliseconds(1_001) }
        == true)
    #expect(wait(.status(500), attempt: 3) == nil)
    var patient = policy
    patient.attempts = 100
    var generator = Greatest()
    let longest = patient.wait(
      after: .status(500), attempt: 90, remaining: .seconds(60), using: &generator)
    #expect(longest.map { $0 <= .seconds(8) && $0 > .seconds(7) } == true)
    for _ in 0..<100 {
      let drawn = policy.wait(after: .status(500), attempt: 1, remaining: .seconds(60))
      #expect(drawn.map { $0 >= .zero && $0 < .milliseconds(500) } == true)
    }
  }

  @Test func `waits exactly what a 429 asks for, if there is time`() {
    #expect(wait(.status(429, retryAfter: .seconds(20))) == .seconds(20))
    #expect(wait(.status(429, retryAfter: .seconds(20)), remaining: .seconds(21)) == .seconds(20))
    #expect(wait(.status(429, retryAfter: .seconds(20)), remaining: .seconds(20.5)) == nil)
    #expect(wait(.status(429, retryAfter: .seconds(1), mayWait: false)) == nil)
  }

  @Test func `never repeats what has been passed on`() {
    #expect(wait(.status(500), hasPassedOn: true) == nil)
    #expect(wait(.network(.refused("")), hasPassedOn: true) == nil)
  }

  @Test func `keeps a second of the caller's time`() {
    #expect(wait(.status(500), remaining: .seconds(1.6)) != nil)
    #expect(wait(.status(500), remaining: .seconds(1.4)) == nil)
    #expect(wait(.status(500), remaining: .seconds(-3)) == nil)
  }

  @Test(
    arguments: [
      (["retry-after-ms": "250", "retry-after": "9"], Duration.milliseconds(250)),
      (["Retry-After": "3"], .seconds(3)), (["Retry-After": "0.5"], .milliseconds(500)),
      (["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"], .seconds(37)),
      (["Retry-After": "Sun, 06 Nov 1994 08:48:37 GMT"], .zero),
      (["Retry-After": "-1"], nil), (["Retry-After": "soon"], nil), (["Retry-After": "1e30"], nil),
      (["Retry-After": "Sun, 06 Foo 1994 08:49:37 GMT"], nil), ([:], nil),
    ] as [([String: String], Duration?)])
  func `reads what the server asks for`(headers: [String: String], wait: Duration?) {
    let fields = HeaderFields(headers.map { (name: $0.key, value: $0.value) })
    // 784111777 is 1994-11-06T08:49:37Z (RFC 9110's example); the clock stands 37 s before.
    #expect(fields.retryAfter(now: 784_111_740) == wait)
  }
}
