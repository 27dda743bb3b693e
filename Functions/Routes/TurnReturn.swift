import Agent
import Cloud
import Crypto
import Events
import JSON

/// A client that comes back for the rest of an answer: `{"action":"resume","id":…,"index":…}`.
struct TurnReturn: Sendable {
  private static let longestChunk = 4 * 1024

  let live: any LiveTurns
  let sender: any FrameSender
  /// A stored turn of the caller's conversation.
  let turn: @Sendable (ConversationID, Int, Caller) async throws -> Turn?
  let now: @Sendable () -> Timestamp

  /// Has whoever answers go on here; sends the rest itself when the turn is over.
  ///
  /// Throws `FrameError(.messageNotFound)` for a message that is not known (any more): the client asks
  /// again, or reads the conversation.
  func resume(
    _ frame: ResumeFrame, of caller: Caller, on connection: String, at gateway: GatewayAddress
  ) async throws {
    let name = LiveTurnName(owner: caller.owner, id: frame.id)
    guard let found = try await live.find(name) else {
      throw FrameError(.messageNotFound, id: frame.id)
    }
    var turn = found
    if turn.isRunning, turn.leaseUntil > now().milliseconds {
      let receiver = Receiver(
        token: RequestID.uuid(),
        address: Receiver.Address(connection: connection, gateway: gateway), after: frame.index)
      if try await live.attach(name, message: turn.message, receiver) { return }
      // It has ended in between.
      turn = try await live.find(name) ?? turn
    }
    for frame in try await rest(of: turn, after: frame, caller) {
      try await sender.send(frame.encoded(), to: connection, at: gateway)
    }
  }

  /// The frames of a turn that is over, from the chunk behind the one that the client has.
  private func rest(
    of live: LiveTurn, after frame: ResumeFrame, _ caller: Caller
  ) async throws -> [JSONValue] {
    if let number = live.turn, let conversation = live.conversation.flatMap({ ConversationID($0) })
    {
      guard let turn = try await turn(conversation, number, caller) else {
        throw FrameError(.messageNotFound, id: frame.id)
      }
      return [event(.started(conversation: conversation, message: turn.message), frame)]
        + turn.tools.map { event(.tool($0), frame) }
        + chunks(of: turn.answer, live.sizes, frame) + [event(turn.lastEvent, frame)]
    }
    let known = chunks(of: live.text ?? "", live.sizes, frame)
    if let problem = live.problem, let last = try? JSONValue(parsing: problem) {
      return known + [last]
    }
    // Whoever answered has died.
    return known + [event(.failed(.modelUnavailable(reason: "lost")), frame)]
  }

  private func event(_ event: TurnEvent, _ frame: ResumeFrame) -> JSONValue {
    ServerFrame.turn(event, id: frame.id)
  }

  /// The answer behind the chunk that the client has, in the chunks that were sent and, behind them,
  /// in new ones.
  private func chunks(of answer: String, _ sizes: [Int], _ frame: ResumeFrame) -> [JSONValue] {
    let bytes = Array(answer.utf8)
    var place = 0
    var index = 0
    var chunks: [JSONValue] = []
    while place < bytes.count {
      var text: String
      if index < sizes.count {
        let end = min(bytes.count, place + max(0, sizes[index]))
        text = String(decoding: bytes[place..<end], as: UTF8.self)
      } else {
        text = String(decoding: bytes[place...], as: UTF8.self).prefix(utf8: Self.longestChunk)
      }
      place += text.utf8.count
      if index > frame.index { chunks.append(event(.chunk(index: index, text: text), frame)) }
      index += 1
    }
    return chunks
  }
}
