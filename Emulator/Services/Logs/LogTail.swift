import Storage

/// The newest lines of log groups, and those that come: what `martlet logs` shows.
package struct LogTail: Sendable {
  package struct Line: Sendable, Equatable {
    package let group: String
    /// Unix milliseconds.
    package let time: Int
    package let message: String

    /// `2026-01-31T23:59:59.000Z`.
    package var timeText: String { WireTime.iso(time) }
  }

  /// The filter pattern cannot be read.
  package struct MalformedFilter: Error {}

  private let logs: Logs
  /// nil for all groups.
  private let group: String?
  private let pattern: FilterPattern
  /// The last event that was looked at.
  private var last = 0

  /// Events that are looked at for the first lines.
  private static let searchLimit = 100_000
  /// Events that are given at a time while more come.
  private static let pageLimit = 1_000

  package init(_ logs: Logs, group: String?, filter: String) throws {
    guard let pattern = try? FilterPattern(filter) else { throw MalformedFilter() }
    self.logs = logs
    self.group = group
    self.pattern = pattern
  }

  /// The newest lines that fit, the oldest first. To be asked for once, before ``next()``.
  package mutating func newest(_ count: Int) async throws -> [Line] {
    let (group, pattern) = (group, pattern)
    let (lines, last) = try await logs.database.read { connection in
      var lines: [Line] = []
      var (searched, last) = (0, 0)
      try LogTable(connection: connection).arrivals(of: group, before: Int.max) { event, group in
        last = max(last, event.id)
        searched += 1
        guard lines.count < count, searched <= Self.searchLimit else { return false }
        if pattern.matches(event.message) {
          lines.append(Line(group: group, time: event.time, message: event.message))
        }
        return true
      }
      return (lines, last)
    }
    self.last = last
    return lines.reversed()
  }

  /// The lines that came since, in the order in which they came.
  package mutating func next() async throws -> [Line] {
    let (group, pattern, start) = (group, pattern, last)
    let (lines, last) = try await logs.database.read { connection in
      var lines: [Line] = []
      var last = start
      try LogTable(connection: connection).arrivals(of: group, after: start) { event, group in
        last = event.id
        if pattern.matches(event.message) {
          lines.append(Line(group: group, time: event.time, message: event.message))
        }
        return lines.count < Self.pageLimit
      }
      return (lines, last)
    }
    self.last = last
    return lines
  }
}
