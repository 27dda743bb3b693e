package import JSON
package import Storage
import Synchronization
import Template

/// Feeds functions from the streams of tables: Lambda's event source mappings, one shard a table.
///
/// Where a mapping has got to is kept with the state, so that an emulator that starts again goes on
/// there.
package final class StreamPoller: Sendable {
  /// A stream, as far as the poller needs it.
  package struct Source: Sendable {
    /// nil when there is none.
    package var arn: @Sendable () async throws -> String?
    package var newest: @Sendable () async throws -> Int
    /// Records behind a place with the place of the last; nil when there are none.
    package var records:
      @Sendable (_ arn: String, _ after: Int, _ limit: Int) async throws -> (
        records: [JSONValue], last: Int
      )?
    package var place: @Sendable (_ sequenceNumber: String) -> Int?

    package init(
      arn: @escaping @Sendable () async throws -> String?,
      newest: @escaping @Sendable () async throws -> Int,
      records:
        @escaping @Sendable (String, Int, Int) async throws -> (
          records: [JSONValue], last: Int
        )?, place: @escaping @Sendable (String) -> Int?
    ) {
      self.arn = arn
      self.newest = newest
      self.records = records
      self.place = place
    }
  }

  package static let migrations = Migrations(
    part: "lambda-streams",
    sql: [
      """
      CREATE TABLE lambda_stream_places (
        mapping TEXT NOT NULL, stream TEXT NOT NULL, place INTEGER NOT NULL,
        PRIMARY KEY (mapping, stream)) WITHOUT ROWID;
      """
    ])

  /// Lambda polls a shard four times a second.
  private static let period = Duration.milliseconds(250)
  private static let mostRecords = 1_000

  /// Runs a function.
  package typealias Invoke =
    @Sendable (_ function: String, _ event: [UInt8]) async throws(InvokeError) -> InvocationResult

  private let invoke: Invoke
  private let database: Database
  private let log: LogSink
  private let now: @Sendable () -> Double
  private let tasks = Mutex<[Task<Void, Never>]>([])

  /// `now` is in Unix seconds.
  package init(
    invoke: @escaping Invoke, database: Database, log: @escaping LogSink,
    now: @escaping @Sendable () -> Double = { Double(Timestamp.now.milliseconds) / 1000 }
  ) async throws {
    self.invoke = invoke
    self.database = database
    self.log = log
    self.now = now
    try await database.migrate(Self.migrations)
  }

  /// Feeds a function until `stop`.
  package func add(_ name: String, function: String, _ rules: StreamRules, from source: Source) {
    let task = Task { await self.run(name, function, rules, source) }
    tasks.withLock { $0.append(task) }
  }

  /// Ends the polling. An invocation that runs is the functions' to end; its records come again.
  package func stop() async {
    let running = tasks.withLock { tasks in
      defer { tasks = [] }
      return tasks
    }
    for task in running { task.cancel() }
    for task in running { await task.value }
  }

  // MARK: One mapping

  private func run(
    _ name: String, _ function: String, _ rules: StreamRules, _ source: Source
  ) async {
    var place: (arn: String, value: Int)?
    var lastProblem = ""
    while !Task.isCancelled {
      do {
        guard let arn = try await source.arn() else {
          try await Task.sleep(for: Self.period)
          continue
        }
        if place?.arn != arn {
          place = (arn, try await self.place(of: name, arn, rules, source))
        }
        let start = place?.value ?? 0
        guard let page = try await page(arn, start, rules, source) else {
          try await Task.sleep(for: Self.period)
          continue
        }
        try await deliver(page.records, name, function, arn, rules, source)
        try await save(page.last, name, arn)
        place = (arn, page.last)
      } catch is CancellationError {
        return
      } catch {
        let problem = "\(error)"
        if problem != lastProblem { note("stream \(name): \(problem)", function) }
        lastProblem = problem
        do { try await Task.sleep(for: Self.period) } catch { return }
      }
    }
  }

  /// A page of at most a batch, after the window when it is not full.
  private func page(
    _ arn: String, _ start: Int, _ rules: StreamRules, _ source: Source
  ) async throws -> (records: [JSONValue], last: Int)? {
    let limit = min(rules.batchSize, Self.mostRecords)
    let page = try await source.records(arn, start, limit)
    guard let page, page.records.count < limit, rules.window > 0 else { return page }
    try await Task.sleep(for: .seconds(rules.window))
    return try await source.records(arn, start, limit)
  }

  private func deliver(
    _ values: [JSONValue], _ name: String, _ function: String, _ arn: String, _ rules: StreamRules,
    _ source: Source
  ) async throws {
    let records = values.map { StreamRecordEvent.record($0, of: arn) }.filter { record in
      rules.filters.isEmpty || rules.filters.contains { $0.matches(record.value) }
    }
    var delivery = StreamDelivery(records, rules)
    while let part = delivery.next {
      try Task.checkCancellation()
      let outcome = await hand(part, to: function)
      switch delivery.take(outcome, now: now()) {
      case .go(let done, let givenUp):
        if givenUp > 0 {
          note("stream \(name): \(givenUp) records were given up", function)
        }
        guard done > 0, let last = source.place(part[done - 1].sequenceNumber) else { continue }
        try await save(last, name, arn)
      case .retry(let failures):
        let wait = min(60_000, 250 << min(failures, 8))
        try await Task.sleep(for: .milliseconds(wait))
      }
    }
  }

  private func hand(
    _ records: [StreamDelivery.Record], to function: String
  ) async -> StreamDelivery.Outcome {
    let event: JSONValue = ["Records": .array(records.map(\.value))]
    do throws(InvokeError) {
      let result = try await invoke(function, event.encoded())
      guard !result.isFunctionError else { return .failed }
      return .succeeded(try? JSONValue(parsing: result.payload))
    } catch .eventTooLarge {
      return .tooLarge
    } catch .throttled {
      return .throttled
    } catch {
      return .failed
    }
  }

  // MARK: Places

  private func place(
    of name: String, _ arn: String, _ rules: StreamRules, _ source: Source
  ) async throws -> Int {
    let known = try await database.read { connection in
      try connection.first(
        "SELECT place FROM lambda_stream_places WHERE mapping = ? AND stream = ?",
        [.text(name), .text(arn)]
      ) { $0.integer(0) }
    }
    if let known { return known }
    let place = rules.startsAtLatest ? try await source.newest() : 0
    try await save(place, name, arn)
    return place
  }

  private func save(_ place: Int, _ name: String, _ arn: String) async throws {
    try await database.write { connection in
      try connection.run(
        "INSERT OR REPLACE INTO lambda_stream_places VALUES (?, ?, ?)",
        [.text(name), .text(arn), Value(place)])
    }
  }

  private func note(_ text: String, _ function: String) {
    log(
      LogRecord(
        function: function, logStream: "", requestID: nil, source: .platform,
        time: Timestamp.now.milliseconds, text: text))
  }
}

/// Records as a function gets them: those of the API with where they come from.
enum StreamRecordEvent {
  static func record(_ value: JSONValue, of arn: String) -> StreamDelivery.Record {
    var event = value
    event["eventSourceARN"] = .string(arn)
    // Lambda spells the members of this one otherwise than the API.
    if let identity = value["userIdentity"] {
      event["userIdentity"] = [
        "principalId": identity["PrincipalId"] ?? .null, "type": identity["Type"] ?? .null,
      ]
    }
    let data = value["dynamodb"]
    return StreamDelivery.Record(
      sequenceNumber: data?["SequenceNumber"]?.string ?? "",
      created: data?["ApproximateCreationDateTime"]?.double ?? 0, value: event)
  }
}
