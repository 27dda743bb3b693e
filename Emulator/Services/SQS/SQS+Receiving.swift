import Crypto
import JSON
import Storage
import Template

/// Receiving, deleting and giving back.
extension SQS {
  /// What a receiver asks for.
  struct Reception: Sendable {
    var limit = 1
    /// Seconds; nil leaves it to the queue.
    var visibility: Int?
    var wait: Int?
    var systemNames: [String] = []
    var attributeNames: [String] = []
  }

  /// How long a waiting receiver sleeps at most before it looks again.
  private static let longestSleep = Duration.seconds(20)

  func receiveMessage(_ input: SQSInput) async throws -> JSONValue {
    var reception = Reception()
    let members = input.members
    reception.limit = try members.int("MaxNumberOfMessages") ?? 1
    guard (1...10).contains(reception.limit) else {
      throw JSONServiceError.parameter(
        "MaxNumberOfMessages", String(reception.limit), "Must be between 1 and 10, if provided.")
    }
    reception.visibility = try members.int("VisibilityTimeout")
    if let visibility = reception.visibility, !(0...43_200).contains(visibility) {
      throw JSONServiceError.parameter(
        "VisibilityTimeout", String(visibility), "Must be >= 0 and <= 43200, if provided.")
    }
    reception.wait = try members.int("WaitTimeSeconds")
    if let wait = reception.wait, !(0...20).contains(wait) {
      throw JSONServiceError.parameter(
        "WaitTimeSeconds", String(wait), "Must be >= 0 and <= 20, if provided.")
    }
    reception.systemNames =
      try (members.strings("AttributeNames") ?? [])
      + (members.strings("MessageSystemAttributeNames") ?? [])
    reception.attributeNames = try members.strings("MessageAttributeNames") ?? []
    for name in reception.systemNames where !Self.systemAttributes.contains(name) {
      throw JSONServiceError.attributeName(name)
    }
    let name = Self.name(in: try input.queueURL())
    let messages = try await receive(reception, from: name)
    return messages.isEmpty ? [:] : ["Messages": .array(messages)]
  }

  private static let systemAttributes: Set<String> = [
    "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp", "SequenceNumber", "MessageDeduplicationId",
    "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
  ]

  /// Takes messages out of sight of others, and waits for some when there are none.
  func receive(_ reception: Reception, from name: String) async throws -> [JSONValue] {
    let (messages, wait) = try await take(reception, from: name)
    guard messages.isEmpty, wait > 0 else { return messages }
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(wait)
    let (listening, id) = signals.listen(to: name)
    defer { signals.leave(name, id) }
    while !Task.isCancelled {
      // First look, then sleep: what came before the signals were listened to is seen here.
      let (messages, _) = try await take(reception, from: name)
      let rest = clock.now.duration(to: deadline)
      guard messages.isEmpty, rest > .zero else { return messages }
      let now = now()
      let next = try await database.read {
        try QueueTable(connection: $0).nextVisible(name, after: now)
      }
      let due = next.map { Duration.milliseconds($0 - now + 1) } ?? Self.longestSleep
      await listening.wait(atMost: min(rest, due))
    }
    return []
  }

  /// The messages that can be taken now, and how long the queue lets a receiver wait.
  private func take(
    _ reception: Reception, from name: String
  ) async throws -> (messages: [JSONValue], wait: Int) {
    let now = now()
    let (messages, wait, dead) = try await database.write { connection in
      let table = QueueTable(connection: connection)
      guard let queue = try table.queue(name) else { throw JSONServiceError.noQueue }
      let wait = reception.wait ?? queue.number("ReceiveMessageWaitTimeSeconds")
      try table.expire(queue, at: now)
      var dead: String?
      var taken: [JSONValue] = []
      while taken.count < reception.limit {
        let found = try table.receivable(queue, at: now, limit: reception.limit - taken.count)
        if found.isEmpty { break }
        for message in found {
          if let redrive = queue.redrive, message.received >= redrive.count,
            let target = try table.queue(Self.name(in: redrive.target))
          {
            try self.bury(message, from: queue, in: target, at: now, table)
            dead = target.name
            continue
          }
          taken.append(
            try self.hand(message, of: queue, reception, at: now, table))
        }
        // With a visibility of 0 the same messages would be found again.
        let visibility = reception.visibility ?? queue.number("VisibilityTimeout")
        if visibility == 0 || queue.isFIFO { break }
      }
      return (taken, wait, dead)
    }
    if let dead { signals.notify(dead) }
    return (messages, wait)
  }

