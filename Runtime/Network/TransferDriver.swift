import CCurl
import Glibc
import Synchronization
@_spi(ExperimentalScheduling) import _Concurrency

/// The thread on which all transfers of a client run, and the way to it.
///
/// It is a task executor as well: a task that runs here waits for its transfers without changing
/// threads (16 streaming turns, with a machine of two cores: 3.6 seconds of processor time in three
/// threads, 2.9 to 3.3 in this one).
///
/// Source of the shape: libcurl's own advice for one thread (`curl_multi_poll`, `curl_multi_wakeup`).
///
/// Tasks sleep here, too (`SchedulingExecutor` asks for the moment; SPI of the standard library in
/// 6.3): Dispatch wakes three other threads for each sleep.
final class TransferDriver: TaskExecutor, SchedulingExecutor {
  private enum Command: Sendable {
    case start(Transfer)
    case resume(Transfer)
    case cancel(Transfer)
  }

  private enum Phase {
    case idle
    case running
    case stopped
    /// libcurl is not there: why.
    case broken(String)
  }

  private struct Inbox {
    var phase = Phase.idle
    var commands: [Command] = []
    var jobs: [UnownedJob] = []
    var alarms = Alarms()
    /// The thread waits in `curl_multi_poll`, or is about to.
    var isPolling = false
    /// The running multi handle, as an address.
    var multi: UInt?

    mutating func wake() {
      guard isPolling, let multi else { return }
      isPolling = false
      martlet_multi_wakeup(UnsafeMutableRawPointer(bitPattern: multi))
    }
  }

  /// Batches of jobs after which transfers get their turn even when there are more.
  private static let mostBatches = 16

  private let configuration: HTTPClientConfiguration
  private let inbox = Mutex(Inbox())

  init(_ configuration: HTTPClientConfiguration) {
    self.configuration = configuration
  }

  func start(_ transfer: Transfer) { post(.start(transfer)) }
  func resume(_ transfer: Transfer) { post(.resume(transfer)) }
  func cancel(_ transfer: Transfer) { post(.cancel(transfer)) }

  /// Ends the thread; what is still running ends as cancelled.
  func stop() {
    inbox.withLock { inbox in
      if case .broken = inbox.phase { return }
      inbox.phase = .stopped
      inbox.wake()
    }
  }

