package import Cloud
import Events

/// Vectors of what a person has said and was told, for the search by meaning.
///
/// They stand in the table of what is remembered about people: sort key `~vector#CONVERSATION#00000012`,
/// behind everything else of a person, so that whoever reads that does not read these. Each says what
/// made it; those of another embedder are not looked at and make room when their turn comes.
package struct TurnVectors: Sendable {
  static let prefix = "~vector#"

  /// A turn's vector with what a search shows of the turn.
  struct Entry: Sendable, Equatable {
    var conversation: ConversationID
    var number: Int
    var message: String
    var excerpt: String
    var at: Timestamp
    var vector: [Float]
  }

  /// Pages of a person's vectors that one search reads, 1 MB each.
  private static let mostPages = 6

  let store: Store
  let table: String

  package init(_ store: Store, table: String) {
    self.store = store
    self.table = table
  }

  /// A person's vectors of one embedder.
  func entries(of caller: Caller, by embedder: EmbedderID) async throws -> [Entry] {
    var query = query(caller, Self.prefix)
    var found: [Entry] = []
    for _ in 0..<Self.mostPages {
      let page = try await store.query(query)
      found += page.items.compactMap { Entry($0, embedder) }
      query.start = page.next
      if page.next == nil { break }
    }
    return found
  }

  func put(_ entries: [Entry], of caller: Caller, by embedder: EmbedderID) async throws {
    try await store.put(
      entries.map { entry in
        var item = Documents.attributes(entry.vector, of: embedder)
        item["owner"] = .string(caller.owner)
        item["entry"] = .string(Self.key(entry.conversation, entry.number))
        item["conversationId"] = .string(entry.conversation.text)
        item["number"] = AttributeValue(entry.number)
        item["message"] = .string(entry.message)
        item["excerpt"] = .string(entry.excerpt)
        item["at"] = .string(entry.at.iso)
        return item
      }, into: table)
  }

  /// Forgets those of one conversation, or all of a person's.
  package func remove(
    of caller: Caller, conversation: ConversationID? = nil
  ) async throws {
    var query = query(caller, Self.prefix + (conversation.map { "\($0.text)#" } ?? ""))
    query.isConsistent = true
    query.attributes = ["owner", "entry"]
    repeat {
      let page = try await store.query(query)
      try await store.write(page.items.map { BatchWrite.delete(key: $0) }, in: table)
      query.start = page.next
    } while query.start != nil
  }

  private func query(_ caller: Caller, _ prefix: String) -> Query {
    var query = Query(table, where: "owner", is: .string(caller.owner))
    query.sort = ("entry", .beginsWith(prefix))
    return query
  }

  /// A conversation's name has no "#"; numbers have eight digits.
  private static func key(_ conversation: ConversationID, _ number: Int) -> String {
    let digits = String(number)
    let padding = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
    return "\(prefix)\(conversation.text)#\(padding)\(digits)"
  }
}

extension TurnVectors.Entry {
  /// Nil for an item of another embedder.
  fileprivate init?(_ item: Item, _ embedder: EmbedderID) {
    guard let vector = Documents.vector(item, of: embedder),
      let conversation = item["conversationId"]?.string.flatMap({ ConversationID($0) }),
      let number = item["number"]?.int, let message = item["message"]?.string,
      let at = item["at"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    self.init(
      conversation: conversation, number: number, message: message,
      excerpt: item["excerpt"]?.string ?? "", at: at, vector: vector)
  }
}
