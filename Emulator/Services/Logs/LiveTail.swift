import Crypto
import JSON
import Server
import Storage

/// `StartLiveTail`: what comes to log groups, as an event stream.
///
/// Source: CloudWatch Logs API reference, `StartLiveTail`: an update a second, at most 500 events in
/// one (more are left out, and `sampled` says so), three hours at most.
extension Logs {
  private static let updatePause = Duration.seconds(1)
  private static let updateLimit = 500
  private static let longest = Duration.seconds(10_800)

  /// What one session looks for.
  private struct LiveTail: Sendable {
    let id = RequestID.uuid()
    /// The names of the groups, and what the request calls them.
    let groups: [(name: String, identifier: String)]
    let names: [String]
    let prefixes: [String]
    let text: String
    let pattern: FilterPattern

    func fits(_ event: LogEvent) -> Bool {
      let isOfStream =
        names.isEmpty && prefixes.isEmpty || names.contains(event.stream)
        || prefixes.contains { event.stream.hasPrefix($0) }
      return isOfStream && pattern.matches(event.message)
    }
  }

  func startLiveTail(_ request: HTTPRequest) async -> HTTPResponse {
    do {
      let (_, input) = try await wire.read(request)
      let tail = try await liveTail(input)
      let start = try await database.read { try LogTable(connection: $0).newestEvent() }
      return HTTPResponse(
        status: 200,
        headers: ["Content-Type": EventFrame.type, "x-amzn-RequestId": RequestID.uuid()],
        body: .stream(length: nil) { writer in
          try await self.play(tail, from: start, to: writer)
        })
    } catch let error as JSONServiceError {
      return wire.failure(error)
    } catch {
      return wire.failure(JSONServiceError("InternalServiceError", "\(error)", status: 500))
    }
  }

  private func liveTail(_ input: JSONMembers) async throws -> LiveTail {
    let identifiers = try input.strings("logGroupIdentifiers") ?? []
    let names = try input.strings("logStreamNames") ?? []
    let prefixes = try input.strings("logStreamNamePrefixes") ?? []
    guard names.isEmpty || prefixes.isEmpty else {
      throw Self.invalid("Only one of logStreamNames or logStreamNamePrefixes can be provided.")
    }
    guard identifiers.count == 1 || names.isEmpty && prefixes.isEmpty else {
      throw Self.invalid(
        "logStreamNames and logStreamNamePrefixes can only be used with a single log group.")
    }
    let text = try input.string("logEventFilterPattern") ?? ""
    guard let pattern = try? FilterPattern(text) else {
      throw Self.invalid("Invalid filter pattern")
    }
    let groups = identifiers.map { (name: Self.name(in: $0), identifier: $0) }
    try await database.read { connection in
      let table = LogTable(connection: connection)
      for group in groups where try table.group(group.name) == nil { throw Self.noGroup }
    }
    return LiveTail(
      groups: groups, names: names, prefixes: prefixes, text: text, pattern: pattern)
  }

  /// Goes on until the client is gone or the time is over.
  private func play(_ tail: LiveTail, from start: Int, to writer: ResponseWriter) async throws {
    func write(_ event: String, _ payload: JSONValue) async throws {
      let type = event == "initial-response" ? "application/x-amz-json-1.1" : "application/json"
      try await writer.write(EventFrame.event(event, type: type, payload.encoded()))
    }
    let clock = ContinuousClock()
    let end = clock.now + Self.longest
    var last = start
    try await write("initial-response", [:])
    try await write(
      "sessionStart",
      [
        "requestId": .string(RequestID.uuid()), "sessionId": .string(tail.id),
        "logGroupIdentifiers": .array(tail.groups.map { .string($0.identifier) }),
        "logStreamNames": .array(tail.names.map { .string($0) }),
        "logStreamNamePrefixes": .array(tail.prefixes.map { .string($0) }),
        "logEventFilterPattern": .string(tail.text),
      ])
    while clock.now < end {
      try await Task.sleep(for: Self.updatePause)
      let (results, isSampled, newest) = try await update(tail, after: last)
      last = newest
      try await write(
        "sessionUpdate",
        ["sessionMetadata": ["sampled": .bool(isSampled)], "sessionResults": .array(results)])
    }
    let message: JSONValue = ["message": "The session has been closed after 3 hours."]
    try await writer.write(
      EventFrame.message(
        [
          (":exception-type", "SessionTimeoutException"), (":content-type", "application/json"),
          (":message-type", "exception"),
        ], message.encoded()))
  }

  private func update(
    _ tail: LiveTail, after start: Int
  ) async throws -> (results: [JSONValue], isSampled: Bool, last: Int) {
    try await database.read { connection in
      var (results, isSampled, last) = ([JSONValue](), false, start)
      try LogTable(connection: connection).arrivals(of: nil, after: start) { event, name in
        last = event.id
        guard let group = tail.groups.first(where: { $0.name == name }), tail.fits(event) else {
          return true
        }
        guard results.count < Self.updateLimit else {
          isSampled = true
          return true
        }
        results.append([
          "logGroupIdentifier": .string(group.identifier), "logStreamName": .string(event.stream),
          "message": .string(event.message), "timestamp": .int(event.time),
          "ingestionTime": .int(event.ingested),
        ])
        return true
      }
      return (results, isSampled, last)
    }
  }
}
