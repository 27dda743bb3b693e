import Agent
import Crypto
import Events
import Foundation
import JSON
import LambdaRuntime
import Support
import Synchronization

@testable import Routes

/// A fixed secret for tokens and cursors.
let testSecret = Array("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".utf8)
/// 21 November 2026, 10:00:00 UTC.
let testNow = Timestamp(milliseconds: 1_795_255_200_000)

extension TokenCheck {
  static let test = TokenCheck(key: { testSecret }, now: { testNow.seconds })
}

/// A token of a user, valid for an hour.
func token(
  _ user: String = "ana", tenant: String = "acme", role: String = "user", life: Double = 3600,
  secret: [UInt8] = testSecret
) throws -> String {
  let claims: JSONObject = [
    "sub": .string(user), "tenant": .string(tenant), "role": .string(role),
    "iat": .double(testNow.seconds), "exp": .double(testNow.seconds + life),
  ]
  return try TokenSigner(key: TokenKey(secret: secret)).token(claims)
}

/// An event of `events/`, with a token in place of `MARTLET_TOKEN` and `MARTLET_ADMIN_TOKEN`.
func fixture<Event: Decodable>(_ type: Event.Type, _ name: String) throws -> Event {
  let text = try Project.text("events/\(name).json")
    .replacing("MARTLET_TOKEN", with: try token())
    .replacing("MARTLET_ADMIN_TOKEN", with: try token("root", role: "admin"))
  return try JSONDecoder().decode(type, from: Data(text.utf8))
}

final class MemoryConnections: ConnectionTable {
  private let connections = Mutex<[String: OpenConnection]>([:])

  var all: [OpenConnection] { connections.withLock { Array($0.values) } }

  func save(_ connection: OpenConnection) async throws {
    connections.withLock { $0[connection.id] = connection }
  }

  func remove(_ id: String) async throws {
    _ = connections.withLock { $0.removeValue(forKey: id) }
  }

  func connection(_ id: String) async throws -> OpenConnection? {
    connections.withLock { $0[id] }
  }
}

/// Keeps what was sent; can be gone from a frame on.
final class SentFrames: FrameSender {
  private struct State {
    var frames: [JSONValue] = []
    var disconnected: [String] = []
    var goneAfter = Int.max
  }

  private let state = Mutex(State())

  init(goneAfter count: Int = .max) {
    state.withLock { $0.goneAfter = count }
  }

  var frames: [JSONValue] { state.withLock { $0.frames } }
  var types: [String] { frames.map { $0["type"]?.string ?? "?" } }
  var disconnected: [String] { state.withLock { $0.disconnected } }

  func send(_ frame: [UInt8], to connection: String, at gateway: GatewayAddress) async throws {
    let value = try JSONValue(parsing: frame)
    try state.withLock { state in
      guard state.frames.count < state.goneAfter else { throw FrameSenderError.gone }
      state.frames.append(value)
    }
  }

  func disconnect(_ connection: String, at gateway: GatewayAddress) async throws {
    state.withLock { $0.disconnected.append(connection) }
  }
}

final class MemoryClaims: MessageClaims {
  private struct State {
    var texts: [MessageKey: String] = [:]
    var completed: [MessageKey] = []
  }

  private let state = Mutex(State())

  var completed: [MessageKey] { state.withLock { $0.completed } }

  func take(_ key: MessageKey, text: String) async throws -> ClaimAnswer {
    state.withLock { state in
      guard let known = state.texts[key] else {
        state.texts[key] = text
        return .granted { self.state.withLock { $0.completed.append(key) } }
      }
      return known == text ? .taken : .otherText
    }
  }
}

/// Turns on their way in memory, with the same promises as the table.
final class MemoryLiveTurns: LiveTurns {
  private struct State {
    var turns: [LiveTurnName: LiveTurn] = [:]
    var stops: [LiveTurnName] = []
  }

  private let state = Mutex(State())

  var stops: [LiveTurnName] { state.withLock { $0.stops } }

  func begin(_ name: LiveTurnName, _ turn: LiveTurn) async throws {
    state.withLock { state in
      state.turns[name] = turn
      state.turns[name]?.isStopRequested = state.stops.contains(name)
    }
  }

  func find(_ name: LiveTurnName) async throws -> LiveTurn? { state.withLock { $0.turns[name] } }

  func keep(
    _ name: LiveTurnName, message: String, text: String, sizes: [Int], steps: [ToolStep]
  ) async throws {
    state.withLock { state in
      state.turns[name]?.text = text
      state.turns[name]?.steps = steps
      state.turns[name]?.sizes = sizes
    }
  }

  func requestStop(_ name: LiveTurnName) async throws {
    state.withLock { state in
      state.stops.append(name)
      state.turns[name]?.isStopRequested = true
    }
  }

