/// One line of a function's log.
package struct LogRecord: Sendable, Equatable {
  package enum Source: Sendable {
    /// Written by the function on standard output or error.
    case function
    /// `START`, `END`, `REPORT` and what Lambda says about a failure.
    case platform
  }

  package var function: String
  package var logStream: String
  /// The invocation that was running; absent while initialising.
  package var requestID: InvocationID?
  package var source: Source
  /// Unix milliseconds.
  package var time: Int64
  /// Without its line end. May hold anything that the function wrote, control characters too.
  package var text: String
}

/// Receives log lines, in order for each sandbox. Runs on the event loop: it must not block.
package typealias LogSink = @Sendable (LogRecord) -> Void

/// Cuts a stream of bytes into lines of bounded length.
struct LineSplitter {
  private var pending: [UInt8] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// The lines that end in these bytes. A line over the limit is given in pieces.
  mutating func append(_ bytes: some Collection<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == 0x0A {
        lines.append(take())
        continue
      }
      if pending.count >= limit { lines.append(take()) }
      pending.append(byte)
    }
    return lines
  }

  /// What stands behind the last line end.
  mutating func finish() -> String? {
    pending.isEmpty ? nil : take()
  }

  private mutating func take() -> String {
    if pending.last == 0x0D { pending.removeLast() }
    defer { pending.removeAll(keepingCapacity: true) }
    return String(decoding: pending, as: UTF8.self)
  }
}

/// The end of an invocation's log, for `X-Amz-Log-Result`.
struct LogTail {
  private var bytes: [UInt8] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  mutating func append(_ line: String) {
    bytes.append(contentsOf: line.utf8)
    bytes.append(0x0A)
    if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
  }

  var text: String { String(decoding: bytes.suffix(limit), as: UTF8.self) }
}
