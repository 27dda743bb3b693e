package import Cloud
package import Events

/// Keeps the documents' index what the knowledge table is: takes over changes, puts segments together,
/// and makes it anew from the table.
package struct IndexKeeper: Sendable {
  /// A change of one item.
  package enum Change: Sendable {
    case put(Item)
    /// By its key.
    case removed(Item)
  }

  package struct Summary: Sendable, Equatable {
    /// Passages taken over, and of those the ones with a vector.
    package var passages = 0
    package var vectors = 0
    package var removed = 0
    /// Items of the documents that are no passages, by their ids.
    package var refused: [String] = []
    package var segments = 0
    /// The embedder failed: passages without a stored vector are found by their words alone.
    package var embedderFailed = false

    package init(
      passages: Int = 0, vectors: Int = 0, removed: Int = 0, refused: [String] = [],
      segments: Int = 0, embedderFailed: Bool = false
    ) {
      self.passages = passages
      self.vectors = vectors
      self.removed = removed
      self.refused = refused
      self.segments = segments
      self.embedderFailed = embedderFailed
    }

    /// Of an exchange: every passage with its vector.
    package init(exchanged count: Int) { self.init(passages: count, vectors: count) }
  }

  private static let pageLimit = 500

  private let store: Store
  private let table: String
  private let index: IndexStore
  private let embedder: (any Embedder)?

  package init(store: Store, table: String, index: IndexStore, embedder: (any Embedder)?) {
    self.store = store
    self.table = table
    self.index = index
    self.embedder = embedder
  }

  /// Takes over changes, the last of each item; repeating them does no harm. `meter` counts what vectors
  /// take.
  package func apply(
    _ changes: [Change], until deadline: ContinuousClock.Instant,
    meter: EmbeddingMeter = EmbeddingMeter()
  ) async throws -> Summary {
    var items: [String: Item] = [:]
    var order: [String] = []
    var seen: Set<String> = []
    var summary = Summary()
    var removed: Set<String> = []
    for change in changes {
      let (key, item): (Item, Item?) =
        switch change {
        case .put(let item): (item, item)
        case .removed(let key): (key, nil)
        }
      guard let id = Documents.passageID(key) else { continue }
      if seen.insert(id).inserted { order.append(id) }
      items[id] = item
      if item == nil { removed.insert(id) } else { removed.remove(id) }
    }
    var wanted: [Item] = []
    for id in order {
      guard let item = items[id] else { continue }
      if Documents.passage(item) != nil {
        wanted.append(item)
      } else {
        summary.refused.append(id)
        removed.insert(id)
      }
    }
    var builder = SegmentBuilder(embedder: embedder?.id)
    try await add(wanted, to: &builder, &summary, deadline, meter)
    for id in removed { builder.remove(id) }
    summary.removed = removed.count
    guard !builder.isEmpty else { return summary }
    let manifest = try await index.append(builder.file())
    summary.segments = try await compactIfNeeded(manifest).segments.count
    return summary
  }

  /// Makes the index anew from all items of the table: first with the vectors that they have, so that
  /// everything is found soon, then the items get the vectors that they lack; the stream brings those.
  ///
  /// What the deadline cuts off the next rebuild goes on with. `meter` counts what vectors take.
  package func rebuild(
    until deadline: ContinuousClock.Instant, meter: EmbeddingMeter = EmbeddingMeter()
  ) async throws -> Summary {
    guard let before = try await index.manifest() else { return Summary() }
    var summary = Summary()
    var builder = SegmentBuilder(embedder: embedder?.id)
    try await eachPage(of: scan, until: deadline) { items in
      for item in items {
        guard let passage = Documents.passage(item) else {
          if let id = Documents.passageID(item) { summary.refused.append(id) }
          continue
        }
        let vector = embedder.flatMap { Documents.vector(item, of: $0.id) }
        if try builder.add(passage, vector: vector) { summary.vectors += 1 }
        summary.passages += 1
      }
    }
    let manifest = try await index.replace(before.manifest.segments, by: builder.file())
    summary.segments = manifest.segments.count
    if summary.vectors < summary.passages { try await embedItems(&summary, deadline, meter) }
    return summary
  }

  private var scan: Scan {
    var scan = Scan(table)
    scan.filter = .beginsWith("collection", Documents.collection)
    scan.isConsistent = true
    scan.limit = Self.pageLimit
    return scan
  }

  private func eachPage(
    of scan: Scan, until deadline: ContinuousClock.Instant, _ body: ([Item]) async throws -> Void
  ) async throws {
    var scan = scan
    repeat {
      let page = try await store.until(deadline).scan(scan)
      try await body(page.items)
      scan.start = page.next
    } while scan.start != nil
  }

  /// Gives items without a vector of this embedder one, unless their text changes meanwhile.
  private func embedItems(
    _ summary: inout Summary, _ deadline: ContinuousClock.Instant, _ meter: EmbeddingMeter
  ) async throws {
    guard let embedder else { return }
    var scan = scan
    scan.filter = .all([
      .beginsWith("collection", Documents.collection),
      .any([.absent("embedder"), .differs("embedder", .string(embedder.id.description))]),
    ])
    do {
      try await eachPage(of: scan, until: deadline) { items in
        for batch in EmbeddingBatch.list(items) {
          let vectors = try await batch.vectors(by: embedder, until: deadline, meter)
          for (place, vector) in zip(batch.places, vectors) {
            try await give(vector, of: embedder.id, to: items[place])
            summary.vectors += 1
          }
        }
      }
    } catch {
      summary.embedderFailed = true
    }
  }

  private func give(
    _ vector: [Float], of embedder: EmbedderID, to item: Item
  ) async throws {
    guard let collection = item["collection"], let id = item["id"], let text = item["text"] else {
      return
    }
    let changes = Documents.attributes(vector, of: embedder).map { name, value in
      Cloud.Change.set(AttributePath(name), value)
    }
    do throws(StoreError) {
      try await store.update(
        ["collection": collection, "id": id], in: table, changes, if: .equals("text", text))
    } catch {
      // Of a newer text the stream tells.
      guard case .conditionFailed = error else { throw error }
    }
  }

  /// Puts segments together where it is time. What another writer did meanwhile stands.
  private func compactIfNeeded(_ manifest: IndexManifest) async throws -> IndexManifest {
    guard let compaction = manifest.compaction else { return manifest }
    let old = compaction == .all ? manifest.segments : Array(manifest.segments.dropFirst())
    let file = try await index.index(old).compacted(
      for: embedder?.id, keepingMarks: compaction == .later)
    do {
      return try await index.replace(old, by: file)
    } catch IndexError.changedMeanwhile {
      return manifest
    }
  }

  private func add(
    _ items: [Item], to builder: inout SegmentBuilder, _ summary: inout Summary,
    _ deadline: ContinuousClock.Instant, _ meter: EmbeddingMeter
  ) async throws {
    let vectors = await vectors(of: items, &summary, deadline, meter)
    for (item, vector) in zip(items, vectors) {
      guard let passage = Documents.passage(item) else { continue }
      if try builder.add(passage, vector: vector) { summary.vectors += 1 }
      summary.passages += 1
    }
  }

  /// The stored vectors, and those that the embedder makes for the rest.
  private func vectors(
    of items: [Item], _ summary: inout Summary, _ deadline: ContinuousClock.Instant,
    _ meter: EmbeddingMeter
  ) async -> [[Float]?] {
    guard let embedder else { return items.map { _ in nil } }
    var vectors = items.map { Documents.vector($0, of: embedder.id) }
    do {
      for batch in EmbeddingBatch.list(items, where: { vectors[$0] == nil }) {
        let made = try await batch.vectors(by: embedder, until: deadline, meter)
        for (place, vector) in zip(batch.places, made) { vectors[place] = vector }
      }
    } catch {
      summary.embedderFailed = true
    }
    return vectors
  }
}
