import Events
import Glibc

/// How many of something took how long, in four steps to the double from 10 ms to 82 s: percentiles are
/// right to 20 %, and counters can be added up by a store.
package struct TimeCounts: Sendable, Equatable {
  private static let shortest = 10.0
  /// The last step has everything that took longer, too.
  static let steps = 53
  private static let stepsToDouble = 4.0

  /// By step; the others are 0.
  private(set) var counts: [Int: Int] = [:]

  package init() {}

  package mutating func add(_ time: Duration) {
    counts[Self.step(of: time / .milliseconds(1)), default: 0] += 1
  }

  /// What `share` of the times do not exceed, in milliseconds; nil without times.
  package func percentile(_ share: Double) -> Double? {
    let total = counts.values.reduce(0, +)
    guard total > 0 else { return nil }
    let wanted = share * Double(total)
    var before = 0
    for step in 0..<Self.steps {
      let count = counts[step] ?? 0
      if count > 0, Double(before + count) >= wanted {
        let inside = max(0, wanted - Double(before)) / Double(count)
        let low = Self.end(of: step - 1)
        return low + (Self.end(of: step) - low) * inside
      }
      before += count
    }
    return Self.end(of: Self.steps - 1)
  }

  private static func step(of milliseconds: Double) -> Int {
    guard milliseconds > shortest else { return 0 }
    return min(steps - 1, Int((stepsToDouble * log2(milliseconds / shortest)).rounded(.up)))
  }

  private static func end(of step: Int) -> Double { shortest * exp2(Double(step) / stepsToDouble) }

  /// By the names of a counter's attributes: `total12`.
  func attributes(_ name: String) -> [(name: String, count: Int)] {
    counts.map { ("\(name)\($0.key)", $0.value) }
  }

  init(_ item: Item, _ name: String) {
    for step in 0..<Self.steps {
      if let count = item["\(name)\(step)"]?.int { counts[step] = count }
    }
  }
}

/// How the turns of one version of an assistant went, added up.
package struct VariantTally: Sendable, Equatable {
  package var assistant: String
  package var variant: String
  /// All turns with their tokens and cost.
  package var turns = Tally()
  /// Those of them that ended without an answer.
  package var failed = 0
  package var thumbsUp = 0
  package var thumbsDown = 0
  /// From the question to the first text, and to the end, of turns that were answered.
  package var firstText = TimeCounts()
  package var total = TimeCounts()

  package init(assistant: String, variant: String?) {
    self.assistant = assistant
    self.variant = variant ?? Profile.standardVariant
  }

  /// One turn; nil for what says nothing about the version: what was answered before, or refused
  /// whatever the version.
  init?(_ report: TurnReport, _ prices: PriceTable) {
    self.init(assistant: report.assistant, variant: report.variant)
    turns = Tally(report.usage, model: report.model, prices)
    for other in report.others {
      turns = turns + Tally(other.usage, model: other.model, prices, turns: 0)
    }
    switch report.outcome {
    case .repeated: return nil
    case .failed(let error):
      guard !error.isRefusal else { return nil }
      failed = 1
    case .completed:
      total.add(report.total)
      if let time = report.firstText { firstText.add(time) }
    case .disconnected, .cancelled: break
    }
  }

  init(_ item: Item, assistant: String, variant: String) {
    self.init(assistant: assistant, variant: variant)
    turns = Tally(item)
    failed = item["failed"]?.int ?? 0
    thumbsUp = item["up"]?.int ?? 0
    thumbsDown = item["down"]?.int ?? 0
    firstText = TimeCounts(item, "first")
    total = TimeCounts(item, "total")
  }

  /// By the names of a counter's attributes, without those that are 0.
  var counts: [(name: String, count: Int)] {
    turns.counts + firstText.attributes("first") + total.attributes("total")
      + [("failed", failed), ("up", thumbsUp), ("down", thumbsDown)].filter { $0.1 != 0 }
  }
}

extension AgentError {
  /// Whether the question was refused before any version could answer it.
  fileprivate var isRefusal: Bool {
    switch self {
    case .messageEmpty, .messageTooLong, .conversationNotFound, .messageNotFound,
      .confirmationNotFound, .confirmationDecided, .budgetUsedUp:
      true
    case .tooManyRequests, .modelUnavailable, .deadlineExceeded, .storeUnavailable: false
    }
  }
}
