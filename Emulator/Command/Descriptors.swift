import Glibc

/// File descriptors of this process. With 206 sandboxes and 200 WebSockets it held 2,900; shells
/// often start programs with a soft limit of 1,024.
enum Descriptors {
  /// Raises the soft limit to the hard one. Sandboxes get a limit of their own.
  static func raiseLimit() {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return }
    limits.rlim_cur = limits.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
  }
}
