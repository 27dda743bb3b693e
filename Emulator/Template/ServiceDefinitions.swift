package import JSON

/// A KMS key.
package struct KeyDefinition: Sendable, Equatable {
  package var logicalID: String
  /// A UUID made of the logical id, the same at each start.
  package var id: String
  package var spec: String
  package var usage: String
  package var description: String
  package var isEnabled: Bool
  /// `EnableKeyRotation`.
  package var rotates: Bool

  package init(
    logicalID: String, id: String, spec: String = "SYMMETRIC_DEFAULT",
    usage: String = "ENCRYPT_DECRYPT", description: String = "", isEnabled: Bool = true,
    rotates: Bool = false
  ) {
    self.logicalID = logicalID
    self.id = id
    self.spec = spec
    self.usage = usage
    self.description = description
    self.isEnabled = isEnabled
    self.rotates = rotates
  }
}

/// Another name of a KMS key.
package struct KeyAliasDefinition: Sendable, Equatable {
  /// Begins with `alias/`.
  package var name: String
  /// A key's id or ARN.
  package var target: String

  package init(name: String, target: String) {
    self.name = name
    self.target = target
  }
}

/// A parameter of the Parameter Store.
package struct ParameterDefinition: Sendable, Equatable {
  package var logicalID: String
  package var name: String
  /// `String` or `StringList`: CloudFormation makes no secure ones.
  package var type: String
  package var value: String
  package var description: String?

  package init(
    logicalID: String, name: String, type: String = "String", value: String,
    description: String? = nil
  ) {
    self.logicalID = logicalID
    self.name = name
    self.type = type
    self.value = value
    self.description = description
  }
}

/// An SQS queue.
package struct QueueDefinition: Sendable, Equatable {
  package var logicalID: String
  package var name: String
  /// As `CreateQueue` takes them: `VisibilityTimeout`, `RedrivePolicy` as JSON text, …
  package var attributes: [String: String]

  package init(logicalID: String, name: String, attributes: [String: String] = [:]) {
    self.logicalID = logicalID
    self.name = name
    self.attributes = attributes
  }
}

/// A function that is fed by a queue.
package struct QueueSourceDefinition: Sendable, Equatable {
  package var queueARN: String
  package var function: String
  /// Messages of one event, 1 to 10,000.
  package var batchSize: Int
  /// Seconds that a batch is waited for, 0 to 300.
  package var window: Int
  /// `ReportBatchItemFailures`.
  package var reportsFailures: Bool
  /// Patterns of which a message has to match one; empty lets all through.
  package var filters: [JSONValue]
  /// How many batches run at once, 2 to 1,000; nil leaves it to the function.
  package var concurrency: Int?
  package var isEnabled: Bool

  package init(
    queueARN: String, function: String, batchSize: Int = 10, window: Int = 0,
    reportsFailures: Bool = false, filters: [JSONValue] = [], concurrency: Int? = nil,
    isEnabled: Bool = true
  ) {
    self.queueARN = queueARN
    self.function = function
    self.batchSize = batchSize
    self.window = window
    self.reportsFailures = reportsFailures
    self.filters = filters
    self.concurrency = concurrency
    self.isEnabled = isEnabled
  }
}

/// A group of log streams.
package struct LogGroupDefinition: Sendable, Equatable {
  package var logicalID: String
  package var name: String
  /// Days; nil keeps the events for ever.
  package var retention: Int?

  package init(logicalID: String, name: String, retention: Int? = nil) {
    self.logicalID = logicalID
    self.name = name
    self.retention = retention
  }
}

/// A rule of EventBridge with its targets.
package struct RuleDefinition: Sendable, Equatable {
  package var name: String
  package var bus: String
  package var description: String?
  package var pattern: JSONValue?
  /// `rate(5 minutes)`, `cron(…)`.
  package var schedule: String?
  package var isEnabled: Bool
  /// As `PutTargets` takes them.
  package var targets: [JSONValue]

  package init(
    name: String, bus: String = "default", description: String? = nil, pattern: JSONValue? = nil,
    schedule: String? = nil, isEnabled: Bool = true, targets: [JSONValue] = []
  ) {
    self.name = name
    self.bus = bus
    self.description = description
    self.pattern = pattern
    self.schedule = schedule
    self.isEnabled = isEnabled
    self.targets = targets
  }
}
