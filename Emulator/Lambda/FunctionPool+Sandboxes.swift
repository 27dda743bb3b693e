import Crypto
import Glibc
import Server

/// Starting and ending sandboxes, and watching them in between.
extension FunctionPool {
  func startMissing() {
    // One that has failed to start counts as an attempt until its process is gone.
    guard !waiting.isEmpty, !isStopping,
      !sandboxes.values.contains(where: { $0.state.phase == .failed })
    else { return }
    let wanted = missingSandboxes
    guard wanted > 0 else { return planPatience() }
    guard backOff.allows(at: .now) else { return planRetry() }
    // After a failure one attempt at a time is enough to find out.
    let isTrying = sandboxes.values.contains { $0.isStarting }
    for _ in 0..<(backOff.failures > 0 ? min(wanted, isTrying ? 0 : 1) : wanted) {
      startSandbox()
    }
    planPatience()
  }

  /// How many sandboxes are to be started now: a few at once, many only for work that lasts.
  private var missingSandboxes: Int {
    let starting = sandboxes.values.count { $0.isStarting }
    let limit = configuration.reservedConcurrency ?? limits.sandboxesPerFunction
    let missing = min(waiting.count - starting, limit - sandboxes.count)
    let eager = limits.eagerSandboxes - sandboxes.count
    guard missing > max(eager, 0) else { return missing }
    guard MachineMemory.isFree(share: limits.freeMemory) else { return max(eager, 0) }
    return max(eager, min(missing, patient - starting, limits.startsAtOnce - starting))
  }

  /// Invocations that wait too long: those that the sandboxes there are will not soon have done.
  private var patient: Int {
    guard finishedLately * Self.drainTicks < waiting.count else { return 0 }
    let due = ContinuousClock.now - limits.patience
    return waiting.prefix { id in pending[id].map { $0.since <= due } ?? false }.count
  }

  /// A line that is gone within this many times the patience, as fast as it moved last, is no reason
  /// for further sandboxes.
  private static let drainTicks = 5

  /// Looks again when the invocation that waits longest may have waited long enough.
  private func planPatience() {
    guard !isPatiencePlanned, !waiting.isEmpty else { return }
    isPatiencePlanned = true
    let before = statistics.finished
    loop.after(max(1, limits.patience.inMilliseconds)) { [weak self] in
      self?.assumeIsolated {
        $0.isPatiencePlanned = false
        $0.finishedLately = $0.statistics.finished - before
        $0.startMissing()
      }
    }
  }

  private func planRetry() {
    guard !isRetryPlanned, let instant = backOff.notBefore else { return }
    isRetryPlanned = true
    let delay = max(.zero, instant - .now)
    loop.after(delay.inMilliseconds + 1) {
      self.assumeIsolated {
        $0.isRetryPlanned = false
        $0.dispatch()
      }
    }
  }

  private func startSandbox() {
    let id = warden.newID()
    let stream = "\(Timestamp.now.day)/[\(Report.version)]\(Hex.encode(Random.bytes(16)))"
    let pipe = LogPipe(loop: loop, lineLimit: limits.logLine) { [weak self] line in
      self?.assumeIsolated { $0.printed(line, id, stream) }
    }
    guard let pipe else { return failStart("no descriptors left for a pipe") }
    sandboxes[id] = Sandbox(
      id: id, logStream: stream, pipe: pipe, limits: limits, at: .now)
    statistics.starts += 1
    do {
      let server = try runtimeAPI(for: id)
      sandboxes[id]?.server = server
      let environment = SandboxEnvironment(
        configuration, runtimeAPI: "127.0.0.1:\(server.port)", logStream: stream)
      let program = Warden.Program(
        tag: environment.tag, folder: configuration.taskRoot, path: configuration.bootstrap,
        arguments: [configuration.bootstrap], environment: environment.entries)
      warden.spawn(id, program, output: pipe.writeEnd ?? -1) { [weak self] event in
        self?.assumeIsolated { $0.heard(event, of: id) }
      }
      pipe.closeWriteEnd()
    } catch {
      discard(id)
      failStart("no Runtime API: \(error)")
    }
  }

  private func printed(_ line: String, _ id: SandboxID, _ stream: String) {
    log(line, .function, id: sandboxes[id]?.work?.handout.id, stream: stream)
  }

