import Cloud
import Events

/// Versions of assistants are counted in the table of use, one counter a month and version:
/// `variant#M#assistant#variant`.
extension UsageLedger {
  private static let kind = "variant"

  /// Counts how a turn of a version went.
  package func count(
    _ report: TurnReport, of caller: Caller, at now: Timestamp
  ) async throws {
    guard let tally = VariantTally(report, prices) else { return }
    try await add(tally, tenant: caller.tenant, month: now.month)
  }

  /// Counts what a person thinks of an answer, in the month of the answer. `turn` is as it was before:
  /// what it says is taken back.
  package func count(
    _ thumb: Feedback.Thumb?, on turn: Turn, of caller: Caller
  ) async throws {
    var change = VariantTally(assistant: turn.assistant, variant: turn.variant)
    change.add(thumb, 1)
    change.add(turn.feedback?.thumb, -1)
    guard !change.counts.isEmpty else { return }
    try await add(change, tenant: caller.tenant, month: turn.answeredAt.month)
  }

  private func add(_ tally: VariantTally, tenant: String, month: String) async throws {
    var changes = tally.counts.map { Change.add(AttributePath($0.name), AttributeValue($0.count)) }
    if let end = Month(month)?.end {
      changes.append(.set("expiresAt", AttributeValue(end.milliseconds / 1_000 + Self.monthLife)))
    }
    let counter = ComposedKey.join(Self.kind, month, tally.assistant, tally.variant)
    try await store.update(
      ["tenant": .string(tenant), "counter": .string(counter)], in: table, changes)
  }

  /// The versions that answered in a month, by assistant and name.
  package func variants(of tenant: String, month: Month) async throws -> [VariantTally] {
    let items = try await counters(beginningWith: "\(Self.kind)#\(month.text)#", of: tenant)
    return items.compactMap { item in
      let parts = item["counter"]?.string.map { ComposedKey.split($0) } ?? []
      guard parts.count == 4 else { return nil }
      return VariantTally(item, assistant: parts[2], variant: parts[3])
    }
  }
}

extension VariantTally {
  fileprivate mutating func add(_ thumb: Feedback.Thumb?, _ count: Int) {
    switch thumb {
    case .up: thumbsUp += count
    case .down: thumbsDown += count
    case nil: break
    }
  }
}
