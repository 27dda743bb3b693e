package import Agent
import Events
import JSON

/// What the tutor's model may look up.
package struct JapaneseTools: Sendable {
  package static let names = [
    "get_word_details", "get_kanji_details", "get_sentence_details", "search_words",
  ]

  private let table: any KnowledgeTable
  private let knowledge: Knowledge

  package init(table: any KnowledgeTable, knowledge: Knowledge) {
    self.table = table
    self.knowledge = knowledge
  }

  package var all: [Tool] { [wordDetails, kanjiDetails, sentenceDetails, searchWords] }

  // MARK: Declarations

  private static let word = Argument.text(
    "word", "A Japanese word in dictionary form, in kanji or kana, such as 食べる.", length: 1...40)
  private static let kanji = Argument.text("kanji", "A single kanji, such as 語.", length: 1...1)
  private static let sentenceWord = Argument.text(
    "word", "The Japanese word or kanji to be in the sentence, such as 猫.", length: 1...100)
  private static let sentenceLimit = Argument<Int>.whole(
    "limit", "How many sentences at most.", 1...10, standard: 3)
  private static let query = Argument.text(
    "query", "What the words are about, in English, or a reading in kana.", length: 1...200)
  private static let level = Argument<String?>.choice(
    "level", "Only words of this JLPT level.", of: ["N5", "N4", "N3", "N2", "N1"])
  private static let wordLimit = Argument<Int>.whole(
    "limit", "How many words at most.", 1...20, standard: 5)

  private var wordDetails: Tool {
    Tool(
      name: Self.names[0],
      description: """
        Looks up one Japanese word in the dictionary: what it means in English, its reading in \
        kana, and its JLPT level.
        """,
      arguments: [Self.word], isRemembered: true
    ) { call in try await details(ofWord: call[Self.word], for: call.caller) }
  }

  private var kanjiDetails: Tool {
    Tool(
      name: Self.names[1],
      description: """
        Looks up one kanji: its number of strokes, meanings, on and kun readings, JLPT level and \
        school grade.
        """,
      arguments: [Self.kanji], isRemembered: true
    ) { call in try await details(ofKanji: call[Self.kanji]) }
  }

  private var sentenceDetails: Tool {
    Tool(
      name: Self.names[2],
      description: """
        Finds example sentences in Japanese, with their English translation, that contain a given \
        word or kanji.
        """,
      arguments: [Self.sentenceWord, Self.sentenceLimit], isRemembered: true
    ) { call in
      try await sentences(
        with: call[Self.sentenceWord], limit: call[Self.sentenceLimit], for: call.caller)
    }
  }

  private var searchWords: Tool {
    Tool(
      name: Self.names[3],
      description: """
        Searches the vocabulary list for Japanese words by English meaning, topic or reading, for \
        questions such as "how do you say to swim" or "words about food".
        """,
      arguments: [Self.query, Self.level, Self.wordLimit], isRemembered: true
    ) { call in
      try await words(
        about: call[Self.query], level: call[Self.level], limit: call[Self.wordLimit],
        for: call.caller)
    }
  }

  // MARK: Looking up

  private func details(ofWord word: String, for caller: Caller) async throws -> ToolResult {
    let word = word.filter { !$0.isWhitespace && $0 != "～" }
    let items = try await table.items(in: Word.collection, startingWith: "\(word)#", limit: 10)
    var found = items.compactMap { Word($0) }
    var similar: [LexicalIndex.Hit] = []
    if found.isEmpty {
      similar = try await hits(word, type: "word", limit: 100, for: caller)
      let same = similar.filter { $0.passage.tags.contains(word) }.prefix(10)
      found = try await entries(of: same, in: Word.collection) { Word($0) }
    }
    guard !found.isEmpty else {
      let forms = similar.prefix(5).map(\.passage.title).joined(separator: ", ")
      throw ToolError(
        .notFound,
        "there is no word \(word) in the list" + (forms.isEmpty ? "" : "; similar: \(forms)"))
    }
    return result("words", found)
  }

  private func details(ofKanji character: String) async throws -> ToolResult {
    guard let item = try await table.item(character, in: Kanji.collection), let kanji = Kanji(item)
    else { throw ToolError(.notFound, "\(character) is not among the jōyō kanji") }
    return ToolResult(kanji.content, sources: [kanji.source])
  }

  private func sentences(
    with word: String, limit: Int, for caller: Caller
  ) async throws -> ToolResult {
    let hits = try await hits(word, type: "sentence", limit: 50, for: caller)
    let isEnglish = word.utf8.allSatisfy { $0 < 0x80 }
    let containing = hits.filter { hit in
      hit.passage.title.contains(word) || (isEnglish && hit.share > 0.9)
    }
    let found = try await entries(of: containing.prefix(limit), in: Sentence.collection) {
      Sentence($0)
    }
    guard !found.isEmpty else {
      throw ToolError(.notFound, "there is no sentence with \(word) among the examples")
    }
    return result("sentences", found)
  }

  private func words(
    about query: String, level: String?, limit: Int, for caller: Caller
  ) async throws -> ToolResult {
    let hits = try await hits(query, type: "word", limit: 200, for: caller)
      .filter { level == nil || $0.passage.tags.contains(level ?? "") }
    let words = try await entries(of: hits.prefix(limit), in: Word.collection) { Word($0) }
    guard !words.isEmpty else { throw ToolError(.notFound, "no word in the list fits") }
    return result("words", words)
  }

  /// The items behind hits, fetched side by side, in the order of the hits.
  private func entries<E: Entry>(
    of hits: ArraySlice<LexicalIndex.Hit>, in collection: String,
    _ read: @escaping @Sendable (Item) -> E?
  ) async throws -> [E] {
    try await withThrowingTaskGroup(of: (Int, E?).self) { group in
      for (place, hit) in zip(hits.indices, hits) {
        group.addTask {
          (place, try await table.item(hit.passage.idInCollection, in: collection).flatMap(read))
        }
      }
      var found: [Int: E] = [:]
      for try await (place, entry) in group { found[place] = entry }
      return hits.indices.compactMap { found[$0] }
    }
  }

  private func hits(
    _ query: String, type: String, limit: Int, for caller: Caller
  ) async throws -> [LexicalIndex.Hit] {
    let filter = PassageFilter(tenant: caller.tenant, owner: caller.owner, types: [type])
    return try await knowledge.current().index.search(query, limit: limit, filter: filter)
  }

  private func result(_ name: String, _ entries: [any Entry]) -> ToolResult {
    ToolResult([name: .array(entries.map(\.content))], sources: entries.map(\.source))
  }
}

extension Passage {
  /// `sentence/00042` → `00042`.
  fileprivate var idInCollection: String {
    id.firstIndex(of: "/").map { String(id[id.index(after: $0)...]) } ?? id
  }
}
