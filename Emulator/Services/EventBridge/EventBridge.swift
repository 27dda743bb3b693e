import Crypto
import JSON
package import Server
package import Storage
import Synchronization
package import Template

/// A stand-in for EventBridge on the emulator's database: buses, rules with patterns and schedules, and
/// functions and queues as targets.
///
/// Source of operations, limits and texts: EventBridge API reference.
package final class EventBridge: Sendable {
  /// Gives an event to a function; the answer does not matter.
  package typealias Invoke = @Sendable (_ function: String, _ event: [UInt8]) async -> Void

  /// Writes a line to a log group.
  package typealias Record = @Sendable (_ group: String, _ message: String) async -> Void

  let database: Database
  let queues: SQS
  let environment: TemplateEnvironment
  /// Unix milliseconds.
  let now: @Sendable () -> Int
  let signals = QueueSignals()
  private let invoke = Mutex<Invoke?>(nil)
  private let record = Mutex<Record?>(nil)
  private let wire = JSONProtocol(
    targetPrefix: "AWSEvents.", service: "EventBridge", model: EventBridge.model,
    bodyLimit: 2 << 20)

  package init(
    _ database: Database, queues: SQS,
    environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.queues = queues
    self.environment = environment
    self.now = now
    try await database.migrate(EventTable.migrations)
    let seconds = Double(now()) / 1_000
    try await database.write { connection in
      let table = EventTable(connection: connection)
      guard try !table.hasBus("default") else { return }
      try table.save(EventBus(name: "default", created: seconds))
    }
  }

  /// Says how functions are invoked and lines written to log groups; until then events for them are
  /// dropped.
  package func connect(_ invoke: @escaping Invoke, record: @escaping Record) {
    self.invoke.withLock { $0 = invoke }
    self.record.withLock { $0 = record }
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    await wire.answer(request) { name, input in try await self.perform(name, input) }
  }

  private func perform(_ operation: String, _ input: JSONMembers) async throws -> JSONValue {
    switch operation {
    case "PutEvents": try await putEvents(input)
    case "TestEventPattern": try testEventPattern(input)
    case "CreateEventBus": try await createEventBus(input)
    case "DescribeEventBus": try await describeEventBus(input)
    case "ListEventBuses": try await listEventBuses(input)
    case "UpdateEventBus": try await updateEventBus(input)
    case "DeleteEventBus": try await deleteEventBus(input)
    case "PutPermission": try await putPermission(input)
    case "RemovePermission": try await removePermission(input)
    case "PutRule": try await putRule(input)
    case "DescribeRule": try await describeRule(input)
    case "ListRules": try await listRules(input)
    case "DeleteRule": try await deleteRule(input)
    case "EnableRule": try await enableRule(input, true)
    case "DisableRule": try await enableRule(input, false)
    case "PutTargets": try await putTargets(input)
    case "RemoveTargets": try await removeTargets(input)
    case "ListTargetsByRule": try await listTargetsByRule(input)
    case "ListRuleNamesByTarget": try await listRuleNamesByTarget(input)
    case "TagResource": try await tagResource(input)
    case "UntagResource": try await untagResource(input)
    case "ListTagsForResource": try await listTags(input)
    default: throw JSONServiceError.unsupported(operation, of: "EventBridge")
    }
  }

  /// Makes buses and rules of a template anew. Rules that somebody made by hand stay.
  package func create(_ application: Application) async throws {
    let seconds = now() / 1_000
    let scheduled = application.schedules.map { schedule in
      var rule = EventRule(bus: "default", name: schedule.name, since: seconds)
      rule.schedule = Self.text(schedule.expression)
      rule.isEnabled = schedule.isEnabled
      var target: JSONValue = [
        "Id": "function", "Arn": .string(environment.functionARN(schedule.function)),
      ]
      target["Input"] = schedule.input.map { .string($0) }
      rule.targets = [target]
      return rule
    }
    let others = application.rules.map { wanted in
      var rule = EventRule(bus: wanted.bus, name: wanted.name, since: seconds)
      rule.pattern = wanted.pattern?.description
      rule.schedule = wanted.schedule
      rule.description = wanted.description
      rule.isEnabled = wanted.isEnabled
      rule.targets = wanted.targets
      return rule
    }
    try await database.write { connection in
      let table = EventTable(connection: connection)
      for bus in application.buses where try !table.hasBus(bus) {
        try table.save(EventBus(name: bus, created: Double(seconds)))
      }
      for rule in try table.rules(on: nil) where rule.isOfTemplate { try table.remove(rule) }
      for var rule in scheduled + others {
        rule.isOfTemplate = true
        try table.save(rule)
      }
    }
    signals.notify(Self.rulesChanged)
  }

  static let rulesChanged = "rules"

  /// An expression as it is written; seconds of a rate are whole minutes.
  private static func text(_ expression: ScheduleDefinition.Expression) -> String {
    switch expression {
    case .rate(let seconds): "rate(\(seconds / 60) \(seconds == 60 ? "minute" : "minutes"))"
    case .cron(let fields): "cron(\(fields.joined(separator: " ")))"
    case .at(let text): "at(\(text))"
    }
  }

  func arn(of rule: EventRule) -> String {
    environment.arn(
      "events", rule.bus == "default" ? "rule/\(rule.name)" : "rule/\(rule.bus)/\(rule.name)")
  }

  func busARN(_ name: String) -> String { environment.arn("events", "event-bus/\(name)") }

  /// The bus that a request names, by name or ARN.
  static func bus(_ text: String?) -> String {
    guard let text else { return "default" }
    return text.firstRange(of: ":event-bus/").map { String(text[$0.upperBound...]) } ?? text
  }

  static func noResource(_ message: String) -> JSONServiceError {
    JSONServiceError("ResourceNotFoundException", message)
  }

  func rule(_ name: String, on bus: String, in table: EventTable) throws -> EventRule {
    guard try table.hasBus(bus) else {
      throw Self.noResource("Event bus \(bus) does not exist.")
    }
    guard let rule = try table.rule(name, on: bus) else {
      throw Self.noResource("Rule \(name) does not exist on EventBus \(bus).")
    }
    return rule
  }

  // MARK: - Events

  private static let entryLimit = 1_048_576
  private static let mostEntries = 10

  /// The service shows the entries as Java prints them.
  private static func tooManyEntries(_ entries: [JSONMembers]) -> JSONServiceError {
    let names = [
      "Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader",
      "KmsKeyIdentifier", "InternalMetadata",
    ]
    let shown = entries.map { entry in
      let members = names.map { name in
        let value = entry[name]
        let text =
          value?.array.map { "[\($0.compactMap(\.string).joined(separator: ", "))]" }
          ?? value?.string ?? value?.description ?? "null"
        return name.prefix(1).lowercased() + name.dropFirst() + "=" + text
      }
      return "PutEventsRequestEntry(\(members.joined(separator: ", ")))"
    }
    return .validation(
      "1 validation error detected: Value '[\(shown.joined(separator: ", "))]' at 'entries' failed "
        + "to satisfy constraint: Member must have length less than or equal to \(mostEntries)")
  }

  func putEvents(_ input: JSONMembers) async throws -> JSONValue {
    let entries = try input.objects("Entries") ?? []
    guard input["EndpointId"] == nil else {
      throw JSONServiceError.validation("martlet plays no global endpoints.")
    }
    guard entries.count <= Self.mostEntries else { throw Self.tooManyEntries(entries) }
    let size = entries.reduce(0) { $0 + $1.value.encoded().count }
    guard size <= Self.entryLimit else {
      throw JSONServiceError.validation(
        "Total size of the entries in the request is over the limit.")
    }
    var answers: [JSONValue] = []
    var failures = 0
    for entry in entries {
      do {
        let (event, bus) = try event(entry)
        try await publish(event, on: bus)
        answers.append(["EventId": event["id"] ?? ""])
      } catch let error as JSONServiceError {
        failures += 1
        answers.append(
          ["ErrorCode": .string(error.type), "ErrorMessage": .string(error.message)])
      }
    }
    return ["FailedEntryCount": .int(failures), "Entries": .array(answers)]
  }

  private func event(_ entry: JSONMembers) throws -> (event: JSONValue, bus: String) {
    func required(_ name: String) throws -> String {
      guard let text = try entry.string(name), !text.isEmpty else {
        throw JSONServiceError(
          "InvalidArgument",
          "Parameter \(name) is not valid. Reason: \(name) is a required argument.")
      }
      return text
    }
    let source = try required("Source")
    let type = try required("DetailType")
    guard !source.hasPrefix("aws.") else {
      throw JSONServiceError(
        "NotAuthorizedForSourceException", "Not authorized for the source.")
    }
    guard let detail = try? JSONValue(parsing: required("Detail")), detail.object != nil else {
      throw JSONServiceError("MalformedDetail", "Detail is malformed.")
    }
    let time = try entry.double("Time").map { Int($0 * 1_000) } ?? now()
    let event = event(
      source: source, type: type, detail: detail, time: time,
      resources: try entry.strings("Resources") ?? [])
    return (event, Self.bus(try entry.string("EventBusName")))
  }

  func event(
    source: String, type: String, detail: JSONValue, time: Int, resources: [String]
  ) -> JSONValue {
    [
      "version": "0", "id": .string(RequestID.uuid()), "detail-type": .string(type),
      "source": .string(source), "account": .string(environment.accountID),
      "time": .string(WireTime.iso(time).prefix(19) + "Z"),
      "region": .string(environment.region),
      "resources": .array(resources.map { .string($0) }), "detail": detail,
    ]
  }

  /// Gives an event to the targets of all rules of its bus that fit; a bus that does not exist has none.
  private func publish(_ event: JSONValue, on bus: String) async throws {
    let rules = try await database.read { try EventTable(connection: $0).rules(on: bus) }
    for rule in rules where rule.isEnabled {
      guard let text = rule.pattern, let pattern = try? EventPattern(text: text),
        pattern.matches(event)
      else { continue }
      for target in rule.targets { await deliver(event, to: target, of: rule) }
    }
  }

  /// Functions and queues; rules with other targets are refused when they are put.
  func deliver(_ event: JSONValue, to target: JSONValue, of rule: EventRule) async {
    let arn = target["Arn"]?.string ?? ""
    let bytes = EventInput.bytes(for: target, event, arn: self.arn(of: rule), name: rule.name)
    if arn.contains(":lambda:"), let start = arn.firstRange(of: ":function:") {
      let name = String(arn[start.upperBound...].prefix { $0 != ":" })
      await invoke.withLock { $0 }?(name, bytes)
    } else if let start = arn.firstRange(of: ":log-group:") {
      let group = String(arn[start.upperBound...].prefix { $0 != ":" })
      await record.withLock { $0 }?(group, String(decoding: bytes, as: UTF8.self))
    } else if arn.contains(":sqs:") {
      let group = target["SqsParameters"]?["MessageGroupId"]?.string
      // A queue that is gone: the event is lost, as it is in the cloud without a dead-letter queue.
      try? await queues.send(
        String(decoding: bytes, as: UTF8.self), to: SQS.name(in: arn), group: group)
    } else if let bus = arn.firstRange(of: ":event-bus/") {
      let name = String(arn[bus.upperBound...])
      // Once to another bus and no further, so that two buses cannot feed each other for ever.
      let rules = try? await database.read { try EventTable(connection: $0).rules(on: name) }
      for rule in rules ?? [] where rule.isEnabled {
        guard let pattern = rule.pattern.flatMap({ try? EventPattern(text: $0) }),
          pattern.matches(event)
        else { continue }
        for target in rule.targets where target["Arn"]?.string?.contains(":event-bus/") == false {
          await deliver(event, to: target, of: rule)
        }
      }
    }
  }

  func testEventPattern(_ input: JSONMembers) throws -> JSONValue {
    let pattern = try Self.pattern(try input.required("EventPattern"))
    guard let event = try? JSONValue(parsing: input.required("Event")), event.object != nil else {
      throw JSONServiceError.validation("Parameter Event is not valid.")
    }
    for name in ["id", "account", "source", "time", "region", "resources", "detail-type"]
    where event[name] == nil {
      throw JSONServiceError.validation(
        "Parameter Event is not valid. Reason: \(name) is a required argument.")
    }
    return ["Result": .bool(pattern.matches(event))]
  }

  /// Reads a rule's pattern; what is wrong with it is said in the service's words.
  static func pattern(_ text: String) throws -> EventPattern {
    do throws(EventPattern.Malformed) {
      return try EventPattern(text: text)
    } catch {
      throw JSONServiceError(
        "InvalidEventPatternException",
        "Event pattern is not valid. Reason: \(error.reason)\(error.location(in: text))")
    }
  }
}