  private func heard(_ event: Warden.Event, of id: SandboxID) {
    switch event {
    case .started(let pid):
      sandboxes[id]?.pid = pid
      sandboxes[id]?.watch = ProcessWatch(pid: pid)
      if sandboxes[id]?.ending != nil { warden.signal(id, SIGKILL) }
    case .failed(let code):
      discard(id)
      let reason =
        code == ENOENT
        ? "Couldn't find valid bootstrap(s): [\(configuration.bootstrap)]"
        : "fork/exec \(configuration.bootstrap): \(String(cString: strerror(code)))"
      failStart(reason)
    case .exited(let exit): ended(id, exit)
    }
  }

  /// Forgets a sandbox that never had a process.
  private func discard(_ id: SandboxID) {
    guard let sandbox = sandboxes.removeValue(forKey: id) else { return }
    release(sandbox)
  }

  private func failStart(_ reason: String) {
    backOff.failed(at: .now)
    failWaiting(.notStarted(reason), initDuration: .zero, stream: "")
    stoppedIfEmpty()
  }

  private func release(_ sandbox: Sandbox) {
    sandbox.pipe.close()
    idle.removeAll { $0 == sandbox.id }
    sandbox.parked?.resume(returning: nil)
    for parked in sandbox.parkedExtensions.values { parked.resume(returning: nil) }
    sandbox.server?.abandon()
  }

  /// A sandbox's process is gone.
  private func ended(_ id: SandboxID, _ exit: ProcessExit) {
    guard var sandbox = sandboxes[id] else { return }
    sandbox.pipe.close()  // its last lines still belong to the invocation
    sandboxes[id] = nil
    sandbox.peakMemory = max(sandbox.peakMemory, exit.peakMemory)
    let failure = sandbox.initFailure ?? failure(of: sandbox, exit)
    switch sandbox.state.phase {
    case .starting, .failed:
      if sandbox.ending != .stopping {
        backOff.failed(at: .now)
        failWaiting(failure, initDuration: .now - sandbox.startedAt, stream: sandbox.logStream)
      }
    default:
      if let id = sandbox.state.unanswered {
        log(failure.message(for: id), from: sandbox)
        sandbox.work?.failure = failure
        settle(id, failure)
      }
    }
    finish(&sandbox)
    release(sandbox)
    dispatch()
    stoppedIfEmpty()
  }

  private func failure(of sandbox: Sandbox, _ exit: ProcessExit) -> FunctionFailure {
    switch sandbox.ending {
    case .timedOut: .timedOut(after: configuration.timeout)
    case .initTimedOut: .timedOut(after: limits.initialisation)
    case .outOfMemory: .outOfMemory(exit)
    case .idle, .stopping, nil: .exited(exit)
    }
  }

  /// A start failed. When no other sandbox is alive, all who wait learn it: another attempt for
  /// each of them would only repeat it.
  private func failWaiting(_ failure: FunctionFailure, initDuration: Duration, stream: String) {
    let json = configuration.logsJSON
    let line = Report.initFailure(initDuration, failure.status, json: json, at: .now)
    log(line, .platform, id: nil, stream: stream)
    let isAlone = !sandboxes.values.contains { $0.state.phase != .starting && $0.ending == nil }
    let failing = isAlone ? waiting : Array(waiting.prefix(1))
    waiting.removeFirst(failing.count)
    for id in failing {
      log(Report.start(id, json: json, at: .now), .platform, id: id, stream: stream)
      log(failure.message(for: id), .platform, id: id, stream: stream)
      let report = Report(
        requestID: id, duration: .zero, memorySize: configuration.memory, maxMemoryUsed: 0,
        initDuration: initDuration, status: failure.status)
      statistics.remember(report, at: .now)
      for line in report.lines(json: json, at: .now) {
        log(line, .platform, id: id, stream: stream)
      }
      settle(id, failure)
      guard let invocation = pending.removeValue(forKey: id), var result = invocation.settled
      else { continue }
      result.logTail = invocation.tail?.text
      invocation.caller?.resume(returning: .success(result))
    }
  }

  /// Ends a sandbox: at once, or politely when it has asked for that (an extension).
  func end(_ id: SandboxID, _ reason: Sandbox.Ending) {
    guard let sandbox = sandboxes[id], sandbox.ending == nil else { return }
    sandboxes[id]?.ending = reason
    idle.removeAll { $0 == id }
    let isPolite = sandbox.extensions.isAny && (reason == .idle || reason == .stopping)
    sandboxes[id]?.killAt = .now + limits.farewell
    warden.signal(id, isPolite ? SIGTERM : SIGKILL)
    planWatch()
  }
}
