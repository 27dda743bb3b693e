import Crypto
import Server

/// Events whose callers do not wait: each is tried until it succeeds, three times at most.
///
/// Kept in memory. Source of the rules: Lambda developer guide, "Invoking a function
/// asynchronously" and "How Lambda handles errors and retries".
actor AsynchronousInvocations {
  private let limits: LambdaLimits
  private nonisolated let loop: EventLoop
  private let sink: LogSink
  private var running: [InvocationID: Task<Void, Never>] = [:]
  private var isStopping = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(limits: LambdaLimits, loop: EventLoop, sink: @escaping LogSink) {
    self.limits = limits
    self.loop = loop
    self.sink = sink
  }

  func add(
    _ event: [UInt8], _ options: InvocationOptions, to pool: FunctionPool
  ) throws(InvokeError) -> InvocationID {
    guard !isStopping else { throw .stopping }
    guard running.count < limits.asynchronousEvents else { throw .throttled }
    var options = options
    let id = options.requestID ?? InvocationID(Crypto.RequestID.uuid())
    options.requestID = id
    options.waitsForReport = false
    running[id] = Task {
      await self.attempt(event, options, on: pool, id)
      self.running[id] = nil
    }
    return id
  }

  /// Gives up what is still to be tried. What runs is the pools' to end.
  func stop() {
    isStopping = true
    for task in running.values { task.cancel() }
  }

  private func attempt(
    _ event: [UInt8], _ options: InvocationOptions, on pool: FunctionPool, _ id: InvocationID
  ) async {
    var failures = 0
    while !Task.isCancelled {
      do {
        let result = try await pool.invoke(event, options)
        if result.outcome == .succeeded { return }
        failures += 1
        guard failures <= limits.asynchronousRetries else {
          return note("was given up after \(failures) attempts", pool, id)
        }
      } catch .throttled {
        // It waits for room; that is no attempt.
      } catch {
        return note("was lost: the emulator is ending", pool, id)
      }
      do {
        try await Task.sleep(for: limits.asynchronousRetryDelay * max(1, failures))
      } catch {
        return note("was lost: the emulator is ending", pool, id)
      }
    }
  }

  private func note(_ what: String, _ pool: FunctionPool, _ id: InvocationID) {
    sink(
      LogRecord(
        function: pool.configuration.name, logStream: "", requestID: id, source: .platform,
        time: Timestamp.now.milliseconds, text: "RequestId: \(id) Event \(what)"))
  }
}
