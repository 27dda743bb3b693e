import Agent
import Events
import LambdaRuntime

/// `index`: keeps the documents' index what the knowledge table is.
///
/// Takes batches of the table's stream. `{"action":"rebuild"}` makes the index anew from the table;
/// `{"action":"export"}` and `{"action":"import"}` exchange it with other programs as a file of FAISS
/// (``IndexExchange``).
/// Taking a batch twice does no harm. A batch that fails is delivered again as a whole: the index is
/// changed by one write of its manifest or not at all.
struct IndexDocuments: Handler {
  /// What is left for the answer.
  private static let reserve = Duration.seconds(2)

  /// Where files are exchanged unless the event says otherwise.
  fileprivate static let exchangePrefix = "documents/exchange"

  let keeper: IndexKeeper
  let exchange: IndexExchange
  let charges: EmbeddingCharges

  enum Event: Decodable {
    case changes(StreamEvent)
    case rebuild
    case export(to: String, as: FAISSFile.Storage)
    case `import`(from: String)

    private enum CodingKeys: String, CodingKey {
      case records = "Records"
      case action
      case prefix
      case storage
    }

    private static let storages: [String: FAISSFile.Storage] = [
      "flat": .flat, "bytes": .bytes, "halves": .halves,
    ]

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      if members.contains(.records) {
        self = .changes(try StreamEvent(from: decoder))
        return
      }
      let prefix =
        try members.decodeIfPresent(String.self, forKey: .prefix) ?? IndexDocuments.exchangePrefix
      guard prefix.hasPrefix("documents/"), !prefix.hasSuffix("/"), prefix.utf8.count <= 512 else {
        throw DecodingError.dataCorruptedError(
          forKey: .prefix, in: members, debugDescription: "a prefix begins with documents/")
      }
      switch try members.decode(String.self, forKey: .action) {
      case "rebuild": self = .rebuild
      case "import": self = .import(from: prefix)
      case "export":
        let name = try members.decodeIfPresent(String.self, forKey: .storage) ?? "flat"
        guard let storage = Self.storages[name] else {
          throw DecodingError.dataCorruptedError(
            forKey: .storage, in: members, debugDescription: "there are flat, halves and bytes")
        }
        self = .export(to: prefix, as: storage)
      default:
        throw DecodingError.dataCorruptedError(
          forKey: .action, in: members, debugDescription: "there are rebuild, export and import")
      }
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
    case .rebuild:
      summary = try await charges.counted(invocation) {
        try await keeper.rebuild(until: deadline, meter: $0)
      }
    case .changes(let batch):
      let changes = batch.records.map { record -> IndexKeeper.Change in
        record.dynamodb.new.map(IndexKeeper.Change.put) ?? .removed(record.dynamodb.keys)
      }
      summary = try await charges.counted(invocation) {
        try await keeper.apply(changes, until: deadline, meter: $0)
      }
    case .export(let prefix, let storage):
      summary = IndexKeeper.Summary(exchanged: try await exchange.export(to: prefix, as: storage))
    case .import(let prefix):
      summary = IndexKeeper.Summary(exchanged: try await exchange.import(from: prefix))
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
