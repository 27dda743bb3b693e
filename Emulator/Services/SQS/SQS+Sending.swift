import Crypto
import JSON
import Storage

/// Sending.
extension SQS {
  /// Bytes of a batch, all messages together.
  private static let batchLimit = 1_048_576
  /// How long a deduplication token is remembered, in milliseconds.
  private static let deduplicationInterval = 300_000

  /// What is sent, before a queue has looked at it.
  private struct Draft: Sendable {
    let body: String
    let attributes: JSONValue
    let system: JSONValue
    let delay: Int?
    let group: String?
    let deduplication: String?

    init(_ entry: JSONMembers) throws {
      body = try entry.string("MessageBody") ?? ""
      attributes = entry["MessageAttributes"] ?? [:]
      system = entry["MessageSystemAttributes"] ?? [:]
      delay = try entry.int("DelaySeconds")
      group = try entry.string("MessageGroupId")
      deduplication = try entry.string("MessageDeduplicationId")
    }

    var size: Int { QueueMessage.size(body, attributes) }
  }

  func sendMessage(_ input: SQSInput) async throws -> JSONValue {
    let draft = try Draft(input.members)
    let now = now()
    let (answer, name) = try await write(input) { queue, table in
      (try self.put(draft, into: queue, at: now, in: table), queue.name)
    }
    signals.notify(name)
    return answer
  }

  func sendMessageBatch(_ input: SQSInput) async throws -> JSONValue {
    _ = try input.queueURL()
    let entries = try input.entries("SendMessageBatchRequestEntry")
    let drafts = try entries.map { (id: $0.id, draft: try Draft($0.entry)) }
    let size = drafts.reduce(0) { $0 + $1.draft.size }
    guard size <= Self.batchLimit else {
      throw JSONServiceError.batchTooLong(Self.batchLimit, size)
    }
    let now = now()
    let (answer, name) = try await write(input) { queue, table in
      try Self.checkGroups(of: drafts.map(\.draft), queue)
      var (successful, failed): ([JSONValue], [JSONValue]) = ([], [])
      for (id, draft) in drafts {
        do {
          var entry = try table.connection.savepoint {
            try self.put(draft, into: queue, at: now, in: table)
          }
          entry["Id"] = .string(id)
          successful.append(entry)
        } catch let error as JSONServiceError {
          failed.append(Self.failure(id, error))
        }
      }
      return (Self.batch(successful, failed), queue.name)
    }
    signals.notify(name)
    return answer
  }

  /// What a FIFO queue needs is looked for in the whole batch before anything is sent.
  private static func checkGroups(of drafts: [Draft], _ queue: Queue) throws {
    guard queue.isFIFO else { return }
    for draft in drafts {
      guard draft.group != nil else {
        throw JSONServiceError.parameter("The request must contain the parameter MessageGroupId.")
      }
      _ = try token(draft, queue)
    }
  }

  static func failure(_ id: String, _ error: JSONServiceError) -> JSONValue {
    [
      "Id": .string(id), "SenderFault": true, "Code": .string(error.shortCode),
      "Message": .string(error.message),
    ]
  }

  static func batch(_ successful: [JSONValue], _ failed: [JSONValue]) -> JSONValue {
    var answer: JSONValue = [:]
    if !successful.isEmpty { answer["Successful"] = .array(successful) }
    if !failed.isEmpty { answer["Failed"] = .array(failed) }
    return answer
  }

  private func put(
    _ draft: Draft, into queue: Queue, at now: Int, in table: QueueTable
  ) throws -> JSONValue {
    try check(draft, queue)
    var message = QueueMessage(
      id: RequestID.uuid(), body: draft.body, attributes: draft.attributes,
      system: Self.system(draft.system), sent: now,
      visible: now + (draft.delay ?? queue.number("DelaySeconds")) * 1_000, group: draft.group,
      deduplication: try Self.token(draft, queue))
    let scope = queue.deduplicatesByGroup ? draft.group ?? "" : ""
    if let token = message.deduplication,
      let known = try table.duplicate(token, scope: scope, in: queue.name, at: now)
    {
      // Sent already: the answer is that of the first time, and nothing is kept.
      message.id = known.id
      message.sequence = known.sequence
    } else {
      message.sequence = try table.add(message, to: queue.name)
      if let token = message.deduplication {
        try table.remember(
          token, scope: scope, in: queue.name, id: message.id, sequence: message.sequence,
          until: now + Self.deduplicationInterval)
      }
    }
    var answer: JSONValue = [
      "MessageId": .string(message.id), "MD5OfMessageBody": .string(message.bodyMD5),
    ]
    answer["MD5OfMessageAttributes"] = message.attributesMD5.map { .string($0) }
    answer["MD5OfMessageSystemAttributes"] = QueueMessage.md5(of: draft.system).map { .string($0) }
    if queue.isFIFO { answer["SequenceNumber"] = .string(message.sequenceNumber) }
    return answer
  }

  private func check(_ draft: Draft, _ queue: Queue) throws {
    guard !draft.body.isEmpty else { throw JSONServiceError.missingParameter("MessageBody") }
    let most = queue.number("MaximumMessageSize")
    guard draft.size <= most else {
      throw JSONServiceError.parameter(
        "One or more parameters are invalid. Reason: Message must be shorter than \(most) bytes.")
    }
    try QueueMessage.check(body: draft.body)
    try QueueMessage.check(attributes: draft.attributes)
    for (name, _) in draft.system.object ?? [:] where name != "AWSTraceHeader" {
      throw JSONServiceError.parameter(
        "Message system attribute name '\(name)' is invalid.")
    }
    try QueueMessage.check(attributes: draft.system)
    try QueueMessage.check(token: draft.deduplication, "MessageDeduplicationId")
    try QueueMessage.check(token: draft.group, "MessageGroupId")
    if let delay = draft.delay {
      guard (0...900).contains(delay) else {
        throw JSONServiceError.parameter(
          "DelaySeconds", String(delay), "DelaySeconds must be >= 0 and <= 900.")
      }
      // A FIFO queue delays all of its messages alike; 0 says nothing.
      guard !queue.isFIFO || delay == 0 else {
        throw JSONServiceError.parameter(
          "DelaySeconds", String(delay),
          "The request include parameter that is not valid for this queue type.")
      }
    }
    if queue.isFIFO {
      guard draft.group != nil else { throw JSONServiceError.missingParameter("MessageGroupId") }
    } else if let token = draft.deduplication {
      throw JSONServiceError.parameter(
        "MessageDeduplicationId", token,
        "The request include parameter that is not valid for this queue type.")
    }
  }

  private static func token(_ draft: Draft, _ queue: Queue) throws -> String? {
    guard queue.isFIFO else { return nil }
    if let token = draft.deduplication { return token }
    guard queue.deduplicatesContent else {
      throw JSONServiceError.parameter(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
          + "provided explicitly")
    }
    return Hex.encode(SHA256.digest(draft.body))
  }

  /// System attributes as receivers see them: their texts.
  private static func system(_ given: JSONValue) -> JSONValue {
    var texts: JSONValue = [:]
    for (name, value) in given.object ?? [:] { texts[name] = value["StringValue"] }
    return texts
  }

  /// Puts a message into a queue for another service.
  func send(_ body: String, to name: String, group: String? = nil) async throws {
    var members: JSONObject = ["QueueUrl": .string(name), "MessageBody": .string(body)]
    members["MessageGroupId"] = group.map { .string($0) }
    _ = try await sendMessage(SQSInput(JSONMembers(members), host: nil))
  }
}
