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
    let start = Self.name.utf8.count + 1
    guard var value, value.utf8.count + start < Self.limit else {
      if isSet { unsetenv(Self.name) }
      isSet = false
      return
    }
    value.withUTF8 { bytes in
      for place in bytes.indices { text[start + place] = CChar(bitPattern: bytes[place]) }
      text[start + bytes.count] = 0
    }
    guard !isSet else { return }
    for (place, byte) in "\(Self.name)=".utf8.enumerated() {
      text[place] = CChar(bitPattern: byte)
    }
    putenv(text)
    isSet = true
  }
}
