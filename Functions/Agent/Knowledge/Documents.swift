import Cloud
package import Events

/// Documents as items of the knowledge table: the form in which people add their own.
///
/// Partition key `collection`: `documents` for everybody's, `documents#TENANT` for a tenant's. Sort
/// key `id`. Attributes: `text` (needed), `title`, `source`, `type`, `tags` (a list or set), `owner` (a
/// user's name; only in a tenant's collection), and `vector` (little-endian 32-bit floats) with
/// `embedder`, which says what made it.
package enum Documents {
  package static let collection = "documents"
  /// The tenant in whose account everybody's documents are embedded: that of whoever names none.
  static let everybody = "default"
  /// Characters of a passage; what is longer is cut, for a prompt holds no books.
  static let longestPassage = 8_000

  package static func collection(of tenant: String) -> String {
    ComposedKey.join(collection, tenant)
  }

  /// Whether a collection's items are passages.
  package static func holds(_ collection: String) -> Bool { tenant(of: collection) != nil }

  /// The tenant of a collection: nil inside for everybody's, nil outside for one of other items.
  private static func tenant(of collection: String) -> String?? {
    let parts = ComposedKey.split(collection)
    guard parts.first == Self.collection else { return nil }
    switch parts.count {
    case 1: return .some(nil)
    case 2 where !parts[1].isEmpty: return .some(parts[1])
    default: return nil
    }
  }

  /// The id of an item's passage: no two items share one.
  package static func passageID(_ key: Item) -> String? {
    guard let collection = key["collection"]?.string, holds(collection),
      let id = key["id"]?.string
    else { return nil }
    return "\(collection)/\(id)"
  }

  /// Whether a passage with this id may be one that somebody of this tenant finds.
  static func concerns(_ passageID: String, _ tenant: String) -> Bool {
    guard passageID.hasPrefix(collection + "#") else { return true }
    return passageID.hasPrefix(collection(of: tenant) + "/")
  }

  /// The sort key of a passage's item.
  static func itemID(of passage: Passage) -> String {
    let collection = passage.tenant.map(collection(of:)) ?? collection
    let prefix = "\(collection)/"
    return passage.id.hasPrefix(prefix) ? String(passage.id.dropFirst(prefix.count)) : passage.id
  }

  /// The passage of an item; nil for an item that is none: without text, or with an owner in
  /// everybody's collection.
  package static func passage(_ item: Item) -> Passage? {
    guard let id = passageID(item), let collection = item["collection"]?.string,
      let tenant = tenant(of: collection), let text = item["text"]?.string,
      text.contains(where: { !$0.isWhitespace })
    else { return nil }
    var owner: String?
    if let user = item["owner"]?.string {
      guard let tenant else { return nil }
      owner = Caller.owner(user: user, tenant: tenant)
    }
    let name = item["id"]?.string ?? id
    let tags = item["tags"]?.list?.compactMap(\.string) ?? item["tags"]?.stringSet?.sorted() ?? []
    return Passage(
      id: id, source: item["source"]?.string ?? name, title: item["title"]?.string ?? name,
      text: String(text.prefix(longestPassage)), type: item["type"]?.string ?? "text", tags: tags,
      tenant: tenant, owner: owner)
  }

  /// The item's vector, when this embedder made it.
  package static func vector(_ item: Item, of embedder: EmbedderID) -> [Float]? {
    guard item["embedder"]?.string == embedder.description,
      let bytes = item["vector"]?.binary, bytes.count == embedder.dimension * 4
    else { return nil }
    return bytes.withUnsafeBytes { raw in
      (0..<embedder.dimension).compactMap {
        raw.number(at: $0 * 4, as: UInt32.self).map(Float.init(bitPattern:))
      }
    }
  }

  /// `vector` and `embedder` of an item.
  package static func attributes(_ vector: [Float], of embedder: EmbedderID) -> Item {
    var bytes: [UInt8] = []
    for value in vector { bytes.appendLittleEndian(value.bitPattern) }
    return ["vector": .binary(bytes), "embedder": .string(embedder.description)]
  }
}
