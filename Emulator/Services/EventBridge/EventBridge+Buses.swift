import JSON
import Storage

/// Buses and tags.
extension EventBridge {
  func createEventBus(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("Name")
    if try input.string("EventSourceName") != nil {
      throw JSONServiceError("UnknownOperationException", "martlet plays no partner event buses")
    }
    let description = try input.string("Description")
    let tags = ResourceTags(try input.tags() ?? [])
    let now = Double(now()) / 1_000
    try await database.write { connection in
      let table = EventTable(connection: connection)
      guard try !table.hasBus(name) else {
        throw JSONServiceError(
          "ResourceAlreadyExistsException", "Event bus \(name) already exists.")
      }
      try table.addBus(name, description: description, tags: tags, at: now)
    }
    var answer: JSONValue = ["EventBusArn": .string(busARN(name))]
    answer["Description"] = description.map { .string($0) }
    return answer
  }

  func describeEventBus(_ input: JSONMembers) async throws -> JSONValue {
    let name = Self.bus(try input.string("Name"))
    let known = try await buses().first { $0.name == name }
    guard let known else { throw Self.noResource("Event bus \(name) does not exist.") }
    return shown(known)
  }

  private func buses() async throws -> [(name: String, description: String?)] {
    let made = try await database.read { connection in
      try EventTable(connection: connection).buses().map { [$0.name, $0.description] }
    }
    return [("default", nil)] + made.map { ($0[0] ?? "", $0[1]) }
  }

  private func shown(_ bus: (name: String, description: String?)) -> JSONValue {
    var answer: JSONValue = ["Name": .string(bus.name), "Arn": .string(busARN(bus.name))]
    answer["Description"] = bus.description.map { .string($0) }
    return answer
  }

  func listEventBuses(_ input: JSONMembers) async throws -> JSONValue {
    let prefix = try input.string("NamePrefix") ?? ""
    let found = try await buses().filter { $0.name.hasPrefix(prefix) }
      .sorted { $0.name < $1.name }
    return try Self.list("EventBuses", found, input, name: \.name) { shown($0) }
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

  // MARK: - Tags

  private func ruleName(_ input: JSONMembers) throws -> (bus: String, name: String) {
    let arn = try input.required("ResourceARN")
    guard let start = arn.firstRange(of: ":rule/") else {
      throw Self.noResource("Rule \(arn) does not exist on EventBus default.")
    }
    let parts = arn[start.upperBound...].split(separator: "/")
    return parts.count == 2
      ? (String(parts[0]), String(parts[1])) : ("default", String(parts.first ?? ""))
  }

  func tagResource(_ input: JSONMembers) async throws -> JSONValue {
    let (bus, name) = try ruleName(input)
    let tags = try input.tags() ?? []
    return try await database.write { connection in
      let table = EventTable(connection: connection)
      var rule = try self.rule(name, on: bus, in: table)
      rule.tags.set(tags)
      try table.save(rule)
      return [:]
    }
  }

  func untagResource(_ input: JSONMembers) async throws -> JSONValue {
    let (bus, name) = try ruleName(input)
    let keys = try input.strings("TagKeys") ?? []
    return try await database.write { connection in
      let table = EventTable(connection: connection)
      var rule = try self.rule(name, on: bus, in: table)
      rule.tags.remove(keys)
      try table.save(rule)
      return [:]
    }
  }

  func listTags(_ input: JSONMembers) async throws -> JSONValue {
    let (bus, name) = try ruleName(input)
    let rule = try await database.read { connection in
      try self.rule(name, on: bus, in: EventTable(connection: connection))
    }
    return ["Tags": rule.tags.list()]
  }
}
