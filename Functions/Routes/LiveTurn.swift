import Agent
import Cloud
import Events

/// A turn that a client may come back to, by its owner and the client's own name for the message.
struct LiveTurnName: Sendable, Hashable {
  var owner: String
  var id: String

  /// `live#owner#message`, each part escaped.
  var key: String { ComposedKey.join("live", owner, id) }
}

/// Where a client waits for the rest of an answer.
struct Receiver: Sendable, Equatable {
  struct Address: Sendable, Equatable {
    var connection: String
    var gateway: GatewayAddress
  }

  /// Tells this wish from earlier ones.
  var token: String
  /// Nil: the client's own sandbox reads what is kept.
  var address: Address?
  /// The last chunk that the client has; -1 is none.
  var after: Int
}

/// What other sandboxes know about a turn.
struct LiveTurn: Sendable, Equatable {
  /// The name of the answer: another message of the same client name has another one.
  var message: String
  var conversation: String?
  var isRunning = true
  /// Unix milliseconds; a turn that still runs then has died.
  var leaseUntil: Int64
  var isStopRequested = false
  var receiver: Receiver?
  /// Bytes of each chunk that was sent, in order.
  var sizes: [Int] = []
  /// The answer so far, of a turn whose client is away.
  var text: String?
  /// The tools so far, the same.
  var steps: [ToolStep] = []
  /// The number of the stored turn.
  var turn: Int?
  /// The last frame of a turn that was not stored, as JSON.
  var problem: String?
}

/// How a turn ended, for clients that come back later.
struct LiveTurnEnd: Sendable, Equatable {
  var conversation: String
  var sizes: [Int]
  var turn: Int?
  var problem: String?
}

/// Turns on their way: DynamoDB in a function, memory in a test.
protocol LiveTurns: Sendable {
  /// A turn begins. A wish to stop that came before it is kept.
  func begin(_ name: LiveTurnName, _ turn: LiveTurn) async throws
  func find(_ name: LiveTurnName) async throws -> LiveTurn?
  /// Keeps what a client that is away has missed so far.
  func keep(
    _ name: LiveTurnName, message: String, text: String, sizes: [Int], steps: [ToolStep]
  ) async throws
  /// Asks the turn to end.
  func requestStop(_ name: LiveTurnName) async throws
  /// Leaves a receiver; false when the turn does not run any more.
  func attach(_ name: LiveTurnName, message: String, _ receiver: Receiver) async throws -> Bool
  /// The turn is over; false when a receiver with another token than `served` waits.
  func end(
    _ name: LiveTurnName, message: String, _ end: LiveTurnEnd, served: String?
  ) async throws -> Bool
}

/// Turns on their way, in the table of claims.
struct StoredLiveTurns: LiveTurns {
  /// How long the end of a turn is remembered, in seconds: longer than a client tries to come back.
  private static let life = 600
  /// A wish to stop that is older belongs to an earlier message, in milliseconds.
  private static let oldestStop: Int64 = 30_000

  let store: Store
  let table: String
  var now: @Sendable () -> Int64 = WallClock.milliseconds

  private func key(_ name: LiveTurnName) -> Item { ["claim": .string(name.key)] }
  private var expires: AttributeValue { AttributeValue(Int(now() / 1_000) + Self.life) }

  func begin(_ name: LiveTurnName, _ turn: LiveTurn) async throws {
    let isOurs = Condition.any([
      .absent("message"), .equals("message", .string(turn.message)),
    ])
    do {
      _ = try await store.update(
        key(name), in: table,
        [
          .set("message", .string(turn.message)), .set("state", "running"),
          .set("leaseUntil", AttributeValue(turn.leaseUntil)), .set("expiresAt", expires),
          .remove("receiver"), .remove("end"),
        ], if: isOurs)
    } catch StoreError.conditionFailed {
      var item = key(name)
      item["message"] = .string(turn.message)
      item["state"] = "running"
      item["leaseUntil"] = AttributeValue(turn.leaseUntil)
      item["expiresAt"] = expires
      try await store.put(item, into: table)
    }
  }

