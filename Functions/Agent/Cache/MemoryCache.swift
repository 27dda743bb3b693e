import Synchronization

/// What a sandbox remembers from one invocation to the next, in front of the table: answers, results
/// of services, and what was said in conversations.
///
/// It is never the only word on anything that can change: what is kept here is compared with a stamp
/// of the table, or named by all that it depends on.
package final class MemoryCache: Sendable {
  package static let mostEntries = 1_000
  package static let mostBytes = 32 << 20

  enum Value: Sendable {
    case answer(CachedAnswer)
    case vector([Float])
    case result(ToolResult)
    case turns(KnownTurns)
    case generation(String)
  }

  private let values: Mutex<RecentlyUsed<Value>>

  package init(
    mostEntries: Int = MemoryCache.mostEntries, mostBytes: Int = MemoryCache.mostBytes
  ) {
    values = Mutex(RecentlyUsed(mostEntries: mostEntries, mostBytes: mostBytes))
  }

  package var count: Int { values.withLock { $0.count } }

  subscript(key: String, at now: Timestamp) -> Value? {
    values.withLock { $0.value(key, at: now) }
  }

  /// `size` is in bytes, about.
  func set(_ key: String, _ value: Value, size: Int, expiresAt: Timestamp) {
    values.withLock { $0.set(key, value, size: size + key.utf8.count, expiresAt: expiresAt) }
  }

  package func remove(_ key: String) { values.withLock { $0.remove(key) } }
}

/// Where something was found, from the nearest place on.
package enum CacheLevel: String, Sendable, CaseIterable {
  /// In this sandbox.
  case memory
  case table
  /// Nowhere: it had to be made.
  case none
}

/// How often what was found where.
package struct CacheCounts: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case answers
    case services
    case conversations
    case messages
  }

  package private(set) var counts: [Kind: [CacheLevel: Int]] = [:]

  package init() {}

  package var isEmpty: Bool { counts.isEmpty }

  package mutating func add(_ kind: Kind, _ level: CacheLevel, _ count: Int = 1) {
    counts[kind, default: [:]][level, default: 0] += count
  }

  package subscript(kind: Kind, level: CacheLevel) -> Int { counts[kind]?[level] ?? 0 }

  /// The share that was found, 0 to 1; nil when nothing was looked for.
  package func rate(of kind: Kind) -> Double? {
    let all = CacheLevel.allCases.reduce(0) { $0 + self[kind, $1] }
    guard all > 0 else { return nil }
    return Double(all - self[kind, .none]) / Double(all)
  }
}

/// Counts what happens until somebody takes the counts: a sandbox has one invocation at a time.
package final class CacheCounter: Sendable {
  private let counts = Mutex(CacheCounts())

  package init() {}

  func add(_ kind: CacheCounts.Kind, _ level: CacheLevel) {
    counts.withLock { $0.add(kind, level) }
  }

  /// The counts since the last time.
  package func take() -> CacheCounts {
    counts.withLock { counts in
      defer { counts = CacheCounts() }
      return counts
    }
  }
}
