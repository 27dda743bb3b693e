/// How much a person or a tenant may use in a day or a month (UTC).
package struct Budget: Sendable, Equatable {
  package enum Scope: String, Sendable {
    /// Each person for themselves.
    case user
    case tenant
  }

  package enum Period: String, Sendable {
    case day
    case month
  }

  package enum Limit: Sendable, Equatable {
    case tokens(Int)
    case money(Money)
  }

  package var scope: Scope
  /// The tenant that it is for; nil is every one without a budget of its own.
  package var tenant: String?
  package var period: Period
  package var limit: Limit

  /// From this share on it is warned, in percent.
  package static let warning = 80
  /// More than this nobody oversees.
  private static let most = 32

  package init(scope: Scope, tenant: String? = nil, period: Period, limit: Limit) {
    self.scope = scope
    self.tenant = tenant
    self.period = period
    self.limit = limit
  }

  /// `user/day=200000`, `tenant/month=50usd`, `tenant:acme/month=500usd`: tokens, or dollars; several
  /// with commas between them. Nil when one is none, or stands twice.
  package static func list(_ text: String) -> [Budget]? {
    let entries = text.split(separator: ",")
    let budgets = entries.compactMap { Budget(String($0.trimmed)) }
    guard budgets.count == entries.count, budgets.count <= most else { return nil }
    let names = budgets.map { "\($0.scope) \($0.tenant ?? "") \($0.period) \($0.limit.isMoney)" }
    return Set(names).count == names.count ? budgets : nil
  }

  private init?(_ text: String) {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false).map(\.trimmed)
    guard sides.count == 2, let slash = sides[0].lastIndex(of: "/"),
      let period = Period(rawValue: String(sides[0][sides[0].index(after: slash)...])),
      let limit = Limit(String(sides[1]))
    else { return nil }
    let whose = sides[0][..<slash].split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let scope = whose.first.flatMap({ Scope(rawValue: String($0)) }) else { return nil }
    if whose.count == 2 { guard (1...128).contains(whose[1].utf8.count) else { return nil } }
    self.init(
      scope: scope, tenant: whose.count == 2 ? String(whose[1]) : nil, period: period,
      limit: limit)
  }
}

extension Budget.Limit {
  var isMoney: Bool {
    if case .money = self { return true }
    return false
  }

  fileprivate init?(_ text: String) {
    if text.lowercased().hasSuffix("usd") {
      guard let money = Money(dollars: text.dropLast(3).trimmed), money > .zero else { return nil }
      self = .money(money)
    } else {
      guard let tokens = Int(text), (1...1_000_000_000_000).contains(tokens) else { return nil }
      self = .tokens(tokens)
    }
  }
}

/// A budget with what has been used of it.
package struct BudgetStanding: Sendable, Equatable {
  package var budget: Budget
  package var used: Tally

  package init(budget: Budget, used: Tally) {
    self.budget = budget
    self.used = used
  }

  /// What has been used, in percent, rounded down.
  package var percent: Int {
    switch budget.limit {
    case .tokens(let limit): Int(Double(used.usage.tokens) * 100 / Double(limit))
    case .money(let limit): Int(used.cost.dollars * 100 / limit.dollars)
    }
  }

  package var isUsedUp: Bool { percent >= 100 }
  package var isWarning: Bool { percent >= Budget.warning }
}

extension Sequence where Element == Budget {
  /// Those that count for a caller: a tenant's own ones go before those for all.
  func applying(to tenant: String) -> [Budget] {
    let own = filter { $0.tenant == tenant }
    return own
      + filter { budget in
        budget.tenant == nil
          && !own.contains {
            $0.scope == budget.scope && $0.period == budget.period
              && $0.limit.isMoney == budget.limit.isMoney
          }
      }
  }
}

extension Usage {
  /// Input and output together.
  package var tokens: Int { input + output }
}
