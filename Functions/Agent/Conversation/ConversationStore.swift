/// Where conversations are kept: DynamoDB in a function, memory in a test.
///
/// A caller reaches only what is theirs: keys are made from the caller, never from input.
package protocol ConversationStore: Sendable {
  /// The conversation and its last turns, oldest first; nil when the caller has no such one.
  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])?

  /// The same for a turn that takes the place of the one with the message `replaced`: what was said
  /// before that one. Throws `AgentError.messageNotFound` when the conversation has no such message.
  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int, before replaced: String
  ) async throws -> (conversation: Conversation, turns: [Turn])?

  /// A turn of `recent` with all that was said: long ones come with the beginning of their texts alone.
  func whole(_ turn: Turn, of caller: Caller) async throws -> Turn

  /// The turn with this number and those before it on its branch, oldest first: at most `turns`.
  func path(
    upTo number: Int, in id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> [Turn]

  /// Keeps a summary with the turn up to which it reaches; the first one stays.
  func keep(
    _ summary: ConversationSummary, at number: Int, in id: ConversationID, of caller: Caller
  ) async throws

  /// Adds a turn to its conversation, which begins with it when there is none yet.
  ///
  /// A turn with a message that is already there changes nothing: the number of the first one is
  /// returned. `turn.number` is chosen here, and `turn.parent` when it is nil.
  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int

  /// The same, and need not read what the conversation was like before the turn.
  func append(
    _ turn: Turn, of caller: Caller, title: String, after before: ConversationReading
  ) async throws -> Int
}

/// What is known of a conversation from reading it a while ago.
package enum ConversationReading: Sendable {
  case unread
  /// There was none.
  case absent
  case found(Conversation)

  package init(_ conversation: Conversation?) {
    self = conversation.map { .found($0) } ?? .absent
  }
}

extension ConversationStore {
  package func append(
    _ turn: Turn, of caller: Caller, title: String, after before: ConversationReading
  ) async throws -> Int {
    try await append(turn, of: caller, title: title)
  }

  package func whole(_ turn: Turn, of caller: Caller) async throws -> Turn { turn }

  package func path(
    upTo number: Int, in id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> [Turn] {
    let found = try await recent(id, of: caller, turns: .max)?.turns ?? []
    return found.prefix { $0.number <= number }.suffix(turns)
  }

  /// A store without room for summaries loses them.
  package func keep(
    _ summary: ConversationSummary, at number: Int, in id: ConversationID, of caller: Caller
  ) async throws {}

  package func recent(
    _ id: ConversationID, of caller: Caller, turns: Int, before replaced: String
  ) async throws -> (conversation: Conversation, turns: [Turn])? {
    guard let found = try await recent(id, of: caller, turns: .max) else { return nil }
    guard let end = found.turns.firstIndex(where: { $0.message == replaced }) else {
      throw AgentError.messageNotFound
    }
    return (found.conversation, Array(found.turns[..<end].suffix(turns)))
  }
}
