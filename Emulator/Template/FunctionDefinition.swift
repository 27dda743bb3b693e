/// A function of the template.
package struct FunctionDefinition: Sendable, Equatable {
  package var logicalID: String
  /// `FunctionName`, else the logical id.
  package var name: String
  /// What `_HANDLER` says.
  package var handler: String
  /// `provided.al2023`, `python3.13`, …
  package var runtime: String
  /// Seconds, 1 to 900.
  package var timeout: Int
  /// MB, 128 to 10,240.
  package var memorySize: Int
  /// MB of `/tmp`, 512 to 10,240.
  package var temporaryStorage: Int
  package var environment: [String: String]
  /// Folder or zip file, relative to the template.
  package var code: String?
  /// Where `bootstrap` lies on a desk, relative to the template: `Metadata.Martlet.Build`.
  package var build: String?
  /// Files and folders packed with `bootstrap` under the same relative path:
  /// `Metadata.Martlet.Files`.
  package var files: [String]
  package var reservedConcurrency: Int?
  package var url: FunctionURLDefinition?
  /// `LoggingConfig.LogFormat: JSON`.
  package var logsJSON: Bool

  package init(
    logicalID: String, name: String, handler: String = "bootstrap",
    runtime: String = "provided.al2023", timeout: Int = 3, memorySize: Int = 128,
    temporaryStorage: Int = 512, environment: [String: String] = [:], code: String? = nil,
    build: String? = nil, files: [String] = [], reservedConcurrency: Int? = nil,
    url: FunctionURLDefinition? = nil, logsJSON: Bool = false
  ) {
    self.logicalID = logicalID
    self.name = name
    self.handler = handler
    self.runtime = runtime
    self.timeout = timeout
    self.memorySize = memorySize
    self.temporaryStorage = temporaryStorage
    self.environment = environment
    self.code = code
    self.build = build
    self.files = files
    self.reservedConcurrency = reservedConcurrency
    self.url = url
    self.logsJSON = logsJSON
  }
}

/// A function's own address.
package struct FunctionURLDefinition: Sendable, Equatable {
  package var requiresSignature: Bool
  /// `InvokeMode: RESPONSE_STREAM`.
  package var streams: Bool
  package var cors: CORS?
  /// Where it is reached besides its own address, on the port of the APIs: `Metadata.Martlet.Path`.
  package var path: String?

  package init(
    requiresSignature: Bool, streams: Bool = false, cors: CORS? = nil, path: String? = nil
  ) {
    self.path = path
    self.requiresSignature = requiresSignature
    self.streams = streams
    self.cors = cors
  }
}

/// Invokes a function by the clock.
package struct ScheduleDefinition: Sendable, Equatable {
  package enum Expression: Sendable, Equatable {
    /// Seconds between two invocations.
    case rate(seconds: Int)
    /// The six fields of EventBridge: minutes, hours, day of month, month, day of week, year.
    case cron([String])
    /// `at(2026-11-21T10:00:00)`.
    case at(String)
  }

  package var name: String
  package var function: String
  package var expression: Expression
  /// The event's text when the template gives one, else the service's own event is sent.
  package var input: String?
  package var isEnabled: Bool

  package init(
    name: String, function: String, expression: Expression, input: String? = nil,
    isEnabled: Bool = true
  ) {
    self.name = name
    self.function = function
    self.expression = expression
    self.input = input
    self.isEnabled = isEnabled
  }
}
