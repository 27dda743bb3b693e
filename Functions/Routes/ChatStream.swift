import Agent
import Crypto
import Events
import JSON
import LambdaRuntime
import Synchronization

/// Where a streamed answer goes: to the Runtime API in a function, to memory in a test.
protocol ResponseSink: Sendable {
  func start(_ prelude: ResponsePrelude) async throws
  func write(_ text: String) async throws
}

extension ResponseStream: ResponseSink {}

/// `POST /api/v1/chat/stream`: the answer as server-sent events while it is made.
///
/// Behind a function URL, because HTTP APIs do not stream. A client that was cut off names the last
/// event it has (`Last-Event-ID`). Its request lands in another sandbox than the turn, which keeps
/// what is said for this one to read: the client gets what it missed and then the live rest.
struct ChatStream: StreamingHandler {
  /// How often a kept answer is looked at, how often a waiting client is told that it is, and how
  /// often the turn is told that somebody reads.
  private static let look = Duration.milliseconds(250)
  private static let sign = Duration.seconds(5)
  private static let word = Duration.seconds(2)

  let desk: TurnDesk

  func handle(
    _ event: FunctionURLEvent, _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    try await respond(to: event, response, invocation)
  }

  func respond(
    to event: FunctionURLEvent, _ response: any ResponseSink, _ invocation: Invocation
  ) async throws {
    do {
      try await answer(event, response, invocation)
    } catch {
      let refusal = invocation.refusal(for: error)
      let whole = GatewayResponse.refusal(refusal, requestID: invocation.requestID)
      try await response.start(
        ResponsePrelude(statusCode: whole.statusCode, headers: whole.headers))
      try await response.write(whole.body ?? "")
    }
  }

  /// Throws only before the stream has begun.
  private func answer(
    _ event: FunctionURLEvent, _ response: any ResponseSink, _ invocation: Invocation
  ) async throws {
    guard let token = Bearer.authorization(event.headers),
      let caller = try await desk.tokens.signedIn(token)?.caller
    else { throw Refusal.unauthorized }
    let path = event.rawPath.split(separator: "/").map { String($0) }
    _ = try APIRoutes.request(event.requestContext.http.method, path, to: "stream")
    if let last = event.headers.header("last-event-id") {
      guard let position = EventText.Position(last) else {
        throw Refusal.badRequest("\"Last-Event-ID\" is none that was given.")
      }
      try await resume(position, caller, response, invocation)
      return
    }
    let request = try MessageRequest(
      event, headers: event.headers, profiles: desk.profiles,
      defaultAssistant: desk.defaultAssistant)
    let ticket = try await desk.ticket(request, of: caller)
    switch try await desk.begin(ticket) {
    case .answered(let turn):
      let events = EventStream(response)
      try await events.start()
      for event in turn.events { try await events.send(event) }
    case .running:
      let position = EventText.Position(
        conversation: ticket.question.conversationID, message: ticket.question.key.messageID)
      try await resume(position, caller, response, invocation)
    case .answer(let complete):
      let events = EventStream(response)
      try await events.start()
      do {
        try await desk.answer(ticket, invocation, complete: complete) {
          try await events.send($0)
        }
      } catch {
        invocation.log.error("turn failed", ["reason": "\(error)"])
        try? await events.send(.failed(.storeUnavailable(reason: "\(error)")))
      }
    }
  }

  /// Sends the part of an answer that a client misses, and what comes after it.
  private func resume(
    _ position: EventText.Position, _ caller: Caller, _ response: any ResponseSink,
    _ invocation: Invocation
  ) async throws {
    let name = LiveTurnName(owner: caller.owner, id: position.message)
    let live = try await desk.relayed.live.find(name)
    if live?.isRunning != true {
      guard let turn = try await stored(position, caller) else {
        guard live != nil else { throw Refusal.agent(.messageNotFound) }
        return try await rest(of: live, position, caller, EventStream(response, from: position))
      }
      guard turn.answer.rest(from: position.bytes) != nil else {
        throw Refusal.badRequest("\"Last-Event-ID\" is none that was given.")
      }
    }
    let events = EventStream(response, from: position)
    try await events.start()
    do {
      let end = min(invocation.deadline - RelayedTurns.reserve, .now + .seconds(30))
      let last = try await follow(live, name, events, until: end)
      // Whoever still waits then comes back: each event has told how far the answer was.
      if let last, last.isRunning, !isDead(last) { return }
      try await rest(of: last, position, caller, events)
    } catch {
      invocation.log.info("stream ended", ["reason": "\(error)"])
    }
  }

