import Support
import Synchronization
import Testing

@testable import Server

private final class Counter: TimerTarget {
  var count = 0
  func timerFired() { count += 1 }
}

@Suite struct TimerTests {
  @Test func `fires in the order of the instants, whatever order they came in`() {
    var random = SeededRandom(seed: 7)
    var timers = Timers()
    var fired: [Int64] = []
    let instants = (0..<500).map { _ in Int64.random(in: 0..<1_000, using: &random) }
    let targets = instants.map { _ in Counter() }
    for (instant, target) in zip(instants, targets) {
      timers.fire(timers.add(target), at: instant)
    }
    for now in Int64(0)..<1_000 {
      while timers.next(due: now) != nil { fired.append(now) }
    }
    #expect(fired == instants.sorted())
  }

  @Test func `forgets a target at once and says how long to wait`() {
    var timers = Timers()
    let target = Counter()
    let timer = timers.add(target)
    timers.fire(timer, at: 70)
    timers.fire(timer, at: 50)
    #expect(timers.delay(from: 20) == 30)
    #expect(timers.delay(from: 90) == 0)
    timers.remove(timer)
    #expect(timers.isEmpty)
    #expect(timers.delay(from: 20) == -1)
    #expect(timers.next(due: 100) == nil)
  }
}

private final class Ear: ReadinessTarget {
  func ready(_ events: UInt32) {}
}

@Suite struct WatcherTests {
  @Test func `never takes an old token for the descriptor's next owner`() {
    var watchers = Watchers()
    let first = Ear()
    let second = Ear()
    let old = watchers.add(5, first)
    #expect(watchers[old] === first)
    watchers.remove(old)
    #expect(watchers.isEmpty)
    let new = watchers.add(5, second)
    #expect(watchers[old] == nil)
    watchers.remove(old)
    #expect(watchers[new] === second)
    #expect(watchers[UInt64(1) << 32 | 99] == nil)
  }
}

private final class Count: Sendable {
  let value = Mutex(0)
}

@Suite struct EventLoopTests {
  @Test func `runs work again after its thread has ended`() async throws {
    let loop = try EventLoop()
    for round in 0..<200 {
      let isHere = await Task(executorPreference: loop.tasks) { loop.isCurrent }.value
      #expect(isHere, "round \(round)")
      loop.end()
    }
  }

  @Test func `runs closures of many threads one at a time`() async throws {
    let loop = try EventLoop()
    let count = Count()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<16 {
        group.addTask {
          for _ in 0..<500 {
            loop.execute {
              guard loop.isCurrent else { return }
              count.value.withLock { $0 += 1 }
            }
          }
        }
      }
    }
    try await eventually { count.value.withLock { $0 } == 8_000 }
    loop.end()
  }

  @Test func `calls back after the time and not before`() async throws {
    let loop = try EventLoop()
    let start = ContinuousClock.now
    await withCheckedContinuation { continuation in
      loop.execute { loop.after(30) { continuation.resume() } }
    }
    #expect(ContinuousClock.now - start >= .milliseconds(29))
    loop.end()
  }
}
