package import JSON
import Storage

/// The stream of one table, for whoever plays Lambda's poller.
package struct TableStream: Sendable {
  private let service: DynamoDB
  private let table: String

  package init(_ service: DynamoDB, table: String) {
    self.service = service
    self.table = table
  }

  /// The stream's ARN; nil when the table has none that is on.
  package func arn() async throws -> String? {
    let definition = try await service.table(table).definition
    guard definition.stream?.isEnabled == true else { return nil }
    return definition.streamARN
  }

  /// The place of the newest record: those behind it are still to come.
  package func newest() async throws -> Int {
    try await service.database.read { connection in
      try connection.first("SELECT max(id) FROM dynamodb_stream") { $0.optionalInteger(0) ?? 0 }
        ?? 0
    }
  }

  /// Records behind a place as the service's API gives them, and the place of the last one. Up to 1,000
  /// records or about 1 MB.
  package func records(
    of arn: String, after place: Int, limit: Int
  ) async throws -> (records: [JSONValue], last: Int)? {
    let iterator = ShardIterator(stream: arn, position: place, made: 0)
    let (bytes, last) = try await service.records(of: iterator, upTo: limit)
    guard let last else { return nil }
    let records = try JSONValue(parsing: [0x5B] + bytes + [0x5D]).array ?? []
    return (records, last)
  }

  /// The place that a sequence number names.
  package static func place(of sequenceNumber: String) -> Int? {
    SequenceNumber.value(sequenceNumber)
  }
}
