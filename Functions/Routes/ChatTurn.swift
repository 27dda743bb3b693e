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

  init(_ event: WebSocketEvent) {
    domainName = event.requestContext.domainName
    stage = event.requestContext.stage
  }
}

/// Who answers which message: DynamoDB in a function, memory in a test.
protocol MessageClaims: Sendable {
  /// Takes a message before work on it begins.
  func take(_ key: MessageKey, text: String) async throws -> ClaimAnswer
  /// Asks whoever answers the message to end.
  func requestStop(_ key: MessageKey) async throws
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

  let connections: any ConnectionTable
  let claims: any MessageClaims
  let sender: any FrameSender
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
        try await claims.requestStop(key(connection, message))
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
    let report = await agent.answer(question, until: invocation.deadline - Self.reserve) { step in
      try await send(ServerFrame.turn(step, id: frame.id), event)
    }
    invocation.log.turn(report, of: connection)
    try await complete()
  }

  private func question(
    _ frame: ChatFrame, _ connection: OpenConnection
  ) throws(AgentError) -> Question {
    var conversation: ConversationID?
    if let text = frame.conversationID {
      guard let id = ConversationID(text) else { throw .conversationNotFound }
      conversation = id
    }
    return Question(
      caller: connection.caller, key: key(connection, frame.id),
      text: try MessageText(frame.message), conversation: conversation)
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
