import Glibc

/// The time of day, for what outlives the process: signatures, leases, times to live. What is waited
/// for is measured with `ContinuousClock`.
package enum WallClock {
  /// Unix milliseconds.
  package static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
