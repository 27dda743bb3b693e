import JSON
import Storage

/// Writing and reading events.
extension Logs {
  private static let hour = 3_600_000
  private static let day = 24 * hour
  /// Bytes of a batch; each event counts 26 besides its message.
  private static let batchLimit = 1_048_576
  private static let eventOverhead = 26
  /// Bytes of a page of `GetLogEvents` and `FilterLogEvents`.
  private static let pageLimit = 1_048_576
  /// Events that one page of a filter looks at; the next one goes on behind them.
  private static let searchLimit = 100_000

  func putLogEvents(_ input: JSONMembers) async throws -> JSONValue {
    let stream = try input.required("logStreamName")
    let events = try (input.objects("logEvents") ?? []).map { event in
      (time: try event.int("timestamp") ?? 0, message: try event.required("message"))
    }
    let size = events.reduce(0) { $0 + $1.message.utf8.count + Self.eventOverhead }
    guard size <= Self.batchLimit else {
      throw Self.invalid(
        "Upload too large: \(size) bytes exceeds limit of \(Self.batchLimit)")
    }
    guard zip(events, events.dropFirst()).allSatisfy({ $0.time <= $1.time }) else {
      throw Self.invalid(
        "Log events in a single PutLogEvents request must be in chronological order.")
    }
    if let first = events.first, let last = events.last, last.time - first.time > Self.day {
      throw Self.invalid(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    }
    let now = now()
    return try await change(input) { group, table in
      guard try table.stream(stream, in: group.name) != nil else { throw Self.noStream }
      let oldest = now - 14 * Self.day
      let kept = group.retention.map { now - $0 * Self.day } ?? oldest
      let accepted = events.filter {
        $0.time >= max(oldest, kept) && $0.time <= now + 2 * Self.hour
      }
      try table.add(accepted, to: stream, of: group.name, at: now)
      try table.expire(group, at: now)
      var answer: JSONValue = ["nextSequenceToken": .string(Self.sequenceToken)]
      var rejected: JSONValue = [:]
      if let place = events.firstIndex(where: { $0.time > now + 2 * Self.hour }) {
        rejected["tooNewLogEventStartIndex"] = .int(place)
      }
      if let place = events.lastIndex(where: { $0.time < oldest }) {
        rejected["tooOldLogEventEndIndex"] = .int(place + 1)
      }
      if kept > oldest, let place = events.lastIndex(where: { $0.time < kept }) {
        rejected["expiredLogEventEndIndex"] = .int(place + 1)
      }
      if rejected.object?.isEmpty == false { answer["rejectedLogEventsInfo"] = rejected }
      return answer
    }
  }

  // MARK: - One stream

  /// A token of `GetLogEvents`: the direction and an event's time and id in 56 digits.
  private struct Token {
    let isForward: Bool
    let mark: LogTable.Mark

    var text: String {
      func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
      }
      return "\(isForward ? "f" : "b")/\(padded(mark.time, 20))\(padded(mark.id, 36))/s"
    }

    init(_ mark: LogTable.Mark, isForward: Bool) {
      self.mark = mark
      self.isForward = isForward
    }

    init?(_ text: String) {
      let parts = text.split(separator: "/")
      guard parts.count >= 2, parts[0] == "f" || parts[0] == "b", parts[1].utf8.count == 56,
        let time = Int(parts[1].prefix(20)), let id = Int(parts[1].dropFirst(20))
      else { return nil }
      self.init(LogTable.Mark(time: time, id: id), isForward: parts[0] == "f")
    }
  }

