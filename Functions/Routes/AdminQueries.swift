import Agent
import Events
import JSON

/// Answers administrators' queries from the archive.
struct AdminQueries: Sendable {
  /// Lines of a list of people that are shown.
  private static let mostPeople = 100

  let archive: any Archive
  let ledger: UsageLedger
  let secret: @Sendable () async throws -> [UInt8]
  var rules = SessionRules()
  /// Nil where nothing is kept.
  var cache: CacheAdmin?
  var now: @Sendable () -> Timestamp = { .now }

  private var clock: SessionClock { SessionClock(now: now(), rules: rules) }

  func answer(_ query: AdminQuery, _ event: HTTPEvent, _ caller: Caller) async throws -> JSONValue {
    switch query {
    case .conversations:
      let cursors = try ListCursors(secret: try await secret(), caller: caller, query: "tenant")
      let request = try PageRequest(event, cursors)
      let page = try await archive.conversations(ofTenant: caller.tenant, request)
      return ConversationViews.list(page, cursors, clock)
    case .conversationsOf(let user):
      let cursors = try ListCursors(secret: try await secret(), caller: caller, query: "user", user)
      let request = try PageRequest(event, cursors)
      let owner = Caller.owner(user: user, tenant: caller.tenant)
      let page = try await archive.conversations(ofOwner: owner, request)
      return ConversationViews.list(page, cursors, clock)
    case .escalations:
      let cursors = try ListCursors(
        secret: try await secret(), caller: caller, query: "escalations")
      let request = try PageRequest(event, cursors)
      let page = try await archive.escalated(inTenant: caller.tenant, request)
      return ConversationViews.list(page, cursors, clock)
    case .conversation(let id):
      return try await conversation(id, event, caller)
    case .statistics:
      async let cached = cache?.totals(tenant: caller.tenant)
      var view = ConversationViews.statistics(
        try await TenantStatistics(of: caller.tenant, in: archive, at: now(), rules))
      view["cache"] = try await cached ?? .null
      return view
    case .variants:
      let month = try month(event, at: now())
      return VariantViews.list(
        try await ledger.variants(of: caller.tenant, month: month), tenant: caller.tenant,
        month: month)
    case .usage:
      let now = now()
      let month = try month(event, at: now)
      let report = try await ledger.report(
        of: caller.tenant, month: month, people: Self.mostPeople, at: now)
      let standings = try await ledger.standings(for: caller, at: now)
      return UsageViews.report(
        report, standings.filter { $0.budget.scope == .tenant }, prices: ledger.prices)
    }
  }

  /// The one that is asked for, or the one of now.
  private func month(_ event: HTTPEvent, at now: Timestamp) throws(Refusal) -> Month {
    guard let month = Month(event.queryStringParameters?["month"] ?? now.month) else {
      throw .invalid("month", "month", "It must be a month, such as 2026-11.")
    }
    return month
  }

  private func conversation(
    _ text: String, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> JSONValue {
    let cursors = try ListCursors(secret: try await secret(), caller: caller, query: "detail", text)
    let request = try PageRequest(event, cursors)
    guard let id = ConversationID(text),
      let conversation = try await archive.conversation(id, ofTenant: caller.tenant)
    else { throw Refusal.notFound }
    let page = try await archive.turns(of: id, ofTenant: caller.tenant, request)
    var view = ConversationViews.messages(page, cursors)
    view["conversation"] = ConversationViews.conversation(conversation, clock)
    return .object(view)
  }
}