  /// Runs a job on the thread; elsewhere when there is none.
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isTaken = inbox.withLock { inbox in
      guard isRunning(&inbox) else { return false }
      inbox.jobs.append(job)
      inbox.wake()
      return true
    }
    if !isTaken { globalConcurrentExecutor.enqueue(job) }
  }

  /// Runs a job on the thread when its moment has come.
  func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    let job = UnownedJob(job)
    let isTaken = inbox.withLock { inbox in
      guard let due = instant as? ContinuousClock.Instant, isRunning(&inbox) else { return false }
      if due < inbox.alarms.first ?? .now + .seconds(1) { inbox.wake() }
      inbox.alarms.add(job, at: due)
      return true
    }
    if !isTaken { Self.hand(job, at: instant, clock) }
  }

  /// Lets the standard library's own threads run a job, at its moment if they can.
  private static func hand<C: Clock>(_ job: UnownedJob, at instant: C.Instant, _ clock: C) {
    guard let other = globalConcurrentExecutor as? any SchedulingExecutor else {
      return globalConcurrentExecutor.enqueue(job)
    }
    other.enqueue(ExecutorJob(job), at: instant, clock: clock)
  }

  private func post(_ command: Command) {
    let failure = inbox.withLock { inbox -> NetworkError? in
      guard isRunning(&inbox) else {
        switch inbox.phase {
        case .stopped: return .cancelled
        case .broken(let reason): return .unavailable(reason)
        case .idle, .running: return .unavailable("no thread")
        }
      }
      inbox.commands.append(command)
      inbox.wake()
      return nil
    }
    if let failure, case .start(let transfer) = command { transfer.finish(.failed(failure)) }
  }

  /// Starts the thread when this is the first thing for it; false when it is not there any more.
  private func isRunning(_ inbox: inout Inbox) -> Bool {
    if case .idle = inbox.phase, startThread() { inbox.phase = .running }
    if case .running = inbox.phase { return true }
    return false
  }

  private func startThread() -> Bool {
    let context = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, runDriver, context.toOpaque())
    guard code == 0 else {
      context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// The thread's life.
  fileprivate func run() {
    guard martlet_curl_load() == 1, let loop = TransferLoop(configuration) else {
      return fail(String(cString: martlet_curl_failure()))
    }
    inbox.withLock { $0.multi = UInt(bitPattern: loop.multi) }
    var moderation = Moderation()
    var batches = 0
    /// When streams that rest go on.
    var restEnd: ContinuousClock.Instant?
    while let work = takeWork() {
      for command in work.commands {
        switch command {
        case .start(let transfer): loop.start(transfer)
        case .resume(let transfer): loop.resume(transfer)
        case .cancel(let transfer): loop.cancel(transfer)
        }
      }
      for job in work.jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
      batches = work.commands.isEmpty && !work.jobs.isEmpty ? batches + 1 : Self.mostBatches
      if hasJobs, batches < Self.mostBatches { continue }
      batches = 0
      if let end = restEnd, end <= .now {
        loop.resumeStreams()
        restEnd = nil
      }
      loop.perform()
      if loop.hasFed {
        let rest = moderation.rest()
        loop.noteFed(resting: rest > 0)
        if rest > 0 { restEnd = .now + .nanoseconds(rest) }
      }
      guard let leisure = leisure() else { continue }
      if let end = restEnd {
        Self.sleep(until: end)
      } else {
        loop.wait(until: leisure.end)
      }
      moderation.noteWait()
      inbox.withLock { $0.isPolling = false }
    }
    moderation.end()
    inbox.withLock { $0.multi = nil }
    loop.end()
  }

  private static func sleep(until end: ContinuousClock.Instant) {
    let left = Int64((end - .now) / .microseconds(1))
    if left > 0 { usleep(UInt32(clamping: left)) }
  }

  private var hasJobs: Bool { inbox.withLock { !$0.jobs.isEmpty } }

  /// Nothing is to be done before `end` (nil: ever); the next thing then wakes the thread.
  private struct Leisure {
    let end: ContinuousClock.Instant?
  }

  private func leisure() -> Leisure? {
    inbox.withLock { inbox in
      guard inbox.commands.isEmpty, inbox.jobs.isEmpty, case .running = inbox.phase else {
        return nil
      }
      inbox.isPolling = true
      return Leisure(end: inbox.alarms.first)
    }
  }

  private struct Work {
    var commands: [Command] = []
    var jobs: [UnownedJob] = []
  }

  /// What has been asked for; nil when the client has gone.
  private func takeWork() -> Work? {
    let (work, alarms) = inbox.withLock { inbox -> (Work, [Alarms.Entry]?) in
      var work = Work()
      swap(&work.commands, &inbox.commands)
      swap(&work.jobs, &inbox.jobs)
      if case .stopped = inbox.phase { return (work, inbox.alarms.removeAll()) }
      if let first = inbox.alarms.first {
        let now = ContinuousClock.now
        while first <= now, let job = inbox.alarms.next(at: now) { work.jobs.append(job) }
      }
      return (work, nil)
    }
    guard let alarms else { return work }
    for case .start(let transfer) in work.commands { transfer.finish(.failed(.cancelled)) }
    for job in work.jobs { globalConcurrentExecutor.enqueue(job) }
    for entry in alarms { Self.hand(entry.job, at: entry.due, ContinuousClock()) }
    return nil
  }

  private func fail(_ reason: String) {
    let (commands, jobs, alarms) = inbox.withLock { inbox in
      inbox.phase = .broken(reason)
      return (inbox.commands, inbox.jobs, inbox.alarms.removeAll())
    }
    for job in jobs { globalConcurrentExecutor.enqueue(job) }
    for entry in alarms { Self.hand(entry.job, at: entry.due, ContinuousClock()) }
    for case .start(let transfer) in commands {
      transfer.finish(.failed(.unavailable(reason)))
    }
  }
}

private func runDriver(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  Unmanaged<TransferDriver>.fromOpaque(context).takeRetainedValue().run()
  return nil
}
