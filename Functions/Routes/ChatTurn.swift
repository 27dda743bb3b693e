import Agent
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
struct GatewayAddress: Sendable, Equatable {
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
  /// What the answer's last frame and the log need after the agent's time is up.
  static let reserve = Duration.seconds(1)
  /// Milliseconds after which whoever answers has died: a turn never lasts as long.
  private static let lease: Int64 = 30_000

  let connections: any ConnectionTable
  let claims: any MessageClaims
  let sender: any FrameSender
  let live: any LiveTurns
  /// How long a turn goes on without a listener.
  let grace: Duration
  /// A stored turn of a caller's conversation.
  let storedTurn: @Sendable (ConversationID, Int, Caller) async throws -> Turn?
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
        try await live.requestStop(
          LiveTurnName(owner: connection.caller.owner, id: message))
      case .resume(let frame):
        id = frame.id
        let connection = try await connection(of: event, id: frame.id)
        try await TurnReturn(live: live, sender: sender, turn: storedTurn, now: now).resume(
          frame, of: connection.caller, on: event.connectionID, at: GatewayAddress(event))
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
      try await refuse(FrameError(.internalError, id: id), event)
    }
    return .ok
  }

  private func answer(
    _ frame: ChatFrame, on connection: OpenConnection, _ event: WebSocketEvent,
    _ invocation: Invocation
  ) async throws {
    let question: Question
    do throws(AgentError) {
      question = try self.question(frame, connection)
    } catch {
      try await send(ServerFrame.turn(.failed(error), id: frame.id), event)
      return
    }
    let complete: @Sendable () async throws -> Void
    switch try await claims.take(question.key, text: claimText(frame)) {
    case .taken:
      invocation.log.info("message delivered again", ["messageId": "\(question.key.messageID)"])
      return
    case .otherText:
      throw FrameError(.duplicateID, id: frame.id)
    case .granted(let end):
      complete = end
    }
    let agent = try await agent(connection.assistant)
    let report = await relayed(question, by: agent, frame.id, event, invocation)
    invocation.log.turn(report, of: connection)
    try await complete()
  }

  /// Answers by way of a relay, so that the client can come back on another connection.
  private func relayed(
    _ question: Question, by agent: Agent, _ id: String, _ event: WebSocketEvent,
    _ invocation: Invocation
  ) async -> TurnReport {
    let relay = TurnRelay(
      id: id, key: question.key, target: (event.connectionID, GatewayAddress(event)), live: live,
      sender: sender, grace: grace)
    async let begun: Void = live.begin(
      LiveTurnName(owner: question.key.owner, id: id),
      LiveTurn(
        message: question.key.messageID, leaseUntil: now().milliseconds + Self.lease))
    let watch = { @Sendable in await relay.watch() }
    let report = await agent.answer(
      question, until: invocation.deadline - Self.reserve, watch: watch
    ) { try await relay.take($0) }
    // The client has its answer: what goes wrong now only keeps it from coming back for it.
    do {
      try await begun
      try await relay.finish(report)
    } catch {
      invocation.log.warn("end of the turn not kept", ["reason": "\(error)"])
    }
    return report
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
      text: try MessageText(frame.message), conversation: conversation)
    question.variant = connection.variant
    return question
  }

  /// What makes two deliveries the same message: its text and where it belongs.
  private func claimText(_ frame: ChatFrame) -> String {
    let parts: JSONValue = [
      .string(frame.message), frame.conversationID.map(JSONValue.string) ?? .null,
    ]
    return parts.description
  }

  private func key(_ connection: OpenConnection, _ message: String) -> MessageKey {
    // A connection is its id and when it was opened: `martlet invoke` opens the one of an event file
    // anew each time, and its messages are new ones then.
    let opened = "\(connection.id)@\(connection.connectedAt.milliseconds)"
    return MessageKey(caller: connection.caller, connection: opened, message: message)
  }

  /// The connection behind a frame, checked for each one: its token may have ended meanwhile.
  private func connection(of event: WebSocketEvent, id: String) async throws -> OpenConnection {
    guard let connection = try await connections.connection(event.connectionID),
      connection.isValid(at: now().seconds)
    else { throw FrameError(.unauthorized, id: id) }
    return connection
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

extension Log {
  /// The one line about a turn.
  fileprivate func turn(_ report: TurnReport, of connection: OpenConnection) {
    var reason = ""
    if case .failed(let error) = report.outcome { reason = error.reason ?? error.code }
    info(
      "turn",
      [
        "outcome": .string(report.outcome.name), "reason": .string(reason),
        "tenant": .string(connection.caller.tenant), "user": .string(connection.caller.user),
        "conversationId": .string(report.conversation.text), "messageId": .string(report.message),
        "assistant": .string(report.assistant), "model": .string(report.model),
        "variant": .string(report.variant ?? Profile.standardVariant),
        "inputTokens": .integer(report.usage.input), "outputTokens": .integer(report.usage.output),
        "rounds": .integer(report.rounds), "toolCalls": .integer(report.tools.count),
        "passages": .integer(report.passages ?? -1), "answerBytes": .integer(report.answerBytes),
        "preparationMs": .double(report.preparation?.milliseconds ?? 0),
        "firstTextMs": .double(report.firstText?.milliseconds ?? 0),
        "totalMs": .double(report.total.milliseconds),
      ])
  }
}

extension Duration {
  /// This duration in milliseconds, to the microsecond.
  fileprivate var milliseconds: Double {
    let parts = components
    let microseconds = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
    return Double(microseconds) / 1000
  }
}
