import JSON
import Storage
import Support
import Synchronization
import Template
import Testing

@testable import Lambda

/// Functions fed from a stream that is a list in memory.
@Suite struct StreamPollerTests {
  /// Records by their places, counted from 1, and what the function was handed.
  private final class Stream: Sendable {
    private let state = Mutex<
      (records: [JSONValue], batches: [[String]], failures: Int, isOn: Bool)
    >(([], [], 0, true))

    var batches: [[String]] { state.withLock { $0.batches } }
    var handed: [String] { batches.flatMap { $0 } }

    func add(_ names: String...) {
      state.withLock { state in
        for name in names {
          let number = state.records.count + 1
          state.records.append([
            "eventName": .string(name),
            "dynamodb": [
              "SequenceNumber": .string("\(number)"), "ApproximateCreationDateTime": 1_000,
            ],
          ])
        }
      }
    }

    /// The next calls fail.
    func fail(_ times: Int) { state.withLock { $0.failures = times } }

    var source: StreamPoller.Source {
      StreamPoller.Source(
        arn: { self.state.withLock { $0.isOn ? "arn:stream" : nil } },
        newest: { self.state.withLock { $0.records.count } },
        records: { _, after, limit in
          self.state.withLock { state in
            let part = Array(state.records.dropFirst(after).prefix(limit))
            return part.isEmpty ? nil : (part, after + part.count)
          }
        }, place: { Int($0) })
    }

    func invoke(_ name: String, _ event: [UInt8]) throws(InvokeError) -> InvocationResult {
      let records = (try? JSONValue(parsing: event))?["Records"]?.array ?? []
      let failed = state.withLock { state in
        if state.failures > 0 {
          state.failures -= 1
          return true
        }
        state.batches.append(records.map { $0["eventName"]?.string ?? "" })
        return false
      }
      return InvocationResult(
        requestID: InvocationID("r"), outcome: failed ? .failed(errorType: "E") : .succeeded,
        payload: Array("{}".utf8))
    }
  }

  private func poller(_ stream: Stream, _ database: Database) async throws -> StreamPoller {
    try await StreamPoller(
      invoke: { name, event throws(InvokeError) in try stream.invoke(name, event) },
      database: database, log: { _ in }, now: { 1_001 })
  }

  @Test func `hands over records in order, and goes on after a restart where it was`() async throws
  {
    let stream = Stream()
    stream.add("a", "b", "c")
    let database = try Database(":memory:")
    var rules = StreamRules()
    rules.batchSize = 2
    let first = try await poller(stream, database)
    first.add("m", function: "f", rules, from: stream.source)
    try await eventually { stream.handed == ["a", "b", "c"] }
    #expect(stream.batches == [["a", "b"], ["c"]])
    await first.stop()
    stream.add("d")
    let second = try await poller(stream, database)
    second.add("m", function: "f", rules, from: stream.source)
    try await eventually { stream.handed.last == "d" }
    #expect(stream.handed == ["a", "b", "c", "d"])
    await second.stop()
  }

  @Test func `a batch that fails is handed over again`() async throws {
    let stream = Stream()
    stream.fail(2)
    stream.add("a", "b")
    let poller = try await poller(stream, Database(":memory:"))
    poller.add("m", function: "f", StreamRules(), from: stream.source)
    try await eventually { stream.batches == [["a", "b"]] }
    await poller.stop()
  }

  @Test func `a batch is given up after its attempts, and the next one comes`() async throws {
    let stream = Stream()
    stream.fail(2)
    stream.add("lost")
    var rules = StreamRules()
    rules.retries = 1
    rules.batchSize = 1
    let poller = try await poller(stream, Database(":memory:"))
    poller.add("m", function: "f", rules, from: stream.source)
    stream.add("kept")
    try await eventually { stream.handed == ["kept"] }
    await poller.stop()
  }

  @Test func `LATEST begins behind what is there, and filters keep records out`() async throws {
    let stream = Stream()
    stream.add("old")
    var rules = StreamRules()
    rules.startsAtLatest = true
    rules.filters = [try EventPattern(text: #"{"eventName":[{"prefix":"new"}]}"#)]
    let database = try Database(":memory:")
    let poller = try await poller(stream, database)
    poller.add("m", function: "f", rules, from: stream.source)
    try await eventually {
      try await database.read { connection in
        try connection.first("SELECT place FROM lambda_stream_places", []) { $0.integer(0) }
      } == 1
    }
    stream.add("other", "new-1", "other")
    try await eventually { stream.handed == ["new-1"] }
    await poller.stop()
  }
}
