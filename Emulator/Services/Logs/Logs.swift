import Crypto
import JSON
package import Server
package import Storage
package import Template

/// A stand-in for CloudWatch Logs on the emulator's database. The lines of the functions lie in
/// `/aws/lambda/FUNCTION`.
///
/// Source of operations, limits and texts: CloudWatch Logs API reference.
package final class Logs: Sendable {
  let database: Database
  let environment: TemplateEnvironment
  /// Unix milliseconds.
  let now: @Sendable () -> Int
  let wire = JSONProtocol(
    targetPrefix: "Logs_20140328.", service: "CloudWatch Logs", model: Logs.model,
    bodyLimit: 8 << 20, reword: Logs.reword)

  private static func reword(_ error: JSONServiceError) -> JSONServiceError {
    let isTooLong =
      error.message.hasPrefix("1 validation") && error.message.hasSuffix("equal to 512")
      && ["'logGroupName'", "'logStreamName'"].contains(where: error.message.contains)
    return invalid(
      isTooLong
        ? "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
        : error.message)
  }

  package init(
    _ database: Database, environment: TemplateEnvironment = TemplateEnvironment(),
    now: @escaping @Sendable () -> Int = DynamoDB.systemTime
  ) async throws {
    self.database = database
    self.environment = environment
    self.now = now
    try await database.migrate(LogTable.migrations)
  }

  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    if request.headers["X-Amz-Target"] == "Logs_20140328.StartLiveTail" {
      return await startLiveTail(request)
    }
    return await wire.answer(request) { name, input in try await self.perform(name, input) }
  }

  private func perform(_ operation: String, _ input: JSONMembers) async throws -> JSONValue {
    switch operation {
    case "CreateLogGroup": try await createLogGroup(input)
    case "AssociateKmsKey": try await associateKey(input)
    case "DisassociateKmsKey": try await associateKey(input)
    case "PutLogGroupDeletionProtection": try await protectLogGroup(input)
    case "DeleteLogGroup": try await deleteLogGroup(input)
    case "DescribeLogGroups": try await describeLogGroups(input)
    case "CreateLogStream": try await createLogStream(input)
    case "DeleteLogStream": try await deleteLogStream(input)
    case "DescribeLogStreams": try await describeLogStreams(input)
    case "PutRetentionPolicy": try await putRetentionPolicy(input)
    case "DeleteRetentionPolicy": try await deleteRetentionPolicy(input)
    case "TagLogGroup", "TagResource": try await tag(input)
    case "UntagLogGroup", "UntagResource": try await untag(input)
    case "ListTagsLogGroup", "ListTagsForResource": try await listTags(input)
    case "PutLogEvents": try await putLogEvents(input)
    case "GetLogEvents": try await getLogEvents(input)
    case "FilterLogEvents": try await filterLogEvents(input)
    case "TestMetricFilter": try testMetricFilter(input)
    default: throw JSONServiceError.unsupported(operation, of: "CloudWatch Logs")
    }
  }

  /// Makes the groups of a template; those that are there take its retention over.
  package func create(groups: [LogGroupDefinition]) async throws {
    let now = now()
    for wanted in groups {
      try await database.write { connection in
        let table = LogTable(connection: connection)
        var group =
          try table.group(wanted.name) ?? LogGroup(name: wanted.name, created: now)
        group.retention = wanted.retention
        try table.save(group)
      }
    }
  }

  /// Writes one line, as other services do it: into a stream of the day.
  package func write(_ message: String, to group: String) async {
    let now = now()
    let stream = String(WireTime.iso(now).prefix(10))
    // A group that is gone: the line is lost.
    try? await database.write { connection in
      let table = LogTable(connection: connection)
      guard try table.group(group) != nil else { return }
      try table.addStream(stream, to: group, at: now)
      try table.add([(now, message)], to: stream, of: group, at: now)
    }
  }

  static let noGroup = JSONServiceError(
    "ResourceNotFoundException", "The specified log group does not exist.")
  static let noStream = JSONServiceError(
    "ResourceNotFoundException", "The specified log stream does not exist.")

  static func invalid(_ message: String) -> JSONServiceError {
    JSONServiceError("InvalidParameterException", message)
  }

  func arn(_ group: String) -> String { environment.arn("logs", "log-group:\(group)") }

  /// The group that a request names, by name or ARN.
  static func group(_ input: JSONMembers) throws -> String {
    if try input.string("logGroupName") != nil, try input.string("logGroupIdentifier") != nil {
      throw JSONServiceError.validation(
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    }
    let name =
      try input.string("logGroupName") ?? input.string("logGroupIdentifier")
      ?? input.string("resourceArn")
    guard let name else {
      throw invalid(
        "1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: "
          + "Member must not be null")
    }
    return Self.name(in: name)
  }

  /// The name in a group's ARN; a bare name stands for itself.
  static func name(in text: String) -> String {
    guard text.hasPrefix("arn:"), let start = text.firstRange(of: ":log-group:") else {
      return text
    }
    return String(text[start.upperBound...].prefix { $0 != ":" })
  }

  func change<Result: Sendable>(
    _ input: JSONMembers,
    _ body: @escaping @Sendable (inout LogGroup, LogTable) throws -> Result
  ) async throws -> Result {
    let name = try Self.group(input)
    return try await database.write { connection in
      let table = LogTable(connection: connection)
      guard var group = try table.group(name) else { throw Self.noGroup }
      let result = try body(&group, table)
      // A body that removed the group leaves nothing to be kept.
      if try table.group(name) != nil { try table.save(group) }
      return result
    }
  }

  func read<Result: Sendable>(
    _ input: JSONMembers, _ body: @escaping @Sendable (LogGroup, LogTable) throws -> Result
  ) async throws -> Result {
    let name = try Self.group(input)
    return try await database.read { connection in
      let table = LogTable(connection: connection)
      guard let group = try table.group(name) else { throw Self.noGroup }
      return try body(group, table)
    }
  }
}
