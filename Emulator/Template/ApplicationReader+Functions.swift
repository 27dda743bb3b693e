import JSON

extension ApplicationReader {
  private static let known: Set<String> = [
    "FunctionName", "Handler", "Runtime", "Timeout", "MemorySize", "Environment", "CodeUri",
    "Code", "EphemeralStorage", "ReservedConcurrentExecutions", "FunctionUrlConfig", "Events",
    "LoggingConfig",
  ]

  private static let harmless: Set<String> = [
    "Description", "Policies", "Role", "PermissionsBoundary", "RolePath", "Tags", "Tracing",
    "Architectures", "AutoPublishAlias", "AutoPublishCodeSha256", "DeploymentPreference",
    "PackageType", "PropagateTags", "VersionDescription", "KmsKeyArn",
    "RuntimeManagementConfig", "SnapStart", "ProvisionedConcurrencyConfig", "CodeSigningConfigArn",
  ]

  mutating func readFunction(_ resource: Resource) throws {
    let isServerless = resource.type == "AWS::Serverless::Function"
    let properties = properties(of: resource, over: isServerless ? "Function" : nil)
    if try properties.member("PackageType")?.text() == "Image" {
      throw properties.error("functions in container images are not played here; use a zip")
    }
    warnOfOthers(
      in: properties, known: ApplicationReader.known, harmless: ApplicationReader.harmless)
    let name = try scope.physicalName(of: resource, properties.place)
    let metadata = try metadata(of: resource)
    let function = FunctionDefinition(
      logicalID: resource.logicalID, name: name,
      handler: try properties.member("Handler")?.text() ?? "bootstrap",
      runtime: try properties.member("Runtime")?.text() ?? "provided.al2023",
      timeout: try properties.member("Timeout")?.int(1...900, unit: "seconds") ?? 3,
      memorySize: try properties.member("MemorySize")?.int(128...10_240, unit: "MB") ?? 128,
      temporaryStorage: try properties.member("EphemeralStorage")?.member("Size")?.int(
        512...10_240, unit: "MB") ?? 512,
      environment: try environment(of: properties),
      code: try code(of: properties, isServerless: isServerless),
      build: metadata.build, files: metadata.files,
      reservedConcurrency: try properties.member("ReservedConcurrentExecutions")?.int(
        0...1_000_000),
      url: try properties.member("FunctionUrlConfig").map { try readURL($0, path: metadata.path) },
      logsJSON: try properties.member("LoggingConfig")?.member("LogFormat")?.text(
        among: ["Text", "JSON"]) == "JSON")
    application.functions.append(function)
    guard isServerless else { return }
    for (name, event) in try properties.member("Events")?.members() ?? [] {
      try readEvent(event, named: name, of: function)
    }
  }

  /// Names that the runtime sets itself (Lambda developer guide, "Defined runtime environment
  /// variables").
  private static let reserved: Set<String> = [
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
  ]

  private func environment(of properties: Property) throws -> [String: String] {
    guard let variables = try properties.member("Environment")?.member("Variables") else {
      return [:]
    }
    var environment: [String: String] = [:]
    var bytes = 0
    for (name, value) in try variables.members() {
      guard isVariableName(name) else {
        throw value.error("a variable's name begins with a letter and has letters, digits and _")
      }
      guard !ApplicationReader.reserved.contains(name) else {
        throw value.error("Lambda sets this variable itself; choose another name")
      }
      let text = try value.text()
      guard !text.utf8.contains(0) else { throw value.error("the value holds a NUL character") }
      environment[name] = text
      bytes += name.utf8.count + text.utf8.count
    }
    guard bytes <= 4096 else {
      throw variables.error("the variables have \(bytes) bytes; Lambda allows 4096")
    }
    return environment
  }

