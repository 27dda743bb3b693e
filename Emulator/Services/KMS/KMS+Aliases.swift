import JSON
import Storage

/// Other names of keys.
extension KMS {
  func createAlias(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("AliasName")
    try Self.check(alias: name)
    let target = try input.required("TargetKeyId")
    try Self.check(target: target)
    let now = now()
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      try table.sweep(at: now)
      guard try table.alias(name) == nil else {
        throw JSONServiceError(
          "AlreadyExistsException",
          "An alias with the name \(self.aliasARN(name)) already exists")
      }
      let key = try self.key(target, in: table)
      try self.requireNoDeletion(key)
      try table.save(KeyTable.Alias(name: name, key: key.id, created: now, changed: now))
      return [:]
    }
  }

  func updateAlias(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("AliasName")
    try Self.check(alias: name)
    let target = try input.required("TargetKeyId")
    try Self.check(target: target)
    let now = now()
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      try table.sweep(at: now)
      guard let alias = try table.alias(name) else {
        throw Self.notFound("Alias \(self.aliasARN(name)) is not found.")
      }
      let key = try self.key(target, in: table)
      try self.requireNoDeletion(key)
      if let old = try table.key(alias.key), old.usage != key.usage {
        throw JSONServiceError.validation(
          "The key usage of the current and the new KMS key of an alias must be the same.")
      }
      try table.save(
        KeyTable.Alias(name: name, key: key.id, created: alias.created, changed: now))
      return [:]
    }
  }

  func deleteAlias(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("AliasName")
    try Self.check(alias: name)
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      guard try table.alias(name) != nil else {
        throw Self.notFound("Alias \(self.aliasARN(name)) is not found.")
      }
      try table.removeAlias(name)
      return [:]
    }
  }

  func listAliases(_ input: JSONMembers) async throws -> JSONValue {
    let limit = try input.int("Limit") ?? 50
    let start = try Self.marker(input)
    let wanted = try input.string("KeyId")
    let found = try await read { table in
      let key = try wanted.map { try self.key($0, in: table).id }
      return try table.aliases(of: key, after: start, limit: limit + 1)
    }
    return Self.list("Aliases", Page(found, limit: limit, name: \.name)) { alias in
      [
        "AliasName": .string(alias.name), "AliasArn": .string(self.aliasARN(alias.name)),
        "TargetKeyId": .string(alias.key), "CreationDate": .double(alias.created),
        "LastUpdatedDate": .double(alias.changed),
      ]
    }
  }

  private static func check(alias: String) throws {
    guard alias.hasPrefix("alias/"), alias.utf8.count > 6 else {
      throw JSONServiceError.validation(
        "Alias must start with the prefix \"alias/\". Please see "
          + "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html")
    }
    guard !alias.hasPrefix("alias/aws/") else {
      throw JSONServiceError("NotAuthorizedException", "")
    }
    let rest = alias.dropFirst(6)
    guard !rest.contains(":") else {
      throw JSONServiceError.validation(
        "\(alias) contains invalid characters for an alias")
    }
  }

  private static func check(target: String) throws {
    guard !target.hasPrefix("alias/"), !target.contains(":alias/") else {
      throw JSONServiceError.validation("Aliases must refer to keys. Not aliases")
    }
  }
}
