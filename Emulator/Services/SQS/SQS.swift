import Crypto
import JSON
package import Server
package import Storage
import Synchronization
package import Template

/// A stand-in for the Simple Queue Service on the emulator's database, over both of its protocols: JSON
/// 1.0, which SDKs speak today, and the older query protocol.
///
/// A queue that was deleted can be made again at once (the service lets 60 seconds pass). Source of operations, limits and texts: SQS API reference.
package final class SQS: Sendable {
  let database: Database
  let environment: TemplateEnvironment
  /// Unix milliseconds.
  let now: @Sendable () -> Int
  let signals = QueueSignals()
  /// Moves of dead letters since the start, the newest first, by the ARN of their source.
  let moves = Mutex<[String: [SQSMove]]>([:])
  /// When queues were purged, in Unix milliseconds, by name.
  let purges = Mutex<[String: Int]>([:])
  /// Bytes: a batch of 1 MiB, escaped.
  private static let bodyLimit = 8 << 20
  private let wire = JSONProtocol(
    targetPrefix: "AmazonSQS.", service: "SQS", model: SQS.model, version: "1.0",
    bodyLimit: SQS.bodyLimit, checksConstraints: false)
  private let queryWire = QueryProtocol(
    namespace: "http://queue.amazonaws.com/doc/2012-11-05/", version: "2012-11-05")

  package init(
    _ database: Database, environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.environment = environment
    self.now = now
    try await database.migrate(QueueTable.migrations)
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let host = request.headers["Host"]
    guard request.headers["X-Amz-Target"] == nil else {
      return await wire.answer(request) { name, input in
        try await self.perform(name, SQSInput(input, host: host))
      }
    }
    let path = request.path
    if path != "/", request.method == "GET", request.query?.contains("Action=") != true {
      return Self.unknownOperation
    }
    return await queryWire.answer(request) { action, parameters in
      guard SQS.model.operations[action] != nil else {
        throw SQS.model.refused.contains(action)
          ? JSONServiceError.unsupported(action, of: "SQS")
          : JSONServiceError(
            "InvalidAction",
            "The action \(action) is not valid for this endpoint.")
      }
      // A queue's address takes what is about this queue.
      guard path == "/" || !["CreateQueue", "ListQueues", "GetQueueUrl"].contains(action) else {
        throw JSONServiceError(
          "InvalidAction", "The action \(action) is not valid for this endpoint.")
      }
      let input = QueueQuery.input(parameters, action: action, path: path)
      do {
        let result = try await self.perform(action, SQSInput(JSONMembers(input), host: host))
        return QueueQuery.xml(result, action: action)
      } catch let error as JSONServiceError where error == .noQueue {
        throw JSONServiceError.noQueueThere
      }
    }
  }

  /// What a queue's address answers to a plain `GET`.
  private static let unknownOperation = HTTPResponse(
    status: 404, headers: ["Content-Type": "text/xml"],
    body: .bytes(Array("<UnknownOperationException/>\n".utf8)))

  private func perform(_ operation: String, _ input: SQSInput) async throws -> JSONValue {
    switch operation {
    case "CreateQueue": try await createQueue(input)
    case "GetQueueUrl": try await getQueueURL(input)
    case "ListQueues": try await listQueues(input)
    case "DeleteQueue": try await deleteQueue(input)
    case "PurgeQueue": try await purgeQueue(input)
    case "GetQueueAttributes": try await getQueueAttributes(input)
    case "SetQueueAttributes": try await setQueueAttributes(input)
    case "TagQueue": try await tagQueue(input)
    case "UntagQueue": try await untagQueue(input)
    case "ListQueueTags": try await listQueueTags(input)
    case "ListDeadLetterSourceQueues": try await listDeadLetterSources(input)
    case "SendMessage": try await sendMessage(input)
    case "SendMessageBatch": try await sendMessageBatch(input)
    case "ReceiveMessage": try await receiveMessage(input)
    case "DeleteMessage": try await deleteMessage(input)
    case "DeleteMessageBatch": try await deleteMessageBatch(input)
    case "ChangeMessageVisibility": try await changeVisibility(input)
    case "ChangeMessageVisibilityBatch": try await changeVisibilityBatch(input)
    case "AddPermission": try await addPermission(input)
    case "RemovePermission": try await removePermission(input)
    case "StartMessageMoveTask": try await startMove(input)
    case "CancelMessageMoveTask": try await cancelMove(input)
    case "ListMessageMoveTasks": try await listMoves(input)
    default: throw JSONServiceError.unsupported(operation, of: "SQS")
    }
  }

  /// Makes the queues of a template; those that are there take its settings over.
  package func create(queues: [QueueDefinition]) async throws {
    let seconds = now() / 1_000
    for wanted in queues {
      try await database.write { connection in
        let table = QueueTable(connection: connection)
        var queue =
          try table.queue(wanted.name)
          ?? Queue(
            name: wanted.name, attributes: [:], tags: ResourceTags(), created: seconds,
            changed: seconds)
        try queue.set(wanted.attributes.map { ($0.key, $0.value) }, isNew: true)
        try table.save(queue)
      }
    }
  }

  func arn(_ name: String) -> String { environment.arn("sqs", name) }

  /// The name in a queue's address or ARN; a bare name stands for itself.
  static func name(in text: String) -> String {
    let path = text.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init)
    if text.hasPrefix("arn:") { return String(text.split(separator: ":").last ?? "") }
    return path ?? text
  }

  func queue(_ input: SQSInput, in table: QueueTable) throws -> Queue {
    guard let queue = try table.queue(Self.name(in: try input.queueURL())) else {
      throw JSONServiceError.noQueue
    }
    return queue
  }

  func read<Result: Sendable>(
    _ input: SQSInput, _ body: @escaping @Sendable (Queue, QueueTable) throws -> Result
  ) async throws -> Result {
    try await database.read { connection in
      let table = QueueTable(connection: connection)
      return try body(try self.queue(input, in: table), table)
    }
  }

  func write<Result: Sendable>(
    _ input: SQSInput, _ body: @escaping @Sendable (Queue, QueueTable) throws -> Result
  ) async throws -> Result {
    try await database.write { connection in
      let table = QueueTable(connection: connection)
      return try body(try self.queue(input, in: table), table)
    }
  }
}

/// A request, and the host it was sent to: the addresses of queues begin with it.
struct SQSInput: Sendable {
  let members: JSONMembers
  let host: String?

  init(_ members: JSONMembers, host: String?) {
    self.members = members
    self.host = host
  }

  /// A text that has to be there.
  func required(_ name: String) throws -> String {
    guard let text = try members.string(name), !text.isEmpty else {
      throw JSONServiceError.missingParameter(name)
    }
    return text
  }

  func queueURL() throws -> String { try required("QueueUrl") }

  /// The entries of a batch, whose ids are checked.
  func entries(_ name: String) throws -> [(id: String, entry: JSONMembers)] {
    guard let objects = try members.objects("Entries"), !objects.isEmpty else {
      throw JSONServiceError.emptyBatch(name)
    }
    guard objects.count <= 10 else { throw JSONServiceError.tooManyEntries(objects.count) }
    var seen: Set<String> = []
    return try objects.map { entry in
      let id = try entry.string("Id") ?? ""
      let allowed = id.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
      guard (1...80).contains(id.utf8.count), allowed else {
        throw JSONServiceError.invalidEntryID
      }
      guard seen.insert(id).inserted else { throw JSONServiceError.repeatedEntry(id) }
      return (id, entry)
    }
  }
}