  private func hand(
    _ message: QueueMessage, of queue: Queue, _ reception: Reception, at now: Int,
    _ table: QueueTable
  ) throws -> JSONValue {
    var message = message
    message.received += 1
    message.firstReceived = message.firstReceived ?? now
    let seconds = reception.visibility ?? queue.number("VisibilityTimeout")
    message.visible = now + seconds * 1_000
    try table.update(message)
    return shown(message, of: queue, reception)
  }

  /// Moves a message that was received too often.
  private func bury(
    _ message: QueueMessage, from queue: Queue, in target: Queue, at now: Int, _ table: QueueTable
  ) throws {
    var dead = message
    dead.visible = now
    dead.system["DeadLetterQueueSourceArn"] = .string(arn(queue.name))
    // The retention of a FIFO queue begins anew, that of a standard one goes on.
    if queue.isFIFO { dead.sent = now }
    try table.removeMessage(message.sequence, from: queue.name)
    _ = try table.add(dead, to: target.name)
  }

  private func shown(
    _ message: QueueMessage, of queue: Queue, _ reception: Reception
  ) -> JSONValue {
    var answer: JSONValue = [
      "MessageId": .string(message.id), "ReceiptHandle": .string(handle(message, queue)),
      "MD5OfBody": .string(message.bodyMD5), "Body": .string(message.body),
    ]
    let system = systemAttributes(message, queue).filter { name, _ in
      reception.systemNames.contains("All") || reception.systemNames.contains(name)
    }
    if !system.isEmpty { answer["Attributes"] = .object(JSONObject(system)) }
    let wanted = (message.attributes.object ?? [:]).filter { member in
      reception.attributeNames.contains { Self.matches(member.key, $0) }
    }
    if !wanted.isEmpty {
      let attributes = JSONValue.object(JSONObject(wanted.map { ($0.key, $0.value) }))
      answer["MessageAttributes"] = attributes
      answer["MD5OfMessageAttributes"] = QueueMessage.md5(of: attributes).map { .string($0) }
    }
    return answer
  }

  /// `All`, `.*`, `prefix.*` or a name.
  private static func matches(_ name: String, _ wanted: String) -> Bool {
    if wanted == "All" || wanted == ".*" { return true }
    return wanted.hasSuffix(".*") ? name.hasPrefix(wanted.dropLast(2)) : name == wanted
  }

  private func systemAttributes(_ message: QueueMessage, _ queue: Queue) -> [(String, JSONValue)] {
    var all: [(String, JSONValue)] = [
      ("SenderId", .string(environment.accountID)),
      ("SentTimestamp", .string(String(message.sent))),
      ("ApproximateReceiveCount", .string(String(message.received))),
      ("ApproximateFirstReceiveTimestamp", .string(String(message.firstReceived ?? 0))),
    ]
    if queue.isFIFO { all.append(("SequenceNumber", .string(message.sequenceNumber))) }
    if let group = message.group { all.append(("MessageGroupId", .string(group))) }
    if let token = message.deduplication {
      all.append(("MessageDeduplicationId", .string(token)))
    }
    return all + (message.system.object ?? [:]).map { ($0.key, $0.value) }
  }

  // MARK: - Receipt handles

  /// Names the message and the reception: a FIFO queue takes that of the last one alone.
  private func handle(_ message: QueueMessage, _ queue: Queue) -> String {
    let text =
      "\(RequestID.uuid()) \(arn(queue.name)) \(message.id) \(message.sequence) \(message.received)"
    return Base64.standard.encode(Array(text.utf8))
  }

