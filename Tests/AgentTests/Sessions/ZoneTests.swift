import Foundation
import Support
import Testing

@testable import Agent

/// Zones against Foundation, which reads the same files with ICU.
@Suite struct ZoneTests {
  private static let folder = "/usr/share/zoneinfo/"

  private func rules(_ name: String) throws -> ZoneRules {
    let bytes = try Array(Data(contentsOf: URL(filePath: Self.folder + name)))
    return try #require(ZoneRules(bytes))
  }

  @Test(arguments: [
    "Asia/Tokyo", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe",
    "Asia/Kolkata", "Africa/Casablanca", "Europe/Dublin", "Pacific/Auckland", "UTC",
    "America/Nuuk", "Asia/Gaza",
  ])
  func `offsets are those of other readers`(name: String) throws {
    let rules = try rules(name)
    let other = try #require(TimeZone(identifier: name))
    // Every 5 days and 7 hours, from 1970 to 2037 and far behind the last transition.
    for moment in Array(stride(from: Int64(0), to: 2_145_916_800, by: 457_200)) {
      let date = Date(timeIntervalSince1970: Double(moment))
      #expect(rules.offset(at: moment) == other.secondsFromGMT(for: date), "\(date)")
    }
  }

  @Test func `the rule goes on for ever`() throws {
    let berlin = try #require(ZoneRule("CET-1CEST,M3.5.0,M10.5.0/3"))
    func offset(_ iso: String) throws -> Int {
      berlin.offset(at: try #require(Timestamp(iso: iso)).milliseconds / 1_000)
    }
    #expect(try offset("2090-03-26T00:59:59.000Z") == 3600)
    #expect(try offset("2090-03-26T01:00:00.000Z") == 7200)
    #expect(try offset("2090-10-29T00:59:59.000Z") == 7200)
    #expect(try offset("2090-10-29T01:00:00.000Z") == 3600)
    let south = try #require(ZoneRule("<+12>-12<+13>,M9.5.0,M4.1.0/3"))
    let january = try #require(Timestamp(iso: "2050-01-15T00:00:00.000Z"))
    #expect(south.offset(at: january.milliseconds / 1_000) == 13 * 3600)
    #expect(ZoneRule("JST-9")?.offset(at: 0) == 9 * 3600)
    for text in ["", "X", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.1.0,J1", "A-1"] {
      #expect(ZoneRule(text) == nil, "\(text)")
    }
  }

  @Test func `no bytes harm it`() throws {
    let bytes = try Array(Data(contentsOf: URL(filePath: Self.folder + "America/New_York")))
    for count in 0..<bytes.count { #expect(ZoneRules(Array(bytes[..<count])) == nil) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var changed = bytes
      changed[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255)
      _ = ZoneRules(changed)?.offset(at: .random(in: -9_999_999_999...9_999_999_999))
    }
  }
}

@Suite struct WorkingHoursTests {
  private func hours(_ text: String) -> WorkingHours? {
    WorkingHours(text) { name in
      (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))).flatMap {
        ZoneRules(Array($0))
      }
    }
  }

  private func moment(_ iso: String) throws -> Timestamp {
    try #require(Timestamp(iso: "\(iso):00.000Z"))
  }

  @Test(arguments: [
    // 9:00 in Tokyo is midnight in UTC; 21 November 2026 is a Saturday.
    ("Asia/Tokyo Mon-Fri 09:00-18:00", "2026-11-20T00:00", true),
    ("Asia/Tokyo Mon-Fri 09:00-18:00", "2026-11-19T23:59", false),
    ("Asia/Tokyo Mon-Fri 09:00-18:00", "2026-11-20T08:59", true),
    ("Asia/Tokyo Mon-Fri 09:00-18:00", "2026-11-20T09:00", false),
    ("Asia/Tokyo Mon-Fri 09:00-18:00, Sat 10:00-14:00", "2026-11-21T01:00", true),
    ("Europe/Berlin Mon-Sun 08:00-10:00", "2026-07-01T06:30", true),
    ("Europe/Berlin Mon-Sun 08:00-10:00", "2026-12-01T06:30", false),
    ("UTC Sun 22:00-06:00", "2026-11-23T05:59", true),
    ("UTC Sun 22:00-06:00", "2026-11-23T06:00", false),
    ("UTC Fri-Mon 00:00-24:00", "2026-11-22T12:00", true),
    ("UTC Fri-Mon 00:00-24:00", "2026-11-24T12:00", false),
  ])
  func `open or not`(text: String, iso: String, isOpen: Bool) throws {
    #expect(try #require(hours(text)).isOpen(at: moment(iso)) == isOpen)
  }

  @Test func `wrong ones are refused`() {
    for text in [
      "", "UTC", "Mon-Fri 09:00-18:00", "Mars/Phobos Mon 09:00-18:00", "UTC Mon 9-18",
      "UTC Mon 09:00-25:00", "UTC Mon 09:00-09:00", "UTC Xyz 09:00-18:00", "UTC Mon 09:00",
      "../etc/passwd Mon 09:00-18:00", "UTC Mon 09:60-18:00", "UTC Mon 09:00-18:00,",
    ] { #expect(hours(text) == nil, "\(text)") }
  }

  @Test func `sessions end at pauses, at closing time and when somebody closes them`() throws {
    func turn(_ number: Int, _ iso: String) throws -> Turn {
      var turn = Turn.test(number, "q", "a")
      turn.askedAt = try moment(iso)
      turn.answeredAt = turn.askedAt
      turn.usage = Usage(input: 3, output: 2)
      return turn
    }
    let rules = SessionRules(hours: hours("UTC Mon-Fri 09:00-18:00"))
    let first = rules.session(of: try turn(1, "2026-11-20T10:00"), after: nil)
    #expect(first.number == 1 && first.inWorkingHours == true)
    let second = rules.session(of: try turn(2, "2026-11-20T16:59"), after: first)
    #expect(second.number == 1 && second.turns == 2)
    #expect(second.usage == Usage(input: 6, output: 4))
    let late = rules.session(of: try turn(3, "2026-11-20T18:00"), after: second)
    #expect(late.number == 2 && late.firstTurn == 3 && late.inWorkingHours == false)
    let paused = rules.session(of: try turn(4, "2026-11-21T01:00"), after: late)
    #expect(paused.number == 3)
    var closed = paused
    closed.status = .closed
    #expect(rules.session(of: try turn(5, "2026-11-21T01:01"), after: closed).number == 4)
    var escalated = paused
    escalated.status = .escalated
    let after = rules.session(of: try turn(5, "2026-11-21T01:01"), after: escalated)
    #expect(after.number == 3 && after.status == .escalated)
    #expect(paused.status(at: try moment("2026-11-21T08:00"), rules) == .closed)
    #expect(escalated.status(at: try moment("2026-11-21T08:00"), rules) == .escalated)
    #expect(first.status(at: try moment("2026-11-20T16:59"), rules) == .open)
    // A lunch break lies between.
    let split = SessionRules(hours: hours("UTC Fri 09:00-12:00, Fri 13:00-18:00"))
    let noon = split.session(of: try turn(2, "2026-11-20T13:30"), after: first)
    #expect(noon.number == 2)
  }
}

