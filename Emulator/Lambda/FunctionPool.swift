import Crypto
import Server

/// The sandboxes of one function and the invocations that wait for them.
///
/// A sandbox handles one invocation at a time. A new invocation takes the sandbox that was busy
/// last; when all are busy another one is started, and the invocation goes to whichever is ready
/// first. Lives on the event loop, so nothing here changes threads.
actor FunctionPool {
  nonisolated let configuration: FunctionConfiguration
  nonisolated let limits: LambdaLimits
  nonisolated let loop: EventLoop
  let warden: Warden
  let sink: LogSink

  var sandboxes: [SandboxID: Sandbox] = [:]
  /// Sandboxes that wait for work, the last used one at the end.
  var idle: [SandboxID] = []
  /// Invocations in their order.
  var waiting: [InvocationID] = []
  var pending: [InvocationID: PendingInvocation] = [:]
  var backOff: BackOff
  var isRetryPlanned = false
  var isPatiencePlanned = false
  /// Invocations that ended within the last time of patience.
  var finishedLately = 0
  var watchPlan = WatchPlan.none
  /// Counts the plans: only the newest one is carried out.
  var watchPlans = 0
  var watchRounds: UInt64 = 0
  var isStopping = false
  var stopGraceEnds: ContinuousClock.Instant?
  var stopWaiters: [CheckedContinuation<Void, Never>] = []
  var statistics = FunctionStatistics()

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    _ configuration: FunctionConfiguration, limits: LambdaLimits, loop: EventLoop, warden: Warden,
    sink: @escaping LogSink
  ) {
    self.configuration = configuration
    self.limits = limits
    self.loop = loop
    self.warden = warden
    self.sink = sink
    backOff = BackOff(first: limits.firstBackOff, longest: limits.longestBackOff)
  }

  /// Runs the function once. Waits for a free sandbox when all are busy.
  ///
  /// Cancellation gives up waiting for the answer; an event that was handed out already is worked
  /// on to its end, as in the service.
  func invoke(
    _ event: [UInt8], _ options: InvocationOptions, consume: StreamConsumer? = nil
  ) async throws(InvokeError) -> InvocationResult {
    let id = unusedID(options.requestID)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { caller in
        var invocation = PendingInvocation(
          id: id, event: event, options: options, consume: consume)
        invocation.caller = caller
        add(invocation)
      }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.cancel(id) } }
    }
    return try result.get()
  }

  private func add(_ invocation: PendingInvocation) {
    guard !isStopping else {
      invocation.caller?.resume(returning: .failure(.stopping))
      return
    }
    guard hasRoom, pending[invocation.id] == nil else {
      statistics.throttled += 1
      invocation.caller?.resume(returning: .failure(.throttled))
      return
    }
    var invocation = invocation
    if invocation.options.waitsForReport { invocation.tail = LogTail(limit: limits.logTail) }
    pending[invocation.id] = invocation
    waiting.append(invocation.id)
    statistics.invocations += 1
    if Task.isCancelled { cancel(invocation.id) }
    dispatch()
  }

  private var hasRoom: Bool {
    if let reserved = configuration.reservedConcurrency { return pending.count < reserved }
    return waiting.count < limits.waitingPerFunction
  }

  private func unusedID(_ wanted: InvocationID?) -> InvocationID {
    if let wanted, pending[wanted] == nil { return wanted }
    return InvocationID(Crypto.RequestID.uuid())
  }

  private func cancel(_ id: InvocationID) {
    guard let caller = pending[id]?.caller else { return }
    pending[id]?.caller = nil
    if let place = waiting.firstIndex(of: id) {
      waiting.remove(at: place)
      pending[id] = nil
    }
    caller.resume(returning: .failure(.cancelled))
  }

  /// Brings waiting invocations and sandboxes together; starts sandboxes where they are missing.
  func dispatch() {
    while let id = waiting.first, let sandbox = idle.popLast() {
      guard sandboxes[sandbox]?.isIdle == true else { continue }
      waiting.removeFirst()
      hand(id, to: sandbox)
    }
    startMissing()
    planWatch()
  }

  private func hand(_ id: InvocationID, to place: SandboxID) {
    guard let invocation = pending[id], var sandbox = sandboxes[place],
      (try? sandbox.state.hand(id)) != nil
    else { return }
    let now = ContinuousClock.now
    let handout = Handout(
      id: id, event: invocation.event,
      deadline: Timestamp.now.milliseconds + configuration.timeout.inMilliseconds,
      options: invocation.options, arn: configuration.arn)
    sandbox.work = Work(
      handout: handout, handedAt: now, deadline: now + configuration.timeout)
    let parked = sandbox.parked
    sandbox.parked = nil
    var told: [CheckedContinuation<Handout?, Never>] = []
    for identifier in sandbox.extensions.invoked(id) {
      sandbox.extensions.left(identifier)
      if let waiting = sandbox.parkedExtensions.removeValue(forKey: identifier) {
        told.append(waiting)
      }
    }
    sandboxes[place] = sandbox
    log(Report.start(id, json: configuration.logsJSON, at: .now), from: sandbox)
    parked?.resume(returning: handout)
    for waiting in told { waiting.resume(returning: handout) }
  }

  /// The function has answered, or Lambda answers for it.
  func settle(_ id: InvocationID, _ result: InvocationResult) {
    guard var invocation = pending[id] else { return }
    switch result.outcome {
    case .succeeded: break
    case .failed: statistics.errors += 1
    case .timedOut: statistics.timeouts += 1
    }
    if invocation.options.waitsForReport {
      invocation.settled = result
      pending[id] = invocation
      return
    }
    pending[id] = nil
    invocation.caller?.resume(returning: .success(result))
  }

  func settle(_ id: InvocationID, _ failure: FunctionFailure) {
    settle(
      id,
      InvocationResult(
        requestID: id, outcome: failure.outcome, payload: failure.body(for: id),
        contentType: "application/json"))
  }

  /// Writes `END` and `REPORT`, and answers a caller who waited for them.
  func finish(_ sandbox: inout Sandbox) {
    guard let work = sandbox.work else { return }
    let id = work.handout.id
    sandbox.pipe.drain()
    if let memory = sandbox.watch?.memory() {
      sandbox.peakMemory = max(sandbox.peakMemory, memory.peak)
    }
    let report = Report(
      requestID: id, duration: ContinuousClock.now - work.handedAt,
      memorySize: configuration.memory, maxMemoryUsed: Int((sandbox.peakMemory + 1023) / 1024),
      initDuration: sandbox.initDuration, status: work.failure?.status ?? .success)
    for line in report.lines(json: configuration.logsJSON, at: .now) { log(line, from: sandbox) }
    statistics.remember(report, at: .now)
    sandbox.initDuration = nil
    sandbox.work = nil
    guard let invocation = pending.removeValue(forKey: id), var result = invocation.settled else {
      return
    }
    result.logTail = invocation.tail?.text
    invocation.caller?.resume(returning: .success(result))
  }

  /// Writes a line of the platform to the function's log.
  func log(_ line: String, from sandbox: Sandbox) {
    log(line, .platform, id: sandbox.work?.handout.id, stream: sandbox.logStream)
  }

  func log(
    _ line: String, _ source: LogRecord.Source, id: InvocationID?, stream: String
  ) {
    if let id { pending[id]?.tail?.append(line) }
    sink(
      LogRecord(
        function: configuration.name, logStream: stream, requestID: id, source: source,
        time: Timestamp.now.milliseconds, text: line))
  }
}
