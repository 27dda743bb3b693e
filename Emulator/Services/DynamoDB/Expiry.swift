import Storage

extension DynamoDB {
  /// Items that one transaction of a sweep deletes, so that writers never wait long for it.
  private static let sweepBatch = 100
  /// Times longer ago than this are taken for mistakes, and their items stay (developer guide,
  /// "Using time to live").
  private static let longestPast = 5 * 365 * 86_400

  /// Deletes the items whose time is over, with their index entries and stream records.
  ///
  /// - Returns: how many were deleted.
  @discardableResult
  package func sweep() async throws -> Int {
    var count = 0
    for table in catalog.tables where table.definition.timeToLive?.isEnabled ?? false {
      while true {
        let deleted = try await sweepBatch(of: table.name)
        count += deleted
        if deleted < Self.sweepBatch { break }
        try Task.checkCancellation()
      }
    }
    try await trimStreams()
    return count
  }

  /// Sweeps again and again until the task is cancelled.
  package func sweep(every period: Duration) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: period)
      guard !Task.isCancelled else { return }
      // A failed sweep is tried again at the next period; expired items are only late.
      _ = try? await sweep()
    }
  }

  private func sweepBatch(of name: String) async throws -> Int {
    guard catalog.table(named: name) != nil else { return 0 }
    let now = clock.milliseconds() / 1000
    return try await write(name) { _ in
      { store in
        let expired = try store.connection.all(
          """
          SELECT id, pk, sk, item, size FROM \(store.table.sql.table)
          WHERE expires <= ? AND expires > ? LIMIT \(Self.sweepBatch)
          """, [Value(now), Value(now - Self.longestPast)]
        ) { row in
          (
            ItemKey(partition: row.bytes(1), sort: row.bytes(2)),
            StoredItem(id: row.integer(0), bytes: row.bytes(3), size: row.integer(4))
          )
        }
        for (key, item) in expired { try store.remove(key, item, by: .expiry) }
        return expired.count
      }
    }
  }

  /// Records older than this are gone from a stream (developer guide, "Change data capture").
  private static let streamMilliseconds = 24 * 3_600_000

  private func trimStreams() async throws {
    let oldest = clock.milliseconds() - Self.streamMilliseconds
    try await database.write { connection in
      try connection.run(
        """
        DELETE FROM dynamodb_stream WHERE id <= coalesce(
          (SELECT max(id) FROM dynamodb_stream WHERE created < ?), 0)
        """, [Value(oldest)])
    }
  }
}
