import Crypto
import JSON
import Storage
import Synchronization
import Template

/// Making, finding and setting up queues.
extension SQS {
  private func url(_ name: String, _ input: SQSInput) -> String {
    let base = input.host.map { "http://\($0)" } ?? environment.serviceEndpoint
    return "\(base)/\(environment.accountID)/\(name)"
  }

  func createQueue(_ input: SQSInput) async throws -> JSONValue {
    let name = try input.required("QueueName")
    let attributes = try input.members.texts("Attributes") ?? []
    let tags = try input.members.texts("tags") ?? input.members.texts("Tags") ?? []
    let isFIFO = attributes.contains { $0.key == "FifoQueue" && $0.value == "true" }
    try Queue.checkName(name, isFIFO: isFIFO)
    let seconds = now() / 1_000
    try await database.write { connection in
      let table = QueueTable(connection: connection)
      var queue = Queue(
        name: name, attributes: [:], tags: ResourceTags(tags), created: seconds, changed: seconds)
      try queue.set(attributes, isNew: true)
      guard let known = try table.queue(name) else {
        try self.checkTarget(of: queue, in: table)
        return try table.save(queue)
      }
      for (attribute, value) in attributes {
        let present = known.attributes[attribute] ?? known.standard(attribute)
        guard present == (queue.attributes[attribute] ?? value) else {
          throw JSONServiceError.queueExists(attribute)
        }
      }
    }
    return ["QueueUrl": .string(url(name, input))]
  }

  /// Dead letters need a queue of the same kind.
  private func checkTarget(of queue: Queue, in table: QueueTable) throws {
    guard let redrive = queue.redrive else { return }
    guard let target = try table.queue(Self.name(in: redrive.target)),
      arn(target.name) == redrive.target
    else {
      throw JSONServiceError.parameter(
        "RedrivePolicy", queue.attributes["RedrivePolicy"] ?? "",
        "Dead letter target does not exist.")
    }
    guard target.isFIFO == queue.isFIFO else {
      throw JSONServiceError.parameter(
        "RedrivePolicy", queue.attributes["RedrivePolicy"] ?? "",
        "Dead-letter queue must be same type of queue as the source.")
    }
  }

  func getQueueURL(_ input: SQSInput) async throws -> JSONValue {
    let name = try input.required("QueueName")
    let known = try await database.read { try QueueTable(connection: $0).queue(name) }
    guard known != nil else { throw JSONServiceError.noQueue }
    return ["QueueUrl": .string(url(name, input))]
  }

  func listQueues(_ input: SQSInput) async throws -> JSONValue {
    let prefix = try input.members.string("QueueNamePrefix") ?? ""
    let limit = try input.members.int("MaxResults")
    if let limit, !(1...1_000).contains(limit) {
      throw JSONServiceError.parameter(
        "MaxResults", String(limit), "MaxResults must be an integer between 1 and 1000.")
    }
    let start = try input.members.string("NextToken").map { token in
      guard let name = Page<Never>.name(in: token) else {
        throw JSONServiceError.parameter("NextToken", token, "Invalid or expired next token.")
      }
      return name
    }
    let found = try await database.read { connection in
      try QueueTable(connection: connection).queues(
        prefix: prefix, after: start ?? "", limit: (limit ?? 1_000) + 1)
    }
    let page = Page(found, limit: limit ?? 1_000, name: \.name)
    var answer: JSONValue = [:]
    if !page.entries.isEmpty {
      answer["QueueUrls"] = .array(page.entries.map { .string(url($0.name, input)) })
    }
    // Without `MaxResults` the rest is cut off silently, as the service does it.
    if limit != nil { answer["NextToken"] = page.next.map { .string($0) } }
    return answer
  }

  func deleteQueue(_ input: SQSInput) async throws -> JSONValue {
    try await write(input) { queue, table in
      try table.remove(queue.name)
      _ = self.purges.withLock { $0.removeValue(forKey: queue.name) }
      return [:]
    }
  }

  /// Milliseconds between two purges of a queue.
  private static let purgePause = 60_000

  func purgeQueue(_ input: SQSInput) async throws -> JSONValue {
    let now = now()
    return try await write(input) { queue, table in
      let isFree = self.purges.withLock { purges in
        guard purges[queue.name].map({ now - $0 >= Self.purgePause }) ?? true else { return false }
        purges = purges.filter { now - $0.value < Self.purgePause }
        purges[queue.name] = now
        return true
      }
      guard isFree else { throw JSONServiceError.purged(queue.name) }
      try table.clear(queue.name)
      return [:]
    }
  }

