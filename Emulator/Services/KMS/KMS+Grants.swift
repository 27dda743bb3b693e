import Crypto
import JSON
import Storage
import Template

/// Grants: kept and listed, without an effect.
extension KMS {
  func createGrant(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.string("Name")
    let isDry = try input.bool("DryRun") ?? false
    guard let operations = try input.strings("Operations"), !operations.isEmpty else {
      throw JSONServiceError.validation("Operations must not be empty")
    }
    guard
      try input.string("GranteePrincipal") != nil
        || input.string("GranteeServicePrincipal") != nil
    else { throw JSONServiceError.validation("GranteePrincipal must be specified") }
    let given = input.value
    let now = now()
    return try await change(input) { key, table in
      key = try self.usableKey(key.id, in: table)
      // The same name with the same content is the same request again.
      let same = try name.flatMap { name in
        try table.grants(of: key.id, after: "").first { $0["Name"]?.string == name }
      }
      if let same, let id = same["GrantId"]?.string, let token = try table.token(ofGrant: id) {
        return ["GrantId": .string(id), "GrantToken": .string(token)]
      }
      let id = Hex.encode(Random.bytes(32))
      let token = Base64.paddedURL.encode(Random.bytes(96))
      var grant: JSONValue = [
        "KeyId": .string(key.arn), "GrantId": .string(id), "CreationDate": .double(now),
        "IssuingAccount": .string("arn:aws:iam::\(self.environment.accountID):root"),
        "Name": .string(name ?? ""), "Operations": .array(operations.map { .string($0) }),
      ]
      for member in [
        "GranteePrincipal", "RetiringPrincipal", "Constraints", "GranteeServicePrincipal",
        "RetiringServicePrincipal",
      ] {
        if let value = given[member], !value.isNull { grant[member] = value }
      }
      try table.saveGrant(grant, id: id, of: key.id, token: token)
      if isDry { throw Self.dryRun }
      return ["GrantId": .string(id), "GrantToken": .string(token)]
    }
  }

  func listGrants(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("KeyId")
    let id = try input.string("GrantId")
    let grantee = try input.string("GranteePrincipal")
    let found = try await read { table in
      try table.grants(of: try self.keyWithoutAlias(name, in: table).id, after: "")
    }
    if let id, !found.contains(where: { $0["GrantId"]?.string == id }) {
      throw JSONServiceError("InvalidGrantIdException", "Invalid grant id")
    }
    let wanted = found.filter { grant in
      (id == nil || grant["GrantId"]?.string == id)
        && (grantee == nil || grant["GranteePrincipal"]?.string == grantee)
    }
    return try grants(wanted, input)
  }

  func listRetirableGrants(_ input: JSONMembers) async throws -> JSONValue {
    let retiring = try input.string("RetiringPrincipal")
    let found = try await read { try $0.grants(of: nil, after: "") }
    return try grants(
      found.filter { retiring != nil && $0["RetiringPrincipal"]?.string == retiring }, input)
  }

  private func grants(_ found: [JSONValue], _ input: JSONMembers) throws -> JSONValue {
    let limit = try input.int("Limit") ?? 50
    let start = try Self.marker(input)
    let rest = found.filter { ($0["GrantId"]?.string ?? "") > start }
    return Self.list("Grants", Page(rest, limit: limit) { $0["GrantId"]?.string ?? "" }) { $0 }
  }

  func revokeGrant(_ input: JSONMembers) async throws -> JSONValue {
    let id = try input.required("GrantId")
    let isDry = try input.bool("DryRun") ?? false
    return try await change(input) { key, table in
      guard try table.removeGrant(id, of: key.id) else {
        throw JSONServiceError("InvalidGrantIdException", "Invalid grant id")
      }
      if isDry { throw Self.dryRun }
      return [:]
    }
  }

  func retireGrant(_ input: JSONMembers) async throws -> JSONValue {
    let (token, id) = (try input.string("GrantToken"), try input.string("GrantId"))
    let name = try input.string("KeyId")
    let isDry = try input.bool("DryRun") ?? false
    guard token != nil || (id != nil && name != nil) else {
      throw JSONServiceError.validation("Grant token OR (grant ID, key ID) must be specified")
    }
    return try await database.write { connection in
      let table = KeyTable(connection: connection)
      if let token {
        guard let grant = try table.grantID(token: token) else {
          throw JSONServiceError("InvalidGrantTokenException", "Invalid grant token")
        }
        _ = try table.removeGrant(grant, of: nil)
      } else if let id, let name {
        guard try table.removeGrant(id, of: try self.keyWithoutAlias(name, in: table).id) else {
          throw JSONServiceError("InvalidGrantIdException", "Invalid grant id")
        }
      }
      if isDry { throw Self.dryRun }
      return [:]
    }
  }
}
