/// A stretch of a conversation without a long pause.
package struct Session: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable {
    case open
    /// A person of the organisation is to see to it.
    case escalated
    case closed
  }

  /// Counts the sessions of a conversation from 1.
  package var number: Int
  package var status: Status
  /// The number of its first turn.
  package var firstTurn: Int
  package var turns: Int
  package var usage: Usage
  package var startedAt: Timestamp
  package var lastAt: Timestamp
  /// Whether it is in working hours; nil when there are none.
  package var inWorkingHours: Bool?
  /// Its turns by what they were about.
  package var intents: [String: Int] = [:]

  /// How it stands at a moment: a long pause closes an open one.
  package func status(at now: Timestamp, _ rules: SessionRules) -> Status {
    status == .open && rules.isPause(from: lastAt, to: now) ? .closed : status
  }
}

extension Session {
  fileprivate mutating func count(_ intent: Intent?) {
    if let intent { intents[intent.name, default: 0] += 1 }
  }
}

/// When a session ends.
package struct SessionRules: Sendable {
  /// The pause that ends a session.
  package var inactivity: Duration
  /// A session does not go over opening or closing time, so that those in and out of working hours can
  /// be told apart.
  package var hours: WorkingHours?

  package init(inactivity: Duration = .seconds(7 * 3600), hours: WorkingHours? = nil) {
    self.inactivity = inactivity
    self.hours = hours
  }

  func isPause(from last: Timestamp, to now: Timestamp) -> Bool {
    Duration.milliseconds(now.milliseconds - last.milliseconds) >= inactivity
      || hours?.changes(between: last, and: now) == true
  }

  /// The session of a new turn: the last one, or one that begins with it.
  func session(of turn: Turn, after last: Session?) -> Session {
    // Who waits for a person goes on waiting, however long it takes.
    if var session = last, session.status != .closed,
      session.status == .escalated || !isPause(from: session.lastAt, to: turn.askedAt)
    {
      session.status = turn.session ?? session.status
      session.count(turn.intent)
      session.turns += 1
      session.usage = session.usage + turn.usage
      session.lastAt = max(session.lastAt, turn.answeredAt)
      return session
    }
    var session = Session(
      number: (last?.number ?? 0) + 1, status: turn.session ?? .open, firstTurn: turn.number,
      turns: 1, usage: turn.usage, startedAt: turn.askedAt, lastAt: turn.answeredAt,
      inWorkingHours: hours?.isOpen(at: turn.askedAt))
    session.count(turn.intent)
    return session
  }
}