  func getQueueAttributes(_ input: SQSInput) async throws -> JSONValue {
    let names = try input.members.strings("AttributeNames") ?? []
    for name in names where name != "All" && !Queue.known.contains(name) {
      throw JSONServiceError.attributeName(name)
    }
    let now = now()
    let all = try await write(input) { queue, table in
      try table.expire(queue, at: now)
      return self.attributes(queue, try table.counts(queue.name, at: now))
    }
    let wanted = all.filter { names.contains("All") || names.contains($0.key) }
    guard !wanted.isEmpty else { return [:] }
    return ["Attributes": .object(JSONObject(wanted.map { ($0.key, .string($0.value)) }))]
  }

  private func attributes(
    _ queue: Queue, _ counts: (visible: Int, taken: Int, delayed: Int)
  ) -> [(key: String, value: String)] {
    var all: [(key: String, value: String)] = [
      ("QueueArn", arn(queue.name)),
      ("ApproximateNumberOfMessages", String(counts.visible)),
      ("ApproximateNumberOfMessagesNotVisible", String(counts.taken)),
      ("ApproximateNumberOfMessagesDelayed", String(counts.delayed)),
      ("CreatedTimestamp", String(queue.created)),
      ("LastModifiedTimestamp", String(queue.changed)),
    ]
    for name in [
      "VisibilityTimeout", "MaximumMessageSize", "MessageRetentionPeriod", "DelaySeconds",
      "ReceiveMessageWaitTimeSeconds",
    ] {
      all.append((name, String(queue.number(name))))
    }
    for name in Queue.withStandards where queue.attributes[name] == nil {
      if let value = queue.standard(name) { all.append((name, value)) }
    }
    let listed = Set(all.map(\.key))
    for (name, value) in queue.attributes.sorted(by: { $0.key < $1.key })
    where !listed.contains(name) {
      all.append((name, value))
    }
    return all
  }

  func setQueueAttributes(_ input: SQSInput) async throws -> JSONValue {
    let attributes = try input.members.texts("Attributes") ?? []
    guard !attributes.isEmpty else { throw JSONServiceError.missingParameter("Attribute.Name") }
    let seconds = now() / 1_000
    return try await write(input) { queue, table in
      var queue = queue
      try queue.set(attributes, isNew: false)
      if attributes.contains(where: { $0.key == "RedrivePolicy" }) {
        try self.checkTarget(of: queue, in: table)
      }
      queue.changed = seconds
      try table.save(queue)
      return [:]
    }
  }

  // MARK: - Tags

  func tagQueue(_ input: SQSInput) async throws -> JSONValue {
    let tags = try input.members.texts("Tags") ?? []
    guard !tags.isEmpty else { throw JSONServiceError.missingParameter("Tags") }
    return try await write(input) { queue, table in
      var queue = queue
      queue.tags.set(tags)
      guard queue.tags.tags.count <= 50 else {
        throw JSONServiceError.parameter("Too many tags added for queue \(queue.name).")
      }
      try table.save(queue)
      return [:]
    }
  }

  func untagQueue(_ input: SQSInput) async throws -> JSONValue {
    let keys = try input.members.strings("TagKeys") ?? []
    guard !keys.isEmpty else {
      throw JSONServiceError.parameter("Tag keys must be between 1 and 128 characters in length.")
    }
    return try await write(input) { queue, table in
      var queue = queue
      queue.tags.remove(keys)
      try table.save(queue)
      return [:]
    }
  }

  func listQueueTags(_ input: SQSInput) async throws -> JSONValue {
    let tags = try await read(input) { queue, _ in queue.tags }
    return tags.tags.isEmpty ? [:] : ["Tags": tags.stored]
  }

  // MARK: - Dead letters

  func listDeadLetterSources(_ input: SQSInput) async throws -> JSONValue {
    let found = try await read(input) { queue, table in
      let arn = self.arn(queue.name)
      return try table.queues(prefix: "", after: "", limit: 100_000).filter {
        $0.redrive?.target == arn
      }
    }
    let start = try input.members.string("NextToken").flatMap { Page<Never>.name(in: $0) } ?? ""
    let limit = try input.members.int("MaxResults")
    let page = Page(found.filter { $0.name > start }, limit: limit ?? 1_000, name: \.name)
    var answer: JSONValue = [
      "queueUrls": .array(page.entries.map { .string(url($0.name, input)) })
    ]
    answer["NextToken"] = page.next.map { .string($0) }
    return answer
  }

