import Agent

/// How documents are searched.
struct KnowledgeSettings: Sendable {
  /// Who turns texts into vectors.
  enum EmbedderName: String, CaseIterable {
    /// Nobody: search is by words alone.
    case lexical
    case titan
    case openai
    case gemini

    var standardModel: String {
      switch self {
      case .lexical: ""
      case .titan: "amazon.titan-embed-text-v2:0"
      case .openai: "text-embedding-3-small"
      case .gemini: "gemini-embedding-001"
      }
    }

    /// Version 1 of Titan's embeddings knows one length alone.
    func standardDimension(of model: String) -> Int {
      switch self {
      case .lexical: 0
      case .titan: model.contains("-v1") || model.contains("-g1-") ? 1_536 : 1_024
      case .openai, .gemini: 1_536
      }
    }
  }

  let embedder: EmbedderName
  let model: String
  let dimension: Int
  let nearness: Float
  let refresh: Duration
  /// A file of the package, relative to it; nil for none.
  let base: String?
  /// Makes the index anew; nil when nobody is to be asked.
  let indexFunction: String?

  init(_ read: SettingReader) throws(SettingError) {
    let name = try read.choice(.embedder, of: EmbedderName.allCases.map(\.rawValue))
    embedder = EmbedderName(rawValue: name) ?? .lexical
    let model = try read.text(.embeddingModel, 0...128)
    self.model = model.isEmpty ? embedder.standardModel : model
    let dimension = try read.whole(.embeddingDimensions, 0...4_096)
    guard dimension == 0 || dimension >= 8 else { throw read.refusal(.embeddingDimensions) }
    self.dimension = dimension > 0 ? dimension : embedder.standardDimension(of: self.model)
    nearness = Float(try read.number(.nearness, -1...1))
    refresh = .seconds(try read.whole(.knowledgeRefresh, 0...3_600))
    let base = try read.text(.knowledgeIndex, 0...256)
    self.base = base.isEmpty ? nil : base
    let function = try read.text(.indexFunction, 0...170)
    indexFunction = function.isEmpty ? nil : function
  }
}

extension Setting {
  static let embedder = Setting(
    name: "EMBEDDER", standard: "lexical", range: "lexical, titan, openai or gemini",
    meaning: "What documents are searched by besides words; `lexical`: words alone.")
  static let embeddingModel = Setting(
    name: "EMBEDDING_MODEL", standard: "", range: "up to 128 characters",
    meaning: "The embedder's model; empty: its usual one.")
  static let embeddingDimensions = Setting(
    name: "EMBEDDING_DIMENSIONS", standard: "0", range: "0, or a whole number from 8 to 4096",
    meaning: "Length of a vector; 0: the model's usual one.")
  static let nearness = Setting(
    name: "KNOWLEDGE_MIN_SIMILARITY", standard: "0.3", range: "a number from -1 to 1",
    meaning: "The least cosine at which a passage counts as found by meaning.")
  static let knowledgeRefresh = Setting(
    name: "KNOWLEDGE_REFRESH_SECONDS", standard: "2", range: "a whole number from 0 to 3600",
    meaning: "Seconds after which a turn looks for a newer index of the documents.")
  static let knowledgeIndex = Setting(
    name: "KNOWLEDGE_INDEX", standard: "", range: "up to 256 characters",
    meaning: "An index file in the package that documents begin with while the bucket has none.")
  static let indexFunction = Setting(
    name: "INDEX_FUNCTION", standard: "", range: "up to 170 characters",
    meaning: "The function that is asked to make a missing index anew; empty: nobody.")

  static let ofKnowledge = [
    embedder, embeddingModel, embeddingDimensions, nearness, knowledgeRefresh, knowledgeIndex,
    indexFunction,
  ]
}
