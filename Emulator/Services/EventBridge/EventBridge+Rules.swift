import JSON
import Storage
import Template

/// Rules and their targets.
extension EventBridge {
  /// Targets of one rule (EventBridge quotas).
  private static let mostTargets = 5

  func putRule(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    let bus = Self.bus(try input.string("EventBusName"))
    let pattern = try input.string("EventPattern").flatMap { $0.isEmpty ? nil : $0 }
    let schedule = try input.string("ScheduleExpression").flatMap { $0.isEmpty ? nil : $0 }
    guard pattern != nil || schedule != nil else {
      throw JSONServiceError.validation(
        "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    }
    if let pattern { _ = try Self.pattern(pattern) }
    if let schedule {
      guard bus == "default" else {
        throw JSONServiceError.validation(
          "ScheduleExpression is supported only on the default event bus.")
      }
      guard Schedule(schedule) != nil, !schedule.hasPrefix("at(") else {
        throw JSONServiceError.validation("Parameter ScheduleExpression is not valid.")
      }
    }
    let state = try input.string("State") ?? "ENABLED"
    let description = try input.string("Description")
    let role = try input.string("RoleArn")
    let tags = try input.tags() ?? []
    let seconds = now() / 1_000
    let rule = try await database.write { connection in
      let table = EventTable(connection: connection)
      guard try table.hasBus(bus) else {
        throw Self.noResource("Event bus \(bus) does not exist.")
      }
      let known = try table.rule(name, on: bus)
      // Tags of a rule that is there stay as they are (API reference, `PutRule`).
      var rule = known ?? EventRule(bus: bus, name: name, since: seconds)
      if known == nil { rule.tags.set(tags) }
      if known?.schedule != schedule { rule.since = seconds }
      rule.pattern = pattern
      rule.schedule = schedule
      rule.description = description
      rule.role = role
      rule.isEnabled = state != "DISABLED"
      try table.save(rule)
      return rule
    }
    signals.notify(Self.rulesChanged)
    return ["RuleArn": .string(arn(of: rule))]
  }

  private func shown(_ rule: EventRule) -> JSONValue {
    var answer: JSONValue = [
      "Name": .string(rule.name), "Arn": .string(arn(of: rule)),
      "State": rule.isEnabled ? "ENABLED" : "DISABLED", "EventBusName": .string(rule.bus),
    ]
    for (member, text) in [
      ("EventPattern", rule.pattern), ("ScheduleExpression", rule.schedule),
      ("Description", rule.description), ("RoleArn", rule.role),
    ] {
      answer[member] = text.map { .string($0) }
    }
    return answer
  }

  func describeRule(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    let bus = Self.bus(try input.string("EventBusName"))
    let rule = try await database.read { connection in
      try self.rule(name, on: bus, in: EventTable(connection: connection))
    }
    var answer = shown(rule)
    answer["CreatedBy"] = .string(environment.accountID)
    return answer
  }

  func listRules(_ input: JSONMembers) async throws -> JSONValue {
    let prefix = try input.string("NamePrefix") ?? ""
    let bus = Self.bus(try input.string("EventBusName"))
    let rules = try await database.read { connection in
      let table = EventTable(connection: connection)
      guard try table.hasBus(bus) else {
        throw Self.noResource("Event bus \(bus) does not exist.")
      }
      return try table.rules(on: bus)
    }
    return try Self.list(
      "Rules", rules.filter { $0.name.hasPrefix(prefix) }, input, name: \.name
    ) { shown($0) }
  }

  func deleteRule(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    let bus = Self.bus(try input.string("EventBusName"))
    try await database.write { connection in
      let table = EventTable(connection: connection)
      // Deleting a rule that is not there is no error.
      guard let rule = try table.rule(name, on: bus) else { return }
      guard rule.targets.isEmpty else {
        throw JSONServiceError.validation("Rule can't be deleted since it has targets.")
      }
      try table.remove(rule)
    }
    signals.notify(Self.rulesChanged)
    return [:]
  }

  func enableRule(_ input: JSONMembers, _ isEnabled: Bool) async throws -> JSONValue {
    let seconds = now() / 1_000
    return try await change(input) { rule in
      if isEnabled, !rule.isEnabled { rule.since = seconds }
      rule.isEnabled = isEnabled
      return [:]
    }
  }

  private func change(
    _ input: JSONMembers, rule member: String = "Name",
    _ change: @escaping @Sendable (inout EventRule) throws -> JSONValue
  ) async throws -> JSONValue {
    let name = try input.required(member)
    let bus = Self.bus(try input.string("EventBusName"))
    let answer = try await database.write { connection in
      let table = EventTable(connection: connection)
      var rule = try self.rule(name, on: bus, in: table)
      let answer = try change(&rule)
      try table.save(rule)
      return answer
    }
    signals.notify(Self.rulesChanged)
    return answer
  }

  // MARK: - Targets

  func putTargets(_ input: JSONMembers) async throws -> JSONValue {
    let targets = try input.objects("Targets")?.map(\.value) ?? []
    for target in targets {
      let arn = target["Arn"]?.string ?? ""
      guard arn.hasPrefix("arn:") else {
        throw JSONServiceError.validation(
          "Parameter \(arn) is not valid. Reason: Provided Arn is not in correct format.")
      }
      guard !arn.hasSuffix(".fifo") || target["SqsParameters"] != nil else {
        throw JSONServiceError.validation(
          "Parameter(s) SqsParameters must be specified for target: "
            + "\(target["Id"]?.string ?? "").")
      }
      let inputs = ["Input", "InputPath", "InputTransformer"].filter { target[$0] != nil }
      guard inputs.count < 2 else {
        throw JSONServiceError.validation(
          "Only one of Input, InputPath, or InputTransformer must be provided for target "
            + "\(target["Id"]?.string ?? "").")
      }
      if let transformer = target["InputTransformer"],
        let name = EventInput.unknownPlaceholder(in: transformer)
      {
        throw JSONServiceError.validation(
          "InputTemplate for target \(target["Id"]?.string ?? "") contains invalid placeholder "
            + "\(name).")
      }
      if let text = target["Input"]?.string, (try? JSONValue(parsing: text)) == nil {
        throw JSONServiceError.validation(
          "JSON syntax error in input for target \(target["Id"]?.string ?? "")")
      }
    }
    return try await change(input, rule: "Rule") { rule in
      for target in targets {
        let arn = target["Arn"]?.string ?? ""
        guard [":lambda:", ":sqs:", ":event-bus/", ":log-group:"].contains(where: arn.contains)
        else {
          throw JSONServiceError.validation(
            "martlet plays functions, queues, log groups and event buses as targets, not \(arn)")
        }
        let id = target["Id"]
        if let place = rule.targets.firstIndex(where: { $0["Id"] == id }) {
          rule.targets[place] = target
        } else {
          rule.targets.append(target)
        }
      }
      guard rule.targets.count <= Self.mostTargets else {
        throw JSONServiceError(
          "LimitExceededException",
          "The requested resource exceeds the maximum number allowed.")
      }
      return ["FailedEntryCount": 0, "FailedEntries": []]
    }
  }

  func removeTargets(_ input: JSONMembers) async throws -> JSONValue {
    let ids = try input.strings("Ids") ?? []
    return try await change(input, rule: "Rule") { rule in
      let known = Set(rule.targets.compactMap { $0["Id"]?.string })
      rule.targets.removeAll { ids.contains($0["Id"]?.string ?? "") }
      let failed = ids.filter { !known.contains($0) }
      return [
        "FailedEntryCount": .int(failed.count),
        "FailedEntries": .array(
          failed.map { id in
            [
              "TargetId": .string(id), "ErrorCode": "ResourceNotFoundException",
              "ErrorMessage": .string(
                "Rule \(rule.name) does not have a target with the Id \(id)."),
            ]
          }),
      ]
    }
  }

  func listTargetsByRule(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Rule")
    let bus = Self.bus(try input.string("EventBusName"))
    let rule = try await database.read { connection in
      try self.rule(name, on: bus, in: EventTable(connection: connection))
    }
    let sorted = rule.targets.sorted { ($0["Id"]?.string ?? "") < ($1["Id"]?.string ?? "") }
    func id(of target: JSONValue) -> String { target["Id"]?.string ?? "" }
    return try Self.list("Targets", sorted, input, name: id) { $0 }
  }

  func listRuleNamesByTarget(_ input: JSONMembers) async throws -> JSONValue {
    let arn = try input.required("TargetArn")
    let bus = Self.bus(try input.string("EventBusName"))
    let rules = try await database.read { try EventTable(connection: $0).rules(on: bus) }
    let names = rules.filter { $0.targets.contains { $0["Arn"]?.string == arn } }.map(\.name)
    return try Self.list("RuleNames", names, input, name: \.self) { .string($0) }
  }
}
