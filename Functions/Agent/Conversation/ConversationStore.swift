/// Where conversations are kept: DynamoDB in a function, memory in a test.
///
/// A caller reaches only what is theirs: keys are made from the caller, never from input.
package protocol ConversationStore: Sendable {
  /// The conversation and its last turns, oldest first; nil when the caller has no such one.
  func recent(
    _ id: ConversationID, of caller: Caller, turns: Int
  ) async throws -> (conversation: Conversation, turns: [Turn])?

  /// Adds a turn to its conversation, which begins with it when there is none yet.
  ///
  /// A turn with a message that is already there changes nothing: the number of the first one is
  /// returned. `turn.number` is chosen here.
  func append(_ turn: Turn, of caller: Caller, title: String) async throws -> Int
}
