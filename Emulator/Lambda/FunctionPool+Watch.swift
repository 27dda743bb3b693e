import Glibc
import Server

/// Deadlines, memory and idleness: looked at every 20 ms while something runs, each second while
/// sandboxes only wait, never while there are none.
extension FunctionPool {
  enum WatchPlan {
    case none
    case slow
    case fast
  }

  /// What is read of a running sandbox in one round.
  private struct Looks {
    var memory: Bool
    var processes: Bool
  }

  private static let slowInterval = Duration.seconds(1)
  /// Sandboxes whose memory is read in one round; with more of them each is read in its turn, so that
  /// many cost the gateway's thread no more than these.
  private static let memoryReadsPerRound = 4

  func planWatch() {
    guard !sandboxes.isEmpty, watchPlan != .fast else { return }
    let isBusy = isStopping || sandboxes.values.contains { !$0.isIdle }
    if isBusy || watchPlan == .none { plan(isBusy ? .fast : .slow) }
  }

  private func plan(_ plan: WatchPlan) {
    watchPlan = plan
    watchPlans += 1
    let number = watchPlans
    let interval = plan == .fast ? limits.watchInterval : Self.slowInterval
    loop.after(max(1, interval.inMilliseconds)) { [weak self] in
      self?.assumeIsolated { if $0.watchPlans == number { $0.look() } }
    }
  }

  private func look() {
    watchPlan = .none
    watchRounds += 1
    let now = ContinuousClock.now
    if let graceEnds = stopGraceEnds, now >= graceEnds { endAll() }
    let turns = UInt64(sandboxes.count / Self.memoryReadsPerRound + 1)
    for id in Array(sandboxes.keys) {
      let isItsTurn = (id.number &+ watchRounds) % turns == 0
      look(at: id, now, .init(memory: isItsTurn, processes: watchRounds / turns % 5 == 0))
    }
    guard !sandboxes.isEmpty, watchPlan == .none else { return }
    // Fast for a while after the last work: the next often follows at once.
    let isBusy =
      isStopping
      || sandboxes.values.contains { !$0.isIdle || now - $0.idleSince < Self.slowInterval }
    plan(isBusy ? .fast : .slow)
  }

  private func look(at id: SandboxID, _ now: ContinuousClock.Instant, _ looks: Looks) {
    guard let sandbox = sandboxes[id] else { return }
    if let killAt = sandbox.killAt, now >= killAt { return kill(id) }
    guard sandbox.ending == nil else { return }
    switch sandbox.state.phase {
    case .starting:
      if now - sandbox.startedAt >= limits.initialisation { return end(id, .initTimedOut) }
    case .waiting, .absent:
      if now - sandbox.idleSince >= limits.idle { return end(id, .idle) }
      if sandbox.state.phase == .waiting { return }
    case .failed: return
    case .running, .answering, .answered, .expired:
      if let work = sandbox.work, now >= work.deadline { return timeOut(id) }
    }
    if looks.memory { lookAtMemory(of: id, countsProcesses: looks.processes) }
  }

  private func kill(_ id: SandboxID) {
    sandboxes[id]?.killAt = .now + limits.farewell
    warden.signal(id, SIGKILL)
  }

  private func timeOut(_ place: SandboxID) {
    guard var sandbox = sandboxes[place], let work = sandbox.work else { return }
    let id = work.handout.id
    let failure = FunctionFailure.timedOut(after: configuration.timeout)
    sandbox.pipe.drain()
    let text = "Task timed out after \(configuration.timeout.secondsText) seconds"
    log("\(Timestamp.now.text) \(id) \(text)", from: sandbox)
    sandbox.work?.failure = failure
    let wasWaitedFor = sandbox.state.expire()
    sandboxes[place] = sandbox
    if wasWaitedFor { settle(id, failure) }
    end(place, .timedOut)
  }

  private func lookAtMemory(of id: SandboxID, countsProcesses: Bool) {
    guard let sandbox = sandboxes[id], let memory = sandbox.watch?.memory() else { return }
    var total = memory.resident
    sandboxes[id]?.peakMemory = max(sandbox.peakMemory, memory.peak)
    if countsProcesses, let below = sandbox.watch?.descendants(limit: limits.processes) {
      total += below.resident
      sandboxes[id]?.peakMemory = max(sandbox.peakMemory, memory.peak, total)
      if below.count >= limits.processes { return end(id, .outOfMemory) }
    }
    if total > Int64(configuration.memory) * 1024 { end(id, .outOfMemory) }
  }

  /// Ends all sandboxes: idle ones now, busy ones when they are done or `grace` is over. Answers
  /// when the last process is gone.
  func stop(grace: Duration) async {
    isStopping = true
    stopGraceEnds = .now + grace
    let refused = waiting
    waiting.removeAll()
    for id in refused {
      pending.removeValue(forKey: id)?.caller?.resume(returning: .failure(.stopping))
    }
    for (id, sandbox) in sandboxes where sandbox.work == nil { end(id, .stopping) }
    planWatch()
    // Looked at inside: there may be a suspension before.
    await withCheckedContinuation { waiter in
      stopWaiters.append(waiter)
      stoppedIfEmpty()
    }
  }

  /// Ends all sandboxes now.
  func endAll() {
    for id in Array(sandboxes.keys) { end(id, .stopping) }
  }

  func stoppedIfEmpty() {
    guard isStopping, sandboxes.isEmpty else { return }
    let waiters = stopWaiters
    stopWaiters.removeAll()
    for waiter in waiters { waiter.resume() }
  }
}
