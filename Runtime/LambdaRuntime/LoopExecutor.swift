import Glibc

/// Runs the jobs of one run loop on the thread that drains it.
///
/// A function handles one invocation at a time: a pool of threads would only cost wake-ups
/// (measured: 22 µs an invocation on the global pool, 14 µs here).
final class LoopExecutor: TaskExecutor {
  // The mutex guards `jobs` and `end`; it and the condition stay where `allocate` put them.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(
    capacity: 1)
  private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(
    capacity: 1)
  private nonisolated(unsafe) var jobs: [UnownedJob] = []
  private nonisolated(unsafe) var end: RunLoop.End?

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    pthread_mutex_lock(mutex)
    jobs.append(unowned)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Runs the loop on the calling thread and returns how it ended.
  ///
  /// `started` gets the loop's task, to cancel it later.
  func run(_ loop: RunLoop, started: (Task<Void, Never>) -> Void) -> RunLoop.End {
    let task = Task(executorPreference: self) {
      self.finish(await loop.run())
    }
    started(task)
    return drain()
  }

  private func finish(_ end: RunLoop.End) {
    pthread_mutex_lock(mutex)
    self.end = end
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  private func drain() -> RunLoop.End {
    var batch: [UnownedJob] = []
    while true {
      pthread_mutex_lock(mutex)
      while jobs.isEmpty, end == nil {
        pthread_cond_wait(condition, mutex)
      }
      swap(&batch, &jobs)
      let end = end
      pthread_mutex_unlock(mutex)
      if batch.isEmpty, let end { return end }
      for job in batch {
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
      batch.removeAll(keepingCapacity: true)
    }
  }
}
