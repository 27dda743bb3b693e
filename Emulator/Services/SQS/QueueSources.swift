import JSON
import Server
package import Template

/// Feeds functions from queues, as Lambda's event source mappings do.
///
/// A batch that the function answers without an error is deleted; what it reports in
/// `batchItemFailures`, or everything when it fails, comes again after the queue's visibility timeout.
/// Source: Lambda developer guide, "Using Lambda with Amazon SQS".
package struct QueueSources: Sendable {
  /// Invokes a function: its response, or nil when it failed or could not be invoked.
  package typealias Invoke = @Sendable (_ function: String, _ event: [UInt8]) async -> [UInt8]?

  private let queues: SQS
  private let sources: [QueueSourceDefinition]
  private let invoke: Invoke

  /// Batches of one source that run at once unless the template says how many.
  private static let usualConcurrency = 5
  private static let mostConcurrency = 20
  /// Between two attempts when a queue is not there (any more).
  private static let retry = Duration.seconds(1)

  package init(
    _ queues: SQS, sources: [QueueSourceDefinition], invoke: @escaping Invoke
  ) {
    self.queues = queues
    self.sources = sources.filter(\.isEnabled)
    self.invoke = invoke
  }

  /// Goes on until the task is cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      for source in sources {
        let count = min(source.concurrency ?? Self.usualConcurrency, Self.mostConcurrency)
        for _ in 0..<count {
          group.addTask { await feed(source) }
        }
      }
    }
  }

  private func feed(_ source: QueueSourceDefinition) async {
    let name = SQS.name(in: source.queueARN)
    while !Task.isCancelled {
      do {
        let batch = try await collect(source, from: name)
        if !batch.isEmpty { try await handle(batch, source, name) }
      } catch {
        try? await Task.sleep(for: Self.retry)
      }
    }
  }

  /// A batch: what one reception gives, or what comes within the window.
  private func collect(
    _ source: QueueSourceDefinition, from name: String
  ) async throws -> [JSONValue] {
    var reception = SQS.Reception()
    reception.systemNames = ["All"]
    reception.attributeNames = ["All"]
    reception.wait = 20
    var batch: [JSONValue] = []
    let clock = ContinuousClock()
    var deadline: ContinuousClock.Instant?
    while batch.count < source.batchSize, !Task.isCancelled {
      reception.limit = min(10, source.batchSize - batch.count)
      let found = try await queues.receive(reception, from: name)
      batch += found
      if found.isEmpty || source.window == 0 { break }
      let end = deadline ?? clock.now + .seconds(source.window)
      deadline = end
      let rest = clock.now.duration(to: end).components.seconds
      guard rest > 0 else { break }
      reception.wait = min(20, Int(rest))
    }
    return batch
  }

  private func handle(
    _ batch: [JSONValue], _ source: QueueSourceDefinition, _ name: String
  ) async throws {
    let wanted = batch.filter { source.filters.isEmpty || Self.matches($0, source.filters) }
    // What no filter lets through is done with.
    var done = batch.filter { message in
      !wanted.contains { $0["MessageId"] == message["MessageId"] }
    }
    if !wanted.isEmpty {
      let event: JSONValue = ["Records": .array(wanted.map { record($0, source) })]
      if let response = await invoke(source.function, event.encoded()) {
        let failed = source.reportsFailures ? Self.failures(in: response, of: wanted) : []
        done += wanted.filter { !failed.contains($0["MessageId"]?.string ?? "") }
      }
    }
    for message in done {
      let members: JSONObject = [
        "QueueUrl": .string(name), "ReceiptHandle": message["ReceiptHandle"] ?? "",
      ]
      // A receipt that has expired meanwhile: the message comes again, as it would in the cloud.
      _ = try? await queues.deleteMessage(SQSInput(JSONMembers(members), host: nil))
    }
  }

  /// The messages that a function wants to see again. An answer that cannot be read means all of them.
  static func failures(in response: [UInt8], of batch: [JSONValue]) -> Set<String> {
    let all = Set(batch.compactMap { $0["MessageId"]?.string })
    guard let answer = try? JSONValue(parsing: response) else {
      return response.isEmpty ? [] : all
    }
    guard let list = answer["batchItemFailures"], !list.isNull else { return [] }
    guard let entries = list.array else { return all }
    var failed: Set<String> = []
    for entry in entries {
      guard let id = entry["itemIdentifier"]?.string, all.contains(id) else { return all }
      failed.insert(id)
    }
    return failed
  }

  /// A message as the function sees it.
  private func record(_ message: JSONValue, _ source: QueueSourceDefinition) -> JSONValue {
    var attributes: JSONValue = [:]
    for (name, value) in message["MessageAttributes"]?.object ?? [:] {
      var attribute: JSONValue = [
        "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"] ?? "",
      ]
      attribute["stringValue"] = value["StringValue"]
      attribute["binaryValue"] = value["BinaryValue"]
      attributes[name] = attribute
    }
    var record: JSONValue = [
      "messageId": message["MessageId"] ?? "", "receiptHandle": message["ReceiptHandle"] ?? "",
      "body": message["Body"] ?? "", "attributes": message["Attributes"] ?? [:],
      "messageAttributes": attributes, "md5OfBody": message["MD5OfBody"] ?? "",
      "eventSource": "aws:sqs", "eventSourceARN": .string(source.queueARN),
      "awsRegion": .string(queues.environment.region),
    ]
    record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record
  }

  /// Filters look at `body`, as JSON when it is, and at the other members of a record.
  private static func matches(_ message: JSONValue, _ filters: [JSONValue]) -> Bool {
    let body = message["Body"]?.string ?? ""
    let record: JSONValue = [
      "body": (try? JSONValue(parsing: body)) ?? .string(body),
      "messageId": message["MessageId"] ?? "", "attributes": message["Attributes"] ?? [:],
      "messageAttributes": message["MessageAttributes"] ?? [:],
    ]
    return filters.contains { pattern in
      (try? EventPattern(pattern))?.matches(record) ?? false
    }
  }
}
