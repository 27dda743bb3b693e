import JSON

/// Tags of parameters.
extension ParameterStore {
  /// The parameter of a tag operation; tags of other things are not played.
  private static func name(_ input: JSONMembers) throws -> String {
    let type = try input.required("ResourceType")
    guard type == "Parameter" else {
      throw JSONServiceError(
        "InvalidResourceType", "martlet plays tags of Parameter alone, not of \(type).")
    }
    return try input.required("ResourceId")
  }

  private static let unknown = JSONServiceError("InvalidResourceId", "")

  func addTags(_ input: JSONMembers) async throws -> JSONValue {
    let name = try Self.name(input)
    let new = try input.tags() ?? []
    return try await change(name) { $0.set(new) }
  }

  func removeTags(_ input: JSONMembers) async throws -> JSONValue {
    let name = try Self.name(input)
    let keys = try input.strings("TagKeys") ?? []
    return try await change(name) { $0.remove(keys) }
  }

  private func change(
    _ name: String, _ change: @escaping @Sendable (inout ResourceTags) -> Void
  ) async throws -> JSONValue {
    try await write { table in
      guard try table.latest(name) != nil else { throw Self.unknown }
      var tags = try table.tags(of: name)
      change(&tags)
      guard tags.tags.count <= 50 else {
        throw JSONServiceError(
          "TooManyTagsError", "The Targets parameter includes too many tags.")
      }
      try table.save(tags, of: name)
      return [:]
    }
  }

  func listTags(_ input: JSONMembers) async throws -> JSONValue {
    let name = try Self.name(input)
    let tags = try await read { table in
      guard try table.latest(name) != nil else { throw Self.unknown }
      return try table.tags(of: name)
    }
    return ["TagList": tags.list()]
  }
}
