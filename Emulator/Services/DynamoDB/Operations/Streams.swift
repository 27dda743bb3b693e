import Crypto
import JSON
import Storage

extension DynamoDB {
  func listStreams(_ request: OperationRequest) throws -> [UInt8] {
    let limit = try Self.limit(request, upTo: 100)
    let name = request.string("TableName")
    var tables = catalog.tables.filter { $0.definition.stream != nil }
    if let name { tables.removeAll { $0.name != name } }
    tables.sort { ($0.definition.streamARN ?? "") < ($1.definition.streamARN ?? "") }
    if let start = request.string("ExclusiveStartStreamArn") {
      try Self.checkStreamARN(start)
      tables.removeAll { ($0.definition.streamARN ?? "") <= start }
    }
    let shown = tables.prefix(limit)
    var body = AnswerBody()
    body.add("Streams") { output in
      output.append(list: Array(shown)) { output, table in
        let entry: JSONValue = [
          "StreamArn": .string(table.definition.streamARN ?? ""),
          "TableName": .string(table.name),
          "StreamLabel": .string(table.definition.stream?.label ?? ""),
        ]
        output.appendJSON(entry)
      }
    }
    if tables.count > limit, let last = shown.last?.definition.streamARN {
      body.add("LastEvaluatedStreamArn") { $0.appendJSON(last) }
    }
    return body.finished
  }

  func describeStream(_ request: OperationRequest) async throws -> [UInt8] {
    let arn = request.string("StreamArn") ?? ""
    _ = try Self.limit(request, upTo: 100)
    let (table, stream) = try streamTable(arn)
    let range = try await database.read { connection in
      try connection.first(
        "SELECT min(id), max(id) FROM dynamodb_stream WHERE stream = ?", [.text(arn)]
      ) { (first: $0.optionalInteger(0), last: $0.optionalInteger(1)) }
    }
    var numbers: JSONObject = [
      "StartingSequenceNumber": .string(SequenceNumber.text(range?.first ?? 0))
    ]
    if !stream.isEnabled {
      numbers["EndingSequenceNumber"] = .string(SequenceNumber.text(range?.last ?? 0))
    }
    let isBehind = request.string("ExclusiveStartShardId") != nil
    let shard: JSONValue = [
      "ShardId": .string(StreamShard.id), "SequenceNumberRange": .object(numbers),
    ]
    let description: JSONValue = [
      "StreamArn": .string(arn), "StreamLabel": .string(stream.label),
      "StreamStatus": stream.isEnabled ? "ENABLED" : "DISABLED",
      "StreamViewType": .string(stream.view),
      "CreationRequestDateTime": .double(table.definition.created),
      "TableName": .string(table.name),
      "KeySchema": .array(
        table.definition.keys.map {
          [
            "AttributeName": .string($0.name.string),
            "KeyType": $0.isRange ? "RANGE" : "HASH",
          ]
        }),
      "Shards": .array(isBehind ? [] : [shard]),
    ]
    return JSONValue.object(["StreamDescription": description]).encoded()
  }

  func getShardIterator(_ request: OperationRequest) async throws -> [UInt8] {
    let arn = request.string("StreamArn") ?? ""
    _ = try streamTable(arn)
    let shard = request.string("ShardId") ?? ""
    guard shard == StreamShard.id else {
      throw DynamoDBError(
        .resourceNotFound,
        "Requested resource not found: Shard: \(shard) in Stream: \(arn) not found")
    }
    let position = try await position(request, arn)
    let iterator = ShardIterator(stream: arn, position: position, made: clock.milliseconds())
    return JSONValue.object(["ShardIterator": .string(iterator.text)]).encoded()
  }

  /// The record that an iterator starts behind.
  private func position(_ request: OperationRequest, _ arn: String) async throws -> Int {
    let kind = request.string("ShardIteratorType") ?? ""
    if ["TRIM_HORIZON", "LATEST"].contains(kind), request.string("SequenceNumber") != nil {
      throw DynamoDBError.validation(
        "SequenceNumber must not be specified for ShardIteratorType \(kind)")
    }
    switch kind {
    case "TRIM_HORIZON": return 0
    case "LATEST":
      return try await database.read { connection in
        try connection.first("SELECT max(id) FROM dynamodb_stream") { $0.integer(0) } ?? 0
      }
    default:
      guard let text = request.string("SequenceNumber") else {
        throw DynamoDBError.validation(
          "SequenceNumber is required for ShardIteratorType AT_SEQUENCE_NUMBER and "
            + "AFTER_SEQUENCE_NUMBER")
      }
      guard let number = SequenceNumber.value(text) else {
        throw DynamoDBError.validation("Invalid SequenceNumber: \(text)")
      }
      return kind == "AT_SEQUENCE_NUMBER" ? number - 1 : number
    }
  }

