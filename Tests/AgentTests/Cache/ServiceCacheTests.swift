import Cloud
import JSON
import Synchronization
import Testing

@testable import Agent

@Suite struct ServiceCacheTests {
  private let embedder = EmbedderID(name: "e", version: "1", dimension: 3)

  /// Counts how often something is made.
  private final class Maker: Sendable {
    let count = Mutex(0)

    func vector() -> [Float] {
      let count = count.withLock { count in
        count += 1
        return count
      }
      return [Float(count), 0.5, -1e-30]
    }

    var made: Int { count.withLock { $0 } }
  }

  private func vector(
    _ services: ServiceCache, _ maker: Maker, _ text: String = "q", tenant: String = "acme",
    by embedder: EmbedderID? = nil
  ) async throws -> [Float] {
    try await services.vector(of: text, by: embedder ?? self.embedder, tenant: tenant) {
      maker.vector()
    }
  }

  @Test func `a vector is made once, for all sandboxes of a tenant`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (counter, maker) = (CacheCounter(), Maker())
      let (one, other) = (caches.services(counter), caches.services(counter))
      let first = try await vector(one, maker)
      #expect(try await vector(one, maker) == first)
      #expect(try await vector(other, maker) == first)
      #expect(maker.made == 1)
      let counts = counter.take()
      for level in CacheLevel.allCases { #expect(counts[.services, level] == 1, "\(level)") }
      let newer = EmbedderID(name: "e", version: "2", dimension: 3)
      #expect(try await vector(one, maker, by: newer) != first)
      #expect(try await vector(one, maker, "Q") != first)
      #expect(try await vector(one, maker, tenant: "other") != first)
      #expect(maker.made == 4)
    }
  }

  @Test func `ends with its time and when the tenant's cache is emptied`() async throws {
    try await withTables { store in
      let caches = TestCaches(store: store)
      let (maker, one) = (Maker(), caches.services())
      _ = try await vector(one, maker)
      caches.clock.move(seconds: 3_700)
      _ = try await vector(one, maker)
      #expect(maker.made == 2)
      try await caches.table.empty(tenant: "acme")
      _ = try await vector(caches.services(), maker)
      #expect(maker.made == 3)
      // A sandbox that has it knows a minute later.
      caches.clock.move(seconds: 61)
      _ = try await vector(one, maker)
      #expect(maker.made == 3)
      _ = try await vector(caches.services(), maker)
      #expect(maker.made == 3)
    }
  }

  @Test func `many at once wait for one, and what fails is not kept`() async throws {
    try await withTables { store in
      let (maker, services) = (Maker(), TestCaches(store: store).services())
      await #expect(throws: EmbeddingError.malformed("no")) {
        try await services.vector(of: "q", by: embedder, tenant: "acme") {
          throw EmbeddingError.malformed("no")
        }
      }
      let vectors = try await withThrowingTaskGroup(of: [Float].self) { group in
        for _ in 0..<20 { group.addTask { try await vector(services, maker) } }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(maker.made == 1 && vectors.count == 1)
    }
  }

  @Test func `without a table, or with a time of 0, everything is made`() async throws {
    try await withTables { store in
      let maker = Maker()
      var caches = TestCaches(store: store)
      let broken = ServiceCache(
        table: CacheTable(store, table: "not-there") { [1] }, memory: MemoryCache(),
        life: .seconds(60), now: { .now })
      _ = try await vector(broken, maker)
      _ = try await vector(broken, maker)
      caches.life = .zero
      let off = caches.services()
      _ = try await vector(off, maker)
      _ = try await vector(off, maker)
      #expect(maker.made == 4)
    }
  }

  @Test func `a tool's results depend on arguments, tenant, role and knowledge`() async throws {
    try await withTables { store in
      let maker = Maker()
      let tool = Tool(
        name: "t", description: "T.", parameters: ["type": "object"], isRemembered: true
      ) { invocation in
        guard invocation.arguments["fails"] == nil else { throw ToolError(.notFound, "no") }
        return ToolResult(["n": .double(Double(maker.vector()[0]))])
      }
      let version = Mutex<String?>("1")
      let remembered = tool.remembered(by: TestCaches(store: store).services()) { _ in
        version.withLock { $0 }
      }
      func run(_ arguments: JSONValue, _ caller: Caller = .ana) async throws -> ToolResult {
        try await remembered.run(
          ToolInvocation(arguments: arguments, caller: caller, idempotencyKey: "k"))
      }
      let first = try await run(["a": 1])
      #expect(try await run(["a": 1]) == first)
      #expect(maker.made == 1)
      _ = try await run(["a": 2])
      _ = try await run(["a": 1], Caller(user: "ana", tenant: "other"))
      _ = try await run(["a": 1], Caller(user: "ana", tenant: "acme", role: .admin))
      #expect(maker.made == 4)
      version.withLock { $0 = "2" }
      _ = try await run(["a": 1])
      version.withLock { $0 = nil }
      _ = try await run(["a": 1])
      #expect(maker.made == 6)
      for _ in 0..<2 {
        await #expect(throws: ToolError(.notFound, "no")) { try await run(["fails": true]) }
      }
    }
  }
}