  private func isVariableName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A,
      name.utf8.count > 1
    else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
      default: false
      }
    }
  }

  /// A path beside the template; code that lies in S3 or stands in the template is not.
  private func code(of properties: Property, isServerless: Bool) throws -> String? {
    guard let code = try properties.member(isServerless ? "CodeUri" : "Code") else { return nil }
    guard let path = code.value.text else {
      throw code.error("expected the path of a folder or zip file on this machine")
    }
    guard !path.hasPrefix("s3://") else {
      throw code.error("code in S3 is not fetched; name a folder or zip file on this machine")
    }
    return path
  }

  /// `Metadata.Martlet`: `Build`, `Files` and `Path`.
  private func metadata(
    of resource: Resource
  ) throws -> (build: String?, files: [String], path: String?) {
    guard let martlet = resource.body["Metadata"]?["Martlet"] else { return (nil, [], nil) }
    let property = Property(martlet, of: resource.logicalID, path: "Metadata.Martlet", in: scope)
    for (key, value) in try property.members() where !["Build", "Files", "Path"].contains(key) {
      throw value.error("there are only \"Build\", \"Files\" and \"Path\" here")
    }
    let path = try property.member("Path")
    if let path, try !path.text().hasPrefix("/") {
      throw path.error("expected a path that begins with /")
    }
    let files = try property.member("Files")?.elements() ?? []
    for file in files {
      let parts = try file.text().split(separator: "/", omittingEmptySubsequences: false)
      guard !parts.contains(".."), !parts.contains(""), !parts.contains(".") else {
        throw file.error("expected a plain path relative to the template")
      }
    }
    return (
      try property.member("Build")?.text(), try files.map { try $0.text() }, try path?.text()
    )
  }

  private func readURL(_ property: Property, path: String?) throws -> FunctionURLDefinition {
    let type = try property.required("AuthType").text(among: ["AWS_IAM", "NONE"])
    let mode = try property.member("InvokeMode")?.text(among: ["BUFFERED", "RESPONSE_STREAM"])
    return FunctionURLDefinition(
      requiresSignature: type == "AWS_IAM", streams: mode == "RESPONSE_STREAM",
      cors: try property.member("Cors").map { try readCORS($0) }, path: path)
  }

  // MARK: Events

  private mutating func readEvent(
    _ event: Property, named name: String, of function: FunctionDefinition
  ) throws {
    let type = try event.required("Type").text()
    let properties =
      try event.member("Properties")
      ?? Property(
        scope: scope, place: event.place, value: Located(.object([]), at: event.value.offset))
    switch type {
    case "HttpApi":
      let api = try properties.member("ApiId").map { try apiID($0) } ?? Scope.implicitHTTPAPI
      let route = EventRoute(
        key: try routeKey(properties), function: function.name, event: properties)
      eventRoutes[api, default: []].append(route)
    case "Schedule", "ScheduleV2":
      let isScheduler = type == "ScheduleV2"
      let expression = try properties.required(isScheduler ? "ScheduleExpression" : "Schedule")
      let isEnabled =
        try properties.member("State").map { try $0.text() == "ENABLED" }
        ?? properties.member("Enabled")?.flag() ?? true
      application.schedules.append(
        ScheduleDefinition(
          name: try properties.member("Name")?.text() ?? function.logicalID + name,
          function: function.name, expression: try readSchedule(expression),
          input: try properties.member("Input")?.text(), isEnabled: isEnabled))
    case "SQS": try readQueueEvent(properties, of: function)
    case "EventBridgeRule", "CloudWatchEvent":
      try readRuleEvent(properties, named: name, of: function)
    case "DynamoDB":
      application.streams.append(try readStream(properties, named: name, of: function))
      for (key, value) in try properties.members()
      where ["DestinationConfig", "ParallelizationFactor", "TumblingWindowInSeconds"].contains(key)
      {
        warn("\(key) of a stream has no effect here", at: value.value, in: function.logicalID)
      }
    default:
      warn("events of type \(type) are not played here", at: event.value, in: function.logicalID)
    }
  }

  /// The logical id of the API an event names by `Ref`.
  private func apiID(_ property: Property) throws -> String {
    let id = try property.text()
    guard let found = scope.apiIDs.first(where: { $0.value == id }) else {
      throw property.error("\"\(id)\" is no HTTP API of this template; write {\"Ref\": \"…\"}")
    }
    return found.key
  }

  private func routeKey(_ properties: Property) throws -> String {
    guard let path = try properties.member("Path") else { return "$default" }
    let text = try path.text()
    if text == "$default" { return text }
    let method = try properties.member("Method")?.text().uppercased() ?? "ANY"
    return "\(method == "*" || method == "X-AMAZON-APIGATEWAY-ANY-METHOD" ? "ANY" : method) \(text)"
  }

  func readSchedule(_ property: Property) throws -> ScheduleDefinition.Expression {
    let text = try property.text()
    let inner = text.dropLast().split(separator: "(", maxSplits: 1)
    guard text.hasSuffix(")"), inner.count == 2 else {
      throw property.error("\"\(text)\" is no rate(…), cron(…) or at(…)")
    }
    let fields = inner[1].split(separator: " ").map { String($0) }
    switch inner[0] {
    case "rate":
      let units = ["minute": 60, "hour": 3600, "day": 86_400]
      guard fields.count == 2, let value = Int(fields[0]), value > 0, value < 1_000_000,
        let unit = units[fields[1].hasSuffix("s") ? String(fields[1].dropLast()) : fields[1]]
      else { throw property.error("expected rate(5 minutes), rate(1 hour), rate(2 days)") }
      return .rate(seconds: value * unit)
    case "cron":
      guard fields.count == 6 else {
        throw property.error(
          "cron(…) has six fields: minutes hours day-of-month month day-of-week year")
      }
      return .cron(fields)
    case "at" where fields.count == 1: return .at(fields[0])
    default: throw property.error("\"\(text)\" is no rate(…), cron(…) or at(…)")
    }
  }
}
