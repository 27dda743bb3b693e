/// What a function is: the facts of its template entry that a sandbox needs.
package struct FunctionConfiguration: Sendable, Equatable {
  /// The template's logical name; also the function's name in ARNs and log groups.
  package var name: String
  /// `_HANDLER`.
  package var handler: String
  /// Absolute path of the executable.
  package var bootstrap: String
  /// `LAMBDA_TASK_ROOT` and working directory: absolute path of the function's files.
  package var taskRoot: String
  /// Variables of the template and of whoever runs the emulator. Names that Lambda reserves are
  /// overridden by the sandbox's own.
  package var environment: [String: String]
  /// From the event's hand-over to its answer. Lambda: 1 to 900 s, default 3 s.
  package var timeout: Duration
  /// MB. Lambda: 128 to 10,240, default 128.
  package var memory: Int
  /// `ReservedConcurrentExecutions`: invocations above it are throttled rather than queued.
  package var reservedConcurrency: Int?
  /// Names besides `$LATEST` that mean this function (`AutoPublishAlias`).
  package var aliases: [String]
  /// Whether platform and function lines are JSON (`LoggingConfig.LogFormat`).
  package var logsJSON: Bool

  package init(
    name: String, handler: String, bootstrap: String, taskRoot: String,
    environment: [String: String] = [:], timeout: Duration = .seconds(3), memory: Int = 128,
    reservedConcurrency: Int? = nil, aliases: [String] = [], logsJSON: Bool = false
  ) {
    self.name = name
    self.handler = handler
    self.bootstrap = bootstrap
    self.taskRoot = taskRoot
    self.environment = environment
    self.timeout = timeout
    self.memory = memory
    self.reservedConcurrency = reservedConcurrency
    self.aliases = aliases
    self.logsJSON = logsJSON
  }

  /// The emulator has one account and one region.
  package var arn: String { "arn:aws:lambda:us-east-1:000000000000:function:\(name)" }
}
