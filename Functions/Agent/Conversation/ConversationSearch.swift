import Cloud
package import Events

/// A conversation in which something was found.
package struct SearchHit: Sendable, Equatable {
  package var conversation: ConversationID
  /// The answer of the turn; nil when the title was found.
  package var message: String?
  /// The piece of text around what was found.
  package var excerpt: String
  package var at: Timestamp
}

/// Words that all have to stand in a text, in any order; spellings that a reader takes for the same
/// are (width, case, marks). In scripts without blanks a word is found inside others.
package struct SearchWords: Sendable, Equatable {
  /// Unicode scalars of a search.
  package static let longest = 200
  private let words: [[Character]]

  /// Nil when there is nothing to look for.
  package init?(_ text: String) {
    words = text.unicodeScalars.prefix(Self.longest)
      .split(whereSeparator: { $0.properties.isWhitespace || $0 == "\u{3000}" })
      .map { Self.folded(Substring($0)).map(\.folded) }.filter { !$0.isEmpty }
    guard !words.isEmpty else { return nil }
  }

  /// The text around the first word, when all stand in one of the texts or spread over them.
  package func excerpt(from texts: [String]) -> String? {
    let folded = texts.map { Self.folded($0[...]) }
    var first: (text: Int, place: Int)?
    for word in words {
      var found: (Int, Int)?
      for (index, text) in folded.enumerated() where found == nil {
        if let place = Self.find(word, in: text) { found = (index, place) }
      }
      guard let found else { return nil }
      first = first ?? found
    }
    guard let first else { return nil }
    let characters = folded[first.text]
    let start = max(0, first.place - 40)
    let end = min(characters.count, first.place + 120)
    let piece = String(characters[start..<end].map(\.original))
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return (start > 0 ? "…" : "") + piece + (end < characters.count ? "…" : "")
  }

  private typealias Folded = (folded: Character, original: Character)

  private static func folded(_ text: Substring) -> [Folded] {
    text.map { original in
      let scalars = original.unicodeScalars.map { Folding.width(of: $0) }
      return (Folding.word(scalars).first ?? original, original)
    }
  }

  private static func find(_ word: [Character], in text: [Folded]) -> Int? {
    guard let head = word.first, text.count >= word.count else { return nil }
    for start in 0...(text.count - word.count) where text[start].folded == head {
      if zip(word, text[start...]).allSatisfy({ $0 == $1.folded }) { return start }
    }
    return nil
  }
}

extension StoredConversations {
  /// Pages of turns that one search reads (1 MB each at the most), and conversations for their titles.
  private static let mostPages = 5
  private static let mostTitles = 1_000
  /// The position behind all titles.
  private static let turnsBegin: Item = ["turns": 0]

  /// Looks through a person's own conversations, the newest first: titles, then what was said.
  ///
  /// One hit a conversation in a part. A search that has read enough stops there and says where to go
  /// on, also when it has found nothing yet.
  package func search(
    _ words: SearchWords, of caller: Caller, limit: Int, after: Item? = nil
  ) async throws -> Part<SearchHit> {
    var hits: [SearchHit] = []
    var seen: Set<ConversationID> = []
    if after == nil {
      let titles = try await conversations(ofOwner: caller.owner, limit: Self.mostTitles)
      for conversation in titles.elements where hits.count < limit {
        guard let excerpt = words.excerpt(from: [conversation.title]) else { continue }
        seen.insert(conversation.id)
        hits.append(
          SearchHit(
            conversation: conversation.id, message: nil, excerpt: excerpt,
            at: conversation.updatedAt))
      }
    }
    var query = Query(turns, index: "byOwner", where: "owner", is: .string(caller.owner))
    query.isAscending = false
    query.start = after == Self.turnsBegin ? nil : after
    guard hits.count < limit else { return Part(elements: hits, next: Self.turnsBegin) }
    for _ in 0..<Self.mostPages where hits.count < limit {
      let page = try await store.query(query)
      for item in page.items {
        guard let hit = try await hit(item, words, caller), !seen.contains(hit.conversation)
        else { continue }
        guard hits.count < limit else { return Part(elements: hits, next: query.start) }
        query.start = position(of: item)
        seen.insert(hit.conversation)
        hits.append(hit)
      }
      query.start = page.next
      if page.next == nil { break }
    }
    return Part(elements: hits, next: query.start)
  }

  /// Where a query of the index goes on behind an item: its keys in the index and in the table.
  private func position(of item: Item) -> Item {
    item.filter { ["owner", "answeredAt", "conversation", "number"].contains($0.key) }
  }

  private func hit(
    _ item: Item, _ words: SearchWords, _ caller: Caller
  ) async throws -> SearchHit? {
    guard let id = item["conversationId"]?.string.flatMap({ ConversationID($0) }),
      let question = item["question"]?.string, let answer = item["answer"]?.string,
      let at = item["answeredAt"]?.string.flatMap({ Timestamp(iso: $0) })
    else { return nil }
    var excerpt = words.excerpt(from: [question, answer])
    // Of a long turn the index has the beginning.
    let isCut = [question, answer].contains { $0.utf8.count > StoredTurn.preview - 4 }
    if excerpt == nil, isCut, let number = item["number"]?.int,
      let turn = try await turn(number, of: id, ofTenant: caller.tenant)
    {
      excerpt = words.excerpt(from: [turn.question, turn.answer])
    }
    return excerpt.map {
      SearchHit(conversation: id, message: item["message"]?.string, excerpt: $0, at: at)
    }
  }
}
