import Glibc
import Server

/// One process of a function and everything that belongs to it.
struct Sandbox {
  /// Why we ended it.
  enum Ending: Equatable {
    case timedOut
    case initTimedOut
    case outOfMemory
    case idle
    case stopping
  }

  let id: SandboxID
  let logStream: String
  let startedAt: ContinuousClock.Instant
  let pipe: LogPipe
  var state = InvocationState()
  var extensions: Extensions
  var server: HTTPServer?
  var watch: ProcessWatch?
  var pid: pid_t?
  /// Set when the first `/next` came; taken by the first report.
  var initDuration: Duration?
  /// The runtime's `/next` that waits for an event.
  var parked: CheckedContinuation<Handout?, Never>?
  /// Extensions' `event/next` that wait, by identifier.
  var parkedExtensions: [String: CheckedContinuation<Handout?, Never>] = [:]
  var work: Work?
  /// Since when it waits for work.
  var idleSince: ContinuousClock.Instant
  /// What it reported before it was ready.
  var initFailure: FunctionFailure?
  var ending: Ending?
  /// When a polite end becomes SIGKILL.
  var killAt: ContinuousClock.Instant?
  /// KB.
  var peakMemory: Int64 = 0

  init(
    id: SandboxID, logStream: String, pipe: LogPipe, limits: LambdaLimits,
    at now: ContinuousClock.Instant
  ) {
    self.id = id
    self.logStream = logStream
    self.pipe = pipe
    startedAt = now
    idleSince = now
    extensions = Extensions(limit: limits.extensions)
  }

  /// Still on the way to its first `/next`.
  var isStarting: Bool { state.phase == .starting && ending == nil }

  /// Ready for an event.
  var isIdle: Bool { state.isWaiting && ending == nil }
}

/// The invocation a sandbox works on, until its report is written.
struct Work {
  let handout: Handout
  let handedAt: ContinuousClock.Instant
  let deadline: ContinuousClock.Instant
  var failure: FunctionFailure?
}

/// What goes to a runtime with an event.
struct Handout: Sendable {
  var id: InvocationID
  var event: [UInt8]
  /// Unix milliseconds.
  var deadline: Int64
  var options: InvocationOptions
  var arn: String
}

/// An invocation from its arrival until its caller has been answered.
struct PendingInvocation {
  let id: InvocationID
  let event: [UInt8]
  let options: InvocationOptions
  let consume: StreamConsumer?
  let since = ContinuousClock.now
  var tail: LogTail?
  /// Present until the caller is answered or has gone away.
  var caller: CheckedContinuation<Result<InvocationResult, InvokeError>, Never>?
  /// The answer of one whose caller waits for the report.
  var settled: InvocationResult?
}

/// Takes a streamed response piece by piece. What it throws ends its interest, not the function.
package typealias StreamConsumer = @Sendable (StreamPart) async throws -> Void

package enum StreamPart: Sendable, Equatable {
  /// Comes once, before any bytes.
  case begins(contentType: String?)
  case bytes([UInt8])
}
