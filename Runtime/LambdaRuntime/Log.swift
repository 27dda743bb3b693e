/// Writes log lines, one `write(2)` each, as JSON objects or as text.
///
/// `AWS_LAMBDA_LOG_FORMAT` chooses the format, `AWS_LAMBDA_LOG_LEVEL` and `LOG_LEVEL` the lowest
/// level that is written. Control characters are escaped in both formats: a message cannot forge
/// a line. The log of an invocation carries its request id.
public struct Log: Sendable {
  let writer: LogWriter
  let requestID: String?
  let tenantID: String?

  /// How grave a line is; Lambda's names.
  public enum Level: String, Sendable, CaseIterable, Comparable {
    case trace = "TRACE"
    case debug = "DEBUG"
    case info = "INFO"
    case warn = "WARN"
    case error = "ERROR"
    case fatal = "FATAL"

    public static func < (left: Level, right: Level) -> Bool {
      left.rank < right.rank
    }

    private var rank: Int {
      switch self {
      case .trace: 0
      case .debug: 1
      case .info: 2
      case .warn: 3
      case .error: 4
      case .fatal: 5
      }
    }
  }

  /// Writes nothing.
  public static let silent = Log(
    writer: LogWriter(format: .text, minimum: .fatal, sink: { _ in }, metricsSink: { _ in }),
    requestID: nil,
    tenantID: nil)

  public func debug(
    _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, LogValue> = [:]
  ) {
    write(.debug, message(), fields)
  }

  public func info(
    _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, LogValue> = [:]
  ) {
    write(.info, message(), fields)
  }

  public func warn(
    _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, LogValue> = [:]
  ) {
    write(.warn, message(), fields)
  }

  public func error(
    _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, LogValue> = [:]
  ) {
    write(.error, message(), fields)
  }

  /// Writes a line unless its level is below the lowest one; the message is made only then.
  public func write(
    _ level: Level, _ message: @autoclosure () -> String,
    _ fields: KeyValuePairs<String, LogValue> = [:]
  ) {
    guard level >= writer.minimum else { return }
    writer.write(level, message(), fields, of: self)
  }

  func with(requestID: String, tenantID: String?) -> Log {
    Log(writer: writer, requestID: requestID, tenantID: tenantID)
  }
}

/// A value in a log line.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
  case string(String)
  case integer(Int)
  case double(Double)
  case boolean(Bool)

  public init(stringLiteral text: String) {
    self = .string(text)
  }

  public init(integerLiteral number: Int) {
    self = .integer(number)
  }

  public init(booleanLiteral value: Bool) {
    self = .boolean(value)
  }

  public init(floatLiteral number: Double) {
    self = .double(number)
  }
}
