import Glibc

/// A value that threads share, behind a lock that ThreadSanitizer knows: it does not see those of
/// `Mutex`, and would find races where there are none.
final class Guarded<Value: Sendable>: Sendable {
  // Stays where `allocate` put it.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(
    capacity: 1)
  // Only touched while the mutex is locked.
  private nonisolated(unsafe) var value: Value

  init(_ value: Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
