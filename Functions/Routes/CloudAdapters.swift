import Agent
import Assistants
import Cloud
import Crypto
import Events
import Synchronization

/// Open connections in DynamoDB.
struct StoredConnections: ConnectionTable {
  let store: Store
  let table: String

  func save(_ connection: OpenConnection) async throws {
    try await store.put(connection.item, into: table)
  }

  func remove(_ id: String) async throws {
    try await store.delete(["connectionId": .string(id)], from: table)
  }

  func connection(_ id: String) async throws -> OpenConnection? {
    try await store.get(["connectionId": .string(id)], from: table).flatMap(OpenConnection.init)
  }
}

/// Frames to clients through API Gateway's `@connections`.
final class ConnectionFrames: FrameSender {
  private let client: CloudClient
  /// The newest gateway with its sender: a function serves one.
  private let known = Mutex<(address: GatewayAddress, sender: ConnectionSender)?>(nil)

  init(client: CloudClient) {
    self.client = client
  }

  func send(_ frame: [UInt8], to connection: String, at gateway: GatewayAddress) async throws {
    do throws(ConnectionError) {
      try await sender(gateway).post(frame, to: connection)
    } catch {
      guard case .gone = error else { throw error }
      throw FrameSenderError.gone
    }
  }

  func disconnect(_ connection: String, at gateway: GatewayAddress) async throws {
    try await sender(gateway).disconnect(connection)
  }

  private func sender(_ gateway: GatewayAddress) -> ConnectionSender {
    known.withLock { known in
      if let known, known.address == gateway { return known.sender }
      let sender = ConnectionSender(client, domain: gateway.domainName, stage: gateway.stage)
      known = (gateway, sender)
      return sender
    }
  }
}

/// Messages being answered, in DynamoDB.
struct StoredClaims: MessageClaims {
  /// A turn lasts at most this long; whoever holds a claim for longer has died.
  private static let lease = Duration.seconds(30)

  let claims: Claims

  func take(_ key: MessageKey, text: String) async throws -> ClaimAnswer {
    switch try await claims.take(key.claimKey, payload: Array(text.utf8), lease: Self.lease) {
    case .taken(let claim): .granted { try await claims.complete(claim) }
    case .inProgress, .completed: .taken
    case .otherPayload: .otherText
    }
  }
}

extension MessageKey {
  /// `chat#owner#connection#message`, each part escaped.
  var claimKey: String { ComposedKey.join("chat", owner, scope, id) }
}

/// The knowledge's items in DynamoDB.
struct StoredKnowledge: KnowledgeTable {
  let store: Store
  let table: String

  func items(
    in collection: String, startingWith prefix: String, limit: Int
  ) async throws -> [Item] {
    var query = Query(table, where: "collection", is: .string(collection))
    query.limit = limit
    if !prefix.isEmpty { query.sort = ("id", .beginsWith(prefix)) }
    return try await store.query(query).items
  }

  func item(_ id: String, in collection: String) async throws -> Item? {
    try await store.get(
      ["collection": .string(collection), "id": .string(id)], from: table, consistent: false)
  }

  func write(_ items: [Item]) async throws {
    try await store.put(items, into: table)
  }
}

/// The search index in S3.
struct StoredIndex: Sendable {
  let objects: Objects
  let bucket: String

  /// The file, or nil when it still has this tag.
  func load(_ key: String, unless tag: String?) async throws -> Knowledge.File? {
    switch try await objects.get(key, from: bucket, unless: tag) {
    case .object(let object): Knowledge.File(bytes: object.bytes, tag: object.details.eTag)
    case .unchanged: nil
    case .absent: throw StoredIndexError.absent(key)
    }
  }

  func isThere(_ key: String) async throws -> Bool {
    try await objects.head(key, in: bucket) != nil
  }

  func put(_ key: String, _ bytes: [UInt8]) async throws {
    try await objects.put(bytes, as: key, in: bucket)
  }
}

enum StoredIndexError: Error, Equatable {
  /// The knowledge has not been ingested.
  case absent(String)
}
