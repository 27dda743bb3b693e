import Agent
import Cloud
import Events
import JSON
import LambdaRuntime

/// Where frames to clients go: `@connections` in a function, memory in a test.
protocol FrameSender: Sendable {
  /// Throws `FrameSenderError.gone` when the connection has ended.
  func send(_ frame: [UInt8], to connection: String, at gateway: GatewayAddress) async throws
  /// Ends a connection; one that has ended already is no error.
  func disconnect(_ connection: String, at gateway: GatewayAddress) async throws
}

enum FrameSenderError: Error, Equatable {
  case gone
}

/// Where the connections of a WebSocket API are reached.
struct GatewayAddress: Sendable, Hashable {
  let domainName: String
  let stage: String

  init(domainName: String, stage: String) {
    self.domainName = domainName
    self.stage = stage
  }

  init(_ event: WebSocketEvent) {
    domainName = event.requestContext.domainName
    stage = event.requestContext.stage
  }
}

/// Who answers which message: DynamoDB in a function, memory in a test.
protocol MessageClaims: Sendable {
  /// Takes a message before work on it begins.
  func take(_ key: MessageKey, text: String) async throws -> ClaimAnswer
}

enum ClaimAnswer: Sendable {
  /// It is ours to answer; `complete` says that it was, with whatever end.
  case granted(complete: @Sendable () async throws -> Void)
  /// Somebody answers it, or has.
  case taken
  /// The id stands for another text.
  case otherText
}

/// One frame that asks something: who is asking, may they, and what is the answer.
struct ChatTurn: Sendable {
  let connections: any ConnectionTable
  private let known = KnownConnections()
  let claims: any MessageClaims
  let sender: any FrameSender
  let relayed: RelayedTurns
  /// A stored turn of a caller's conversation.
  let storedTurn: @Sendable (ConversationID, Int, Caller) async throws -> Turn?
  let confirmations: StoredConfirmations
  let profiles: [Profile]
  /// The agent of an assistant; made at first use.
  let agent: @Sendable (_ assistant: String) async throws -> Agent
  var now: @Sendable () -> Timestamp = { .now }

  /// Answers a frame. Whatever goes wrong reaches the client as an error frame.
  func answer(_ event: WebSocketEvent, _ invocation: Invocation) async throws -> GatewayResponse {
    var id: String?
    do {
      let frame = try ClientFrame(event)
      switch frame {
      case .ping(let id):
        try await send(ServerFrame.pong(id: id), event)
      case .stop(let message):
        id = message
        let connection = try await connection(of: event, id: message)
        try await relayed.live.requestStop(
          LiveTurnName(owner: connection.caller.owner, id: message))
      case .resume(let frame):
        id = frame.id
        let connection = try await connection(of: event, id: frame.id)
        try await TurnReturn(live: relayed.live, sender: sender, turn: storedTurn, now: now).resume(
          frame, of: connection.caller, on: event.connectionID, at: GatewayAddress(event))
      case .confirm(let decision):
        id = decision.confirmation
        let connection = try await connection(of: event, id: decision.confirmation)
        try await decide(decision, of: connection.caller, event, invocation)
      case .chat(let frame):
        id = frame.id
        try await answer(
          frame, on: try await connection(of: event, id: frame.id), event, invocation)
      }
    } catch let error as FrameError {
      invocation.log.warn(
        "frame refused",
        ["code": .string(error.problem.code), "connectionId": .string(event.connectionID)])
      try await refuse(error, event)
    } catch FrameSenderError.gone {
      invocation.log.info("connection gone", ["connectionId": .string(event.connectionID)])
    } catch {
      invocation.log.error(
        "frame failed",
        ["reason": "\(error)", "connectionId": .string(event.connectionID)])
      // Also when the invocation is being ended.
      try await uninterrupted { [id] in
        try await refuse(FrameError(.internalError, id: id), event)
      }
    }
    return .ok
  }

  private func answer(
    _ frame: ChatFrame, on connection: OpenConnection, _ event: WebSocketEvent,
    _ invocation: Invocation
  ) async throws {
    var question: Question
    do throws(AgentError) {
      question = try self.question(frame, connection)
    } catch {
      try await send(ServerFrame.turn(.failed(error), id: frame.id), event)
      return
    }
    if let name = frame.agent {
      let agent = AgentName(name, among: profiles, standing: connection.assistant)
      guard let agent, agent.assistant == connection.assistant else {
        throw FrameError(.unknownAgent(connection.assistant), id: frame.id)
      }
      question.agent = agent
    }
    try await answer(
      question, as: frame.id, by: connection.assistant, claim: claimText(frame), event, invocation)
  }

