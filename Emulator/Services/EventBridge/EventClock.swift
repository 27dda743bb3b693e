import JSON
import Storage

/// Plays scheduled rules: gives their event to their targets whenever their time has come.
///
/// What was due while the emulator did not run is not made up for.
package struct EventClock: Sendable {
  private let events: EventBridge

  /// A sleep is cut short by changed rules, and by this, in case the clock was set.
  private static let longestSleep = Duration.seconds(60)

  package init(_ events: EventBridge) { self.events = events }

  /// Goes on until the task is cancelled.
  package func run() async {
    let (changes, id) = events.signals.listen(to: EventBridge.rulesChanged)
    defer { events.signals.leave(EventBridge.rulesChanged, id) }
    var last = events.now() / 1_000
    while !Task.isCancelled {
      let now = events.now() / 1_000
      let rules = await scheduled()
      for (rule, schedule) in rules {
        guard let due = schedule.next(after: last, countingFrom: rule.since), due <= now else {
          continue
        }
        await fire(rule, at: due)
      }
      last = max(last, now)
      let next = rules.compactMap { $1.next(after: last, countingFrom: $0.since) }.min()
      let pause = next.map { Duration.milliseconds($0 * 1_000 - events.now() + 1) }
      await changes.wait(
        atMost: max(.milliseconds(1), min(pause ?? Self.longestSleep, Self.longestSleep)))
    }
  }

  private func scheduled() async -> [(EventRule, Schedule)] {
    let rules = try? await events.database.read { try EventTable(connection: $0).rules(on: nil) }
    return (rules ?? []).compactMap { rule in
      guard rule.isEnabled, let schedule = rule.schedule.flatMap({ Schedule($0) }) else {
        return nil
      }
      return (rule, schedule)
    }
  }

  private func fire(_ rule: EventRule, at seconds: Int) async {
    let event = events.event(
      source: "aws.events", type: "Scheduled Event", detail: [:], time: seconds * 1_000,
      resources: [events.arn(of: rule)])
    for target in rule.targets { await events.deliver(event, to: target, of: rule) }
  }
}