  func getLogEvents(_ input: JSONMembers) async throws -> JSONValue {
    let stream = try input.required("logStreamName")
    let limit = try input.int("limit") ?? 10_000
    let given = try input.string("nextToken")
    let token = given.flatMap { Token($0) }
    guard given == nil || token != nil else {
      throw Self.invalid("The specified nextToken is invalid.")
    }
    let isForward = try token?.isForward ?? input.bool("startFromHead") ?? false
    let mark = token?.mark ?? (isForward ? .first : .last)
    let start = try input.int("startTime") ?? 0
    let end = try input.int("endTime") ?? Int.max
    var events = try await read(input) { group, table in
      guard try table.stream(stream, in: group.name) != nil else { throw Self.noStream }
      var found: [LogEvent] = []
      var size = 0
      try table.events(
        of: stream, in: group.name, from: start, below: end, mark: mark, isForward: isForward
      ) { event in
        size += event.message.utf8.count + Self.eventOverhead
        guard found.count < limit, size <= Self.pageLimit || found.isEmpty else { return false }
        found.append(event)
        return true
      }
      return found
    }
    if !isForward { events.reverse() }
    func edge(_ event: LogEvent?) -> LogTable.Mark {
      event.map { LogTable.Mark(time: $0.time, id: $0.id) } ?? mark
    }
    return [
      "events": .array(
        events.map { event in
          [
            "timestamp": .int(event.time), "message": .string(event.message),
            "ingestionTime": .int(event.ingested),
          ]
        }),
      "nextForwardToken": .string(Token(edge(events.last), isForward: true).text),
      "nextBackwardToken": .string(Token(edge(events.first), isForward: false).text),
    ]
  }

  // MARK: - Whole groups

  private static func pattern(_ text: String?) throws -> FilterPattern {
    guard let pattern = try? FilterPattern(text ?? "") else {
      throw invalid("Invalid filter pattern")
    }
    return pattern
  }

  func filterLogEvents(_ input: JSONMembers) async throws -> JSONValue {
    let names = try input.strings("logStreamNames")
    let prefix = try input.string("logStreamNamePrefix")
    guard names == nil || prefix == nil else {
      throw Self.invalid(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    }
    let pattern = try Self.pattern(try input.string("filterPattern"))
    let limit = try input.int("limit") ?? 10_000
    let given = try input.string("nextToken")
    let token = given.flatMap { Page<Never>.name(in: $0) }.flatMap { Token($0) }
    guard given == nil || token != nil else {
      throw Self.invalid("The specified nextToken is invalid.")
    }
    let start = try input.int("startTime") ?? 0
    let end = try input.int("endTime") ?? Int.max
    let (events, last) = try await read(input) { group, table in
      for name in names ?? [] where try table.stream(name, in: group.name) == nil {
        throw Self.noStream
      }
      var found: [LogEvent] = []
      var (size, searched) = (0, 0)
      var last: LogEvent?
      var isCut = false
      try table.events(
        in: group.name, from: start, through: end, mark: token?.mark ?? .first
      ) { event in
        let isFull = found.count == limit || searched == Self.searchLimit || size > Self.pageLimit
        guard !isFull else {
          isCut = true
          return false
        }
        searched += 1
        last = event
        guard names?.contains(event.stream) ?? true,
          prefix.map({ event.stream.hasPrefix($0) }) ?? true, pattern.matches(event.message)
        else { return true }
        size += event.message.utf8.count + Self.eventOverhead
        found.append(event)
        return true
      }
      return (found, isCut ? last : nil)
    }
    var answer: JSONValue = ["events": .array(events.map(Self.shown)), "searchedLogStreams": []]
    if let last {
      let token = Token(LogTable.Mark(time: last.time, id: last.id), isForward: true)
      answer["nextToken"] = .string(Page<Never>.token(token.text))
    }
    return answer
  }

  private static func shown(_ event: LogEvent) -> JSONValue {
    let id = String(event.id)
    return [
      "logStreamName": .string(event.stream), "timestamp": .int(event.time),
      "message": .string(event.message), "ingestionTime": .int(event.ingested),
      "eventId": .string("3" + String(repeating: "0", count: max(0, 55 - id.utf8.count)) + id),
    ]
  }

  func testMetricFilter(_ input: JSONMembers) throws -> JSONValue {
    let pattern = try Self.pattern(try input.string("filterPattern"))
    let messages = try input.strings("logEventMessages") ?? []
    return [
      "matches": .array(
        messages.enumerated().filter { pattern.matches($0.element) }.map { number, message in
          [
            "eventNumber": .int(number + 1), "eventMessage": .string(message),
            "extractedValues": [:],
          ]
        })
    ]
  }
}
