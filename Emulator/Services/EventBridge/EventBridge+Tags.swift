import JSON
import Storage

/// Tags of rules and buses.
extension EventBridge {
  /// What an ARN names.
  private enum Tagged: Sendable {
    case bus(String)
    case rule(String, on: String)
  }

  private func tagged(_ input: JSONMembers) throws -> Tagged {
    let arn = try input.required("ResourceARN")
    if let start = arn.firstRange(of: ":event-bus/") {
      return .bus(String(arn[start.upperBound...]))
    }
    guard let start = arn.firstRange(of: ":rule/") else {
      throw Self.noResource("Rule \(arn) does not exist on EventBus default.")
    }
    let parts = arn[start.upperBound...].split(separator: "/")
    return parts.count == 2
      ? .rule(String(parts[1]), on: String(parts[0]))
      : .rule(String(parts.first ?? ""), on: "default")
  }

  private func change(
    _ tagged: Tagged, _ edit: @escaping @Sendable (inout ResourceTags) -> Void
  ) async throws {
    switch tagged {
    case .bus(let name): try await changeBus(name) { edit(&$0.tags) }
    case .rule(let name, on: let bus):
      try await database.write { connection in
        let table = EventTable(connection: connection)
        var rule = try self.rule(name, on: bus, in: table)
        edit(&rule.tags)
        try table.save(rule)
      }
    }
  }

  func tagResource(_ input: JSONMembers) async throws -> JSONValue {
    let tags = try input.tags() ?? []
    try await change(try tagged(input)) { $0.set(tags) }
    return [:]
  }

  func untagResource(_ input: JSONMembers) async throws -> JSONValue {
    let keys = try input.strings("TagKeys") ?? []
    try await change(try tagged(input)) { $0.remove(keys) }
    return [:]
  }

  func listTags(_ input: JSONMembers) async throws -> JSONValue {
    let tagged = try tagged(input)
    let tags = try await database.read { connection in
      let table = EventTable(connection: connection)
      switch tagged {
      case .bus(let name):
        guard let bus = try table.bus(name) else {
          throw Self.noResource("Event bus \(name) does not exist.")
        }
        return bus.tags
      case .rule(let name, on: let bus): return try self.rule(name, on: bus, in: table).tags
      }
    }
    return ["Tags": tags.list()]
  }
}
