import CLoop
import Glibc
import Synchronization

/// One thread that waits for sockets and timers and runs jobs between the waits.
///
/// It is a `SerialExecutor`, so that actors can live on it, and a `TaskExecutor` by its `tasks`, so
/// that a task can prefer it: a request is then read, handled and answered without a change of thread.
/// Whatever runs here must not block. The thread starts with the first piece of work; after
/// `end()` it ends when nothing is registered any more, and later work starts it again.
package final class EventLoop: SerialExecutor {
  fileprivate enum Work {
    /// Of an actor that lives on the loop.
    case job(UnownedJob)
    /// Of a task that prefers the loop, outside of any actor.
    case task(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  /// What other threads may touch.
  private struct Inbox {
    var work: [Work] = []
    var isAsleep = false
    var isRunning = false
    var isEnding = false
  }

  /// What a task prefers that shall run on the loop's thread.
  package let tasks: LoopTasks
  private let name: String
  private let poll: Int32
  private let bell: Int32
  private let inbox = Mutex(Inbox())

  // Only ever touched on the loop's thread: `enqueue` and `run` check `isCurrent` before.
  private nonisolated(unsafe) var ready: [Work] = []
  private nonisolated(unsafe) var watchers = Watchers()
  private nonisolated(unsafe) var timers = Timers()
  nonisolated(unsafe) private(set) var now: Int64 = loop_now()
  /// Where sockets are read into; holds nothing between two readiness calls.
  nonisolated(unsafe) let scratch = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 128 * 1_024, alignment: 64)

  package init(name: String = "loop") throws(ServerError) {
    self.name = name
    tasks = LoopTasks()
    poll = loop_create()
    bell = loop_bell()
    guard poll >= 0, bell >= 0, loop_add(poll, bell, UInt32(LOOP_READ), .max) == 0 else {
      throw .system(call: "epoll_create1", code: errno)
    }
    tasks.loop = self
  }

  deinit {
    close(poll)
    close(bell)
    scratch.deallocate()
  }

  /// True on the loop's own thread.
  package var isCurrent: Bool {
    loop_current() == Unmanaged.passUnretained(self).toOpaque()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    add(.job(UnownedJob(job)))
  }

  /// Runs a closure on the loop's thread, after what is queued already.
  package func execute(_ body: @escaping @Sendable () -> Void) {
    add(.closure(body))
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  package func checkIsolated() {
    precondition(isCurrent, "not on the event loop's thread")
  }

  package func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }

  /// Lets the thread end as soon as nothing is queued, watched or timed.
  package func end() {
    let mustRing = inbox.withLock { inbox in
      inbox.isEnding = true
      defer { inbox.isAsleep = false }
      return inbox.isAsleep
    }
    if mustRing { loop_ring(bell) }
  }

  fileprivate func add(_ work: Work) {
    if isCurrent {
      ready.append(work)
      return
    }
    let (mustRing, mustStart) = inbox.withLock { inbox in
      inbox.work.append(work)
      let isFirst = !inbox.isRunning
      let isAsleep = inbox.isAsleep
      inbox.isRunning = true
      inbox.isAsleep = false
      return (isAsleep, isFirst)
    }
    if mustStart { start() } else if mustRing { loop_ring(bell) }
  }

  private func start() {
    let code = loop_thread(
      { argument in
        guard let argument else { return }
        Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue().run()
      }, Unmanaged.passRetained(self).toOpaque(), name)
    precondition(code == 0, "no thread for the event loop: error \(code)")
  }
}

/// The loop as tasks prefer it. A job that comes this way is in no actor: told so, the runtime calls
/// one function of a request after the other, without a turn of the queue between them.
package final class LoopTasks: TaskExecutor {
  // Why unsafe: set once, by the loop's initializer; whoever queues a job here holds the loop.
  fileprivate nonisolated(unsafe) weak var loop: EventLoop?

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard let loop else { preconditionFailure("the loop of a task is gone") }
    loop.add(.task(job))
  }

  package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    UnownedTaskExecutor(ordinary: self)
  }
}

// MARK: - The thread

