/// Jobs that are to run at a moment, the latest first.
struct Alarms {
  typealias Entry = (due: ContinuousClock.Instant, job: UnownedJob)

  private var entries: [Entry] = []

  /// The first moment; nil when there is none.
  var first: ContinuousClock.Instant? { entries.last?.due }

  mutating func add(_ job: UnownedJob, at due: ContinuousClock.Instant) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].due > due { low = middle + 1 } else { high = middle }
    }
    entries.insert((due, job), at: low)
  }

  /// The first job whose moment has come.
  mutating func next(at now: ContinuousClock.Instant) -> UnownedJob? {
    guard let last = entries.last, last.due <= now else { return nil }
    return entries.removeLast().job
  }

  /// All that is left.
  mutating func removeAll() -> [Entry] {
    defer { entries = [] }
    return entries
  }
}
