import JSON
import Storage

/// Groups, streams, retention and tags.
extension Logs {
  private static let retentions: Set<Int> = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
  ]

  func createLogGroup(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("logGroupName")
    var group = LogGroup(name: name, created: now())
    group.tags.set(try input.texts("tags") ?? [])
    group.keyID = try input.string("kmsKeyId")
    group.kind = try input.string("logGroupClass") ?? group.kind
    group.isProtected = try input.bool("deletionProtectionEnabled") ?? false
    let fresh = group
    return try await database.write { connection in
      let table = LogTable(connection: connection)
      guard try table.group(name) == nil else {
        throw JSONServiceError(
          "ResourceAlreadyExistsException", "The specified log group already exists")
      }
      try table.save(fresh)
      return [:]
    }
  }

  func deleteLogGroup(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { group, table in
      guard !group.isProtected else {
        throw JSONServiceError.validation(
          "The log group has deletion protection enabled and cannot be deleted.")
      }
      try table.removeGroup(group.name)
      return [:]
    }
  }

  func protectLogGroup(_ input: JSONMembers) async throws -> JSONValue {
    let isProtected = try input.bool("deletionProtectionEnabled") ?? false
    return try await change(input) { group, _ in
      group.isProtected = isProtected
      return [:]
    }
  }

  /// The key is kept and shown; the state folder is its owner's alone, so nothing is sealed with it.
  func associateKey(_ input: JSONMembers) async throws -> JSONValue {
    let keyID = try input.string("kmsKeyId")
    return try await change(input) { group, _ in
      group.keyID = keyID
      return [:]
    }
  }

  private static func start(_ input: JSONMembers) throws -> String {
    guard let token = try input.string("nextToken") else { return "" }
    guard let name = Page<Never>.name(in: token) else {
      throw invalid("The specified nextToken is invalid.")
    }
    return name
  }

  func describeLogGroups(_ input: JSONMembers) async throws -> JSONValue {
    let prefix = try input.string("logGroupNamePrefix")
    let pattern = try input.string("logGroupNamePattern")
    guard prefix == nil || pattern == nil else {
      throw Self.invalid(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    }
    let limit = try input.int("limit") ?? 50
    let start = try Self.start(input)
    let found = try await database.read { connection in
      let table = LogTable(connection: connection)
      return try table.groups().filter { group in
        group.name > start && prefix.map { group.name.hasPrefix($0) } ?? true
          && pattern.map { group.name.lowercased().contains($0.lowercased()) } ?? true
      }.prefix(limit + 1).map { ($0, try table.size(of: $0.name)) }
    }
    let page = Page(found, limit: limit) { $0.0.name }
    var answer: JSONValue = [
      "logGroups": .array(
        page.entries.map { shown($0.0, size: pattern == nil ? $0.1 : nil) })
    ]
    answer["nextToken"] = page.next.map { .string($0) }
    return answer
  }

  /// A search by pattern shows less: `size` is nil then.
  private func shown(_ group: LogGroup, size: Int?) -> JSONValue {
    var answer: JSONValue = [
      "logGroupName": .string(group.name), "creationTime": .int(group.created),
      "metricFilterCount": 0, "arn": .string(arn(group.name) + ":*"),
      "logGroupClass": .string(group.kind), "logGroupArn": .string(arn(group.name)),
    ]
    answer["storedBytes"] = size.map { .int($0) }
    if size != nil { answer["deletionProtectionEnabled"] = .bool(group.isProtected) }
    answer["kmsKeyId"] = group.keyID.map { .string($0) }
    answer["retentionInDays"] = group.retention.map { .int($0) }
    return answer
  }

  func createLogStream(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("logStreamName")
    let now = now()
    return try await change(input) { group, table in
      guard try table.stream(name, in: group.name) == nil else {
        throw JSONServiceError(
          "ResourceAlreadyExistsException", "The specified log stream already exists")
      }
      try table.addStream(name, to: group.name, at: now)
      return [:]
    }
  }

  func deleteLogStream(_ input: JSONMembers) async throws -> JSONValue {
    let name = try input.required("logStreamName")
    return try await change(input) { group, table in
      guard try table.stream(name, in: group.name) != nil else { throw Self.noStream }
      try table.removeStream(name, of: group.name)
      return [:]
    }
  }

  func describeLogStreams(_ input: JSONMembers) async throws -> JSONValue {
    let prefix = try input.string("logStreamNamePrefix")
    let isByTime = try input.string("orderBy") == "LastEventTime"
    guard !isByTime || prefix == nil else {
      throw Self.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    }
    let isDescending = try input.bool("descending") ?? false
    let limit = try input.int("limit") ?? 50
    let offset = Int(try Self.start(input)) ?? 0
    let (group, streams) = try await read(input) { ($0, try $1.streams(in: $0.name)) }
    var found = streams.filter { stream in prefix.map { stream.name.hasPrefix($0) } ?? true }
    if isByTime { found.sort { ($0.last ?? 0, $0.name) < ($1.last ?? 0, $1.name) } }
    if isDescending { found.reverse() }
    let numbered = found.enumerated().dropFirst(offset).prefix(limit + 1)
    let page = Page(Array(numbered), limit: limit) { String($0.offset + 1) }
    var answer: JSONValue = [
      "logStreams": .array(page.entries.map { shown($0.element, of: group) })
    ]
    answer["nextToken"] = page.next.map { .string($0) }
    return answer
  }

  private func shown(_ stream: LogStream, of group: LogGroup) -> JSONValue {
    var answer: JSONValue = [
      "logStreamName": .string(stream.name), "creationTime": .int(stream.created),
      "arn": .string(arn(group.name) + ":log-stream:\(stream.name)"), "storedBytes": 0,
    ]
    answer["firstEventTimestamp"] = stream.first.map { .int($0) }
    answer["lastEventTimestamp"] = stream.last.map { .int($0) }
    answer["lastIngestionTime"] = stream.ingested.map { .int($0) }
    if stream.ingested != nil { answer["uploadSequenceToken"] = .string(Self.sequenceToken) }
    return answer
  }

  /// Sequence tokens are no longer looked at; the service still gives one out.
  static let sequenceToken = "49039859601799176800000000000000000000000000000000000000"

  // MARK: - Settings

  func putRetentionPolicy(_ input: JSONMembers) async throws -> JSONValue {
    let days = try input.int("retentionInDays") ?? 0
    guard Self.retentions.contains(days) else {
      let known = Self.retentions.sorted().map(String.init).joined(separator: ", ")
      throw Self.invalid(
        "1 validation error detected: Value '\(days)' at 'retentionInDays' failed to satisfy "
          + "constraint: Member must satisfy enum value set: [\(known)]")
    }
    let now = now()
    return try await change(input) { group, table in
      group.retention = days
      try table.expire(group, at: now)
      return [:]
    }
  }

  func deleteRetentionPolicy(_ input: JSONMembers) async throws -> JSONValue {
    try await change(input) { group, _ in
      group.retention = nil
      return [:]
    }
  }

  func tag(_ input: JSONMembers) async throws -> JSONValue {
    let tags = try input.texts("tags") ?? []
    return try await change(input) { group, _ in
      group.tags.set(tags)
      guard group.tags.tags.count <= 50 else {
        throw JSONServiceError(
          "TooManyTagsException", "A resource can have no more than 50 tags.")
      }
      return [:]
    }
  }

  func untag(_ input: JSONMembers) async throws -> JSONValue {
    let keys = try input.strings("tagKeys") ?? input.strings("tags") ?? []
    return try await change(input) { group, _ in
      group.tags.remove(keys)
      return [:]
    }
  }

  func listTags(_ input: JSONMembers) async throws -> JSONValue {
    ["tags": try await read(input) { group, _ in group.tags.stored }]
  }
}
