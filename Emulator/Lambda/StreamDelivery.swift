import JSON
package import Template

/// What becomes of a batch of records: rules only.
///
/// Records go out in order. What fails is tried again, in halves where the mapping says so, from the
/// first record that the function names where it may; given up after so many attempts or at such an
/// age. Source: Lambda developer guide, "Configuring partial batch response with DynamoDB", "Retaining
/// discarded records".
struct StreamDelivery {
  struct Record: Equatable {
    var sequenceNumber: String
    /// Unix seconds.
    var created: Double
    var value: JSONValue
  }

  enum Outcome {
    /// With what the function answered.
    case succeeded(JSONValue?)
    case failed
    case tooLarge
    /// There was no room: no attempt.
    case throttled
  }

  /// What is done after an attempt.
  enum Step: Equatable {
    /// Records that are done with, and how many of them were given up.
    case go(done: Int, givenUp: Int)
    /// Wait before the next attempt; so many attempts in a row have failed.
    case retry(failures: Int)
  }

  let retries: Int?
  let longestAge: Int?
  let bisects: Bool
  let reportsFailures: Bool
  /// Parts still to be delivered, in order.
  private var parts: [(records: [Record], failures: Int)]

  init(_ records: [Record], _ rules: StreamRules) {
    retries = rules.retries
    longestAge = rules.longestAge
    bisects = rules.bisects
    reportsFailures = rules.reportsFailures
    parts = records.isEmpty ? [] : [(records, 0)]
  }

  /// What goes out next; nil at the end.
  var next: [Record]? { parts.first?.records }

  /// Takes the outcome of delivering `next`; `now` is in Unix seconds.
  mutating func take(_ outcome: Outcome, now: Double) -> Step {
    guard let part = parts.first else { return .go(done: 0, givenUp: 0) }
    switch outcome {
    case .succeeded(let answer):
      guard let first = firstFailure(answer, of: part.records) else {
        parts.removeFirst()
        return .go(done: part.records.count, givenUp: 0)
      }
      let rest = Array(part.records[first...])
      // What came before it is done with; the rest has failed once more, or for the first time.
      parts[0] = (rest, first == 0 ? part.failures : 0)
      return fail(done: first, now: now)
    case .failed: return fail(done: 0, now: now)
    case .tooLarge:
      guard part.records.count > 1 else {
        parts.removeFirst()
        return .go(done: 1, givenUp: 1)
      }
      halve()
      return .go(done: 0, givenUp: 0)
    case .throttled: return .retry(failures: part.failures)
    }
  }

  private mutating func fail(done: Int, now: Double) -> Step {
    parts[0].failures += 1
    let part = parts[0]
    let isOld = longestAge.map { now - (part.records.first?.created ?? now) > Double($0) } ?? false
    let isSpent = retries.map { part.failures > $0 } ?? false
    if isOld || isSpent, !(bisects && part.records.count > 1 && !isOld) {
      parts.removeFirst()
      return .go(done: done + part.records.count, givenUp: part.records.count)
    }
    if bisects, part.records.count > 1 {
      // Halving is no attempt.
      parts[0].failures -= 1
      halve()
    }
    return done > 0 ? .go(done: done, givenUp: 0) : .retry(failures: part.failures)
  }

  private mutating func halve() {
    let part = parts[0]
    let middle = part.records.count / 2
    parts[0].records = Array(part.records[..<middle])
    parts.insert((Array(part.records[middle...]), part.failures), at: 1)
  }

  /// The place of the first record to deliver again; nil when all are done with. A name that is none
  /// of the batch's fails the batch.
  private func firstFailure(_ answer: JSONValue?, of records: [Record]) -> Int? {
    guard reportsFailures, let list = answer?["batchItemFailures"], !list.isNull else { return nil }
    guard let failures = list.array else { return 0 }
    var first: Int?
    for failure in failures {
      let name = failure["itemIdentifier"]?.string
      guard let place = records.firstIndex(where: { $0.sequenceNumber == name }) else { return 0 }
      first = min(first ?? place, place)
    }
    return first
  }
}

/// The part of an event source mapping that decides about batches.
package struct StreamRules: Sendable {
  package var batchSize = 100
  /// Seconds.
  package var window = 0
  package var retries: Int?
  /// Seconds.
  package var longestAge: Int?
  package var bisects = false
  package var reportsFailures = false
  package var startsAtLatest = false
  package var filters: [EventPattern] = []

  package init() {}
}
