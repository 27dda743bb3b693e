import Agent
import LambdaRuntime

/// Says how often what was found where: to CloudWatch, and to the tenant's administrators.
struct CacheLog: Sendable {
  let counter: CacheCounter
  let statistics: CacheStatistics

  /// Writes what the turn looked for; does nothing when it looked for nothing.
  func write(_ report: TurnReport, of caller: Caller, _ invocation: Invocation) async {
    let counts = counter.take()
    guard !counts.isEmpty else { return }
    CacheMetrics.emit(counts, for: invocation)
    do {
      try await statistics.add(
        counts, tenant: caller.tenant, assistant: report.assistant, at: .now)
    } catch {
      invocation.log.warn("cache not counted", ["reason": "\(error)"])
    }
  }
}

/// What dashboards see of the cache: `CacheLookups`, `MemoryHits` and `TableHits` for each kind
/// (`answers`, `services`, `conversations`, `messages`). The hit rate is hits by lookups.
enum CacheMetrics {
  static func emit(_ counts: CacheCounts, for invocation: Invocation) {
    for kind in CacheCounts.Kind.allCases {
      let lookups = CacheLevel.allCases.reduce(0) { $0 + counts[kind, $1] }
      guard lookups > 0,
        var metrics = try? Metrics(
          namespace: TurnMetrics.namespace,
          dimensions: ["FunctionName": invocation.functionName, "Cache": kind.rawValue])
      else { continue }
      try? metrics.add("CacheLookups", Double(lookups), unit: .count)
      try? metrics.add("MemoryHits", Double(counts[kind, .memory]), unit: .count)
      try? metrics.add("TableHits", Double(counts[kind, .table]), unit: .count)
      metrics.emit(for: invocation)
    }
  }
}
