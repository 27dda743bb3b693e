import Glibc

extension DynamoDB {
  /// The system's clock in Unix milliseconds.
  package static let systemTime: @Sendable () -> Int = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
