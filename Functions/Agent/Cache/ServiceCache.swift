import Cloud
import Events
import JSON

/// What services returned, named by all that it depends on: questions' vectors, what tools found.
///
/// A result is a function of its name, so it cannot be wrong, only superfluous. The counter that
/// empties a tenant's caches is read again when it is a minute old.
package struct ServiceCache: Sendable {
  private static let generationLife: Int64 = 60_000

  let table: CacheTable
  let memory: MemoryCache
  let life: Duration
  let counter: CacheCounter?
  let now: @Sendable () -> Timestamp
  private let vectors = Flights<[Float]>()
  private let results = Flights<ToolResult>()

  /// With a `life` of 0 nothing is kept.
  package init(
    table: CacheTable, memory: MemoryCache, life: Duration, counter: CacheCounter? = nil,
    now: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.table = table
    self.memory = memory
    self.life = life
    self.counter = counter
    self.now = now
  }

  // MARK: Vectors

  /// The vector of a question: from here, from the table, or made; who asks for it at the same time
  /// waits for the same one.
  func vector(
    of text: String, by embedder: EmbedderID, tenant: String,
    make: @escaping @Sendable () async throws -> [Float]
  ) async throws -> [Float] {
    guard life > .zero,
      let digest = try? await table.digest("vector", [tenant, embedder.description, text])
    else { return try await make() }
    let name = ComposedKey.join("service", tenant, digest)
    if let generation = knownGeneration(tenant),
      case .vector(let vector)? = memory["\(generation) \(name)", at: now()]
    {
      counter?.add(.services, .memory)
      return vector
    }
    return try await vectors.run(name) {
      try await vector(named: name, tenant, embedder, make)
    }
  }

  private func vector(
    named name: String, _ tenant: String, _ embedder: EmbedderID,
    _ make: () async throws -> [Float]
  ) async throws -> [Float] {
    let key: Item = ["partition": .string(name), "entry": "vector"]
    let table = self.table.inTime
    let items = try? await table.store.get(
      [key] + table.generationKeys(tenant, assistant: nil), from: table.table)
    guard let items else { return try await make() }
    let generation = remember(generation: CacheTable.generation(items), tenant)
    let item = items.first { $0["partition"]?.string == name }
    if let item, !CacheTable.isExpired(item, at: now()),
      item["generation"]?.string == generation,
      let vector = Documents.vector(item, of: embedder)
    {
      counter?.add(.services, .table)
      remember(vector, "\(generation) \(name)")
      return vector
    }
    counter?.add(.services, .none)
    let vector = try await make()
    remember(vector, "\(generation) \(name)")
    var made = key.merging(Documents.attributes(vector, of: embedder)) { $1 }
    made["generation"] = .string(generation)
    made["expiresAt"] = CacheTable.expiry(now(), after: life)
    _ = try? await table.store.put(made, into: table.table)
    return vector
  }

  private func remember(_ vector: [Float], _ name: String) {
    memory.set(name, .vector(vector), size: vector.count * 4, expiresAt: end)
  }

  // MARK: Tools

  /// What a tool found for these arguments in this version of the knowledge: from this sandbox, or
  /// looked up. The table has no part in it: most tools read from one that is as near.
  func result(
    of tool: String, _ arguments: JSONValue, for caller: Caller, version: String,
    make: @escaping @Sendable () async throws -> ToolResult
  ) async throws -> ToolResult {
    guard life > .zero, let generation = await generation(caller.tenant) else {
      return try await make()
    }
    let name = ComposedKey.join(
      "result", caller.tenant, caller.role.rawValue, tool, version, generation,
      arguments.description)
    if case .result(let result)? = memory[name, at: now()] {
      counter?.add(.services, .memory)
      return result
    }
    return try await results.run(name) {
      counter?.add(.services, .none)
      let result = try await make()
      memory.set(
        name, .result(result), size: result.content.description.utf8.count + 200, expiresAt: end)
      return result
    }
  }

  // MARK: Parts

  private var end: Timestamp {
    Timestamp(milliseconds: now().milliseconds + Int64(life / .milliseconds(1)))
  }

  private func knownGeneration(_ tenant: String) -> String? {
    guard case .generation(let text)? = memory[ComposedKey.join("generation", tenant), at: now()]
    else { return nil }
    return text
  }

  @discardableResult
  private func remember(generation: String, _ tenant: String) -> String {
    memory.set(
      ComposedKey.join("generation", tenant), .generation(generation), size: generation.utf8.count,
      expiresAt: Timestamp(milliseconds: now().milliseconds + Self.generationLife))
    return generation
  }

  /// Nil when it cannot be read.
  private func generation(_ tenant: String) async -> String? {
    if let known = knownGeneration(tenant) { return known }
    let table = self.table.inTime
    let items = try? await table.store.get(
      table.generationKeys(tenant, assistant: nil), from: table.table)
    return items.map { remember(generation: CacheTable.generation($0), tenant) }
  }
}

/// Work that several want at the same time, done once.
actor Flights<Value: Sendable> {
  private var tasks: [String: Task<Value, any Error>] = [:]

  func run(
    _ name: String, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    if let task = tasks[name] { return try await task.value }
    let task = Task { try await work() }
    tasks[name] = task
    defer { tasks[name] = nil }
    return try await task.value
  }
}

extension Tool {
  /// The same tool, whose results are kept if they are a function of arguments and knowledge.
  /// `version` names the knowledge of a caller; without one the tool is run.
  package func remembered(
    by services: ServiceCache, version: @escaping @Sendable (Caller) async -> String?
  ) -> Tool {
    guard isRemembered else { return self }
    let (name, work) = (definition.name, run)
    var tool = self
    tool.run = { invocation in
      guard let version = await version(invocation.caller) else {
        return try await work(invocation)
      }
      return try await services.result(
        of: name, invocation.arguments, for: invocation.caller, version: version
      ) { try await work(invocation) }
    }
    return tool
  }
}
