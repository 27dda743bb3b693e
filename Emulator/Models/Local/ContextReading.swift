import Glibc

/// Answers from passages that stand in the instructions, in their own sentences and with their numbers.
struct ContextReading {
  struct Passage: Equatable {
    var id: String
    var source: String
    var title: String
    var text: String
  }

  private static let mostPassages = 2
  private static let mostSentences = 2
  /// The part of what a question says that a passage has to speak of.
  private static let threshold = 0.5

  let passages: [Passage]
  /// Title and text of each passage, folded, and the concepts in them.
  private let contents: [(folded: String, concepts: Set<String>)]

  init(_ passages: [Passage]) {
    self.passages = passages
    contents = passages.map { passage in
      let whole = (passage.title + "\n" + passage.text).folded
      return (whole, Set(Words.stems(whole).map(Words.concept)))
    }
  }

  /// Reads `<passage id="1" source="…" title="…">text</passage>` elements.
  init(in text: String) {
    var passages: [Passage] = []
    var end = text.startIndex
    while let start = text.place(of: "<passage", from: end),
      let open = text.place(of: ">", from: start.upperBound),
      let close = text.place(of: "</passage>", from: open.upperBound)
    {
      let attributes = String(text[start.upperBound..<open.lowerBound])
      let body = String(text[open.upperBound..<close.lowerBound])
      passages.append(
        Passage(
          id: Self.attribute("id", in: attributes) ?? "\(passages.count + 1)",
          source: Self.attribute("source", in: attributes) ?? "",
          title: Self.attribute("title", in: attributes) ?? "", text: Self.unescaped(body).trimmed))
      end = close.upperBound
    }
    self.init(passages)
  }

  /// The instructions around what they only tell: passages, what is remembered about the person, what
  /// was said before.
  static func removed(from text: String) -> String {
    ["context", "person", "summary"].reduce(text) { text, name in
      guard let open = text.place(of: "<\(name)>") else { return text }
      let close = text.place(of: "</\(name)>", from: open.upperBound)?.upperBound ?? text.endIndex
      return String(text[..<open.lowerBound]) + String(text[close...])
    }
  }

  /// Sentences that answer the question, each with the number of its passage; nil when none fits.
  func answer(to question: Question) -> String? {
    let asked = Set(question.stems.map(Words.concept))
    let scored = passages.indices.map { (passages[$0], score($0, question, asked)) }
      .filter { $0.1 >= Self.threshold }
    guard let best = scored.map(\.1).max() else { return nil }
    let chosen = scored.filter { $0.1 >= best * 0.8 }.sorted { $0.1 > $1.1 }
      .prefix(Self.mostPassages)
    let lines = chosen.map { passage, _ in quotation(from: passage, question, asked) }
    return lines.joined(separator: "\n\n")
  }

  /// The weighted share of the question's words that a passage holds. Where the question names what
  /// it is about, a passage without that scores nothing.
  private func score(_ place: Int, _ question: Question, _ asked: Set<String>) -> Double {
    let (whole, held) = contents[place]
    let terms = question.terms
    let named = terms.count { whole.holds($0.folded) }
    guard terms.isEmpty || named > 0 else { return 0 }
    let total = asked.reduce(0) { $0 + weight(of: $1) }
    let share =
      total == 0 ? 0 : asked.intersection(held).reduce(0) { $0 + weight(of: $1) } / total
    guard !terms.isEmpty else { return share }
    let isTitle = terms.contains { passages[place].title.folded == $0.folded }
    return Double(named) / Double(terms.count) * (isTitle ? 1.5 : 0.75) + share * 0.5
  }

  /// Rarer among the passages counts more.
  private func weight(of concept: String) -> Double {
    let holders = contents.count { $0.concepts.contains(concept) }
    return log(1 + Double(passages.count + 1) / Double(holders + 1))
  }

  private func quotation(
    from passage: Passage, _ question: Question, _ asked: Set<String>
  ) -> String {
    let sentences = Self.sentences(passage.text)
    let scores = sentences.map { sentence in
      Set(Words.stems(sentence).map(Words.concept)).intersection(asked).count
        + question.terms.count { sentence.folded.holds($0.folded) } * 2
    }
    let best = scores.enumerated().sorted { ($0.element, $1.offset) > ($1.element, $0.offset) }
      .prefix(Self.mostSentences).filter { $0.element > 0 || sentences.count == 1 }.map(\.offset)
      .sorted()
    let chosen = best.isEmpty ? Array(sentences.indices.prefix(1)) : best
    let text = chosen.map { sentences[$0] }.joined(separator: " ")
    // What names the passage stands before a text that does not name it itself.
    let lead = passage.title.isEmpty || text.holds(passage.title) ? "" : "\(passage.title) — "
    return "\(lead)\(text) [\(passage.id)]"
  }

  static func sentences(_ text: String) -> [String] {
    var sentences: [String] = []
    var current = ""
    let characters = Array(text)
    for (index, character) in characters.enumerated() {
      current.append(character == "\n" ? " " : character)
      let next = index + 1 < characters.count ? characters[index + 1] : " "
      let ends =
        "。！？".contains(character) || (".!?".contains(character) && next.isWhitespace)
        || character == "\n"
      if ends, !current.trimmed.isEmpty {
        sentences.append(current.trimmed)
        current = ""
      }
    }
    if !current.trimmed.isEmpty { sentences.append(current.trimmed) }
    return sentences
  }

  private static func attribute(_ name: String, in text: String) -> String? {
    guard let start = text.place(of: " \(name)=\""),
      let end = text[start.upperBound...].firstIndex(of: "\"")
    else { return nil }
    return unescaped(String(text[start.upperBound..<end]))
  }

  private static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
      .reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}
