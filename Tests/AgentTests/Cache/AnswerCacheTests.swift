import Cloud
import Testing

@testable import Agent

@Suite struct AnswerCacheTests {
  @Test func `one sandbox keeps what all others find`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (one, other) = (caches.sandbox(), caches.sandbox())
      let missed = try #require(await one.look(for: .test()))
      #expect(missed.answer == nil && missed.level == .none)
      await one.keep(.test("A word."), for: missed)
      for (cache, level) in [(one, CacheLevel.memory), (other, .table), (other, .memory)] {
        let look = try #require(await cache.look(for: .test(" what is 語 ?")))
        #expect(look.answer == .test("A word."))
        #expect(look.level == level)
      }
    }
  }

  @Test func `tenant, assistant and every circumstance are part of the name`() async throws {
    try await withTables { store in
      let cache = TestCaches(store: store).sandbox()
      let subject = AnswerSubject.test("q", "user", "prompt", "model", "1")
      await cache.keep(.test("A"), for: try #require(await cache.look(for: subject)))
      for other: AnswerSubject in [
        .test("q", tenant: "other", "user", "prompt", "model", "1"),
        .test("q", assistant: "other", "user", "prompt", "model", "1"),
        .test("q", "admin", "prompt", "model", "1"), .test("q", "user", "prompt", "model", "2"),
        .test("q", "user", "promptm", "odel", "1"), .test("qq", "user", "prompt", "model", "1"),
      ] {
        #expect(await cache.look(for: other)?.answer == nil, "\(other)")
      }
      #expect(await cache.look(for: subject)?.answer?.text == "A")
    }
  }

  @Test func `lives as long as the setting says, whatever the table still holds`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (one, other) = (caches.sandbox(), caches.sandbox())
      await one.keep(.test("A"), for: try #require(await one.look(for: .test())))
      caches.clock.move(seconds: 3_599)
      #expect(await one.look(for: .test())?.answer != nil)
      caches.clock.move(seconds: 2)
      #expect(await one.look(for: .test())?.answer == nil)
      #expect(await other.look(for: .test())?.answer == nil)
      // Its place is free again.
      await other.keep(.test("B", id: "m-2"), for: try #require(await other.look(for: .test())))
      #expect(await one.look(for: .test())?.answer?.text == "B")
    }
  }

  @Test func `a removed answer is gone in every sandbox, at once`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (one, other) = (caches.sandbox(), caches.sandbox())
      let look = try #require(await one.look(for: .test()))
      await one.keep(.test("A"), for: look)
      #expect(await other.look(for: .test())?.level == .table)
      try await one.remove(look.entry)
      #expect(await other.look(for: .test())?.answer == nil)
      // Another one takes its place; who had the first one gets the second.
      await one.keep(.test("B", id: "m-2"), for: look)
      #expect(await other.look(for: .test())?.answer?.text == "B")
      // No other item can be removed through it.
      try await one.remove("generation#acme")
    }
  }

  @Test func `a newer answer takes the place of one that a sandbox remembers`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (one, other) = (caches.sandbox(), caches.sandbox())
      let look = try #require(await one.look(for: .test()))
      await one.keep(.test("A"), for: look)
      try await other.remove(look.entry)
      await other.keep(.test("B", id: "m-2"), for: look)
      let found = try #require(await one.look(for: .test()))
      #expect(found.answer?.text == "B")
      #expect(found.level == .table)
    }
  }

  @Test func `emptying takes one assistant's or the whole tenant's, nobody else's`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (one, other) = (caches.sandbox(), caches.sandbox())
      let subjects: [AnswerSubject] = [
        .test(), .test(assistant: "q"), .test(tenant: "other"),
      ]
      func fill() async throws {
        for subject in subjects {
          await one.keep(.test("A"), for: try #require(await one.look(for: subject)))
          _ = await other.look(for: subject)
        }
      }
      func found() async -> [Bool] {
        var found: [Bool] = []
        for subject in subjects {
          let (first, second) = (await one.look(for: subject), await other.look(for: subject))
          #expect((first?.answer == nil) == (second?.answer == nil))
          found.append(first?.answer != nil)
        }
        return found
      }
      try await fill()
      try await caches.table.empty(tenant: "acme", assistant: "p")
      #expect(await found() == [false, true, true])
      try await fill()
      #expect(await found() == [true, true, true])
      try await caches.table.empty(tenant: "acme")
      #expect(await found() == [false, false, true])
    }
  }

  @Test func `an answer that was on its way when the cache was emptied is not given`() async throws
  {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let cache = caches.sandbox()
      let look = try #require(await cache.look(for: .test()))
      try await caches.table.empty(tenant: "acme")
      await cache.keep(.test("old"), for: look)
      #expect(await cache.look(for: .test())?.answer == nil)
    }
  }

  @Test func `of two answers made at once the first one stays`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (one, other) = (caches.sandbox(), caches.sandbox())
      let look = try #require(await one.look(for: .test()))
      await one.keep(.test("A"), for: look)
      await other.keep(.test("B", id: "m-2"), for: look)
      #expect(await other.look(for: .test())?.answer?.text == "A")
    }
  }

  @Test func `what does not fit into an item is not kept, and what just fits is`() async throws {
    try await withTables { store in
      let cache = TestCaches(store: store).sandbox()
      let look = try #require(await cache.look(for: .test()))
      await cache.keep(.test(String(repeating: "x", count: 400_000)), for: look)
      #expect(await cache.look(for: .test())?.answer == nil)
      await cache.keep(.test(String(repeating: "x", count: 379_000)), for: look)
      #expect(await TestCaches(store: store).sandbox().look(for: .test())?.level == .table)
    }
  }

  @Test func `a table that fails is no cache, and no error`() async throws {
    try await withTables { store in
      let broken = CacheTable(store, table: "not-there") { [1] }
      let cache = AnswerCache(table: broken, memory: MemoryCache(), life: .seconds(60))
      #expect(await cache.look(for: .test()) == nil)
      let unkeyed = CacheTable(store, table: TestCaches.name) { throw CancellationError() }
      let other = AnswerCache(table: unkeyed, memory: MemoryCache(), life: .seconds(60))
      #expect(await other.look(for: .test()) == nil)
    }
  }

  @Test func `nothing in the table says what was asked or by whom`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let cache = caches.sandbox()
      let look = try #require(await cache.look(for: .test("Is my pin 4711 safe?")))
      await cache.keep(.test("Yes."), for: look)
      await caches.questions.count("Is my pin 4711 safe?", by: "ana-maria", for: look)
      let items = try await store.scan(Scan(TestCaches.name)).items
      #expect(items.count == 2)
      #expect(!"\(items)".contains("4711") && !"\(items)".contains("ana-maria"))
    }
  }
}
