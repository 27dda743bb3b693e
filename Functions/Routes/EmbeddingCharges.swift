import Agent
import LambdaRuntime

/// Counts in the ledger what embeddings took that belong to no turn.
struct EmbeddingCharges: Sendable {
  let ledger: UsageLedger
  /// The embedder's model; nil when there are no embeddings.
  let model: String?
  var now: @Sendable () -> Timestamp = { .now }

  /// Does a piece of work with a meter and charges what it says at the end, also when the work fails.
  func counted<T>(
    _ invocation: Invocation, _ work: (EmbeddingMeter) async throws -> T
  ) async throws -> T {
    let meter = EmbeddingMeter()
    let result: Result<T, any Error>
    do { result = .success(try await work(meter)) } catch { result = .failure(error) }
    await charge(meter, invocation)
    return try result.get()
  }

  /// Counting that fails is no reason to fail: the work is done.
  private func charge(_ meter: EmbeddingMeter, _ invocation: Invocation) async {
    guard let model else { return }
    for (caller, usage) in meter.uses {
      do {
        try await ledger.charge(
          ModelUse(model: model, usage: usage), to: caller, at: now(), turns: 0, invocation)
      } catch {
        invocation.log.error("embeddings not counted", ["reason": "\(error)"])
      }
    }
  }
}

extension UsageLedger {
  /// Counts what was used, and warns of budgets that it brought near their end.
  func charge(
    _ use: ModelUse, to caller: Caller, at now: Timestamp, turns: Int, _ invocation: Invocation
  ) async throws {
    let passed = try await charge(
      use.usage, model: use.model, to: caller, at: now, turns: turns)
    for standing in passed { invocation.warn(of: standing, caller) }
  }
}

extension Invocation {
  /// One log line and one metric for a budget that is nearly or wholly used up.
  fileprivate func warn(of standing: BudgetStanding, _ caller: Caller) {
    let budget = standing.budget
    log.warn(
      standing.isUsedUp ? "budget used up" : "budget nearly used up",
      [
        "scope": .string(budget.scope.rawValue), "period": .string(budget.period.rawValue),
        "percent": .integer(standing.percent), "tenant": .string(caller.tenant),
        "user": .string(caller.user),
      ])
    guard
      var metrics = try? Metrics(namespace: "Martlet", dimensions: ["Scope": budget.scope.rawValue])
    else { return }
    try? metrics.add(standing.isUsedUp ? "BudgetsUsedUp" : "BudgetWarnings", 1, unit: .count)
    metrics.emit(for: self)
  }
}
