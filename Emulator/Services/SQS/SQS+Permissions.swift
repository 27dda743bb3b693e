import JSON
import Template

/// Permissions: statements of a queue's policy. They are kept and given back; nothing is checked with
/// them.
extension SQS {
  /// API reference, `AddPermission`: at most seven actions.
  private static let mostActions = 7
  private static let actions: Set<String> = [
    "*", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility",
    "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue", "DeleteQueue",
    "SetQueueAttributes", "AddPermission", "RemovePermission", "ListQueueTags", "TagQueue",
    "UntagQueue",
  ]

  func addPermission(_ input: SQSInput) async throws -> JSONValue {
    let label = try input.required("Label")
    let accounts = try input.members.strings("AWSAccountIds") ?? []
    guard !accounts.isEmpty else { throw JSONServiceError.missingParameter("AWSAccountIds") }
    let actions = try input.members.strings("Actions") ?? []
    guard !actions.isEmpty else { throw JSONServiceError.missingParameter("Actions") }
    guard actions.count <= Self.mostActions else {
      throw JSONServiceError.parameter(
        "\(actions.count) Actions were found, maximum allowed is \(Self.mostActions).")
    }
    for action in actions where !Self.actions.contains(action) {
      throw JSONServiceError.parameter(
        "ActionName", "SQS:\(action)",
        "Only the queue owner is allowed to invoke this action.")
    }
    try await edit(input) { queue, statements in
      guard !statements.contains(where: { $0["Sid"]?.string == label }) else {
        throw JSONServiceError.parameter("Label", label, "Already exists.")
      }
      let principals = accounts.map { JSONValue.string("arn:aws:iam::\($0):root") }
      let names = actions.map { JSONValue.string("SQS:\($0)") }
      statements.append([
        "Sid": .string(label), "Effect": "Allow",
        "Principal": ["AWS": principals.count == 1 ? principals[0] : .array(principals)],
        "Action": names.count == 1 ? names[0] : .array(names),
        "Resource": .string(self.arn(queue.name)),
      ])
    }
    return [:]
  }

  func removePermission(_ input: SQSInput) async throws -> JSONValue {
    let label = try input.required("Label")
    try await edit(input) { _, statements in
      guard let place = statements.firstIndex(where: { $0["Sid"]?.string == label }) else {
        throw JSONServiceError.parameter("Label", label, "can't find label.")
      }
      statements.remove(at: place)
    }
    return [:]
  }

  /// Changes the statements of a queue's policy; a policy without any is taken away.
  private func edit(
    _ input: SQSInput,
    _ body: @escaping @Sendable (Queue, inout [JSONValue]) throws -> Void
  ) async throws {
    let seconds = now() / 1_000
    try await write(input) { queue, table in
      var queue = queue
      var policy: JSONValue =
        queue.attributes["Policy"].flatMap { try? JSONValue(parsing: $0) } ?? [
          "Version": "2008-10-17", "Id": .string("\(self.arn(queue.name))/SQSDefaultPolicy"),
        ]
      var statements = policy["Statement"]?.array ?? []
      try body(queue, &statements)
      policy["Statement"] = .array(statements)
      queue.attributes["Policy"] = statements.isEmpty ? nil : policy.description
      queue.changed = seconds
      try table.save(queue)
    }
  }
}