  /// A person's yes or no to what they were asked to confirm.
  private func decide(
    _ decision: Decision, of caller: Caller, _ event: WebSocketEvent, _ invocation: Invocation
  ) async throws {
    let id = decision.confirmation
    guard let found = try await confirmations.find(id, of: caller) else {
      return try await send(ServerFrame.turn(.failed(.confirmationNotFound), id: id), event)
    }
    let profile = profiles.first { $0.name == found.assistant }
    let question = try Question(
      decision, about: found, languages: profile?.languages ?? [], caller: caller)
    try await answer(
      question, as: id, by: found.assistant, claim: decision.claimText, event, invocation)
  }

  private func answer(
    _ question: Question, as id: String, by assistant: String, claim: String,
    _ event: WebSocketEvent, _ invocation: Invocation
  ) async throws {
    let agent = try await agent(assistant)
    async let read = agent.read(for: question)
    let complete: @Sendable () async throws -> Void
    switch try await claims.take(question.key, text: claim) {
    case .taken:
      invocation.log.info("message delivered again", ["messageId": "\(question.key.messageID)"])
      return
    case .otherText:
      throw FrameError(.duplicateID, id: id)
    case .granted(let end):
      complete = end
    }
    let address = GatewayAddress(event)
    await relayed.answer(
      question, by: agent, as: id, reading: await read, invocation
    ) { [sender] step in
      try await sender.send(
        ServerFrame.turn(step, id: id).encoded(), to: event.connectionID, at: address)
    }
    // The message is answered, even when the invocation is being ended.
    try await uninterrupted { try await complete() }
  }

  private func question(
    _ frame: ChatFrame, _ connection: OpenConnection
  ) throws(AgentError) -> Question {
    var conversation: ConversationID?
    if let text = frame.conversationID {
      guard let id = ConversationID(text) else { throw .conversationNotFound }
      conversation = id
    }
    var question = Question(
      caller: connection.caller, key: key(connection, frame.id),
      text: try MessageText(frame.message), conversation: conversation,
      replacing: frame.replaces)
    question.variant = connection.variant
    question.isFresh = frame.isFresh
    return question
  }

  /// What makes two deliveries the same message: its text and where it belongs.
  private func claimText(_ frame: ChatFrame) -> String {
    var parts: [JSONValue] = [
      .string(frame.message), frame.conversationID.map(JSONValue.string) ?? .null,
    ]
    if let replaced = frame.replaces { parts.append(.string(replaced)) }
    if let agent = frame.agent { parts.append(["agent": .string(agent)]) }
    return JSONValue.array(parts).description
  }

  private func key(_ connection: OpenConnection, _ message: String) -> MessageKey {
    // A connection is its id and when it was opened: `martlet invoke` opens the one of an event file
    // anew each time, and its messages are new ones then.
    let opened = "\(connection.id)@\(connection.connectedAt.milliseconds)"
    return MessageKey(caller: connection.caller, connection: opened, message: message)
  }

  /// The connection behind a frame, checked for each one: its token may have ended meanwhile.
  private func connection(of event: WebSocketEvent, id: String) async throws -> OpenConnection {
    let openedAt = Int64(event.requestContext.connectedAt)
    let known = known.find(event.connectionID, openedAt: openedAt)
    let found =
      if let known { known } else { try await connections.connection(event.connectionID) }
    guard let found, found.isValid(at: now().seconds) else {
      throw FrameError(.unauthorized, id: id)
    }
    if known == nil { self.known.keep(found, openedAt: openedAt) }
    return found
  }

  private func send(_ frame: JSONValue, _ event: WebSocketEvent) async throws {
    try await sender.send(frame.encoded(), to: event.connectionID, at: GatewayAddress(event))
  }

  /// Tells the client; a connection that nobody may use is then closed.
  private func refuse(_ error: FrameError, _ event: WebSocketEvent) async throws {
    do {
      try await send(ServerFrame.error(error), event)
      if error.problem == .unauthorized {
        try await sender.disconnect(event.connectionID, at: GatewayAddress(event))
      }
    } catch FrameSenderError.gone {
      return
    }
  }
}
