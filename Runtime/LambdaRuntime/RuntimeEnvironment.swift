import Glibc

/// The variables that Lambda sets (developer guide, "Defined runtime environment variables").
struct RuntimeEnvironment: Sendable {
  /// Most run loops in one process.
  static let concurrencyLimit = 1000

  private let value: @Sendable (String) -> String?

  init(_ value: @escaping @Sendable (String) -> String?) {
    self.value = value
  }

  /// The environment of this process.
  static let process = RuntimeEnvironment { name in
    getenv(name).map { String(cString: $0) }
  }

  subscript(name: String) -> String? {
    value(name)
  }

  /// Where the Runtime API listens; nil when it is missing or no authority.
  var endpoint: Endpoint? {
    self["AWS_LAMBDA_RUNTIME_API"].flatMap(Endpoint.init)
  }

  /// Whether this is a sandbox with the Extensions API: those say how they were initialised.
  var hasExtensions: Bool {
    self["AWS_LAMBDA_INITIALIZATION_TYPE"] != nil
  }

  /// How many invocations may run at a time; more than one only on Managed Instances.
  func concurrency() throws(InitFailure) -> Int {
    guard let text = self["AWS_LAMBDA_MAX_CONCURRENCY"], !text.isEmpty else { return 1 }
    guard let count = Int(text), (1...Self.concurrencyLimit).contains(count) else {
      throw .setting(
        name: "AWS_LAMBDA_MAX_CONCURRENCY", value: text,
        wanted: "a number from 1 to \(Self.concurrencyLimit)")
    }
    return count
  }

  /// The process's log, on standard error.
  var log: Log {
    let format: LogWriter.Format =
      self["AWS_LAMBDA_LOG_FORMAT"]?.lowercased() == "text" ? .text : .json
    let writer = LogWriter(
      format: format, minimum: level(format), sink: { LogWriter.write($0, to: STDERR_FILENO) },
      metricsSink: { LogWriter.write($0, to: STDOUT_FILENO) })
    return Log(writer: writer, requestID: nil, tenantID: nil)
  }

  /// In JSON Lambda's variable comes first, in text the program's; an unknown level counts as none.
  private func level(_ format: LogWriter.Format) -> Log.Level {
    let names = ["AWS_LAMBDA_LOG_LEVEL", "LOG_LEVEL"]
    let ordered = format == .json ? names : names.reversed()
    for name in ordered {
      if let level = self[name].flatMap({ Log.Level(rawValue: $0.uppercased()) }) { return level }
    }
    return .info
  }
}
