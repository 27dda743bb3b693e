/// What is read of the person and the conversation before a turn is decided upon.
///
/// Reading changes nothing, so it can begin before anybody knows that the message is to be answered.
package struct TurnReading: Sendable {
  let recent: Result<RecentTurns?, AgentError>
  /// Nil when it cannot be read.
  let person: [ContextEntry]?
}

/// The conversation and its last turns, oldest first.
typealias RecentTurns = (conversation: Conversation, turns: [Turn])

extension TurnReading {
  init(
    _ question: Question, _ profile: Profile, _ store: any ConversationStore,
    _ person: @escaping @Sendable (Caller) async throws -> [ContextEntry]
  ) async {
    async let remembered = person(question.caller)
    let recent: Result<RecentTurns?, AgentError>
    do throws(AgentError) {
      recent = .success(try await Self.recent(question, profile, store))
    } catch {
      recent = .failure(error)
    }
    self.init(recent: recent, person: try? await remembered)
  }

  private static func recent(
    _ question: Question, _ profile: Profile, _ store: any ConversationStore
  ) async throws(AgentError) -> RecentTurns? {
    let turns = HistoryWindow.reads(profile.limits)
    let id = question.conversationID
    let recent: RecentTurns?
    do {
      if let replaced = question.replacing {
        recent = try await store.recent(id, of: question.caller, turns: turns, before: replaced)
      } else {
        recent = try await store.recent(id, of: question.caller, turns: turns)
      }
    } catch let error as AgentError {
      throw error
    } catch {
      throw .storeUnavailable(reason: "\(error)")
    }
    if recent == nil, question.conversation != nil { throw .conversationNotFound }
    return recent
  }
}
