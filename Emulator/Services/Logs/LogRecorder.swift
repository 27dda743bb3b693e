import Storage
import Synchronization

/// Takes the lines of the functions and keeps them in their groups, many at a time.
///
/// Source of the names: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".
package final class LogRecorder: Sendable {
  private struct Line: Sendable {
    let group: String
    let stream: String
    let time: Int
    let message: String
  }

  private struct State {
    var lines: [Line] = []
    var written = 0
  }

  private let logs: Logs
  private let state = Mutex(State())
  private let signals = QueueSignals()

  /// Lines that wait to be written; those that come while there are so many are lost.
  private static let mostWaiting = 20_000
  /// Events that are kept of one function, and how often that is looked at.
  private static let mostKept = 100_000
  private static let checkPeriod = 10_000
  /// Lines are gathered for this long.
  private static let pause = Duration.milliseconds(100)

  package init(_ logs: Logs) { self.logs = logs }

  private static let groups = "/aws/lambda/"

  /// Where the lines of a function lie.
  package static func group(of function: String) -> String { groups + function }

  /// The function whose lines lie in a group; of any other group its whole name.
  package static func name(of group: String) -> String {
    group.hasPrefix(groups) ? String(group.dropFirst(groups.count)) : group
  }

  /// Takes a line; returns at once. `time` is in Unix milliseconds.
  package func record(function: String, stream: String, time: Int, message: String) {
    guard !stream.isEmpty, !message.isEmpty else { return }
    let isFirst = state.withLock { state in
      guard state.lines.count < Self.mostWaiting else { return false }
      state.lines.append(
        Line(group: Self.group(of: function), stream: stream, time: time, message: message))
      return state.lines.count == 1
    }
    if isFirst { signals.notify("lines") }
  }

  /// Writes until the task is cancelled.
  package func run() async {
    let (lines, id) = signals.listen(to: "lines")
    defer { signals.leave("lines", id) }
    while !Task.isCancelled {
      await flush()
      await lines.wait(atMost: .seconds(60))
      try? await Task.sleep(for: Self.pause)
    }
  }

  /// Writes what waits.
  package func flush() async {
    let (lines, isDue) = state.withLock { state in
      let lines = state.lines
      state.lines = []
      state.written += lines.count
      let isDue = state.written >= Self.checkPeriod
      if isDue { state.written = 0 }
      return (lines, isDue)
    }
    guard !lines.isEmpty else { return }
    let now = logs.now()
    let groups = Dictionary(grouping: lines, by: \.group)
    // A database that is closing, or full: the lines were shown on the console.
    try? await logs.database.write { connection in
      let table = LogTable(connection: connection)
      for (name, lines) in groups {
        if try table.group(name) == nil { try table.save(LogGroup(name: name, created: now)) }
        for (stream, lines) in Dictionary(grouping: lines, by: \.stream) {
          try table.addStream(stream, to: name, at: now)
          try table.add(
            lines.map { ($0.time, $0.message) }, to: stream, of: name, at: now)
        }
        if isDue { try table.keep(Self.mostKept, of: name) }
      }
    }
  }
}
