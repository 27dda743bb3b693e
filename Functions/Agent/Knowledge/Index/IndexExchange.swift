package import Cloud
import Events
import JSON

/// The documents' vectors as files of FAISS, for jobs that other programs do: out of the index, and into
/// the table.
///
/// Two objects below a prefix. `index.faiss` holds vectors with row numbers as ids; `passages.jsonl` says
/// in a line what each row is: `{"row", "id", "tenant", "owner", "source", "title", "type", "tags",
/// "text"}`, of which `row`, `id` and `text` are needed.
package struct IndexExchange: Sendable {
  package enum Problem: Error, Equatable, CustomStringConvertible {
    /// Nobody made the vectors, or nobody could search them.
    case noEmbedder
    case absent(key: String)
    case file(FAISSFile.Problem)
    case otherDimension(Int, expected: Int)
    case line(Int, String)

    package var description: String {
      switch self {
      case .noEmbedder: "EMBEDDER is lexical: there are no vectors"
      case .absent(let key): "there is no object \(key)"
      case .file(let problem): "index.faiss cannot be read: \(problem)"
      case .otherDimension(let given, let expected):
        "the vectors have \(given) elements, those of the embedder \(expected)"
      case .line(let number, let reason): "passages.jsonl, line \(number): \(reason)"
      }
    }
  }

  private let store: Store
  private let table: String
  private let objects: Objects
  private let bucket: String
  private let index: IndexStore
  private let embedder: EmbedderID?

  package init(
    store: Store, table: String, objects: Objects, bucket: String, index: IndexStore,
    embedder: EmbedderID?
  ) {
    self.store = store
    self.table = table
    self.objects = objects
    self.bucket = bucket
    self.index = index
    self.embedder = embedder
  }

  private func keys(_ prefix: String) -> (index: String, passages: String) {
    ("\(prefix)/index.faiss", "\(prefix)/passages.jsonl")
  }

  // MARK: Out

  /// Writes all that can be found and has a vector of today's embedder; how many passages.
  package func export(to prefix: String, as storage: FAISSFile.Storage) async throws -> Int {
    guard let embedder else { throw Problem.noEmbedder }
    let manifest = try await index.manifest()?.manifest ?? IndexManifest()
    var vectors: [[Float]] = []
    var lines: [UInt8] = []
    for (passage, vector) in try await index.index(manifest.segments).everything(of: embedder) {
      guard let vector else { continue }
      lines += Self.line(vectors.count, passage).encoded() + [UInt8(ascii: "\n")]
      vectors.append(vector)
    }
    let file = FAISSFile(
      dimension: embedder.dimension, vectors: vectors, ids: vectors.indices.map(Int64.init))
    let keys = keys(prefix)
    try await objects.put(file.encoded(as: storage), as: keys.index, in: bucket)
    try await objects.put(
      lines, as: keys.passages, in: bucket, contentType: "application/x-ndjson")
    return vectors.count
  }

  private static func line(_ row: Int, _ passage: Passage) -> JSONValue {
    var line: JSONObject = [
      "row": .int(row), "source": .string(passage.source), "title": .string(passage.title),
      "type": .string(passage.type), "tags": .array(passage.tags.map(JSONValue.string)),
      "text": .string(passage.text),
    ]
    line["id"] = .string(Documents.itemID(of: passage))
    if let tenant = passage.tenant { line["tenant"] = .string(tenant) }
    if let owner = passage.owner.flatMap(Caller.user(ofOwner:)) { line["owner"] = .string(owner) }
    return .object(line)
  }

  // MARK: In

  /// Writes a row for each line into the table, from where the stream takes it to the index; how many.
  /// Nothing is written when a line is wrong.
  package func `import`(from prefix: String) async throws -> Int {
    guard let embedder else { throw Problem.noEmbedder }
    let keys = keys(prefix)
    let file: FAISSFile
    let contents = try await bytes(keys.index)
    do throws(FAISSFile.Problem) {
      file = try FAISSFile(contents)
    } catch {
      throw Problem.file(error)
    }
    guard file.dimension == embedder.dimension else {
      throw Problem.otherDimension(file.dimension, expected: embedder.dimension)
    }
    var places: [Int: Int] = [:]
    for place in file.vectors.indices { places[file.ids.map { Int($0[place]) } ?? place] = place }
    var items: [Item] = []
    let lines = try await bytes(keys.passages).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.isEmpty {
      do {
        let value = try JSONValue(parsing: Array(line))
        guard let place = value["row"]?.int.flatMap({ places[$0] }) else {
          throw Problem.line(number + 1, "the index has no such row")
        }
        items.append(try item(value, file.vectors[place], of: embedder, line: number + 1))
      } catch let error as JSONError {
        throw Problem.line(number + 1, "\(error)")
      }
    }
    try await store.put(items, into: table)
    return items.count
  }

  private func bytes(_ key: String) async throws -> [UInt8] {
    guard case .object(let object) = try await objects.get(key, from: bucket) else {
      throw Problem.absent(key: key)
    }
    return object.bytes
  }

  private func item(
    _ value: JSONValue, _ vector: [Float], of embedder: EmbedderID, line: Int
  ) throws(Problem) -> Item {
    guard let id = value["id"]?.string, (1...1_024).contains(id.utf8.count) else {
      throw .line(line, "id has 1 to 1024 bytes")
    }
    let tenant = value["tenant"]?.string
    var item: Item = [
      "collection": .string(tenant.map(Documents.collection(of:)) ?? Documents.collection),
      "id": .string(id), "text": .string(value["text"]?.string ?? ""),
    ]
    for name in ["source", "title", "type", "owner"] {
      if let text = value[name]?.string { item[name] = .string(text) }
    }
    if let tags = value["tags"]?.array {
      item["tags"] = .list(tags.compactMap { $0.string.map(AttributeValue.string) })
    }
    item.merge(Documents.attributes(vector, of: embedder)) { $1 }
    guard Documents.passage(item) != nil else {
      throw .line(line, "a passage has a text, and an owner only with a tenant")
    }
    return item
  }
}
