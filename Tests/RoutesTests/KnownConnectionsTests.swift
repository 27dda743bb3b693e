import Agent
import Testing

@testable import Routes

@Suite struct KnownConnectionsTests {
  private func connection(_ id: String = "A=", at milliseconds: Int64 = 10_040) -> OpenConnection {
    OpenConnection(
      id: id,
      signedIn: SignedIn(
        caller: Caller(user: "ana", tenant: "acme"), expires: 1e12),
      assistant: "japanese", connectedAt: Timestamp(milliseconds: milliseconds))
  }

  @Test func `knows a connection for a while`() {
    let known = KnownConnections()
    let now = ContinuousClock.now
    #expect(known.find("A=", openedAt: 10_000, at: now) == nil)
    known.keep(connection(), openedAt: 10_000, at: now)
    #expect(known.find("A=", openedAt: 10_000, at: now + .seconds(59)) == connection())
    #expect(known.find("B=", openedAt: 10_000, at: now) == nil)
    #expect(known.find("A=", openedAt: 10_000, at: now + KnownConnections.life) == nil)
    #expect(known.find("A=", openedAt: 10_000, at: now) == nil)
  }

  /// An event file has the id and the moment of a connection that was open once.
  @Test func `takes nothing for known that was opened anew`() {
    let known = KnownConnections()
    known.keep(connection(at: 90_000_000), openedAt: 10_000)
    known.keep(connection(at: 9_999), openedAt: 10_000)
    #expect(known.find("A=", openedAt: 10_000) == nil)
    for moment in [Int64.min, -1, 0, Int64.max] {
      known.keep(connection(at: 90_000_000), openedAt: moment)
      #expect(known.find("A=", openedAt: moment) == nil)
    }
    known.keep(connection(), openedAt: 10_000)
    #expect(known.find("A=", openedAt: 10_001) == nil)
  }

  @Test func `is bounded`() {
    let known = KnownConnections()
    for number in 0..<1_000 { known.keep(connection("\(number)"), openedAt: 10_000) }
    let found = (0..<1_000).filter { known.find("\($0)", openedAt: 10_000) != nil }
    #expect(found.count <= 256)
    #expect(found.last == 999)
  }
}
