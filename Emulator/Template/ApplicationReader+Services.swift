import JSON

/// Keys, parameters, queues, log groups and rules.
extension ApplicationReader {
  /// Reads a resource of one of these types; false for any other.
  mutating func readService(_ resource: Resource) throws -> Bool {
    switch resource.type {
    case "AWS::KMS::Key": try readKey(resource)
    case "AWS::KMS::Alias": try readAlias(resource)
    case "AWS::SSM::Parameter": try readParameter(resource)
    case "AWS::SQS::Queue": try readQueue(resource)
    case "AWS::Logs::LogGroup": try readLogGroup(resource)
    case "AWS::Events::EventBus": try readBus(resource)
    case "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping": sourceResources.append(resource)
    default: return false
    }
    return true
  }

  /// What leads to functions is read when all of them are known.
  mutating func readSources() throws {
    for resource in sourceResources {
      if resource.type == "AWS::Events::Rule" {
        try readRule(resource)
      } else {
        try readSourceMapping(resource)
      }
    }
  }

  private mutating func readKey(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties,
      known: ["KeySpec", "KeyUsage", "Description", "Enabled", "EnableKeyRotation"],
      harmless: [
        "KeyPolicy", "PendingWindowInDays", "Tags", "BypassPolicyLockoutSafetyCheck",
        "RotationPeriodInDays",
      ])
    let specs = [
      "SYMMETRIC_DEFAULT", "RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384",
      "ECC_NIST_P521", "ECC_SECG_P256K1", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512",
    ]
    let spec = try properties.member("KeySpec")?.text(among: specs) ?? "SYMMETRIC_DEFAULT"
    let usages = ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"]
    let usage = try properties.member("KeyUsage")?.text(among: usages) ?? "ENCRYPT_DECRYPT"
    let fitting: [String] =
      spec.hasPrefix("HMAC")
      ? ["GENERATE_VERIFY_MAC"]
      : spec.hasPrefix("ECC")
        ? ["SIGN_VERIFY"]
        : spec.hasPrefix("RSA") ? ["ENCRYPT_DECRYPT", "SIGN_VERIFY"] : ["ENCRYPT_DECRYPT"]
    guard fitting.contains(usage) else {
      throw properties.error("KeyUsage \(usage) is not compatible with KeySpec \(spec)")
    }
    application.keys.append(
      KeyDefinition(
        logicalID: resource.logicalID, id: try scope.physicalName(of: resource, properties.place),
        spec: spec, usage: usage, description: try properties.member("Description")?.text() ?? "",
        isEnabled: try properties.member("Enabled")?.flag() ?? true,
        rotates: try properties.member("EnableKeyRotation")?.flag() ?? false))
  }

  private mutating func readAlias(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(in: properties, known: ["AliasName", "TargetKeyId"])
    let name = try properties.required("AliasName")
    guard try name.text().hasPrefix("alias/"), try !name.text().hasPrefix("alias/aws/") else {
      throw name.error("the name of an alias begins with \"alias/\", and not with \"alias/aws/\"")
    }
    application.keyAliases.append(
      KeyAliasDefinition(
        name: try name.text(), target: try properties.required("TargetKeyId").text()))
  }

  private mutating func readParameter(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ["Name", "Type", "Value", "Description"],
      harmless: ["Tags", "Tier", "Policies", "AllowedPattern", "DataType"])
    application.parameters.append(
      ParameterDefinition(
        logicalID: resource.logicalID,
        name: try scope.physicalName(of: resource, properties.place),
        type: try properties.required("Type").text(among: ["String", "StringList"]),
        value: try properties.required("Value").text(),
        description: try properties.member("Description")?.text()))
  }

  private static let queueAttributes: Set<String> = [
    "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout", "FifoQueue",
    "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "RedrivePolicy",
    "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled",
  ]

  private mutating func readQueue(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ApplicationReader.queueAttributes.union(["QueueName"]),
      harmless: ["Tags"])
    var attributes: [String: String] = [:]
    for (name, property) in try properties.members()
    where ApplicationReader.queueAttributes.contains(name) {
      attributes[name] =
        property.value.members == nil
        ? try property.text() : try scope.json(property.value, property.place).description
    }
    let name = try scope.physicalName(of: resource, properties.place)
    let isFIFO = attributes["FifoQueue"] == "true"
    let base = name.hasSuffix(".fifo") ? String(name.dropLast(5)) : name
    let allowed = base.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    guard (1...80).contains(name.utf8.count), allowed, name.hasSuffix(".fifo") == isFIFO else {
      throw properties.error(
        "\"\(name)\" is no queue name: 1 to 80 letters, digits, - and _; that of a FIFO queue, and "
          + "of no other, ends in .fifo")
    }
    application.queues.append(
      QueueDefinition(logicalID: resource.logicalID, name: name, attributes: attributes))
  }

  private mutating func readLogGroup(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ["LogGroupName", "RetentionInDays"],
      harmless: ["KmsKeyId", "Tags", "LogGroupClass", "DataProtectionPolicy", "FieldIndexPolicies"])
    application.logGroups.append(
      LogGroupDefinition(
        logicalID: resource.logicalID,
        name: try scope.physicalName(of: resource, properties.place),
        retention: try properties.member("RetentionInDays")?.int(1...3653, unit: "days")))
  }

  private mutating func readBus(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties, known: ["Name"],
      harmless: ["Description", "Tags", "Policy", "KmsKeyIdentifier", "DeadLetterConfig"])
    application.buses.append(try properties.required("Name").text())
  }

  // MARK: Rules

  private mutating func readRule(_ resource: Resource) throws {
    let properties = properties(of: resource)
    warnOfOthers(
      in: properties,
      known: [
        "Name", "EventBusName", "EventPattern", "ScheduleExpression", "State", "Targets",
        "Description",
      ], harmless: ["RoleArn", "Tags"])
    let pattern = try properties.member("EventPattern").map { try scope.json($0.value, $0.place) }
    let schedule = try properties.member("ScheduleExpression")
    if let schedule { _ = try readSchedule(schedule) }
    guard pattern != nil || schedule != nil else {
      throw properties.error("a rule has an EventPattern or a ScheduleExpression")
    }
    let targets = try properties.member("Targets")?.elements() ?? []
    application.rules.append(
      RuleDefinition(
        name: try scope.physicalName(of: resource, properties.place),
        bus: busName(try properties.member("EventBusName")?.text()),
        description: try properties.member("Description")?.text(), pattern: pattern,
        schedule: try schedule?.text(),
        isEnabled: try properties.member("State")?.text() ?? "ENABLED" != "DISABLED",
        targets: try targets.map { target in
          _ = try target.required("Arn").text()
          _ = try target.required("Id").text()
          return try scope.json(target.value, target.place)
        }))
  }

  private func busName(_ text: String?) -> String {
    guard let text else { return "default" }
    return text.firstRange(of: ":event-bus/").map { String(text[$0.upperBound...]) } ?? text
  }

  /// The event `EventBridgeRule` (or `CloudWatchEvent`) of a function.
  mutating func readRuleEvent(
    _ properties: Property, named name: String, of function: FunctionDefinition
  ) throws {
    let pattern = try properties.required("Pattern")
    var target: JSONValue = [
      "Id": .string(function.logicalID + name + "LambdaTarget"),
      "Arn": .string(scope.environment.functionARN(function.name)),
    ]
    for member in ["Input", "InputPath"] {
      target[member] = try properties.member(member).map { .string(try $0.text()) }
    }
    if let transformer = try properties.member("InputTransformer") {
      target["InputTransformer"] = try scope.json(transformer.value, transformer.place)
    }
    application.rules.append(
      RuleDefinition(
        name: try properties.member("RuleName")?.text()
          ?? "\(scope.environment.stackName)-\(function.logicalID)\(name)",
        bus: busName(try properties.member("EventBusName")?.text()),
        pattern: try scope.json(pattern.value, pattern.place),
        isEnabled: try properties.member("State")?.text() ?? "ENABLED" != "DISABLED",
        targets: [target]))
  }

  // MARK: Queues that feed functions

  /// The event `SQS` of a function.
  mutating func readQueueEvent(
    _ properties: Property, of function: FunctionDefinition
  ) throws {
    warnOfOthers(
      in: properties,
      known: [
        "Queue", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes",
        "FilterCriteria", "Enabled", "ScalingConfig",
      ])
    let queue = try properties.required("Queue")
    application.queueSources.append(
      try queueSource(properties, queue: queue, function: function.name))
  }

  private mutating func readSourceMapping(_ resource: Resource) throws {
    let properties = properties(of: resource)
    let source = try properties.required("EventSourceArn")
    guard try source.text().contains(":sqs:") else {
      warn("only queues feed functions here", at: source.value, in: resource.logicalID)
      return
    }
    warnOfOthers(
      in: properties,
      known: [
        "EventSourceArn", "FunctionName", "BatchSize", "MaximumBatchingWindowInSeconds",
        "FunctionResponseTypes", "FilterCriteria", "Enabled", "ScalingConfig",
      ], harmless: ["Tags", "MetricsConfig"])
    let function = try properties.required("FunctionName")
    application.queueSources.append(
      try queueSource(
        properties, queue: source, function: try functionName(in: function.text(), function)))
  }

  private func queueSource(
    _ properties: Property, queue: Property, function: String
  ) throws -> QueueSourceDefinition {
    let arn = try queue.text()
    guard arn.hasPrefix("arn:aws:sqs:") else {
      throw queue.error("expected the ARN of a queue: {\"Fn::GetAtt\": [\"Queue\", \"Arn\"]}")
    }
    let isFIFO = arn.hasSuffix(".fifo")
    let batch = try properties.member("BatchSize")
    let size = try batch?.int(1...10_000, unit: "messages") ?? 10
    let window = try properties.member("MaximumBatchingWindowInSeconds")?.int(
      0...300, unit: "seconds")
    if let batch, size > 10, isFIFO || (window ?? 0) == 0 {
      throw batch.error(
        isFIFO
          ? "batches of FIFO queues have at most 10 messages"
          : "batches over 10 messages need MaximumBatchingWindowInSeconds of at least 1")
    }
    let types = try properties.member("FunctionResponseTypes")?.elements() ?? []
    let filters = try properties.member("FilterCriteria")?.member("Filters")?.elements() ?? []
    return QueueSourceDefinition(
      queueARN: arn, function: function, batchSize: size, window: window ?? 0,
      reportsFailures: try !types.map { try $0.text(among: ["ReportBatchItemFailures"]) }.isEmpty,
      filters: try filters.map { filter in
        let pattern = try filter.required("Pattern")
        guard let value = try? JSONValue(parsing: pattern.text()), value.object != nil else {
          throw pattern.error("expected the text of a JSON object")
        }
        return value
      },
      concurrency: try properties.member("ScalingConfig")?.member("MaximumConcurrency")?.int(
        2...1000),
      isEnabled: try properties.member("Enabled")?.flag() ?? true)
  }
}

extension Scope {
  /// A value as JSON, with the intrinsic functions anywhere in it resolved.
  func json(_ value: Located, _ place: Place) throws -> JSONValue {
    guard let resolved = try resolved(value, place) else { return .null }
    switch resolved.content {
    case .array(let elements):
      return .array(
        try elements.enumerated().map { try json($0.element, place.element($0.offset)) })
    case .object(let members):
      return .object(
        JSONObject(try members.map { ($0.key, try json($0.value, place.member($0.key))) }))
    default: return resolved.json
    }
  }
}
