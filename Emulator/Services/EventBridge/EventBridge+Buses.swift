import JSON
import Storage

/// Buses and their policies.
extension EventBridge {
  /// Settings of a bus that have no effect here are refused, not ignored.
  private static func checkSettings(_ input: JSONMembers) throws {
    for name in ["KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"] where input[name] != nil {
      throw JSONServiceError.validation("martlet plays no \(name) of event buses.")
    }
  }

  func createEventBus(_ input: JSONMembers) async throws -> JSONValue {
    try Self.checkSettings(input)
    let name = try input.required("Name")
    if let source = try input.string("EventSourceName") {
      // There are no partners here.
      throw Self.noResource("Event source \(source) does not exist.")
    }
    guard !name.contains("/") else {
      throw JSONServiceError.validation("Event bus name must not contain '/'.")
    }
    var made = EventBus(name: name, created: Double(now()) / 1_000)
    made.description = try input.string("Description")
    made.tags.set(try input.tags() ?? [])
    let bus = made
    try await database.write { connection in
      let table = EventTable(connection: connection)
      guard try !table.hasBus(name) else {
        throw JSONServiceError(
          "ResourceAlreadyExistsException", "Event bus \(name) already exists.")
      }
      try table.save(bus)
    }
    var answer: JSONValue = ["EventBusArn": .string(busARN(name))]
    answer["Description"] = bus.description.map { .string($0) }
    return answer
  }

  func describeEventBus(_ input: JSONMembers) async throws -> JSONValue {
    let name = Self.bus(try input.string("Name"))
    let bus = try await database.read { try EventTable(connection: $0).bus(name) }
    guard let bus else { throw Self.noResource("Event bus \(name) does not exist.") }
    return shown(bus)
  }

  private func shown(_ bus: EventBus) -> JSONValue {
    var answer: JSONValue = [
      "Name": .string(bus.name), "Arn": .string(busARN(bus.name)),
      "CreationTime": .double(bus.created), "LastModifiedTime": .double(bus.changed),
    ]
    answer["Description"] = bus.description.map { .string($0) }
    answer["Policy"] = bus.policy.map { .string($0) }
    return answer
  }

  func listEventBuses(_ input: JSONMembers) async throws -> JSONValue {
    let prefix = try input.string("NamePrefix") ?? ""
    let found = try await database.read { try EventTable(connection: $0).buses() }
    return try Self.list(
      "EventBuses", found.filter { $0.name.hasPrefix(prefix) }, input, name: \.name
    ) { shown($0) }
  }

  /// One page of a sorted list, as all lists of this service are cut.
  static func list<Entry>(
    _ member: String, _ found: [Entry], _ input: JSONMembers, name: (Entry) -> String,
    _ shown: (Entry) -> JSONValue
  ) throws -> JSONValue {
    let limit = try input.int("Limit") ?? 100
    var start = ""
    if let token = try input.string("NextToken") {
      guard let last = Page<Never>.name(in: token) else {
        throw JSONServiceError.validation("Parameter NextToken is not valid.")
      }
      start = last
    }
    let page = Page(found.filter { name($0) > start }, limit: limit, name: name)
    var answer: JSONValue = [member: .array(page.entries.map(shown))]
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  func deleteEventBus(_ input: JSONMembers) async throws -> JSONValue {
    let name = Self.bus(try input.required("Name"))
    guard name != "default" else {
      throw JSONServiceError.validation("Cannot delete event bus default.")
    }
    return try await database.write { connection in
      let table = EventTable(connection: connection)
      guard try table.rules(on: name).isEmpty else {
        throw JSONServiceError.validation("Event bus can't be deleted since it has rules.")
      }
      try table.removeBus(name)
      return [:]
    }
  }

  func updateEventBus(_ input: JSONMembers) async throws -> JSONValue {
    try Self.checkSettings(input)
    let description = try input.string("Description")
    let name = Self.bus(try input.string("Name"))
    try await changeBus(name) { $0.description = description }
    var answer: JSONValue = ["Name": .string(name), "Arn": .string(busARN(name))]
    answer["Description"] = description.map { .string($0) }
    return answer
  }

  func changeBus(
    _ name: String, _ change: @escaping @Sendable (inout EventBus) throws -> Void
  ) async throws {
    let now = Double(now()) / 1_000
    try await database.write { connection in
      let table = EventTable(connection: connection)
      guard var bus = try table.bus(name) else {
        throw Self.noResource("Event bus \(name) does not exist.")
      }
      try change(&bus)
      bus.changed = now
      try table.save(bus)
    }
  }

  // MARK: - Policies

  /// Policies are kept and given back; nothing is checked with them.
  func putPermission(_ input: JSONMembers) async throws -> JSONValue {
    let name = Self.bus(try input.string("EventBusName"))
    if let policy = try input.string("Policy") {
      guard (try? JSONValue(parsing: policy))?.object != nil else {
        throw JSONServiceError.validation("This policy contains invalid Json")
      }
      try await changeBus(name) { $0.policy = policy }
      return [:]
    }
    guard let action = try input.string("Action"), let principal = try input.string("Principal"),
      let id = try input.string("StatementId")
    else {
      throw JSONServiceError.validation(
        "Parameters Action, Principal and StatementId must be specified together.")
    }
    guard action == "events:PutEvents" else {
      throw JSONServiceError.validation("Provided value in parameter 'action' is not supported.")
    }
    var made: JSONValue = [
      "Sid": .string(id), "Effect": "Allow",
      "Principal": principal == "*" ? "*" : ["AWS": .string("arn:aws:iam::\(principal):root")],
      "Action": .string(action), "Resource": .string(busARN(name)),
    ]
    if let condition = try input.object("Condition") {
      var test: JSONValue = [:]
      test[try condition.required("Key")] = .string(try condition.required("Value"))
      var conditions: JSONValue = [:]
      conditions[try condition.required("Type")] = test
      made["Condition"] = conditions
    }
    let statement = made
    try await editPolicy(of: name) { statements in
      statements.removeAll { $0["Sid"]?.string == id }
      statements.append(statement)
    }
    return [:]
  }

  func removePermission(_ input: JSONMembers) async throws -> JSONValue {
    let name = Self.bus(try input.string("EventBusName"))
    if try input.bool("RemoveAllPermissions") == true {
      try await changeBus(name) { $0.policy = nil }
      return [:]
    }
    guard let id = try input.string("StatementId") else {
      throw JSONServiceError.validation("Parameter StatementId must be specified.")
    }
    try await editPolicy(of: name) { statements in
      guard let place = statements.firstIndex(where: { $0["Sid"]?.string == id }) else {
        throw Self.noResource("Statement with the provided id does not exist.")
      }
      statements.remove(at: place)
    }
    return [:]
  }

  private func editPolicy(
    of bus: String, _ edit: @escaping @Sendable (inout [JSONValue]) throws -> Void
  ) async throws {
    try await changeBus(bus) { bus in
      var policy = bus.policy.flatMap { try? JSONValue(parsing: $0) } ?? ["Version": "2012-10-17"]
      var statements = policy["Statement"]?.array ?? []
      try edit(&statements)
      policy["Statement"] = .array(statements)
      bus.policy = statements.isEmpty ? nil : policy.description
    }
  }
}
