import Agent
import Cloud
import Events
import LambdaRuntime

/// Messages that come by HTTP: who asks, in which conversation, and is it the first time?
struct TurnDesk: Sendable {
  let tokens: TokenCheck
  let claims: any MessageClaims
  let relayed: RelayedTurns
  let conversations: StoredConversations
  let confirmations: StoredConfirmations
  let profiles: [Profile]
  let defaultAssistant: String
  /// The agent of an assistant; made at first use.
  let agent: @Sendable (_ assistant: String) async throws -> Agent

  /// A message that may be answered.
  struct Ticket: Sendable {
    let question: Question
    let assistant: String
    let claimText: String
  }

  /// What is to be done about a message.
  enum Begin: Sendable {
    case answer(complete: @Sendable () async throws -> Void)
    /// It was answered before.
    case answered(Turn)
    /// Its answer is being made elsewhere.
    case running
  }

  func ticket(_ request: MessageRequest, of caller: Caller) async throws -> Ticket {
    var assistant = request.assistant ?? request.agent?.assistant ?? defaultAssistant
    var text = request.message
    if let id = request.conversation {
      guard let conversation = try await conversations.conversation(id, of: caller) else {
        throw Refusal.agent(.conversationNotFound)
      }
      guard conversation.status != .closed else {
        throw Refusal.conflict(code: "closed", "This conversation is closed.")
      }
      if let named = request.assistant, named != conversation.assistant {
        throw Refusal.invalid([
          FieldProblem(
            field: "assistant", code: "choice",
            message: "The conversation is with \(conversation.assistant).")
        ])
      }
      assistant = conversation.assistant
      if let agent = request.agent, agent.assistant != assistant {
        throw Refusal.invalid([
          FieldProblem(
            field: "agent", code: "choice", message: "It is no specialist of \(assistant).")
        ])
      }
      if let replaced = request.replaces {
        guard let turn = try await conversations.turn(replaced, in: id, of: caller) else {
          throw Refusal.agent(.messageNotFound)
        }
        text = text ?? turn.question
      }
    }
    var question = Question(
      caller: caller, key: MessageKey(caller: caller, connection: "http", message: request.key),
      text: try MessageText(text ?? ""), conversation: request.conversation,
      replacing: request.replaces)
    question.agent = request.agent
    question.isFresh = request.isFresh
    return Ticket(question: question, assistant: assistant, claimText: request.claimText)
  }

  /// A person's yes or no to what they were asked to confirm.
  func ticket(_ decision: Decision, of caller: Caller) async throws -> Ticket {
    guard let found = try await confirmations.find(decision.confirmation, of: caller) else {
      throw Refusal.agent(.confirmationNotFound)
    }
    let profile = profiles.first { $0.name == found.assistant }
    return Ticket(
      question: try Question(
        decision, about: found, languages: profile?.languages ?? [], caller: caller),
      assistant: found.assistant, claimText: decision.claimText)
  }

  func begin(_ ticket: Ticket) async throws -> Begin {
    switch try await claims.take(ticket.question.key, text: ticket.claimText) {
    case .granted(let complete): return .answer(complete: complete)
    case .otherText:
      throw Refusal.conflict(
        code: "duplicate_id", "This key was used for another message. Please take a new one.")
    case .taken:
      let question = ticket.question
      let turn = try await conversations.turn(
        question.key.messageID, in: question.conversationID, of: question.caller)
      return turn.map { .answered($0) } ?? .running
    }
  }

  /// Answers and stores the turn; `listener` takes its events as long as the client is there. The
  /// name of the answer is the one under which the turn is stopped and come back to.
  func answer(
    _ ticket: Ticket, _ invocation: Invocation,
    complete: @escaping @Sendable () async throws -> Void,
    _ listener: @escaping TurnRelay.Listener
  ) async throws {
    let agent = try await agent(ticket.assistant)
    await relayed.answer(
      ticket.question, by: agent, as: ticket.question.key.messageID, invocation, listener)
    // Also when the invocation is being ended.
    try await uninterrupted { try await complete() }
  }

  /// Asks the caller's turn to end; it may be over already.
  func stop(_ message: String, of caller: Caller) async throws {
    let digits = message.utf8.dropFirst(2)
    guard message.hasPrefix("m-"), digits.count == 32,
      digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { throw Refusal.agent(.messageNotFound) }
    try await relayed.live.requestStop(LiveTurnName(owner: caller.owner, id: message))
  }
}

extension Decision {
  /// What makes two deliveries the same decision.
  var claimText: String { isApproved ? "approve" : "refuse" }
}
