import Agent
import JSON

/// What people are shown of what they use.
enum UsageViews {
  static func report(
    _ report: UsageReport, _ standings: [BudgetStanding], prices: PriceTable
  ) -> JSONValue {
    [
      "tenant": .string(report.tenant), "month": .string(report.month.text),
      "at": .string(report.at.iso), "elapsed": .double(report.month.elapsed(at: report.at)),
      "total": tally(report.total),
      "projection": report.projection.map {
        ["tokens": .int($0.tokens), "cost": cost($0.cost)]
      } ?? .null,
      "days": .array(report.days.map { line($0, as: "day") }),
      "models": .array(report.models.map { model($0, prices) }),
      "users": .array(report.users.map { line($0, as: "user") }),
      "userCount": .int(report.userCount), "budgets": .array(standings.map(standing)),
      "pricesFrom": .string(report.pricesFrom),
    ]
  }

  static func own(
    _ used: (day: Tally, month: Tally), _ standings: [BudgetStanding], prices: PriceTable
  ) -> JSONValue {
    // What others of the tenant use is not theirs to see: of a tenant's budget only the share.
    [
      "day": tally(used.day), "month": tally(used.month),
      "budgets": .array(standings.map(standing)), "pricesFrom": .string(prices.date),
    ]
  }

  private static func model(_ line: UsageReport.Line, _ prices: PriceTable) -> JSONValue {
    var view = Self.line(line, as: "model")
    view["price"] = prices.price(of: line.name).map(price) ?? .null
    return view
  }

  /// Of a million tokens.
  private static func price(_ price: ModelPrice) -> JSONValue {
    func million(_ token: Money) -> JSONValue { cost(token * 1_000_000) }
    return [
      "input": million(price.input), "cachedInput": million(price.cachedInput),
      "output": million(price.output), "audioInput": million(price.audioInput),
      "audioOutput": million(price.audioOutput),
    ]
  }

  private static func line(_ line: UsageReport.Line, as name: String) -> JSONValue {
    var view = tally(line.tally)
    view[name] = .string(line.name)
    return view
  }

  static func tally(_ tally: Tally) -> JSONValue {
    [
      "turns": .int(tally.turns), "usage": tally.usage.json, "cost": cost(tally.cost),
      "unpricedTokens": .int(tally.unpriced),
    ]
  }

  /// In US dollars; a text, because numbers of JSON are not exact.
  static func cost(_ money: Money) -> JSONValue { .string(money.text()) }

  private static func standing(_ standing: BudgetStanding) -> JSONValue {
    let budget = standing.budget
    var view: JSONObject = [
      "scope": .string(budget.scope.rawValue), "period": .string(budget.period.rawValue),
      "percent": .int(standing.percent),
      "state": standing.isUsedUp ? "used up" : standing.isWarning ? "warning" : "fine",
    ]
    switch budget.limit {
    case .tokens(let tokens): view["tokens"] = .int(tokens)
    case .money(let money): view["cost"] = cost(money)
    }
    return .object(view)
  }
}
