/// What a template describes, as plain values: everything is resolved and checked.
package struct Application: Sendable, Equatable {
  package var functions: [FunctionDefinition] = []
  package var webSocketAPIs: [WebSocketAPI] = []
  package var httpAPIs: [HTTPAPI] = []
  package var tables: [TableDefinition] = []
  package var buckets: [BucketDefinition] = []
  package var secrets: [SecretDefinition] = []
  package var schedules: [ScheduleDefinition] = []
  /// What the template asks for and the emulator does not play.
  package var warnings: [TemplateWarning] = []

  package init() {}

  package func function(named name: String) -> FunctionDefinition? {
    functions.first { $0.name == name }
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

  package init(
    webSocketEndpoint: String = "ws://127.0.0.1:3000",
    httpEndpoint: String = "http://127.0.0.1:3000"
  ) {
    self.webSocketEndpoint = webSocketEndpoint
    self.httpEndpoint = httpEndpoint
  }

  package func arn(_ service: String, _ resource: String) -> String {
    "arn:aws:\(service):\(region):\(accountID):\(resource)"
  }

  package func functionARN(_ name: String) -> String { arn("lambda", "function:\(name)") }

  package func tableARN(_ name: String) -> String { arn("dynamodb", "table/\(name)") }

  /// The service appends six characters of its own choice; here they are always the same.
  package func secretARN(_ name: String) -> String {
    arn("secretsmanager", "secret:\(name)-martlt")
  }
}
