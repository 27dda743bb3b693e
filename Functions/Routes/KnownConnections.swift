import Agent
import Synchronization

/// Connections that this sandbox has read from the table a short while ago.
///
/// API Gateway gives each connection an id of its own and `$connect` writes its item once, so what was
/// read stays true until the connection ends; then no more messages come on it. A connection is known
/// by its id and the moment at which the gateway opened it, as events tell it: one that was opened
/// anew under the id of an event file is another one, and is not kept.
final class KnownConnections: Sendable {
  /// Who deletes a connection's item is obeyed after this time at the latest.
  static let life = Duration.seconds(60)
  /// Milliseconds that `$connect` may take.
  private static let opening: Int64 = 30_000
  private static let most = 256

  private struct Entry {
    let connection: OpenConnection
    let openedAt: Int64
    let end: ContinuousClock.Instant
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// `openedAt`: Unix milliseconds, `requestContext.connectedAt`.
  func find(
    _ id: String, openedAt: Int64, at now: ContinuousClock.Instant = .now
  ) -> OpenConnection? {
    entries.withLock { entries in
      guard let entry = entries[id], entry.openedAt == openedAt else { return nil }
      guard now < entry.end else {
        entries[id] = nil
        return nil
      }
      return entry.connection
    }
  }

  func keep(
    _ connection: OpenConnection, openedAt: Int64, at now: ContinuousClock.Instant = .now
  ) {
    // An event file may say any number.
    let (taken, isTooFar) = connection.connectedAt.milliseconds
      .subtractingReportingOverflow(openedAt)
    guard !isTooFar, (0...Self.opening).contains(taken) else { return }
    entries.withLock { entries in
      if entries.count >= Self.most { entries = [:] }
      entries[connection.id] = Entry(
        connection: connection, openedAt: openedAt, end: now + Self.life)
    }
  }
}
