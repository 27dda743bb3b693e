import Agent
import Events
import JSON
import LambdaRuntime
import Synchronization

/// `POST /api/v1/messages` and `POST /api/v1/chat`: a question, and its whole answer;
/// `POST /api/v1/messages/{messageId}/stop` ends an answer that is on its way;
/// `POST /api/v1/confirmations/{id}` says yes or no to what an answer asked to confirm.
struct Messages: Handler {
  let desk: TurnDesk
  var now: @Sendable () -> Timestamp = { .now }

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await desk.tokens.caller(of: event)
      let asked = try APIRoutes.request(event.method, event.segments, to: "messages")
      if asked.operation == .stopMessage {
        let message = try asked.parameter("messageId")
        try await desk.stop(message, of: caller)
        return .json(["messageId": .string(message)], status: 202)
      }
      let wantsStream: Bool
      let ticket: TurnDesk.Ticket
      if asked.operation == .decideConfirmation {
        wantsStream = false
        ticket = try await desk.ticket(try decision(event, asked), of: caller)
      } else {
        let request = try MessageRequest(
          event, headers: event.headers, profiles: desk.profiles,
          defaultAssistant: desk.defaultAssistant)
        wantsStream = request.wantsStream
        ticket = try await desk.ticket(request, of: caller)
      }
      let collected = Collected()
      switch try await desk.begin(ticket) {
      case .running:
        throw Refusal.conflict(
          code: "in_progress", "This message is being answered. Please ask again in a moment.")
      case .answered(let turn): collected.take(turn)
      case .answer(let complete):
        try await desk.answer(ticket, invocation, complete: complete) { collected.take($0) }
      }
      let answer = try collected.answer()
      if wantsStream { return events(collected) }
      return reply(answer)
    }
  }

  private func decision(_ event: HTTPEvent, _ asked: APIRequest) throws(Refusal) -> Decision {
    var fields = try BodyFields(event, headers: event.headers)
    let isApproved = fields.flag("approve", isRequired: true)
    try fields.finish()
    return Decision(try asked.parameter("id"), isApproved: isApproved ?? false)
  }

  private func reply(_ answer: Collected.Answer) -> GatewayResponse {
    var reply: JSONObject = [
      "messageId": .string(answer.completion.message), "content": .string(answer.text),
      "conversationId": .string(answer.completion.conversation.text),
      "createdAt": .string((answer.at ?? now()).iso),
      "finishReason": .string(answer.completion.finish.rawValue),
      "sources": .array(answer.completion.sources.map(\.json)),
      "usage": answer.completion.usage.json,
      "cached": .bool(answer.completion.isCached),
    ]
    for (name, value) in answer.completion.extras { reply[name] = value }
    return .json(.object(reply))
  }

  /// HTTP APIs do not stream: the events come all at once, in the same form.
  private func events(_ collected: Collected) -> GatewayResponse {
    var stream = EventText()
    let body = collected.events.map { stream.text(of: $0) }.joined()
    return GatewayResponse(statusCode: 200, headers: EventText.headers, body: body)
  }
}

/// The events of a turn as they come.
final class Collected: Sendable {
  struct Answer: Sendable {
    let text: String
    let completion: Completion
    /// When it was stored, if that was before.
    let at: Timestamp?
  }

  private struct State {
    var events: [TurnEvent] = []
    var at: Timestamp?
  }

  private let state = Mutex(State())

  var events: [TurnEvent] { state.withLock { $0.events } }

  func take(_ event: TurnEvent) { state.withLock { $0.events.append(event) } }

  /// A turn that was stored before.
  func take(_ turn: Turn) {
    state.withLock { state in
      state.at = turn.answeredAt
      state.events = turn.events
    }
  }

  /// The answer, when there is one. Throws what went wrong otherwise.
  func answer() throws -> Answer {
    let (events, at) = state.withLock { ($0.events, $0.at) }
    var text = ""
    for event in events {
      switch event {
      case .chunk(_, let piece): text += piece
      case .failed(let error): throw Refusal.agent(error)
      case .completed(let completion): return Answer(text: text, completion: completion, at: at)
      default: continue
      }
    }
    throw Refusal.internalError
  }
}

extension Turn {
  /// The events of a turn that is stored, in one chunk.
  var events: [TurnEvent] {
    [.started(conversation: conversation, message: message)] + tools.map { .tool($0) }
      + [.chunk(index: 0, text: answer), lastEvent]
  }

  /// The last event of a turn that is stored, as its receiver was or would have been told.
  var lastEvent: TurnEvent {
    completion.map { .completed($0) } ?? .failed(.modelUnavailable(reason: "interrupted"))
  }
}