  /// Moves dead letters back to where they came from, or elsewhere; all at once.
  func startMove(_ input: SQSInput) async throws -> JSONValue {
    let source = try input.required("SourceArn")
    let target = try input.members.string("DestinationArn")
    let now = now()
    let moved = try await database.write { connection in
      let table = QueueTable(connection: connection)
      guard let queue = try table.queue(Self.name(in: source)), self.arn(queue.name) == source
      else {
        throw JSONServiceError.noResource(
          "The resource that you specified for the SourceArn parameter doesn't exist.")
      }
      let sources = try table.queues(prefix: "", after: "", limit: 100_000)
      guard sources.contains(where: { $0.redrive?.target == source }) else {
        throw JSONServiceError.parameter(
          "Source queue must be configured as a Dead Letter Queue.")
      }
      if let target, try table.queue(Self.name(in: target)) == nil {
        throw JSONServiceError.noResource(
          "The resource that you specified for the DestinationArn parameter doesn't exist.")
      }
      return try self.move(from: queue, to: target, at: now, in: table)
    }
    for name in Set(moved) { signals.notify(name) }
    let id = RequestID.uuid()
    let rate = try input.members.int("MaxNumberOfMessagesPerSecond")
    let task = JSONValue.object(["taskId": .string(id), "sourceArn": .string(source)])
    moves.withLock { moves in
      moves[source, default: []].insert(
        SQSMove(
          id: id, source: source, target: target, rate: rate, count: moved.count, started: now),
        at: 0)
    }
    return ["TaskHandle": .string(Base64.standard.encode(task.encoded()))]
  }

  private func move(
    from queue: Queue, to target: String?, at now: Int, in table: QueueTable
  ) throws -> [String] {
    var moved: [String] = []
    for message in try table.receivable(queue, at: now, limit: 100_000) {
      let origin = message.system["DeadLetterQueueSourceArn"]?.string
      guard let name = (target ?? origin).map({ Self.name(in: $0) }),
        try table.queue(name) != nil
      else { continue }
      var fresh = message
      fresh.received = 0
      fresh.firstReceived = nil
      fresh.visible = now
      fresh.system["DeadLetterQueueSourceArn"] = nil
      try table.removeMessage(message.sequence, from: queue.name)
      _ = try table.add(fresh, to: name)
      moved.append(name)
    }
    return moved
  }

  /// Moves are done when they have begun: there is none left to be cancelled.
  func cancelMove(_ input: SQSInput) async throws -> JSONValue {
    let handle = try input.required("TaskHandle")
    guard let bytes = Base64.standard.decode(handle), let task = try? JSONValue(parsing: bytes),
      let source = task["sourceArn"]?.string, let id = task["taskId"]?.string
    else { throw JSONServiceError.parameter("Value for parameter TaskHandle is invalid.") }
    let isQueue = try await database.read { connection in
      try QueueTable(connection: connection).queue(Self.name(in: source)) != nil
    }
    guard isQueue else {
      throw JSONServiceError.noResource(
        "The resource that you specified for the SourceArn parameter doesn't exist.")
    }
    guard moves.withLock({ $0[source]?.contains { $0.id == id } ?? false }) else {
      throw JSONServiceError.noResource("Task does not exist.")
    }
    throw JSONServiceError.parameter("Only active tasks can be cancelled.")
  }

  func listMoves(_ input: SQSInput) async throws -> JSONValue {
    let source = try input.required("SourceArn")
    let limit = min(try input.members.int("MaxResults") ?? 1, 10)
    let found = moves.withLock { $0[source] ?? [] }
    return [
      "Results": .array(
        found.prefix(max(1, limit)).map { move in
          var entry: JSONValue = [
            "Status": "COMPLETED", "SourceArn": .string(move.source),
            "ApproximateNumberOfMessagesMoved": .int(move.count),
            "ApproximateNumberOfMessagesToMove": .int(move.count),
            "StartedTimestamp": .int(move.started),
          ]
          entry["DestinationArn"] = move.target.map { .string($0) }
          entry["MaxNumberOfMessagesPerSecond"] = move.rate.map { .int($0) }
          return entry
        })
    ]
  }
}

/// A finished move of dead letters.
struct SQSMove: Sendable {
  let id: String
  let source: String
  let target: String?
  /// Messages a second that were asked for; none is waited for.
  let rate: Int?
  let count: Int
  /// Unix milliseconds.
  let started: Int
}
