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

  /// How it stands at a moment: a long pause closes an open one.
  package func status(at now: Timestamp, _ rules: SessionRules) -> Status {
    status == .open && rules.isPause(from: lastAt, to: now) ? .closed : status
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
    if var session = last, session.status != .closed,
      !isPause(from: session.lastAt, to: turn.askedAt)
    {
      session.turns += 1
      session.usage = session.usage + turn.usage
      session.lastAt = max(session.lastAt, turn.answeredAt)
      return session
    }
    return Session(
      number: (last?.number ?? 0) + 1, status: .open, firstTurn: turn.number, turns: 1,
      usage: turn.usage, startedAt: turn.askedAt, lastAt: turn.answeredAt,
      inWorkingHours: hours?.isOpen(at: turn.askedAt))
  }
}
