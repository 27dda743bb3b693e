import Cloud
import Events
import Synchronization
import Testing

@testable import Agent

@Suite struct FrequentQuestionsTests {
  private func ask(_ text: String, _ users: [String], _ caches: TestCaches) async throws {
    let cache = caches.sandbox()
    for user in users {
      let look = try #require(await cache.look(for: .test(text)))
      await caches.questions.count(text, by: user, for: look)
    }
  }

  private func list(_ caches: TestCaches, limit: Int = 10) async throws -> [String] {
    try await caches.questions.list(tenant: "acme", assistant: "p", limit: limit)
      .map { "\($0.text) \($0.count)" }
  }

  @Test func `a question is known in words when three people have asked it`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      try await ask("What is 語?", ["ana", "ana", "ana", "bob"], caches)
      #expect(try await list(caches) == [])
      #expect(try await caches.questions.places() == [])
      try await ask("what is 語", ["cid"], caches)
      #expect(try await list(caches) == ["what is 語 5"])
      try await ask("What is 語?", ["ana"], caches)
      try await ask("Rare?", ["ana", "bob", "cid"], caches)
      #expect(try await list(caches) == ["what is 語 6", "Rare? 3"])
      #expect(try await list(caches, limit: 1) == ["what is 語 6"])
      #expect(
        try await caches.questions.places() == [.init(tenant: "acme", assistant: "p")])
      // Who asked is not kept any longer.
      #expect(try await store.scan(Scan(TestCaches.name)).items.allSatisfy { $0["people"] == nil })
    }
  }

  @Test func `what nobody asks any more, and what is too long, is forgotten`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      try await ask("Old?", ["a", "b", "c"], caches)
      let long = String(repeating: "x", count: FrequentQuestions.longest + 1)
      try await ask(long, ["a", "b", "c"], caches)
      #expect(try await list(caches) == ["Old? 3"])
      caches.clock.move(seconds: 8 * 86_400)
      #expect(try await list(caches) == [])
    }
  }

  @Test func `the least frequent of too many are deleted`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let expiry = CacheTable.expiry(caches.clock.now, after: .seconds(60))
      try await store.put(
        (0..<230).map { number in
          caches.table.key(["frequent", "acme", "p"], "\(number)").merging([
            "text": .string("q\(number)"), "count": .number("\(number)"), "expiresAt": expiry,
          ]) { $1 }
        }, into: TestCaches.name)
      #expect(try await list(caches, limit: 1) == ["q229 229"])
      #expect(try await list(caches, limit: 300).count == FrequentQuestions.most)
      #expect(try await store.scan(Scan(TestCaches.name)).items.count == 200)
    }
  }
}

@Suite struct CacheWarmingTests {
  /// Answers and what was asked.
  private final class Desk: Sendable {
    let asked = Mutex<[String]>([])
    let version = Mutex("1")
    let outcome = Mutex<TurnReport.Outcome>(.completed(.complete))

    func warming(_ caches: TestCaches, limit: Int = 2) -> CacheWarming {
      CacheWarming(
        questions: caches.questions, limit: limit,
        version: { [self] _, _ in version.withLock { $0.isEmpty ? nil : $0 } },
        answer: { [self] question, assistant in
          asked.withLock { $0.append("\(question.caller.tenant) \(question.text.text)") }
          var report = TurnReport(
            outcome: outcome.withLock { $0 }, conversation: question.conversationID,
            message: question.key.messageID, assistant: assistant, model: "m", variant: nil)
          report.usage = Usage(input: 5, output: 2)
          return report
        })
    }

    var questions: [String] {
      asked.withLock { asked in
        defer { asked = [] }
        return asked
      }
    }
  }

  private func prepared(_ store: Store) async throws -> TestCaches {
    let caches = TestCaches(store: store)
    let cache = caches.sandbox()
    for (text, times) in [("often", 3), ("seldom", 1), ("sometimes", 2)] {
      for _ in 0..<times {
        for user in ["a", "b", "c"] {
          let look = try #require(await cache.look(for: .test(text)))
          await caches.questions.count(text, by: user, for: look)
        }
      }
    }
    return caches
  }

  @Test func `answers the most frequent once for each version of the knowledge`() async throws {
    try await withTables { store in
      let caches = try await prepared(store)
      let desk = Desk()
      let summary = try await desk.warming(caches).run(until: .now + .seconds(100))
      #expect(desk.questions == ["acme often", "acme sometimes"])
      #expect(summary.answered == 2 && summary.changed == 1)
      #expect(summary.usage == Usage(input: 10, output: 4))
      let again = try await desk.warming(caches).run(until: .now + .seconds(100))
      #expect(desk.questions == [] && again.changed == 0 && again.places == 1)
      desk.version.withLock { $0 = "2" }
      _ = try await desk.warming(caches).run(until: .now + .seconds(100))
      #expect(desk.questions == ["acme often", "acme sometimes"])
    }
  }

  @Test func `does nothing when it is off, out of time, held elsewhere or without an index`()
    async throws
  {
    try await withTables { store in
      let caches = try await prepared(store)
      let desk = Desk()
      _ = try await desk.warming(caches, limit: 0).run(until: .now + .seconds(100))
      _ = try await desk.warming(caches).run(until: .now + .seconds(10))
      let place = try #require(try await caches.questions.places().first)
      #expect(try await caches.questions.take(place, for: .seconds(60)))
      _ = try await desk.warming(caches).run(until: .now + .seconds(100))
      caches.clock.move(seconds: 61)
      desk.version.withLock { $0 = "" }
      _ = try await desk.warming(caches).run(until: .now + .seconds(100))
      #expect(desk.questions == [])
    }
  }

  @Test func `stops where the tenant's budget is used up`() async throws {
    try await withTables { store in
      let caches = try await prepared(store)
      let desk = Desk()
      desk.outcome.withLock {
        $0 = .failed(.budgetUsedUp(.tenant, .day, retryAfter: .seconds(1)))
      }
      let summary = try await desk.warming(caches).run(until: .now + .seconds(100))
      #expect(desk.questions == ["acme often"] && summary.failed == 1)
    }
  }
}
