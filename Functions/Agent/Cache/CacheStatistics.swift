import Cloud
import Events

/// How often what was found where, by tenant, day and assistant, in the cache's table.
package struct CacheStatistics: Sendable {
  private static let life = Duration.seconds(62 * 86_400)
  /// Lines of one tenant that are read.
  private static let most = 2_000

  package struct Line: Sendable, Equatable {
    package var day: String
    package var assistant: String
    package var counts: CacheCounts
  }

  let table: CacheTable

  package init(table: CacheTable) {
    self.table = table
  }

  /// Adds what one turn looked for.
  package func add(
    _ counts: CacheCounts, tenant: String, assistant: String, at now: Timestamp
  ) async throws {
    var changes: [Change] = []
    for kind in CacheCounts.Kind.allCases {
      for level in CacheLevel.allCases where counts[kind, level] > 0 {
        changes.append(
          .add(AttributePath(Self.name(kind, level)), AttributeValue(counts[kind, level])))
      }
    }
    guard !changes.isEmpty else { return }
    changes.append(.set("expiresAt", CacheTable.expiry(now, after: Self.life)))
    try await table.store.update(
      table.key(["hits", tenant], ComposedKey.join(now.day, assistant)), in: table.table, changes)
  }

  /// The days from `first` (`2026-11-21`) on, the oldest first.
  package func lines(tenant: String, since first: String) async throws -> [Line] {
    var query = Query(
      table.table, where: "partition", is: .string(ComposedKey.join("hits", tenant)))
    query.sort = ("entry", .atLeast(.string(first)))
    var lines: [Line] = []
    repeat {
      let page = try await table.store.query(query)
      for item in page.items {
        let parts = ComposedKey.split(item["entry"]?.string ?? "")
        guard parts.count == 2 else { continue }
        lines.append(Line(day: parts[0], assistant: parts[1], counts: Self.counts(item)))
      }
      query.start = page.next
    } while query.start != nil && lines.count < Self.most
    return lines
  }

  private static func counts(_ item: Item) -> CacheCounts {
    var counts = CacheCounts()
    for kind in CacheCounts.Kind.allCases {
      for level in CacheLevel.allCases {
        if let count = item[name(kind, level)]?.int { counts.add(kind, level, count) }
      }
    }
    return counts
  }

  private static func name(_ kind: CacheCounts.Kind, _ level: CacheLevel) -> String {
    "\(kind.rawValue).\(level.rawValue)"
  }
}
