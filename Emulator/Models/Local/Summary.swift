/// Shortens a text by keeping some of its sentences.
struct Summary {
  private static let titleWords = 8
  private static let titleCharacters = 24
  private static let sentences = 3

  let text: String

  /// Nil unless instructions or the message itself ask for a title or a summary.
  init?(_ instructions: String, _ state: Exchange) {
    let asked = state.preamble.isEmpty ? instructions : state.preamble + "\n" + instructions
    guard let wish = Self.wish(in: asked) ?? Self.wish(in: String(state.question.text.prefix(80)))
    else { return nil }
    let material = Self.material(state)
    guard !material.isEmpty else { return nil }
    text =
      wish == .title ? Self.title(of: material) : Self.summary(of: material, for: state.question)
  }

  private enum Wish {
    case title
    case summary
  }

  private static func wish(in text: String) -> Wish? {
    let folded = text.lowercased()
    if folded.holds("summarize") || folded.holds("summarise") || folded.holds("要約して") {
      return .summary
    }
    let verbs = ["write", "give", "make", "create", "generate", "find"]
    let asksForTitle = verbs.contains { verb in
      ["a title", "a short title", "a concise title", "the title"].contains {
        folded.holds("\(verb) \($0)")
      }
    }
    return asksForTitle ? .title : nil
  }

  /// The text to shorten: what follows the wish in its own message, or the whole message.
  private static func material(_ state: Exchange) -> String {
    let text = state.question.text
    guard wish(in: String(text.prefix(80))) != nil else { return text }
    let end = text.firstIndex { $0 == ":" || $0 == "\n" }
    return end.map { String(text[text.index(after: $0)...]).trimmed } ?? ""
  }

  private static func title(of text: String) -> String {
    let first = ContextReading.sentences(text).first ?? text
    let bare = String(first.prefix { !"。.!?！？\n".contains($0) }).trimmed
    if bare.isMostlyJapanese { return String(bare.prefix(titleCharacters)) }
    return bare.split(separator: " ").prefix(titleWords).joined(separator: " ")
  }

  /// The sentences with the words that come up most, in their order.
  private static func summary(of text: String, for question: Question) -> String {
    let all = ContextReading.sentences(text)
    guard all.count > sentences else { return all.joined(separator: " ") }
    var counts: [String: Int] = [:]
    for stem in Words.stems(text) { counts[stem, default: 0] += 1 }
    let scores = all.map { sentence -> Double in
      let stems = Words.stems(sentence)
      return stems.isEmpty
        ? 0 : Double(stems.reduce(0) { $0 + (counts[$1] ?? 0) }) / Double(stems.count + 4)
    }
    let best = scores.enumerated().sorted { ($0.element, $1.offset) > ($1.element, $0.offset) }
      .prefix(sentences)
    return best.map(\.offset).sorted().map { all[$0] }.joined(separator: " ")
  }
}
