/// A function at one moment, for a status page.
package struct FunctionStatus: Sendable {
  package struct SandboxStatus: Sendable {
    package var pid: Int32?
    package var logStream: String
    /// `starting`, `idle`, `busy` or `ending`.
    package var phase: String
    /// KB.
    package var peakMemory: Int64
  }

  package var name: String
  package var handler: String
  package var sandboxes: [SandboxStatus]
  package var waiting: Int
  package var statistics: FunctionStatistics
}

/// What has happened to a function since the emulator began.
package struct FunctionStatistics: Sendable {
  /// An invocation that is over.
  package struct Finished: Sendable {
    package var requestID: InvocationID
    /// When its report was written, in Unix milliseconds.
    package var time: Int64
    package var duration: Duration
    package var initDuration: Duration?
    /// `success`, `timeout`, or the error's type.
    package var status: String
  }

  package var invocations = 0
  package var errors = 0
  package var timeouts = 0
  package var throttled = 0
  package var starts = 0
  /// Invocations that are over, however they ended.
  package private(set) var finished = 0
  /// The last ones, oldest first.
  package private(set) var recent: [Finished] = []

  private static let limit = 20

  mutating func remember(_ report: Report, at time: Timestamp) {
    finished += 1
    if recent.count == Self.limit { recent.removeFirst() }
    let status =
      switch report.status {
      case .success: "success"
      case .timeout: "timeout"
      case .failure(let type): type
      }
    recent.append(
      Finished(
        requestID: report.requestID, time: time.milliseconds, duration: report.duration,
        initDuration: report.initDuration, status: status))
  }
}

extension FunctionPool {
  func status() -> FunctionStatus {
    let sandboxes = sandboxes.values.sorted { $0.id.number < $1.id.number }.map { sandbox in
      FunctionStatus.SandboxStatus(
        pid: sandbox.pid, logStream: sandbox.logStream, phase: Self.phase(of: sandbox),
        peakMemory: sandbox.peakMemory)
    }
    return FunctionStatus(
      name: configuration.name, handler: configuration.handler, sandboxes: sandboxes,
      waiting: waiting.count, statistics: statistics)
  }

  private static func phase(of sandbox: Sandbox) -> String {
    if sandbox.ending != nil { return "ending" }
    if sandbox.isStarting { return "starting" }
    return sandbox.isIdle ? "idle" : "busy"
  }
}
