/// What a person wants done, for tools that do something: such a tool is called when somebody uses its
/// verb, and what stands with the verb is what it is done to.
struct ActionWish {
  private let verbs: Set<String>
  private let japanese: [String]

  /// Verbs at the beginning of a tool's name, and how Japanese people ask for them.
  private static let known: [String: [String]] = [
    "remember": ["覚えて", "覚えと"], "forget": ["忘れて"], "add": ["追加して", "加えて"],
    "delete": ["削除して", "消して"], "remove": ["削除して", "外して"],
    "cancel": ["キャンセルして", "取り消して"], "save": ["保存して"],
  ]
  /// Questions that are wishes all the same.
  private static let polite = [
    "can you", "could you", "would you", "will you", "please", "くれますか", "もらえますか", "ください",
  ]
  /// Stand between a verb and what it is about.
  private static let links: Set<String> = [
    "that", "my", "the", "about", "for", "me", "please", "this",
  ]
  private static let endings = ["ということを", "ことを", "って", "を", "と", "は", "も"]

  /// Nil for a tool whose name does not begin with such a verb.
  init?(tool name: String) {
    let first = name.lowercased().prefix { $0.isLetter }
    guard let japanese = Self.known[String(first)] else { return nil }
    verbs = first == "remember" ? ["remember", "note"] : [String(first)]
    self.japanese = japanese
  }

  /// What the wish is about; empty when only the verb is said, nil when nobody wishes for it.
  func object(in text: String) -> String? {
    let folded = text.lowercased()
    let isQuestion = "?？".contains(text.trimmed.last ?? " ")
    guard !isQuestion || Self.polite.contains(where: folded.holds) else { return nil }
    return english(text) ?? inJapanese(text)
  }

  private func english(_ text: String) -> String? {
    for sentence in text.split(whereSeparator: { ".!?\n。！？".contains($0) }) {
      let words = sentence.split(whereSeparator: \.isWhitespace)
      guard let place = words.firstIndex(where: { verbs.contains(Self.plain($0)) }) else {
        continue
      }
      let object = words[(place + 1)...].drop { Self.links.contains(Self.plain($0)) }
      return object.joined(separator: " ")
    }
    return nil
  }

  private static func plain(_ word: Substring) -> String {
    word.lowercased().filter { $0.isLetter }
  }

  private func inJapanese(_ text: String) -> String? {
    for sentence in text.split(whereSeparator: { "。！？\n".contains($0) }) {
      let sentence = String(sentence)
      guard let place = japanese.compactMap({ sentence.place(of: $0) }).first else { continue }
      let object = String(sentence[..<place.lowerBound]).trimmed
      let ending = Self.endings.first { object.hasSuffix($0) && object.count > $0.count }
      return String(object.dropLast(ending?.count ?? 0))
    }
    return nil
  }
}