  private func parse(
    _ handle: String, _ queue: Queue
  ) throws -> (sequence: Int, reception: Int) {
    let text = Base64.standard.decode(handle).flatMap { String(validating: $0, as: UTF8.self) }
    let parts = text?.split(separator: " ") ?? []
    guard parts.count == 5, parts[1] == arn(queue.name), let sequence = Int(parts[3]),
      let reception = Int(parts[4])
    else { throw JSONServiceError.receiptHandle(handle) }
    return (sequence, reception)
  }

  func deleteMessage(_ input: SQSInput) async throws -> JSONValue {
    let handle = try input.required("ReceiptHandle")
    let now = now()
    let name = try await write(input) { queue, table in
      try self.delete(handle, from: queue, at: now, table)
      return queue.name
    }
    // The next of its group can be received now.
    signals.notify(name)
    return [:]
  }

  /// Deleting what is gone is no error: the service answers the same.
  private func delete(
    _ handle: String, from queue: Queue, at now: Int, _ table: QueueTable
  ) throws {
    let (sequence, reception) = try parse(handle, queue)
    if queue.isFIFO, let message = try table.message(sequence, in: queue.name),
      message.visible <= now || message.received != reception
    {
      throw JSONServiceError.parameter(
        "ReceiptHandle", handle, "The receipt handle has expired.")
    }
    try table.removeMessage(sequence, from: queue.name)
  }

  func deleteMessageBatch(_ input: SQSInput) async throws -> JSONValue {
    let now = now()
    return try await batch(input, "DeleteMessageBatchRequestEntry") { entry, queue, table in
      guard let handle = try entry.string("ReceiptHandle") else {
        throw JSONServiceError.missingParameter("ReceiptHandle")
      }
      try self.delete(handle, from: queue, at: now, table)
    }
  }

  func changeVisibility(_ input: SQSInput) async throws -> JSONValue {
    let handle = try input.required("ReceiptHandle")
    guard let seconds = try input.members.int("VisibilityTimeout") else {
      throw JSONServiceError.missingParameter("VisibilityTimeout")
    }
    let now = now()
    let name = try await write(input) { queue, table in
      try self.change(handle, seconds, in: queue, at: now, table)
      return queue.name
    }
    signals.notify(name)
    return [:]
  }

  private func change(
    _ handle: String, _ seconds: Int, in queue: Queue, at now: Int, _ table: QueueTable
  ) throws {
    guard (0...43_200).contains(seconds) else {
      throw JSONServiceError.parameter(
        "VisibilityTimeout", String(seconds),
        "VisibilityTimeout must be an integer between 0 and "
          + "43200.")
    }
    let (sequence, _) = try parse(handle, queue)
    // A standard queue also takes a handle whose time is over, until the message is deleted.
    guard var message = try table.message(sequence, in: queue.name), message.received > 0,
      !queue.isFIFO || message.visible > now
    else {
      throw JSONServiceError.parameter(
        "ReceiptHandle", handle,
        "Message does not exist or is not available for visibility timeout change.")
    }
    message.visible = now + seconds * 1_000
    try table.update(message)
  }

  func changeVisibilityBatch(_ input: SQSInput) async throws -> JSONValue {
    let now = now()
    return try await batch(input, "ChangeMessageVisibilityBatchRequestEntry") {
      entry, queue, table in
      guard let handle = try entry.string("ReceiptHandle") else {
        throw JSONServiceError.missingParameter("ReceiptHandle")
      }
      let seconds = try entry.int("VisibilityTimeout") ?? queue.number("VisibilityTimeout")
      try self.change(handle, seconds, in: queue, at: now, table)
    }
  }

  private func batch(
    _ input: SQSInput, _ name: String,
    _ body: @escaping @Sendable (JSONMembers, Queue, QueueTable) throws -> Void
  ) async throws -> JSONValue {
    let entries = try input.entries(name)
    let (answer, queue) = try await write(input) { queue, table in
      var (successful, failed): ([JSONValue], [JSONValue]) = ([], [])
      for (id, entry) in entries {
        do {
          try table.connection.savepoint { try body(entry, queue, table) }
          successful.append(["Id": .string(id)])
        } catch let error as JSONServiceError {
          failed.append(Self.failure(id, error))
        }
      }
      return (Self.batch(successful, failed), queue.name)
    }
    signals.notify(queue)
    return answer
  }
}
