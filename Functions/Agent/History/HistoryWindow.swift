/// The part of a conversation that a model sees again: the newest turns word for word, and a summary of
/// what stands before them.
///
/// Turns fall out of the window in batches, so that the summary is not made anew with each turn: it
/// grows to nearly the messages of `Profile.Limits.history` twice, or to the tokens of `historyTokens`,
/// and is cut to half of that. All of it is known from a number of turns that does not depend on how long the
/// conversation is.
package struct HistoryWindow: Sendable, Equatable {
  /// What the model sees word for word, oldest first.
  package private(set) var turns: [Turn] = []
  /// What was said before that, as far as it is told.
  package private(set) var summary: ConversationSummary?
  private var shown: ConversationSummary?
  /// What the model is told of what stands before `turns`.
  package var told: ConversationSummary? { shown ?? summary }
  /// Turns that are to be told of by the next summary, oldest first; empty when it is not time for one.
  package private(set) var falling: [Turn] = []
  /// True when turns before these were not read, and no summary tells of them.
  package private(set) var hasGap = false

  /// Turns that have to be read: those of the window, the one that holds the summary, and one more for
  /// a summary that could not be kept.
  package static func reads(_ limits: Profile.Limits) -> Int { 2 * turns(limits) + 1 }

  /// Turns that stay when others fall out.
  private static func turns(_ limits: Profile.Limits) -> Int { max(1, limits.history / 2) }

  /// `path` are the newest turns of a branch, oldest first and without a gap.
  package init(path: [Turn], _ limits: Profile.Limits) {
    let last = path.lastIndex { $0.summary != nil }
    summary = last.flatMap { path[$0].summary }
    let open = last.map { Array(path[($0 + 1)...]) } ?? path
    hasGap = last == nil && (path.first.map { $0.before > 0 } ?? false)
    let most = Self.turns(limits)
    turns = Self.newest(open, tokens: limits.historyTokens, count: .max)
    if open.count >= max(2, 2 * most - 1) || turns.count < open.count {
      let staying = Self.newest(open, tokens: limits.historyTokens / 2, count: most)
      falling = Array(open.dropLast(staying.count))
    }
    // Until the next summary tells of them.
    let untold = Array(open.dropLast(turns.count))
    if !untold.isEmpty { shown = ConversationSummary(extractedFrom: untold, after: summary) }
  }

  /// The newest turns that fit, one at the least.
  private static func newest(_ turns: [Turn], tokens: Int, count: Int) -> [Turn] {
    var room = tokens
    var taken = 0
    for turn in turns.reversed() {
      room -= Self.tokens(of: turn, limit: tokens)
      if taken > 0, room < 0 || taken >= count { break }
      taken += 1
    }
    return Array(turns.suffix(taken))
  }

  private static func tokens(of turn: Turn, limit: Int) -> Int {
    min(TokenEstimate.tokens(in: turn.question), limit / 4)
      + min(TokenEstimate.tokens(in: turn.answer), limit / 2)
  }

  /// The window as messages. Of a long text the beginning is shown: of a question to a quarter of the
  /// tokens, of an answer to half of them.
  package func messages(_ limits: Profile.Limits) -> [ModelMessage] {
    turns.filter { !$0.answer.isEmpty }.flatMap { turn -> [ModelMessage] in
      let isCut = turn.content != nil
      return [
        .user(Self.shown(turn.question, isCut, limits.historyTokens / 4)),
        .assistant(
          Self.shown(turn.answer, isCut, limits.historyTokens / 2)
            + (turn.confirmation == nil ? "" : Prompt.unconfirmed)),
      ]
    }
  }

  private static let cutMark = " […]"

  private static func shown(_ text: String, _ isCut: Bool, _ tokens: Int) -> String {
    let shown = TokenEstimate.prefix(of: text, tokens: tokens)
    let ends =
      shown.utf8.count < text.utf8.count || isCut && text.utf8.count >= StoredTurn.preview - 4
    return ends ? shown + cutMark : shown
  }
}
