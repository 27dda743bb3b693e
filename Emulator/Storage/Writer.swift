/// The one writer: jobs that have queued up share a transaction, so that many writers cost one commit.
///
/// Each job keeps its own atomicity through a savepoint, and nobody hears of success before the commit.
struct Writer {
  let connection: Connection
  /// Jobs in one commit: enough for every waiting connection, few enough to bound the wait of the first.
  static let batchLimit = 256

  /// Serves the queue until it is closed.
  func serve(_ queue: WorkQueue<Job>) {
    while true {
      let jobs = queue.take(upTo: Self.batchLimit)
      if jobs.isEmpty { return }
      do {
        let failed = try commit(jobs)
        for index in jobs.indices { jobs[index].finish(failed[index]) }
      } catch {
        for job in jobs { job.finish(error) }
      }
    }
  }

  /// Runs jobs in one transaction. A job's own error is its result, so the returned failures are only
  /// those of SQLite's bookkeeping around it.
  private func commit(_ jobs: [Job]) throws -> [(any Error)?] {
    try connection.run("BEGIN IMMEDIATE")
    connection.transaction += 1
    do {
      var failures: [(any Error)?] = []
      failures.reserveCapacity(jobs.count)
      for job in jobs {
        failures.append(try perform(job, isAlone: jobs.count == 1))
      }
      if connection.isInTransaction { try connection.run("COMMIT") }
      return failures
    } catch {
      if connection.isInTransaction { try? connection.run("ROLLBACK") }
      throw error
    }
  }

  private func perform(_ job: Job, isAlone: Bool) throws -> (any Error)? {
    if isAlone {
      if !job.run(connection) { try rollBackIfNeeded("ROLLBACK") }
      return nil
    }
    if job.checksFirst {
      let before = connection.totalChanges
      if job.run(connection) { return nil }
      // Behind its checks only SQLite itself can stop a job; what is there of it takes all with it.
      guard connection.isInTransaction, connection.totalChanges == before else {
        throw DatabaseError.full
      }
      return nil
    }
    try connection.run("SAVEPOINT job")
    let isDone = job.run(connection)
    // A full disk makes SQLite drop the whole transaction: the jobs before this one are lost too.
    guard connection.isInTransaction else { throw DatabaseError.full }
    if !isDone { try connection.run("ROLLBACK TO job") }
    try connection.run("RELEASE job")
    return nil
  }

  private func rollBackIfNeeded(_ statement: String) throws {
    if connection.isInTransaction { try connection.run(statement) }
  }
}