  func find(_ name: LiveTurnName) async throws -> LiveTurn? {
    guard let item = try await store.get(key(name), from: table),
      let message = item["message"]?.string
    else { return nil }
    let end = item["end"]?.map
    let stoppedAt = item["stopAt"]?.int.map(Int64.init) ?? 0
    return LiveTurn(
      message: message, conversation: end?["conversation"]?.string,
      isRunning: item["state"]?.string == "running",
      leaseUntil: item["leaseUntil"]?.int.map(Int64.init) ?? 0,
      isStopRequested: stoppedAt > now() - Self.oldestStop,
      receiver: item["receiver"]?.map.flatMap { Receiver($0) },
      sizes: Self.numbers((end?["sizes"] ?? item["sizes"])?.string), text: item["text"]?.string,
      steps: (item["steps"]?.list ?? []).compactMap { ToolStep($0) },
      turn: end?["turn"]?.int, problem: end?["problem"]?.string)
  }

  func keep(
    _ name: LiveTurnName, message: String, text: String, sizes: [Int], steps: [ToolStep]
  ) async throws {
    _ = try await store.update(
      key(name), in: table,
      [
        .set("text", .string(text)), .set("sizes", .string(Self.text(sizes))),
        .set("steps", .list(steps.map(\.attribute))),
      ],
      if: .equals("message", .string(message)))
  }

  func requestStop(_ name: LiveTurnName) async throws {
    _ = try await store.update(
      key(name), in: table,
      [.set("stopAt", AttributeValue(now())), .set("expiresAt", expires)])
  }

  func attach(
    _ name: LiveTurnName, message: String, _ receiver: Receiver
  ) async throws -> Bool {
    do {
      _ = try await store.update(
        key(name), in: table, [.set("receiver", receiver.attribute)],
        if: .all([.equals("message", .string(message)), .equals("state", "running")]))
      return true
    } catch StoreError.conditionFailed {
      return false
    }
  }

  func end(
    _ name: LiveTurnName, message: String, _ end: LiveTurnEnd, served: String?
  ) async throws -> Bool {
    var members: [String: AttributeValue] = [
      "conversation": .string(end.conversation), "sizes": .string(Self.text(end.sizes)),
    ]
    members["turn"] = end.turn.map { AttributeValue($0) }
    members["problem"] = end.problem.map { .string($0) }
    var isServed = Condition.absent("receiver")
    if let served {
      let isLast = Condition.equals(AttributePath("receiver", "token"), .string(served))
      isServed = .any([isServed, isLast])
    }
    do throws(StoreError) {
      _ = try await store.update(
        key(name), in: table,
        [
          .set("state", "ended"), .set("end", .map(members)), .set("expiresAt", expires),
          .remove("text"), .remove("sizes"), .remove("steps"), .remove("receiver"),
        ], if: .all([.equals("message", .string(message)), isServed]))
      return true
    } catch {
      guard case .conditionFailed(let found) = error else { throw error }
      // Another message has taken the name: nobody will ask for this one any more.
      let taker = found?["message"]?.string
      return taker != nil && taker != message
    }
  }

  private static func text(_ sizes: [Int]) -> String {
    sizes.map(String.init).joined(separator: ",")
  }

  private static func numbers(_ text: String?) -> [Int] {
    (text ?? "").split(separator: ",").compactMap { Int($0) }
  }
}

extension Receiver {
  fileprivate var attribute: AttributeValue {
    var members: [String: AttributeValue] = [
      "token": .string(token), "after": AttributeValue(after),
    ]
    if let address {
      members["connection"] = .string(address.connection)
      members["domain"] = .string(address.gateway.domainName)
      members["stage"] = .string(address.gateway.stage)
    }
    return .map(members)
  }

  fileprivate init?(_ members: [String: AttributeValue]) {
    guard let token = members["token"]?.string, let after = members["after"]?.int else {
      return nil
    }
    self.init(token: token, address: nil, after: after)
    if let connection = members["connection"]?.string, let domain = members["domain"]?.string,
      let stage = members["stage"]?.string
    {
      address = Address(
        connection: connection, gateway: GatewayAddress(domainName: domain, stage: stage))
    }
  }
}