  func attach(
    _ name: LiveTurnName, message: String, _ receiver: Receiver
  ) async throws -> Bool {
    state.withLock { state in
      guard let turn = state.turns[name], turn.message == message, turn.isRunning else {
        return false
      }
      state.turns[name]?.receiver = receiver
      return true
    }
  }

  func end(
    _ name: LiveTurnName, message: String, _ end: LiveTurnEnd, served: String?
  ) async throws -> Bool {
    state.withLock { state in
      guard var turn = state.turns[name], turn.message == message else { return true }
      guard turn.receiver == nil || turn.receiver?.token == served else { return false }
      turn.isRunning = false
      turn.conversation = end.conversation
      turn.sizes = end.sizes
      turn.turn = end.turn
      turn.problem = end.problem
      turn.text = nil
      state.turns[name] = turn
      return true
    }
  }
}

/// Conversations in memory, for the agent and for lists.
final class MemoryArchive: ConversationStore, Archive {
  private struct State {
    var conversations: [Conversation] = []
    var turns: [(owner: Caller, turn: Turn)] = []
  }

  private let state = Mutex(State())

  func turn(_ number: Int) -> Turn? {
    state.withLock { $0.turns.first { $0.turn.number == number }?.turn }
  }

  func turn(_ number: Int, of id: ConversationID, _ caller: Caller) -> Turn? {
    state.withLock { state in
      state.turns.first {
        $0.owner == caller && $0.turn.conversation == id && $0.turn.number == number
      }?.turn
    }
  }

  func add(_ conversation: Conversation) {
    state.withLock { $0.conversations.append(conversation) }
  }

  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    state.withLock { state in
      let found = state.conversations.first {
        $0.id == id && $0.user == caller.user && $0.tenant == caller.tenant
      }
      guard let found else { return nil }
      return (found, state.turns.map(\.turn).filter { $0.conversation == id }.suffix(turns))
    }
  }

  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int {
    state.withLock { state in
      var turn = turn
      turn.number = state.turns.count { $0.turn.conversation == turn.conversation } + 1
      state.turns.append((caller, turn))
      if !state.conversations.contains(where: { $0.id == turn.conversation }) {
        state.conversations.append(
          Conversation(
            id: turn.conversation, user: caller.user, tenant: caller.tenant,
            assistant: turn.assistant, title: title, turns: 1, createdAt: turn.askedAt,
            updatedAt: turn.answeredAt))
      }
      return turn.number
    }
  }

  func conversations(
    ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    page(state.withLock { $0.conversations.filter { $0.tenant == tenant } }, request)
  }

  func conversations(
    ofOwner owner: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    page(
      state.withLock { state in
        state.conversations.filter { Caller.owner(user: $0.user, tenant: $0.tenant) == owner }
      }, request)
  }

  func escalated(
    inTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    let waiting = state.withLock { state in
      state.conversations.filter { $0.tenant == tenant && $0.escalatedAt != nil }
    }
    return ArchivePage(elements: waiting, next: nil)
  }

  func conversation(
    _ id: ConversationID, ofTenant tenant: String
  ) async throws -> Conversation? {
    state.withLock { $0.conversations.first { $0.id == id && $0.tenant == tenant } }
  }

  func turns(
    of id: ConversationID, ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Turn> {
    page(
      state.withLock { state in
        state.turns.filter { $0.owner.tenant == tenant && $0.turn.conversation == id }
          .map(\.turn).reversed()
      }, request)
  }

  /// The position is the number of elements before the page.
  private func page<Element: Sendable>(
    _ elements: [Element], _ request: PageRequest
  ) -> ArchivePage<Element> {
    let start = request.after?["position"]?.int ?? 0
    let end = min(start + request.limit, elements.count)
    return ArchivePage(
      elements: Array(elements[min(start, end)..<end]),
      next: end < elements.count ? ["position": AttributeValue(end)] : nil)
  }
}

/// Says the same words to everything.
struct Parrot: Model {
  let name = "parrot/1"
  var words = ["To ", "eat."]

  func stream(
    _ request: ModelRequest, until deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    for word in words { try await receive(.text(word)) }
    try await receive(.usage(Usage(input: 12, output: 3)))
    try await receive(.finish(.stop))
  }
}

extension Conversation {
  static func test(
    _ number: Int, user: String = "ana", tenant: String = "acme"
  ) throws
    -> Conversation
  {
    guard let id = ConversationID("c-\(number)") else { throw CancellationError() }
    return Conversation(
      id: id, user: user, tenant: tenant, assistant: "japanese", title: "Title \(number)",
      turns: 2, usage: Usage(input: 10, output: 5), createdAt: testNow,
      updatedAt: Timestamp(milliseconds: testNow.milliseconds + Int64(number)))
  }
}

/// The JSON of a response's body.
func body(_ response: GatewayResponse) throws -> JSONValue {
  try JSONValue(parsing: response.body ?? "")
}
