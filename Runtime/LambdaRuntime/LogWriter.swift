import Glibc

/// Makes log lines and writes them.
final class LogWriter: Sendable {
  enum Format: Sendable {
    case json
    case text
  }

  /// Longest text of one message or value, in bytes of UTF-8; the rest is cut.
  static let textLimit = 64 * 1024
  /// Names that lines have of their own; a field of that name gets a `_` behind it.
  private static let reserved: Set<String> = [
    "timestamp", "level", "message", "requestId", "tenantId",
  ]

  let format: Format
  let minimum: Log.Level
  private let clock: WallClock
  private let sink: @Sendable ([UInt8]) -> Void
  private let metricsSink: @Sendable ([UInt8]) -> Void

  /// `sink` gets whole lines of the log, `metricsSink` those of metrics.
  init(
    format: Format, minimum: Log.Level, clock: WallClock = .system,
    sink: @escaping @Sendable ([UInt8]) -> Void,
    metricsSink: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.metricsSink = metricsSink
    self.format = format
    self.minimum = minimum
    self.clock = clock
    self.sink = sink
  }

  /// Writes to a file descriptor; what cannot be written is lost, nobody could be told.
  static func write(_ line: [UInt8], to descriptor: Int32) {
    var written = 0
    while written < line.count {
      let count = line[written...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, 1000) > 0 else { return }
      } else if errno != EINTR {
        return
      }
    }
  }

  func write(
    _ level: Log.Level, _ message: String, _ fields: KeyValuePairs<String, LogValue>, of log: Log
  ) {
    sink(line(level, message, fields, of: log))
  }

  /// Writes a line of metrics, whatever the lowest level is.
  func write(metrics line: [UInt8]) {
    metricsSink(line)
  }

  /// A whole line with its line feed.
  func line(
    _ level: Log.Level, _ message: String, _ fields: KeyValuePairs<String, LogValue>, of log: Log
  ) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    switch format {
    case .json: appendJSON(level, message, fields, of: log, to: &line)
    case .text: appendText(level, message, fields, of: log, to: &line)
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private func appendJSON(
    _ level: Log.Level, _ message: String, _ fields: KeyValuePairs<String, LogValue>, of log: Log,
    to line: inout [UInt8]
  ) {
    line += #"{"timestamp":""#.utf8
    Timestamp.append(clock.milliseconds(), to: &line)
    line += #"","level":"\#(level.rawValue)","message":"#.utf8
    JSONText.append(cut(message), to: &line)
    if let requestID = log.requestID {
      line += #","requestId":"#.utf8
      JSONText.append(requestID, to: &line)
    }
    if let tenantID = log.tenantID {
      line += #","tenantId":"#.utf8
      JSONText.append(tenantID, to: &line)
    }
    for (name, value) in fields {
      line.append(UInt8(ascii: ","))
      JSONText.append(Self.reserved.contains(name) ? name + "_" : name, to: &line)
      line.append(UInt8(ascii: ":"))
      switch value {
      case .string(let text): JSONText.append(cut(text), to: &line)
      case .integer(let number): line += String(number).utf8
      case .double(let number): JSONText.append(number, to: &line)
      case .boolean(let value): line += (value ? "true" : "false").utf8
      }
    }
    line.append(UInt8(ascii: "}"))
  }

  private func appendText(
    _ level: Log.Level, _ message: String, _ fields: KeyValuePairs<String, LogValue>, of log: Log,
    to line: inout [UInt8]
  ) {
    Timestamp.append(clock.milliseconds(), to: &line)
    line += " \(level.rawValue) ".utf8
    if let requestID = log.requestID {
      line += "RequestId: \(requestID) ".utf8
    }
    JSONText.appendEscaped(cut(message), quotes: false, to: &line)
    if let tenantID = log.tenantID {
      line += " tenantId=".utf8
      JSONText.append(tenantID, to: &line)
    }
    for (name, value) in fields {
      line.append(UInt8(ascii: " "))
      JSONText.appendEscaped(name, quotes: false, to: &line)
      line.append(UInt8(ascii: "="))
      switch value {
      case .string(let text): JSONText.append(cut(text), to: &line)
      case .integer(let number): line += String(number).utf8
      case .double(let number): JSONText.append(number, to: &line)
      case .boolean(let value): line += (value ? "true" : "false").utf8
      }
    }
  }

  private func cut(_ text: String) -> String {
    guard text.utf8.count > Self.textLimit else { return text }
    return String(decoding: text.utf8.prefix(Self.textLimit), as: UTF8.self) + "…"
  }
}
