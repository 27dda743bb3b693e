import Cloud
import Crypto
import Events
import Network
import Server
import Services
import Storage
import Support
import Synchronization
import Template

@testable import Agent

/// What documents need of a cloud: the knowledge table and a bucket, the emulator's own.
struct KnowledgeCloud: Sendable {
  static let table = "martlet-knowledge"
  static let bucket = "martlet-knowledge"

  let store: Store
  let objects: Objects

  var index: IndexStore { IndexStore(objects, bucket: Self.bucket, prefix: "documents") }

  func keeper(_ embedder: (any Embedder)? = nil) -> IndexKeeper {
    IndexKeeper(store: store, table: Self.table, index: index, embedder: embedder)
  }

  func library(_ embedder: (any Embedder)? = nil) -> Library {
    Library(store: store, table: Self.table, embedder: embedder)
  }

  /// What turns search: no words of an assistant's own, only the documents.
  func sources(
    base: String? = nil, rebuild: @escaping @Sendable () async throws -> Void = {}
  ) -> IndexSources {
    IndexSources(
      objects: objects, bucket: Self.bucket, ownKey: "own/index", documents: "documents",
      base: base, ownInterval: .zero, rebuild: rebuild)
  }

  func knowledge(_ sources: IndexSources) -> Knowledge {
    Knowledge(checkEvery: .zero) { try await sources.load(unless: $0) }
  }

  func item(_ id: String, _ text: String, tenant: String = "acme", _ more: Item = [:]) -> Item {
    let item: Item = [
      "collection": .string(Documents.collection(of: tenant)), "id": .string(id),
      "text": .string(text),
    ]
    return item.merging(more) { $1 }
  }

  /// Puts an item into the table and takes it over, as the stream does.
  func put(_ item: Item, _ embedder: (any Embedder)? = nil) async throws -> IndexKeeper.Summary {
    try await store.put(item, into: Self.table)
    return try await keeper(embedder).apply([.put(item)], until: .now + .seconds(20))
  }

  /// What somebody finds by words.
  func found(
    _ question: String, user: String = "ana", tenant: String = "acme"
  ) async throws -> [String] {
    let manifest = try await index.manifest()?.manifest ?? IndexManifest()
    let caller = Caller(user: user, tenant: tenant)
    return try await index.index(manifest.segments).search(
      question, limit: 10, filter: PassageFilter(tenant: caller.tenant, owner: caller.owner)
    ).map(\.passage.id)
  }
}

/// Runs a body with such a cloud.
func withKnowledgeCloud(_ body: @Sendable (KnowledgeCloud) async throws -> Void) async throws {
  let application = try Application(
    template: Project.bytes("template.json"), file: "template.json")
  let database = try Database(":memory:")
  let tables = try await DynamoDB(database)
  let buckets = try await S3(database, folder: nil)
  try await tables.create(tables: application.tables)
  try await buckets.create(buckets: application.buckets)
  let loop = try EventLoop()
  let server = try await HTTPServer.start(on: loop) { request in
    .response(
      request.headers["x-amz-target"] == nil
        ? await buckets.answer(request) : await tables.answer(request))
  }
  let settings = CloudSettings(environment: [
    "AWS_ENDPOINT_URL": "http://127.0.0.1:\(server.port)", "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
  ])
  let client = CloudClient(settings, http: HTTPClient())
  var failure: (any Error)?
  do {
    try await body(KnowledgeCloud(store: Store(client), objects: Objects(client)))
  } catch {
    failure = error
  }
  await server.stop(within: .milliseconds(500))
  loop.end()
  if let failure { throw failure }
}

/// An embedder that knows a few topics by their words; it can fail.
final class TopicEmbedder: Embedder {
  struct Down: Error {}

  /// What it says that any text takes.
  static let tokensOfText = 7

  let id: EmbedderID
  private let state = Mutex((isDown: false, texts: 0))

  init(version: String = "1") {
    id = EmbedderID(name: "test/topics", version: version, dimension: 8)
  }

  var isDown: Bool {
    get { state.withLock { $0.isDown } }
    set { state.withLock { $0.isDown = newValue } }
  }

  /// How many texts were embedded so far.
  var texts: Int { state.withLock { $0.texts } }

  private static let topics = [
    ["dog", "puppy", "hound"], ["car", "automobile"], ["soup", "broth"],
  ]

  func embed(
    _ texts: [String], for purpose: EmbeddingPurpose, until deadline: ContinuousClock.Instant,
    count: @escaping @Sendable (_ tokens: Int) -> Void
  ) async throws -> [[Float]] {
    try state.withLock { state in
      guard !state.isDown else { throw Down() }
      state.texts += texts.count
    }
    count(texts.count * Self.tokensOfText)
    return texts.map { text in
      var vector = [Float](repeating: 0.01, count: id.dimension)
      for (place, words) in Self.topics.enumerated()
      where words.contains(where: { text.lowercased().contains($0) }) {
        vector[place] = 1
      }
      return vector
    }
  }
}
