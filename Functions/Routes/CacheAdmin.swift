import Agent
import Events
import JSON
import LambdaRuntime

/// `/api/v1/admin/cache…`: how often a tenant's answers came out of the cache, and emptying it.
struct CacheAdmin: Sendable {
  private static let days = 1...62
  private static let standardDays = 30
  private static let day: Int64 = 86_400_000

  let table: CacheTable
  let statistics: CacheStatistics
  let settings: CacheSettings
  var now: @Sendable () -> Timestamp = { .now }

  /// Nil for what is not the cache's.
  func answer(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation
  ) async throws -> GatewayResponse? {
    switch request.operation {
    case .getCache: return .json(try await view(event, caller))
    case .emptyCache, .emptyAssistantCache:
      let assistant = request.parameters["assistant"]
      if let assistant, !AssistantList.names.contains(assistant) { throw Refusal.notFound }
      try await table.empty(tenant: caller.tenant, assistant: assistant)
      invocation.log.info(
        "cache emptied",
        [
          "tenant": .string(caller.tenant), "user": .string(caller.user),
          "assistant": .string(assistant ?? "all"),
        ])
      return .noContent
    default: return nil
    }
  }

  /// The hit rates of the last days, all assistants together.
  func totals(tenant: String) async throws -> JSONValue {
    let lines = try await lines(tenant, days: Self.standardDays)
    return Self.view(of: lines)
  }

  private func view(_ event: HTTPEvent, _ caller: Caller) async throws -> JSONValue {
    let wanted = event.queryStringParameters?["days"].map(Int.init) ?? Self.standardDays
    guard let wanted, Self.days.contains(wanted) else {
      throw Refusal.badRequest("\"days\" must be a whole number from 1 to 62.")
    }
    let lines = try await lines(caller.tenant, days: wanted)
    func list(_ name: String, _ part: (CacheStatistics.Line) -> String) -> JSONValue {
      let groups = Dictionary(grouping: lines, by: part)
      return .array(
        groups.keys.sorted().map { key in
          var view = Self.view(of: groups[key] ?? []).object ?? [:]
          view[name] = .string(key)
          return .object(view)
        })
    }
    return [
      "lifetimes": [
        "answers": seconds(settings.answers), "services": seconds(settings.services),
        "conversations": seconds(settings.conversations), "messages": seconds(settings.messages),
      ],
      "warmedQuestions": .int(settings.warmed), "total": Self.view(of: lines),
      "assistants": list("assistant", \.assistant), "days": list("day", \.day),
    ]
  }

  private func lines(_ tenant: String, days: Int) async throws -> [CacheStatistics.Line] {
    let first = Timestamp(milliseconds: now().milliseconds - Int64(days - 1) * Self.day)
    return try await statistics.lines(tenant: tenant, since: first.day)
  }

  private static func view(of lines: [CacheStatistics.Line]) -> JSONValue {
    var sum = CacheCounts()
    for line in lines {
      for kind in CacheCounts.Kind.allCases {
        for level in CacheLevel.allCases { sum.add(kind, level, line.counts[kind, level]) }
      }
    }
    var view: JSONObject = [:]
    for kind in CacheCounts.Kind.allCases {
      view[kind.rawValue] = [
        "lookups": .int(CacheLevel.allCases.reduce(0) { $0 + sum[kind, $1] }),
        "memoryHits": .int(sum[kind, .memory]), "tableHits": .int(sum[kind, .table]),
        "hitRate": sum.rate(of: kind).map { .double(($0 * 1_000).rounded() / 1_000) } ?? .null,
      ]
    }
    return .object(view)
  }

  private func seconds(_ time: Duration) -> JSONValue { .int(Int(time / .seconds(1))) }
}
