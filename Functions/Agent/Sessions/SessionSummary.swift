/// What a session was about, found in its turns: nothing is asked of a model.
package struct SessionSummary: Sendable, Equatable {
  /// Turns that are read for it.
  package static let mostTurns = 200
  private static let mostTopics = 8
  private static let mostSources = 10

  /// Terms that its questions share, the most frequent first.
  package var topics: [String] = []
  package var firstQuestion = ""
  package var lastQuestion = ""
  package var lastAnswer = ""
  package var sources: [String] = []
  package var tools: [String: Int] = [:]
  package var thumbsUp = 0
  package var thumbsDown = 0
  /// Turns whose answer is not complete.
  package var unfinished = 0

  /// `turns` are those of the session, the oldest first.
  package init(_ turns: [Turn]) {
    guard let first = turns.first, let last = turns.last else { return }
    firstQuestion = Conversation.title(from: first.question)
    lastQuestion = Conversation.title(from: last.question)
    lastAnswer = Conversation.title(from: last.answer)
    var counts: [String: Int] = [:]
    var seen: Set<String> = []
    for turn in turns {
      for term in Terms.ofQuestion(turn.question).keys where term.unicodeScalars.count > 1 {
        counts[term, default: 0] += 1
      }
      for source in turn.sources where seen.insert(source.title).inserted {
        if sources.count < Self.mostSources { sources.append(source.title) }
      }
      for tool in turn.tools { tools[tool.name, default: 0] += 1 }
      if turn.feedback?.thumb == .up { thumbsUp += 1 }
      if turn.feedback?.thumb == .down { thumbsDown += 1 }
      if turn.status != .complete { unfinished += 1 }
    }
    topics = Array(
      counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostTopics).map(\.key))
  }
}
