import Glibc

/// Jobs for threads of our own, first in, first out, bounded.
///
/// A mutex and a condition of pthread: the threads that wait here belong to the database and to nobody
/// else, so they may block.
final class WorkQueue<Job>: @unchecked Sendable {
  // Why unchecked: every stored variable is touched with `mutex` held only.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [Job] = []
  private var head = 0
  private var idle = 0
  private var isClosed = false
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(arrived, nil)
  }

  deinit {
    pthread_cond_destroy(arrived)
    pthread_mutex_destroy(mutex)
    arrived.deallocate()
    mutex.deallocate()
  }

  /// Adds a job and tells whether a thread was free to take it.
  func push(_ job: Job) throws(DatabaseError) -> Bool {
    pthread_mutex_lock(mutex)
    guard !isClosed, jobs.count - head < limit else {
      let refusal = isClosed ? DatabaseError.closed : .busy
      pthread_mutex_unlock(mutex)
      throw refusal
    }
    jobs.append(job)
    let hadIdle = idle >= jobs.count - head
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(arrived)
    return hadIdle
  }

  /// Waits for jobs and takes up to `count` of them; none means the queue was closed and is empty.
  func take(upTo count: Int) -> [Job] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while head == jobs.count {
      if isClosed { return [] }
      idle += 1
      pthread_cond_wait(arrived, mutex)
      idle -= 1
    }
    let end = min(jobs.count, head + count)
    let taken = Array(jobs[head..<end])
    head = end
    if head == jobs.count {
      jobs.removeAll(keepingCapacity: jobs.capacity <= 1024)
      head = 0
    } else if head > 512 {
      jobs.removeFirst(head)
      head = 0
    }
    return taken
  }

  /// Refuses further jobs; those already there are still done.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_mutex_unlock(mutex)
    pthread_cond_broadcast(arrived)
  }
}

/// A thread of our own, for work that blocks.
struct Thread: Sendable {
  private let handle: pthread_t

  /// Starts `body` on a new thread.
  init(_ body: @escaping @Sendable () -> Void) throws(DatabaseError) {
    let box = Unmanaged.passRetained(Box(body))
    var made = pthread_t()
    let code = pthread_create(
      &made, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw .failure(code: code, message: "no thread: \(String(cString: strerror(code)))")
    }
    handle = made
  }

  /// Waits for the end of the thread. Never called on a thread that serves others.
  func join() { pthread_join(handle, nil) }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