  /// Records of one GetRecords, and their bytes.
  private static let recordLimit = 1000
  private static let recordBytes = 1 << 20

  func getRecords(_ request: OperationRequest) async throws -> [UInt8] {
    guard let iterator = ShardIterator(request.string("ShardIterator") ?? "") else {
      throw DynamoDBError.validation("Invalid ShardIterator")
    }
    guard clock.milliseconds() - iterator.made <= ShardIterator.lifetime else {
      throw DynamoDBError(
        .expiredIterator, "Iterator expired. The iterator is older than 15 minutes")
    }
    let (_, stream) = try streamTable(iterator.stream)
    let limit = try Self.limit(request, upTo: Self.recordLimit)
    let (records, last) = try await records(of: iterator, upTo: limit)
    var body = AnswerBody()
    body.add("Records", raw: [0x5B] + records + [0x5D])
    // A stream that was ended gives no further iterator behind its last record.
    if stream.isEnabled || last != nil {
      let next = ShardIterator(
        stream: iterator.stream, position: last ?? iterator.position,
        made: clock.milliseconds())
      body.add("NextShardIterator") { $0.appendJSON(next.text) }
    }
    return body.finished
  }

  func records(
    of iterator: ShardIterator, upTo limit: Int
  ) async throws -> (records: [UInt8], last: Int?) {
    try await database.read { connection in
      var records: [UInt8] = []
      var last: Int?
      try connection.rows(
        "SELECT id, record FROM dynamodb_stream WHERE stream = ? AND id > ? ORDER BY id LIMIT ?",
        [.text(iterator.stream), Value(iterator.position), Value(limit)]
      ) { row in
        if !records.isEmpty { records.append(0x2C) }
        row.withBytes(1) { records.append(contentsOf: $0) }
        records.append(raw: ",\"SequenceNumber\":")
        records.appendJSON(SequenceNumber.text(row.integer(0)))
        records.append(raw: "}}")
        last = row.integer(0)
        return records.count < Self.recordBytes
      }
      return (records, last)
    }
  }

  /// `Limit`, which has a maximum that the service model does not state.
  private static func limit(_ request: OperationRequest, upTo highest: Int) throws -> Int {
    let limit = request.integer("Limit") ?? highest
    guard limit <= highest else {
      throw DynamoDBError.validation(
        "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: "
          + "Member must have value less than or equal to \(highest)")
    }
    return limit
  }

  private static func checkStreamARN(_ arn: String) throws {
    guard arn.hasPrefix("arn:"), arn.contains("/stream/") else {
      throw DynamoDBError.validation(
        "Invalid StreamArn: Invalid ResourceArn provided as input \(arn)")
    }
  }

  private func streamTable(
    _ arn: String
  ) throws -> (table: Table, stream: TableDefinition.Stream) {
    try Self.checkStreamARN(arn)
    let table = catalog.tables.first { $0.definition.streamARN == arn }
    guard let table, let stream = table.definition.stream else {
      throw DynamoDBError(
        .resourceNotFound, "Requested resource not found: Stream: \(arn) not found")
    }
    return (table, stream)
  }
}

/// The one shard of a stream.
enum StreamShard {
  static let id = "shardId-00000000000000000000-00000001"
}

/// The numbers of records: 21 digits, as the service's shortest.
enum SequenceNumber {
  private static let digits = 20

  static func text(_ id: Int) -> String {
    let number = String(id)
    return "1" + String(repeating: "0", count: digits - number.count) + number
  }

  static func value(_ text: String) -> Int? {
    guard text.utf8.count == digits + 1, text.first == "1" else { return nil }
    return Int(text.dropFirst())
  }
}

/// A place in a stream, as clients carry it.
struct ShardIterator {
  let stream: String
  /// The record before the first that is read.
  let position: Int
  let made: Int

  /// 15 minutes (API reference, GetShardIterator).
  static let lifetime = 900_000

  init(stream: String, position: Int, made: Int) {
    self.stream = stream
    self.position = position
    self.made = made
  }

  init?(_ text: String) {
    let parts = text.split(separator: "|")
    guard parts.count == 3, let bytes = Base64.standard.decode(String(parts[2])) else { return nil }
    let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard numbers.count == 2, let position = Int(numbers[0]), let made = Int(numbers[1]) else {
      return nil
    }
    self.init(stream: String(parts[0]), position: position, made: made)
  }

  var text: String { "\(stream)|1|\(Base64.standard.encode(Array("\(position) \(made)".utf8)))" }
}
