import Cloud

/// Who is asking: found out by the token, never by what a message says.
package struct Caller: Sendable, Equatable {
  package enum Role: String, Sendable {
    case user
    case admin
  }

  package var user: String
  package var tenant: String
  package var role: Role

  package init(user: String, tenant: String, role: Role = .user) {
    self.user = user
    self.tenant = tenant
    self.role = role
  }

  /// Tenant and user as one key: no two callers share it, whatever stands in their names.
  package var owner: String { Self.owner(user: user, tenant: tenant) }

  package static func owner(user: String, tenant: String) -> String { key(tenant, user) }

  /// The user in an owner's key.
  static func user(ofOwner owner: String) -> String? { ComposedKey.split(owner).last }

  /// Joins parts so that two lists of parts never make the same key.
  static func key(_ parts: String...) -> String { ComposedKey.join(parts) }
}
