import JSON

/// Reads what a tool returned and says it in sentences, with its sources.
///
/// Any JSON is read by its shape: items are objects, an item is about the field that names it, and of
/// its fields those count that the question speaks of.
struct ResultReading {
  private static let mostItems = 5
  private static let mostValues = 6
  private static let mostFacts = 3

  let question: Question
  private let phrases: Phrases

  init(_ question: Question) {
    self.question = question
    phrases = Phrases(isJapanese: question.isJapanese)
  }

  /// What a result says, and where it stands.
  struct Answer {
    let text: String
    var sources: [String] = []
  }

  /// The answers in several results: their sentences, then each source once; nil when every result is
  /// an error or holds nothing.
  func answer(inAll contents: [String]) -> String? {
    let answers = contents.compactMap { answer(in: $0) }
    guard !answers.isEmpty else { return nil }
    let text = answers.map(\.text).joined(separator: "\n\n")
    var known: Set<String> = []
    let sources = answers.flatMap(\.sources).filter { known.insert($0).inserted }
    return sources.isEmpty ? text : text + "\n\n" + phrases.sources(sources)
  }

  private func answer(in content: String) -> Answer? {
    guard let value = try? JSONValue(parsing: content) else { return plain(content) }
    guard !Self.isNothing(value) else { return nil }
    if let text = value.string { return plain(text) }
    let items = Self.items(value)
    guard !items.isEmpty else {
      return plain(value.number?.text ?? value.array.map(Self.list) ?? "")
    }
    let exact = items.filter(isExact)
    let shown = Array((exact.isEmpty ? items : exact).prefix(Self.mostItems))
    let sentences = shown.filter { $0.isSentence(for: question) }
    let text =
      sentences.count == shown.count
      ? quotations(shown)
      : shown.count == 1 || !exact.isEmpty
        ? shown.map(statement).joined(separator: "\n\n")
        : entries(shown)
    return Answer(text: text, sources: shown.compactMap(\.source))
  }

  /// True for errors, nulls, and containers without content.
  static func isNothing(_ value: JSONValue) -> Bool {
    switch value {
    case .null: return true
    case .bool(let isTrue): return !isTrue
    case .string(let text): return text.trimmed.isEmpty
    case .number: return false
    case .array(let elements): return elements.allSatisfy(isNothing)
    case .object(let members):
      if let error = members["error"], !error.isNull { return true }
      if members["found"]?.bool == false { return true }
      return members.allSatisfy { key, value in Item.asides.contains(key) || isNothing(value) }
    }
  }

  private func plain(_ text: String) -> Answer? {
    let text = text.trimmed
    return text.isEmpty ? nil : Answer(text: text)
  }

  private static func list(_ elements: [JSONValue]) -> String {
    elements.compactMap { $0.string ?? $0.number?.text }.joined(separator: ", ")
  }

  private static func items(_ value: JSONValue) -> [Item] {
    if let elements = value.array { return elements.compactMap(\.object).map(Item.init) }
    guard let object = value.object else { return [] }
    let own = Item(object)
    let lists = object.compactMap { _, value in value.array?.compactMap(\.object) }.filter {
      !$0.isEmpty
    }
    if own.fields.isEmpty || own.subjectField == nil,
      let longest = lists.max(by: { $0.count < $1.count })
    {
      return longest.map(Item.init)
    }
    return own.fields.isEmpty
      ? object.compactMap { _, value in value.object.map(Item.init) } : [own]
  }

  /// True when a field of the item is what the question asks about, word for word.
  private func isExact(_ item: Item) -> Bool {
    item.fields.contains { field in field.values.contains { question.terms.contains($0) } }
  }

  // MARK: Saying it

  private func statement(_ item: Item) -> String {
    guard let subject = item.subject(for: question) else {
      return phrases.more(item.fields.prefix(Self.mostFacts).map(fact))
    }
    let others = item.fields.filter { $0.name != subject.field }
    let asked = others.filter(isAsked)
    let first = Array(
      (asked.isEmpty ? Array(described(others).prefix(1)) : asked).prefix(Self.mostFacts))
    var parts = first.map { phrases.fact(fact($0), of: subject.text) }
    let named = Set(first.map(\.name))
    let rest = others.filter { !named.contains($0.name) }.prefix(Self.mostFacts)
    if !rest.isEmpty { parts.append(phrases.more(rest.map(fact))) }
    parts += item.nested.prefix(1).map { quotations($0.items.prefix(Self.mostItems).map { $0 }) }
    return parts.isEmpty
      ? "**\(subject.text)**" : parts.joined(separator: phrases.isJapanese ? "" : " ")
  }

  /// Fields that describe stand first.
  private func described(_ fields: [Item.Field]) -> [Item.Field] {
    fields.filter(\.isDescription) + fields.filter { !$0.isDescription }
  }

  private func fact(_ field: Item.Field) -> Phrases.Fact {
    Phrases.Fact(field: field.name, values: values(field), isCount: field.isCount)
  }

  private func isAsked(_ field: Item.Field) -> Bool {
    let asked = Set(question.stems.map(Words.concept))
    return Words.stems(ofName: field.name).contains { asked.contains(Words.concept($0)) }
  }

  private func values(_ field: Item.Field) -> [String] {
    Array(field.values.prefix(Self.mostValues))
  }

  private func quotations(_ items: [Item]) -> String {
    let lines = items.map { item in
      let texts = item.texts
      return texts.count > 1 ? "- \(texts[0]) — \(texts[1])" : "- \(texts.first ?? "")"
    }
    return phrases.examples(lines.count, of: question.terms.first) + "\n\n"
      + lines.joined(separator: "\n")
  }

  private func entries(_ items: [Item]) -> String {
    let lines = items.map { item -> String in
      let subject = item.subject(for: question)
      let others = item.fields.filter { $0.name != subject?.field }.prefix(Self.mostFacts)
      let facts = others.map { "\(phrases.words($0.name)): \(values($0).joined(separator: ", "))" }
      return "- **\(subject?.text ?? "?")** — \(facts.joined(separator: "; "))"
    }
    let about = question.terms.first
    return phrases.found(lines.count, about: about) + "\n\n" + lines.joined(separator: "\n")
  }
}
