/// What a template describes, as plain values: everything is resolved and checked.
package struct Application: Sendable, Equatable {
  package var functions: [FunctionDefinition] = []
  package var webSocketAPIs: [WebSocketAPI] = []
  package var httpAPIs: [HTTPAPI] = []
  package var tables: [TableDefinition] = []
  package var buckets: [BucketDefinition] = []
  package var secrets: [SecretDefinition] = []
  package var schedules: [ScheduleDefinition] = []
  package var keys: [KeyDefinition] = []
  package var keyAliases: [KeyAliasDefinition] = []
  package var parameters: [ParameterDefinition] = []
  package var queues: [QueueDefinition] = []
  package var queueSources: [QueueSourceDefinition] = []
  package var logGroups: [LogGroupDefinition] = []
  /// Names of event buses besides `default`.
  package var buses: [String] = []
  package var rules: [RuleDefinition] = []
  package var streams: [StreamMapping] = []
  /// What the template asks for and the emulator does not play.
  package var warnings: [TemplateWarning] = []

  package init() {}

  package func function(named name: String) -> FunctionDefinition? {
    functions.first { $0.name == name }
  }

  /// The function that a user means: by its handler, else by its logical id or name.
  package func function(called name: String) -> FunctionDefinition? {
    functions.first { $0.handler == name }
      ?? functions.first { $0.logicalID == name || $0.name == name }
  }

  /// `chat (ChatFunction), …`: what ``function(called:)`` knows.
  package var callableNames: String {
    functions.map { "\($0.handler) (\($0.logicalID))" }.joined(separator: ", ")
  }
}

/// Something in a template that has no effect here.
package struct TemplateWarning: Sendable, Equatable, CustomStringConvertible {
  /// `template.json:12:5`.
  package let place: String
  package let logicalID: String
  package let text: String

  package var description: String { "\(place): \(logicalID): \(text)" }
}

/// What the template's pseudo parameters and generated names are made of.
package struct TemplateEnvironment: Sendable, Equatable {
  package var accountID = "000000000000"
  package var region = "us-east-1"
  package var stackName = "martlet"
  /// What `GetAtt Api.ApiEndpoint` gives for a WebSocket API, without a stage.
  package var webSocketEndpoint: String
  /// What `GetAtt Api.ApiEndpoint` gives for an HTTP API.
  package var httpEndpoint: String
  /// Where the services are reached; the addresses of queues begin with it.
  package var serviceEndpoint: String

  package init(
    webSocketEndpoint: String = "ws://127.0.0.1:3000",
    httpEndpoint: String = "http://127.0.0.1:3000",
    serviceEndpoint: String = "http://127.0.0.1:4566"
  ) {
    self.webSocketEndpoint = webSocketEndpoint
    self.httpEndpoint = httpEndpoint
    self.serviceEndpoint = serviceEndpoint
  }

  package func arn(_ service: String, _ resource: String) -> String {
    "arn:aws:\(service):\(region):\(accountID):\(resource)"
  }

  package func functionARN(_ name: String) -> String { arn("lambda", "function:\(name)") }

  package func tableARN(_ name: String) -> String { arn("dynamodb", "table/\(name)") }

  package func queueURL(_ name: String) -> String { "\(serviceEndpoint)/\(accountID)/\(name)" }

  /// The id of a template's KMS key: a UUID (RFC 9562, version 8) made of its logical id.
  package func keyID(_ logicalID: String) -> String {
    func mixed(_ seed: UInt64) -> UInt64 {
      // FNV-1a: nothing has to be hard to guess here.
      logicalID.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
    let first = mixed(0xCBF2_9CE4_8422_2325) & ~0xF000 | 0x8000
    let second = mixed(first) & ~(0xC000 << 48) | 0x8000 << 48
    let digits = [first, second].map { number in
      let text = String(number, radix: 16)
      return String(repeating: "0", count: 16 - text.utf8.count) + text
    }.joined()
    var id = ""
    for (place, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(place) { id += "-" }
      id.append(digit)
    }
    return id
  }

  /// The service appends six characters of its own choice; here they are always the same.
  package func secretARN(_ name: String) -> String {
    arn("secretsmanager", "secret:\(name)-martlt")
  }
}
