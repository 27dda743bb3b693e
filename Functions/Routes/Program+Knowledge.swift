import Agent
import Assistants
import Cloud
import Crypto
import Network

extension Program {
  /// Keys of the documents' index begin with this.
  static let documents = "documents"

  var documentIndex: IndexStore {
    IndexStore(
      Objects(client), bucket: settings.knowledgeBucket, prefix: Self.documents)
  }

  /// nil when search is by words alone.
  var embedder: (any Embedder)? {
    let (wanted, providers) = (settings.knowledge, providers)
    let (keys, places) = (providers.keys, providers.settings)
    switch wanted.embedder {
    case .lexical: return nil
    case .titan:
      return TitanEmbedder(Inference(client), model: wanted.model, dimension: wanted.dimension)
    case .openai:
      return HTTPEmbedder(
        .openAI, model: wanted.model, dimension: wanted.dimension, base: places.openAIBase,
        client: http
      ) { try await keys.key(.openAIKey) }
    case .gemini:
      return HTTPEmbedder(
        .gemini, model: wanted.model, dimension: wanted.dimension,
        base: places.geminiBase + "/v1beta", client: http
      ) { try await keys.key(.geminiKey) }
    }
  }

  var embeddingCharges: EmbeddingCharges {
    EmbeddingCharges(ledger: ledger, model: embedder?.id.name)
  }

  /// The tutor's own index and the documents', as turns search them.
  func sharedKnowledge() -> Knowledge {
    let sources = IndexSources(
      objects: Objects(client), bucket: settings.knowledgeBucket,
      ownKey: JapaneseIngestion.indexKey, documents: Self.documents,
      base: settings.knowledge.base.map { "\(taskRoot)/\($0)" }, ownInterval: settings.cacheTime,
      rebuild: rebuild)
    return Knowledge(checkEvery: settings.knowledge.refresh) { try await sources.load(unless: $0) }
  }

  /// Asks the index function to make the index anew.
  private var rebuild: @Sendable () async throws -> Void {
    { [invoker = Invoker(client), function = settings.knowledge.indexFunction] in
      guard let function else { return }
      try await invoker.send(Array(#"{"action":"rebuild"}"#.utf8), to: function)
    }
  }

  func indexDocuments() -> IndexDocuments {
    let embedder = embedder
    return IndexDocuments(
      keeper: IndexKeeper(
        store: store, table: settings.tables.knowledge, index: documentIndex, embedder: embedder),
      exchange: IndexExchange(
        store: store, table: settings.tables.knowledge, objects: Objects(client),
        bucket: settings.knowledgeBucket, index: documentIndex, embedder: embedder?.id),
      charges: embeddingCharges)
  }

  func knowledgeAdmin() -> KnowledgeAdmin {
    KnowledgeAdmin(
      tokens: tokens,
      library: Library(store: store, table: settings.tables.knowledge, embedder: embedder),
      retriever: Retriever(
        sharedKnowledge(), embedder: embedder, nearness: settings.knowledge.nearness),
      charges: embeddingCharges, secret: tokenSecret, rebuild: rebuild)
  }
}