  /// Sends what is kept of a turn that runs, as it grows, until it is over.
  private func follow(
    _ first: LiveTurn?, _ name: LiveTurnName, _ events: EventStream,
    until end: ContinuousClock.Instant
  ) async throws -> LiveTurn? {
    var live = first
    var (said, signed) = (ContinuousClock.Instant?.none, ContinuousClock.now)
    while let turn = live, turn.isRunning, !isDead(turn), ContinuousClock.now < end {
      if said.map({ $0.duration(to: .now) >= Self.word }) ?? true {
        said = .now
        let reader = Receiver(token: RequestID.uuid(), after: -1)
        _ = try await desk.relayed.live.attach(name, message: turn.message, reader)
      }
      try await events.sendNews(of: turn.steps)
      if let text = turn.text, try await events.sendRest(of: text) {
        signed = .now
      } else if signed.duration(to: .now) >= Self.sign {
        signed = .now
        try await events.comment("waiting")
      }
      try await Task.sleep(for: Self.look)
      live = try await desk.relayed.live.find(name)
    }
    return live
  }

  /// What is left of a turn that is over.
  private func rest(
    of live: LiveTurn?, _ position: EventText.Position, _ caller: Caller, _ events: EventStream
  ) async throws {
    try await events.start()
    if let turn = try await stored(position, caller) {
      try await events.sendNews(of: turn.tools)
      _ = try await events.sendRest(of: turn.answer)
      try await events.send(turn.lastEvent)
    } else if let problem = live?.problem.flatMap({ try? JSONValue(parsing: $0) }) {
      try await events.send(problem)
    } else {
      try await events.send(.failed(.modelUnavailable(reason: "lost")))
    }
  }

  private func isDead(_ turn: LiveTurn) -> Bool {
    turn.leaseUntil <= desk.relayed.now().milliseconds
  }

  private func stored(_ position: EventText.Position, _ caller: Caller) async throws -> Turn? {
    try await desk.conversations.turn(position.message, in: position.conversation, of: caller)
  }
}

/// Writes events. Throws when the client is gone, as far as the platform tells.
private final class EventStream: Sendable {
  private let response: any ResponseSink
  private let text: Mutex<EventText>
  private let isOpen = Mutex(false)
  /// How each tool stands for the client; nil until something is known of it.
  private let shown = Mutex<[Int: ToolStep.Status]?>(nil)

  init(_ response: any ResponseSink, from position: EventText.Position? = nil) {
    self.response = response
    text = Mutex(EventText(from: position))
  }

  /// Starting again does nothing.
  func start() async throws {
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = true }
      return isOpen
    }
    guard !wasOpen else { return }
    try await response.start(ResponsePrelude(statusCode: 200, headers: EventText.headers))
  }

  func send(_ event: TurnEvent) async throws {
    try await response.write(text.withLock { $0.text(of: event) })
  }

  func send(_ frame: JSONValue) async throws {
    try await response.write(text.withLock { $0.text(ofFrame: frame) })
  }

  /// Sends what the client has missed about tools: nothing when it has had all events about them, else
  /// how each of them stands, and later what changes.
  func sendNews(of steps: [ToolStep]) async throws {
    let known = text.withLock { $0.position?.tools ?? 0 }
    let news = shown.withLock { shown -> [ToolStep] in
      let before = shown
      shown = Dictionary(steps.map { ($0.number, $0.status) }) { $1 }
      guard let before else { return known >= steps.events ? [] : steps }
      return steps.filter { before[$0.number] != $0.status }
    }
    for step in news { try await send(.tool(step)) }
    text.withLock { $0.count(tools: steps.events) }
  }

  /// Sends the part of an answer that the client does not have; false when there is none.
  func sendRest(of answer: String) async throws -> Bool {
    guard let position = text.withLock({ $0.position }),
      let rest = answer.rest(from: position.bytes), !rest.isEmpty
    else { return false }
    try await send(.chunk(index: position.chunks, text: rest))
    return true
  }

  func comment(_ words: String) async throws {
    try await response.write(": \(words)\n\n")
  }
}

extension String {
  /// What follows this many bytes; nil when they end inside a character or behind the end.
  func rest(from bytes: Int) -> String? {
    guard bytes <= utf8.count else { return nil }
    let place = utf8.index(utf8.startIndex, offsetBy: bytes)
    guard place.samePosition(in: unicodeScalars) != nil else { return nil }
    return String(self[place...])
  }
}
