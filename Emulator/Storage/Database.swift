import Synchronization

/// The state of a project: one SQLite database in WAL mode with one writer and a few readers, each on a
/// thread of its own, so that no caller's thread ever waits for a disk.
package final class Database: Sendable {
  private let writes = WorkQueue<Job>(limit: 100_000)
  private let lookups = WorkQueue<Job>(limit: 100_000)
  private let reads = WorkQueue<Job>(limit: 100_000)
  private let place: DatabasePlace
  private let durability: Durability
  private let threads: Mutex<Threads>
  private let writer: Thread
  /// The connection of lookups that are done on the caller's own thread.
  private let direct = Mutex<DirectConnection>(.unopened)

  private enum DirectConnection {
    case unopened
    case open(Handover)
    case closed
  }

  /// Threads that read, started on demand.
  private struct Threads {
    var lookup: Thread?
    var readers: [Thread] = []
    var isClosed = false
  }

  private static let readerLimit = 2
  /// Lookups that are done together before the first is answered.
  private static let lookupBatch = 32

  /// Opens the database at `path`, made if absent, or one in memory for `":memory:"`, which ends with
  /// this value.
  package init(_ path: String, durability: Durability = .normal) throws(DatabaseError) {
    let place: DatabasePlace =
      path == ":memory:" ? .memory : try DatabasePlace(file: path)
    let connection = Handover(try Connection(place, durability: durability, mayWrite: true))
    self.place = place
    self.durability = durability
    let writes = self.writes
    writer = try Thread {
      Writer(connection: connection.value).serve(writes)
    }
    threads = Mutex(Threads())
  }

  deinit {
    writes.close()
    lookups.close()
    reads.close()
  }

  /// Runs `body` in a transaction: all of its changes are kept, or none when it throws. Returns after
  /// the commit. Bodies run one after the other, in the order in which they came.
  ///
  /// `checksFirst` says that `body` throws, if at all, before its first change. Such bodies share a
  /// transaction at less cost: nothing of one of them alone ever has to be undone.
  package func write<T: Sendable>(
    checksFirst: Bool = false, _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    try await withUnsafeThrowingContinuation { continuation in
      let job = TypedJob(body, continuation, checksFirst: checksFirst)
      do {
        _ = try writes.push(job)
      } catch {
        job.finish(error)
      }
    }
  }

  /// Like `read`, for what takes microseconds: the lookup of a few rows by their key. It is done at
  /// once, on the thread of the caller, since two changes of threads would take longer than the lookup.
  /// While another thread does the same, lookups go to a thread of their own, which takes all that wait
  /// together.
  package func lookUp<T: Sendable>(
    _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    guard place.isFile else { return try await write(body) }
    if let result = try lookUpHere(body) { return result }
    return try await withUnsafeThrowingContinuation { continuation in
      let job = TypedJob(body, continuation)
      do {
        // Before the push: a job that is queued is answered by a thread, and by nobody else.
        try startLookups()
        _ = try lookups.push(job)
      } catch {
        job.finish(error)
      }
    }
  }

  /// Nil when the connection is in use, or closed.
  private func lookUpHere<T: Sendable>(_ body: (Connection) throws -> T) throws -> T? {
    try direct.withLockIfAvailable { state throws -> T? in
      switch state {
      case .open(let connection): return try body(connection.value)
      case .unopened:
        let opened = Handover(try Connection(place, durability: durability, mayWrite: false))
        state = .open(opened)
        return try body(opened.value)
      case .closed: return nil
      }
    } ?? nil
  }

  /// Runs `body` on a reader. Each statement sees the last commit before it began.
  package func read<T: Sendable>(
    _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    // A database in memory belongs to its one connection.
    guard place.isFile else { return try await write(body) }
    return try await withUnsafeThrowingContinuation { continuation in
      let job = TypedJob(body, continuation)
      do {
        try startReading()
        // A further reader is a help, not a need.
        if try !reads.push(job) { try? addReader() }
      } catch {
        job.finish(error)
      }
    }
  }

  /// Like `read`, with one state of the database for all statements of `body`.
  package func snapshot<T: Sendable>(
    _ body: @escaping @Sendable (Connection) throws -> T
  ) async throws -> T {
    guard place.isFile else { return try await write(body) }
    return try await read { connection in
      try connection.run("BEGIN")
      defer { try? connection.run("COMMIT") }
      return try body(connection)
    }
  }

  /// Finishes the jobs that wait, then closes the file; the log is merged into it. Later jobs are
  /// refused with `closed`. Closing twice is not an error.
  package func close() async {
    let readers: [Thread]? = threads.withLock { threads in
      if threads.isClosed { return nil }
      threads.isClosed = true
      return threads.readers + (threads.lookup.map { [$0] } ?? [])
    }
    guard let readers else { return }
    direct.withLock { $0 = .closed }
    lookups.close()
    reads.close()
    let (writer, writes) = (self.writer, self.writes)
    await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
      // Joining blocks, so it gets a thread too. Readers end first: the last connection to close
      // merges the log, and only the writer's may.
      let waiting = try? Thread {
        for reader in readers { reader.join() }
        writes.close()
        writer.join()
        done.resume()
      }
      if waiting == nil {
        writes.close()
        done.resume()
      }
    }
  }

  /// The findings of SQLite's own check of the whole file; empty when it is sound.
  package func findings() async throws -> [String] {
    do {
      return try await read { connection in
        try connection.all("PRAGMA integrity_check(100)") { $0.text(0) }.filter { $0 != "ok" }
      }
    } catch DatabaseError.corrupt(let message) {
      return [message]
    }
  }

  /// Sees to it that there is a reader.
  private func startReading() throws(DatabaseError) {
    if threads.withLock({ $0.readers.isEmpty }) { try addReader() }
  }

  private func addReader() throws(DatabaseError) {
    try threads.withLock { (threads) throws(DatabaseError) in
      guard !threads.isClosed, threads.readers.count < Self.readerLimit else { return }
      let reads = self.reads
      threads.readers.append(try newReader { Self.serve(reads, $0) })
    }
  }

  /// Sees to it that the thread for lookups is there.
  private func startLookups() throws(DatabaseError) {
    try threads.withLock { (threads) throws(DatabaseError) in
      guard !threads.isClosed, threads.lookup == nil else { return }
      let lookups = self.lookups
      threads.lookup = try newReader { Self.serveTogether(lookups, $0) }
    }
  }

  private func newReader(
    _ serve: @escaping @Sendable (Connection) -> Void
  ) throws(DatabaseError) -> Thread {
    let connection = Handover(try Connection(place, durability: durability, mayWrite: false))
    return try Thread { serve(connection.value) }
  }

  private static func serve(_ reads: WorkQueue<Job>, _ connection: Connection) {
    while let job = reads.take(upTo: 1).first {
      _ = job.run(connection)
      job.finish(nil)
    }
  }

  /// Serves all that wait from one state of the database, which is not older than any of them.
  private static func serveTogether(_ lookups: WorkQueue<Job>, _ connection: Connection) {
    while true {
      let jobs = lookups.take(upTo: lookupBatch)
      if jobs.isEmpty { return }
      // Without the transaction each job begins one of its own: slower, but as right.
      let isTogether = jobs.count > 1 && (try? connection.run("BEGIN")) != nil
      for job in jobs { _ = job.run(connection) }
      if isTogether { try? connection.run("COMMIT") }
      for job in jobs { job.finish(nil) }
    }
  }
}

/// Carries a connection from the thread that opens it to the one that will use it.
private struct Handover: @unchecked Sendable {
  // Why unchecked: the opener gives it away at once, and only the new thread touches it afterwards.
  let value: Connection

  init(_ value: Connection) { self.value = value }
}