@Suite struct SessionTests {
  @Test func `a conversation keeps its newest session`() async throws {
    let id = ConversationID(startedBy: .test())
    try await withTables { store in
      let table = StoredConversations(
        store, conversations: "martlet-conversations", turns: "martlet-turns")
      for number in 0..<40 {
        for part in 0..<2 {
          var turn = Turn.test(0, "What does 猫 mean?", "A cat.", message: "m\(number)-\(part)")
          turn.askedAt = Timestamp(milliseconds: Int64(number) * 8 * 3_600_000 + Int64(part))
          turn.answeredAt = turn.askedAt
          _ = try await table.append(turn, of: .ana, title: "T")
        }
      }
      let conversation = try #require(try await table.conversation(id, of: .ana))
      #expect(conversation.sessions.map(\.number) == [40])
      let last = try #require(conversation.sessions.last)
      #expect(last.turns == 2 && last.firstTurn == 79)
      let turns = try await table.turns(of: last, in: id, .ana, limit: 10)
      #expect(turns.map(\.number) == [79, 80])
      let summary = SessionSummary(turns)
      #expect(summary.firstQuestion == "What does 猫 mean?")
      #expect(summary.lastAnswer == "A cat.")
      let now = Timestamp(milliseconds: 1_000)
      let escalated = try await table.setSession(40, .escalated, of: id, .ana, at: now)
      #expect(escalated?.status == .escalated)
      #expect(try await table.setSession(41, .closed, of: id, .ana, at: now) == nil)
      let bob = Caller(user: "bob", tenant: "acme")
      #expect(try await table.setSession(40, .closed, of: id, bob, at: now) == nil)
    }
  }
}
