package import Cloud
import Crypto
package import Events

/// A tenant's documents, whole as people give them: cut into passages, listed, removed. The stream of
/// the table carries every change on to the index.
package struct Library: Sendable {
  /// A document to add.
  package struct Document: Sendable, Equatable {
    /// 1 to 200 letters, digits and `-_.:`; nil makes one of the source.
    package var id: String?
    package var source: String
    package var title: String
    package var text: String
    package var type: String
    package var tags: [String]
    /// The one user who may find it.
    package var owner: String?

    package init(
      id: String? = nil, source: String, title: String, text: String, type: String = "text",
      tags: [String] = [], owner: String? = nil
    ) {
      self.id = id
      self.source = source
      self.title = title
      self.text = text
      self.type = type
      self.tags = tags
      self.owner = owner
    }
  }

  /// A document that is there.
  package struct Entry: Sendable, Equatable {
    package var id: String
    package var source: String
    package var title: String
    package var type: String
    package var tags: [String]
    package var owner: String?
    package var passages: Int
    package var updatedAt: String
  }

  package enum Added: Sendable, Equatable {
    /// Passages without a vector get one from the index function, or are found by words alone.
    case added(passages: Int, vectors: Int)
    /// The very same document was there already.
    case unchanged(passages: Int)
  }

  package enum Problem: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(limit: Int)
    case badID
    case badField(String, limit: Int)
    case tooManyTags(limit: Int)
    package var description: String {
      switch self {
      case .empty: "there is no text"
      case .tooLong(let limit): "the text is longer than \(limit) characters"
      case .badID: "an id has 1 to 200 letters, digits and - _ . :"
      case .badField(let name, let limit): "\(name) has 1 to \(limit) characters, none of control"
      case .tooManyTags(let limit): "there are more than \(limit) tags"
      }
    }
  }

  static let longestText = 2_000_000
  private static let longestField = 512
  private static let mostTags = 20
  /// Texts that an embedder is given at once.
  private static let batch = 96

  private let store: Store
  private let table: String
  private let embedder: (any Embedder)?
  private let splitter: Splitter

  package init(
    store: Store, table: String, embedder: (any Embedder)?, splitter: Splitter = Splitter()
  ) {
    self.store = store
    self.table = table
    self.embedder = embedder
    self.splitter = splitter
  }

  private func catalog(_ tenant: String) -> String { ComposedKey.join("catalog", tenant) }

  // MARK: Adding

  /// Adds a document or puts it in the place of the one with its id. Repeating it changes nothing.
  ///
  /// At `deadline` no more vectors are waited for. `meter` counts what they take.
  package func add(
    _ document: Document, tenant: String, until deadline: ContinuousClock.Instant,
    meter: EmbeddingMeter = EmbeddingMeter()
  ) async throws -> (id: String, Added) {
    try check(document)
    let id = document.id ?? Self.id(of: document)
    let old = try await store.get(
      ["collection": .string(catalog(tenant)), "id": .string(id)], from: table)
    let digest = fingerprint(of: document)
    let before = old?["passages"]?.int ?? 0
    if old?["digest"]?.string == digest { return (id, .unchanged(passages: before)) }
    let passages = splitter.passages(of: document.text).map(String.init)
    let vectors = await vectors(of: passages, document, until: deadline) {
      meter.add($0, for: .ingestion(of: tenant))
    }
    let items = zip(passages, vectors).enumerated().map { number, part in
      item(number, part.0, part.1, of: document, id: id, tenant: tenant)
    }
    // The entry goes first without its digest: what an interruption leaves is seen and replaced.
    var entry = entryItem(document, id: id, tenant: tenant, passages: max(before, items.count))
    try await store.put(entry, into: table)
    try await store.put(items, into: table)
    try await removePassages(of: id, tenant: tenant, from: items.count, to: before)
    entry["passages"] = AttributeValue(items.count)
    entry["digest"] = .string(digest)
    try await store.put(entry, into: table)
    return (id, .added(passages: items.count, vectors: vectors.count { $0 != nil }))
  }

  /// Vectors as far as the embedder gives them in time: a document is found by its words until then.
  private func vectors(
    of passages: [String], _ document: Document, until deadline: ContinuousClock.Instant,
    count: @escaping @Sendable (Int) -> Void
  ) async -> [[Float]?] {
    guard let embedder else { return passages.map { _ in nil } }
    let texts = passages.map { "\(document.title)\n\($0)" }
    var vectors: [[Float]?] = []
    while ContinuousClock.now < deadline, vectors.count != texts.count {
      let part = Array(texts[vectors.count...].prefix(Self.batch))
      guard
        let made = try? await embedder.embed(part, for: .passage, until: deadline, count: count)
      else { break }
      vectors += made
    }
    return vectors + [[Float]?](repeating: nil, count: texts.count - vectors.count)
  }

  private func item(
    _ number: Int, _ text: String, _ vector: [Float]?, of document: Document, id: String,
    tenant: String
  ) -> Item {
    var item: Item = [
      "collection": .string(Documents.collection(of: tenant)),
      "id": .string(Self.passage(number, of: id)), "text": .string(text),
      "title": .string(document.title), "source": .string(document.source),
      "type": .string(document.type),
    ]
    if !document.tags.isEmpty { item["tags"] = .list(document.tags.map(AttributeValue.string)) }
    if let owner = document.owner { item["owner"] = .string(owner) }
    if let vector, let embedder {
      item.merge(Documents.attributes(vector, of: embedder.id)) { $1 }
    }
    return item
  }

  private func entryItem(
    _ document: Document, id: String, tenant: String, passages: Int
  ) -> Item {
    var item: Item = [
      "collection": .string(catalog(tenant)), "id": .string(id),
      "title": .string(document.title), "source": .string(document.source),
      "type": .string(document.type), "tags": .list(document.tags.map(AttributeValue.string)),
      "passages": AttributeValue(passages),
      "updatedAt": .string(Timestamp(milliseconds: WallClock.milliseconds()).iso),
    ]
    if let owner = document.owner { item["owner"] = .string(owner) }
    return item
  }

  /// `handbook.md#00003`: the number sorts as it counts.
  private static func passage(_ number: Int, of id: String) -> String {
    let digits = String(number)
    return "\(id)#\(String(repeating: "0", count: max(0, 5 - digits.utf8.count)))\(digits)"
  }

  // MARK: Checks

  private func check(_ document: Document) throws(Problem) {
    guard document.text.contains(where: { !$0.isWhitespace }) else { throw .empty }
    guard document.text.unicodeScalars.dropFirst(Self.longestText).isEmpty else {
      throw .tooLong(limit: Self.longestText)
    }
    if let id = document.id, !Self.isID(id) { throw .badID }
    guard document.tags.count <= Self.mostTags else { throw .tooManyTags(limit: Self.mostTags) }
    var fields = [
      ("source", document.source), ("title", document.title), ("type", document.type),
    ]
    fields += document.tags.map { ("tags", $0) }
    if let owner = document.owner { fields.append(("owner", owner)) }
    for (name, text) in fields {
      guard (1...Self.longestField).contains(text.unicodeScalars.count),
        text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
      else { throw .badField(name, limit: Self.longestField) }
    }
  }

  package static func isID(_ text: String) -> Bool {
    (1...200).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: true
        default: false
        }
      }
  }

  /// Documents of one source and owner are one document.
  private static func id(of document: Document) -> String {
    let digest = Fingerprint(of: [Array(document.source.utf8), Array((document.owner ?? "").utf8)])
    return "d-" + digest.text.prefix(24)
  }

  private func fingerprint(of document: Document) -> String {
    let parts = [
      "1", document.source, document.title, document.text, document.type, document.owner ?? "",
      embedder?.id.description ?? "", "\(splitter.size) \(splitter.overlap)",
    ]
    return Fingerprint(of: (parts + document.tags).map { Array($0.utf8) }).text
  }

  // MARK: Listing, removing

  /// A page of a tenant's documents by their ids.
  package func list(
    tenant: String, limit: Int, after: Item?
  ) async throws -> (entries: [Entry], next: Item?) {
    var query = Query(table, where: "collection", is: .string(catalog(tenant)))
    query.limit = limit
    query.start = after
    let page = try await store.query(query)
    return (page.items.compactMap(Entry.init), page.next)
  }

  /// Removes a document with its passages; false when there is none.
  package func remove(_ id: String, tenant: String) async throws -> Bool {
    let key: Item = ["collection": .string(catalog(tenant)), "id": .string(id)]
    guard let entry = try await store.get(key, from: table) else { return false }
    try await removePassages(of: id, tenant: tenant, from: 0, to: entry["passages"]?.int ?? 0)
    try await store.delete(key, from: table)
    return true
  }

  private func removePassages(
    of id: String, tenant: String, from first: Int, to end: Int
  ) async throws {
    guard first < end else { return }
    let keys = (first..<end).map { number -> BatchWrite in
      .delete(key: [
        "collection": .string(Documents.collection(of: tenant)),
        "id": .string(Self.passage(number, of: id)),
      ])
    }
    try await store.write(keys, in: table)
  }
}

extension Library.Entry {
  fileprivate init?(_ item: Item) {
    guard let id = item["id"]?.string, let source = item["source"]?.string else { return nil }
    self.init(
      id: id, source: source, title: item["title"]?.string ?? source,
      type: item["type"]?.string ?? "text",
      tags: item["tags"]?.list?.compactMap(\.string) ?? [], owner: item["owner"]?.string,
      passages: item["passages"]?.int ?? 0, updatedAt: item["updatedAt"]?.string ?? "")
  }
}
