import Agent
import Events
import LambdaRuntime

/// `index`: keeps the documents' index what the knowledge table is.
///
/// Takes batches of the table's stream; `{"action":"rebuild"}` makes the index anew from the table.
/// Taking a batch twice does no harm. A batch that fails is delivered again as a whole: the index is
/// changed by one write of its manifest or not at all.
struct IndexDocuments: Handler {
  /// What is left for the answer.
  private static let reserve = Duration.seconds(2)

  let keeper: IndexKeeper

  enum Event: Decodable {
    case changes(StreamEvent)
    case rebuild

    private enum CodingKeys: String, CodingKey {
      case records = "Records"
      case action
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      if members.contains(.records) {
        self = .changes(try StreamEvent(from: decoder))
        return
      }
      guard try members.decode(String.self, forKey: .action) == "rebuild" else {
        throw DecodingError.dataCorruptedError(
          forKey: .action, in: members, debugDescription: "the only action is rebuild")
      }
      self = .rebuild
    }
  }

  /// Of a batch nothing is left over.
  struct Summary: Encodable, Equatable {
    let batchItemFailures: [String]
    let passages: Int
    let vectors: Int
    let removed: Int
    let refused: [String]
    let segments: Int
  }

  func handle(_ event: Event, _ invocation: Invocation) async throws -> Summary {
    let deadline = invocation.deadline - Self.reserve
    let summary: IndexKeeper.Summary
    switch event {
    case .rebuild: summary = try await keeper.rebuild(until: deadline)
    case .changes(let batch):
      let changes = batch.records.map { record -> IndexKeeper.Change in
        record.dynamodb.new.map(IndexKeeper.Change.put) ?? .removed(record.dynamodb.keys)
      }
      summary = try await keeper.apply(changes, until: deadline)
    }
    if summary.embedderFailed {
      invocation.log.warn("embedder failed: passages are found by their words alone")
    }
    for id in summary.refused { invocation.log.warn("no passage", ["id": .string(id)]) }
    invocation.log.info(
      "indexed",
      [
        "passages": .integer(summary.passages), "vectors": .integer(summary.vectors),
        "removed": .integer(summary.removed), "segments": .integer(summary.segments),
      ])
    return Summary(
      batchItemFailures: [], passages: summary.passages, vectors: summary.vectors,
      removed: summary.removed, refused: summary.refused, segments: summary.segments)
  }
}
