package import Cloud
import Events

/// Counts what people use, in one table: by day and month, for each person, tenant and model.
///
/// Table: key `tenant`, `counter`. Counters: `day#D`, `month#M` (the tenant's), `userday#D#user`,
/// `usermonth#M#user`, `model#M#name`, `variant#M#assistant#variant`. Days stay for 62 days, months for 400.
package struct UsageLedger: Sendable {
  private static let dayLife: Int64 = 62 * 86_400
  static let monthLife: Int64 = 400 * 86_400

  let store: Store
  let table: String
  package let prices: PriceTable
  package let budgets: [Budget]

  package init(_ store: Store, table: String, prices: PriceTable, budgets: [Budget]) {
    self.store = store
    self.table = table
    self.prices = prices
    self.budgets = budgets
  }

  private enum Counter {
    case day(String)
    case month(String)
    case userDay(String, user: String)
    case userMonth(String, user: String)
    case model(String, name: String)

    var key: String {
      switch self {
      case .day(let day): ComposedKey.join("day", day)
      case .month(let month): ComposedKey.join("month", month)
      case .userDay(let day, let user): ComposedKey.join("userday", day, user)
      case .userMonth(let month, let user): ComposedKey.join("usermonth", month, user)
      case .model(let month, let name): ComposedKey.join("model", month, name)
      }
    }

    var life: Int64 {
      switch self {
      case .day, .userDay: UsageLedger.dayLife
      default: UsageLedger.monthLife
      }
    }
  }

  // MARK: Writing

  /// Counts a turn of a caller; gives the budgets of which it took the 80th or the 100th percent.
  ///
  /// Not a transaction: all turns of a tenant would wait for each other. A counter that fails is
  /// thrown, the others are kept.
  /// What was used beside a turn is charged as no turn.
  package func charge(
    _ usage: Usage, model: String, to caller: Caller, at now: Timestamp, turns: Int = 1
  ) async throws -> [BudgetStanding] {
    let turn = Tally(usage, model: model, prices, turns: turns)
    let counters: [Counter] = [
      .day(now.day), .month(now.month), .userDay(now.day, user: caller.user),
      .userMonth(now.month, user: caller.user), .model(now.month, name: model),
    ]
    let tallies = try await withThrowingTaskGroup(of: (String, Tally).self) { group in
      for counter in counters {
        group.addTask { (counter.key, try await add(turn, to: counter, caller.tenant, now)) }
      }
      return try await group.reduce(into: [String: Tally]()) { $0[$1.0] = $1.1 }
    }
    return budgets.applying(to: caller.tenant).compactMap { budget in
      guard let after = tallies[counter(of: budget, caller, now).key] else { return nil }
      let standing = BudgetStanding(budget: budget, used: after)
      let before = BudgetStanding(budget: budget, used: after - turn)
      let hasPassed =
        standing.isUsedUp && !before.isUsedUp || standing.isWarning && !before.isWarning
      return hasPassed ? standing : nil
    }
  }

  private func add(
    _ turn: Tally, to counter: Counter, _ tenant: String, _ now: Timestamp
  ) async throws -> Tally {
    var changes = turn.counts.map { Change.add(AttributePath($0.name), AttributeValue($0.count)) }
    changes.append(.set("expiresAt", AttributeValue(now.milliseconds / 1_000 + counter.life)))
    let item = try await store.update(
      key(counter, tenant), in: table, changes, returning: .new)
    return item.map { Tally($0) } ?? turn
  }

  // MARK: Reading

  /// The budgets that count for a caller, with what is used of them.
  package func standings(
    for caller: Caller, at now: Timestamp
  ) async throws -> [BudgetStanding] {
    let budgets = budgets.applying(to: caller.tenant)
    let keys = Set(budgets.map { counter(of: $0, caller, now).key })
    guard !keys.isEmpty else { return [] }
    let items = try await store.get(
      keys.map { ["tenant": .string(caller.tenant), "counter": .string($0)] }, from: table)
    let tallies = Dictionary(
      items.map { ($0["counter"]?.string ?? "", Tally($0)) }, uniquingKeysWith: { $1 })
    return budgets.map { budget in
      BudgetStanding(
        budget: budget, used: tallies[counter(of: budget, caller, now).key] ?? Tally())
    }
  }

  /// What one person has used today and this month.
  package func own(
    _ caller: Caller, at now: Timestamp
  ) async throws -> (day: Tally, month: Tally) {
    let day = Counter.userDay(now.day, user: caller.user).key
    let month = Counter.userMonth(now.month, user: caller.user).key
    let items = try await store.get(
      [day, month].map { ["tenant": .string(caller.tenant), "counter": .string($0)] }, from: table)
    func tally(_ key: String) -> Tally {
      items.first { $0["counter"]?.string == key }.map { Tally($0) } ?? Tally()
    }
    return (tally(day), tally(month))
  }

  /// A tenant's month. Of people, those who cost most: at most `people`.
  package func report(
    of tenant: String, month: Month, people: Int, at now: Timestamp
  ) async throws -> UsageReport {
    async let total = store.get(key(.month(month.text), tenant), from: table)
    async let days = list("day", month.text, tenant, isExact: false)
    async let models = list("model", month.text, tenant)
    async let users = list("usermonth", month.text, tenant)
    let all = try await users.sorted {
      ($0.tally.cost, $0.tally.usage.tokens, $1.name)
        > ($1.tally.cost, $1.tally.usage.tokens, $0.name)
    }
    return UsageReport(
      tenant: tenant, month: month, at: now, total: try await total.map { Tally($0) } ?? Tally(),
      days: try await days, models: try await models, users: Array(all.prefix(people)),
      userCount: all.count, pricesFrom: prices.date)
  }

  /// Counters of one kind: their last parts with their tallies.
  private func list(
    _ kind: String, _ month: String, _ tenant: String, isExact: Bool = true
  ) async throws -> [UsageReport.Line] {
    let prefix = "\(kind)#\(month)" + (isExact ? "#" : "-")
    return try await counters(beginningWith: prefix, of: tenant).compactMap { item in
      item["counter"]?.string.flatMap { ComposedKey.split($0).last }.map {
        UsageReport.Line(name: $0, tally: Tally(item))
      }
    }
  }

  /// A tenant's counters with keys that begin so, at most as many as a report shows.
  func counters(beginningWith prefix: String, of tenant: String) async throws -> [Item] {
    var query = Query(table, where: "tenant", is: .string(tenant))
    query.sort = ("counter", .beginsWith(prefix))
    var items: [Item] = []
    repeat {
      let page = try await store.query(query)
      items += page.items
      query.start = page.next
    } while query.start != nil && items.count < UsageReport.mostLines
    return items
  }

  private func counter(of budget: Budget, _ caller: Caller, _ now: Timestamp) -> Counter {
    switch (budget.scope, budget.period) {
    case (.user, .day): .userDay(now.day, user: caller.user)
    case (.user, .month): .userMonth(now.month, user: caller.user)
    case (.tenant, .day): .day(now.day)
    case (.tenant, .month): .month(now.month)
    }
  }

  private func key(_ counter: Counter, _ tenant: String) -> Item {
    ["tenant": .string(tenant), "counter": .string(counter.key)]
  }
}

extension UsageLedger {
  /// Throws `AgentError.budgetUsedUp` when a budget of the caller is.
  package func admit(_ caller: Caller, at now: Timestamp) async throws {
    guard !budgets.isEmpty else { return }
    let spent = try await standings(for: caller, at: now).filter(\.isUsedUp)
    // The one that ends last decides when asking makes sense again.
    guard let last = spent.max(by: { $0.budget.period == .day && $1.budget.period == .month })
    else { return }
    let end = last.budget.period == .day ? now.nextDay : Month(of: now).end
    throw AgentError.budgetUsedUp(
      last.budget.scope, last.budget.period,
      retryAfter: .milliseconds(end.milliseconds - now.milliseconds))
  }
}
