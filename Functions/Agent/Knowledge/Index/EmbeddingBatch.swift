import Events

/// Items of one tenant whose texts an embedder is given at once.
struct EmbeddingBatch: Sendable {
  /// Texts of a batch.
  static let most = 96

  let tenant: String?
  /// Of the items in their list.
  private(set) var places: [Int] = []
  private var texts: [String] = []

  /// Batches of the passages among these items, each of a single tenant, because that is who pays.
  static func list(
    _ items: [Item], where isWanted: (_ place: Int) -> Bool = { _ in true }
  ) -> [EmbeddingBatch] {
    var batches: [EmbeddingBatch] = []
    // The batch of each tenant that still has room.
    var open: [String?: Int] = [:]
    for (place, item) in items.enumerated() where isWanted(place) {
      guard let passage = Documents.passage(item) else { continue }
      if let number = open[passage.tenant], batches[number].places.count < most {
        batches[number].append(passage, at: place)
      } else {
        var batch = EmbeddingBatch(tenant: passage.tenant)
        batch.append(passage, at: place)
        open[passage.tenant] = batches.count
        batches.append(batch)
      }
    }
    return batches
  }

  private init(tenant: String?) { self.tenant = tenant }

  private mutating func append(_ passage: Passage, at place: Int) {
    places.append(place)
    texts.append(passage.textToEmbed)
  }

  /// A vector for each place.
  func vectors(
    by embedder: any Embedder, until deadline: ContinuousClock.Instant, _ meter: EmbeddingMeter
  ) async throws -> [[Float]] {
    let payer = Caller.ingestion(of: tenant ?? Documents.everybody)
    return try await embedder.embed(texts, for: .passage, until: deadline) {
      meter.add($0, for: payer)
    }
  }
}

extension Passage {
  /// What an embedder is given.
  package var textToEmbed: String { title.isEmpty ? text : "\(title)\n\(text)" }
}
