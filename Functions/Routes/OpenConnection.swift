import Agent
import Events

/// An open connection as the table keeps it: who is behind it, and until when.
struct OpenConnection: Sendable, Equatable {
  /// API Gateway closes a connection after this; then its item may go.
  static let longestLife: Double = 2 * 3600

  let id: String
  let caller: Caller
  let assistant: String
  /// The version of the assistant that an administrator asked for; nil leaves it to the flags.
  let variant: String?
  let connectedAt: Timestamp
  /// Unix seconds: when the token ends that opened it.
  let tokenExpires: Double
  /// Unix seconds: when the table forgets it.
  let expires: Double

  init(
    id: String, signedIn: SignedIn, assistant: String, variant: String? = nil,
    connectedAt: Timestamp
  ) {
    self.id = id
    caller = signedIn.caller
    self.assistant = assistant
    self.variant = variant
    self.connectedAt = connectedAt
    tokenExpires = signedIn.expires
    expires = (Double(connectedAt.milliseconds) / 1000).rounded(.down) + Self.longestLife
  }

  /// nil when the item is none of ours.
  init?(_ item: Item) {
    guard let id = item["connectionId"]?.string, let user = item["user"]?.string,
      let tenant = item["tenant"]?.string,
      let role = item["role"]?.string.flatMap(Caller.Role.init(rawValue:)),
      let assistant = item["assistant"]?.string,
      let connectedAt = item["connectedAt"]?.string.flatMap(Timestamp.init(iso:)),
      let tokenExpires = item["tokenExpiresAt"]?.double, let expires = item["expiresAt"]?.double
    else { return nil }
    self.id = id
    caller = Caller(user: user, tenant: tenant, role: role)
    self.assistant = assistant
    variant = item["variant"]?.string
    self.connectedAt = connectedAt
    self.tokenExpires = tokenExpires
    self.expires = expires
  }

  var item: Item {
    var item: Item = [
      "connectionId": .string(id), "owner": .string(caller.owner), "user": .string(caller.user),
      "tenant": .string(caller.tenant), "role": .string(caller.role.rawValue),
      "assistant": .string(assistant), "connectedAt": .string(connectedAt.iso),
      "tokenExpiresAt": .number(String(Int(tokenExpires))),
      "expiresAt": .number(String(Int(expires))),
    ]
    item["variant"] = variant.map { .string($0) }
    return item
  }

  /// Whether frames on it are still taken; the table may keep an item past its end.
  func isValid(at now: Double) -> Bool {
    now < tokenExpires && now < expires
  }
}

/// Where open connections are kept: DynamoDB in a function, memory in a test.
protocol ConnectionTable: Sendable {
  func save(_ connection: OpenConnection) async throws
  func remove(_ id: String) async throws
  func connection(_ id: String) async throws -> OpenConnection?
}