extension EventLoop {
  private func run() {
    loop_set_current(Unmanaged.passUnretained(self).toOpaque())
    defer { loop_set_current(nil) }
    let events = UnsafeMutableBufferPointer<loop_event>.allocate(capacity: 256)
    defer { events.deallocate() }
    now = loop_now()
    while true {
      runReady()
      guard let timeout = prepareToWait() else { return }
      let count = loop_wait(poll, events.baseAddress, 256, timeout)
      if timeout != 0 { inbox.withLock { $0.isAsleep = false } }
      now = loop_now()
      for event in events.prefix(Int(count)) {
        if event.token == .max {
          loop_silence(bell)
        } else {
          watchers[event.token]?.ready(event.events)
        }
      }
      while let target = timers.next(due: now) { target.timerFired() }
    }
  }

  /// Runs what is queued now; work that this adds waits for the next round.
  private func runReady() {
    inbox.withLock { inbox in
      if ready.isEmpty {
        swap(&ready, &inbox.work)
      } else {
        ready.append(contentsOf: inbox.work)
        inbox.work.removeAll(keepingCapacity: true)
      }
    }
    guard !ready.isEmpty else { return }
    var round: [Work] = []
    swap(&round, &ready)
    for work in round {
      switch work {
      case .job(let job):
        job.runSynchronously(
          isolatedTo: asUnownedSerialExecutor(), taskExecutor: tasks.asUnownedTaskExecutor())
      case .task(let job): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
      case .closure(let body): body()
      }
    }
    round.removeAll(keepingCapacity: true)
    if ready.isEmpty { swap(&round, &ready) }
  }

  /// How long to wait, in milliseconds (-1: until woken), or nil when the thread shall end.
  private func prepareToWait() -> Int32? {
    guard ready.isEmpty else { return 0 }
    let isIdle = watchers.isEmpty && timers.isEmpty
    let timeout = timers.delay(from: loop_now())
    return inbox.withLock { inbox in
      guard inbox.work.isEmpty else { return 0 }
      if inbox.isEnding && isIdle {
        inbox.isRunning = false
        inbox.isEnding = false
        return nil
      }
      inbox.isAsleep = timeout != 0
      return timeout
    }
  }
}

// MARK: - Sockets and timers, on the loop's thread only

/// Something that owns a descriptor and hears of its readiness on the loop's thread.
package protocol ReadinessTarget: AnyObject {
  func ready(_ events: UInt32)
}

/// Something that has timers, called on the loop's thread.
protocol TimerTarget: AnyObject {
  func timerFired()
}

extension EventLoop {
  /// Starts to watch a descriptor; the returned token stands for it until `unwatch`.
  package func watch(
    _ descriptor: Int32, for events: UInt32, _ target: any ReadinessTarget
  ) -> UInt64? {
    let token = watchers.add(descriptor, target)
    guard loop_add(poll, descriptor, events, token) == 0 else {
      watchers.remove(token)
      return nil
    }
    return token
  }

  func change(_ descriptor: Int32, to events: UInt32, _ token: UInt64) {
    _ = loop_change(poll, descriptor, events, token)
  }

  package func unwatch(_ descriptor: Int32, _ token: UInt64) {
    _ = loop_remove(poll, descriptor)
    watchers.remove(token)
  }

  /// A place for timers of `target`, kept until `forget`.
  func timer(for target: any TimerTarget) -> UInt64 {
    timers.add(target)
  }

  /// Fires the timer once at `instant` (monotonic milliseconds). Instants of one timer add up.
  func fire(_ timer: UInt64, at instant: Int64) {
    timers.fire(timer, at: instant)
  }

  package func forget(_ timer: UInt64) {
    timers.remove(timer)
  }

  /// Runs `body` on the loop's thread after `milliseconds`, unless the timer is forgotten before.
  @discardableResult
  package func after(_ milliseconds: Int64, _ body: @escaping @Sendable () -> Void) -> UInt64 {
    let timer = OneShot(self, body)
    timer.id = self.timer(for: timer)
    fire(timer.id, at: loop_now() + milliseconds)
    return timer.id
  }
}

private final class OneShot: TimerTarget {
  let loop: EventLoop
  let body: () -> Void
  var id: UInt64 = 0

  init(_ loop: EventLoop, _ body: @escaping () -> Void) {
    self.loop = loop
    self.body = body
  }

  func timerFired() {
    loop.forget(id)
    body()
  }
}
