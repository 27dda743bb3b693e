import Glibc

/// Lets a thread rest before it looks for more when the machine has more to do than it can: what
/// comes meanwhile is then taken at once instead of piece by piece, as network drivers do with
/// interrupts.
///
/// Busy is a machine on which a thread that could run has to wait for a processor. Where the kernel
/// does not tell (`/proc/thread-self/schedstat`, proc_pid_schedstat in sched-stats.rst) nothing rests.
struct Moderation {
  /// Waits shorter than this are nothing unusual.
  private static let usual: Double = 1_000_000
  /// Rests are so many times as long as the waits.
  private static let factor: Double = 12
  /// Nanoseconds. What a person sees of an answer comes later by half of it on the average.
  private static let longest: Double = 40_000_000
  /// The newest wait's share of the average.
  private static let weight = 0.2

  private let file: Int32
  private var waited: Double = 0
  private var average: Double = 0
  /// How often the thread has gone to sleep since `waited`.
  private var sleeps: Double = 0
  private var rests = 0
  /// On a busy machine the kernel is asked after so many rests.
  private static let restsPerLook = 4

  /// For the calling thread alone.
  init() {
    file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
    waited = total ?? 0
  }

  func end() {
    if file >= 0 { close(file) }
  }

  /// The thread has slept.
  mutating func noteWait() { sleeps += 1 }

  /// How long to rest after a piece of work, in nanoseconds.
  mutating func rest() -> Int {
    let known = restNow
    rests += 1
    if known > 0, rests % Self.restsPerLook != 0 { return known }
    return total.map { rest(afterWaiting: $0) } ?? 0
  }

  /// The same for a thread that has waited `total` nanoseconds since it began.
  mutating func rest(afterWaiting total: Double) -> Int {
    // A single wait may be long for any reason and must not bring a rest alone.
    let wait = min((total - waited) / max(sleeps, 1), Self.longest / Self.factor)
    average += (wait - average) * Self.weight
    waited = total
    sleeps = 0
    return restNow
  }

  private var restNow: Int {
    average > Self.usual ? Int(min(average * Self.factor, Self.longest)) : 0
  }

  /// Nanoseconds for which the thread has waited for a processor since it began.
  private var total: Double? {
    guard file >= 0 else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { buffer in
      let count = pread(file, buffer.baseAddress, buffer.count, 0)
      guard count > 0 else { return nil }
      var value: Double = 0
      for byte in buffer[..<count].drop(while: { $0 != 0x20 }).dropFirst() {
        guard (0x30...0x39).contains(byte) else { break }
        value = value * 10 + Double(byte - 0x30)
      }
      return value
    }
  }
}
