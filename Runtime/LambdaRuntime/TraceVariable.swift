import Glibc

/// `_X_AMZN_TRACE_ID` of the environment: where tracing libraries look for the trace header.
///
/// `setenv` keeps every value for ever (a new one each invocation would be a leak), so the variable
/// lies in memory of ours. `@unchecked Sendable` holds because only one run loop sets it, between
/// the invocations whose code may read it.
final class TraceVariable: @unchecked Sendable {
  private static let name = "_X_AMZN_TRACE_ID"
  /// Longest header that is passed on; X-Ray's are below 300 bytes.
  private static let limit = 4096

  private let text = UnsafeMutablePointer<CChar>.allocate(capacity: limit)
  private var isSet = false

  /// The environment keeps pointing at `text`, so it is never freed while the variable is set.
  deinit {
    if isSet { unsetenv(Self.name) }
    text.deallocate()
  }

  func set(_ value: String?) {
    guard let value, value.utf8.count + Self.name.utf8.count + 2 <= Self.limit else {
      if isSet { unsetenv(Self.name) }
      isSet = false
      return
    }
    var position = 0
    for byte in [Self.name.utf8, "=".utf8, value.utf8].joined() {
      text[position] = CChar(bitPattern: byte)
      position += 1
    }
    text[position] = 0
    if !isSet { putenv(text) }
    isSet = true
  }
}
