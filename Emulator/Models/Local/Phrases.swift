/// The sentences the local model can say, in the language of the question.
struct Phrases {
  let isJapanese: Bool

  /// `The meanings of **語** are “word” and “speech”.`, or `**語** has 14 strokes.` for a count.
  func fact(_ fact: Fact, of subject: String) -> String {
    let name = fieldName(fact.field, count: fact.values.count)
    if isJapanese { return "「\(subject)」の\(name)は\(fact.values.joined(separator: "、"))です。" }
    if fact.isCount, fact.field.hasSuffix("s") { return "**\(subject)** has \(count(fact))." }
    let verb = fact.values.count == 1 ? "is" : "are"
    return "The \(name) of **\(subject)** \(verb) \(list(fact.values))."
  }

  /// `Its reading is たべる and its level is JLPT N5.`
  func more(_ facts: [Fact]) -> String {
    if isJapanese {
      let parts = facts.map { fact in
        "\(fieldName(fact.field, count: fact.values.count))：\(fact.values.joined(separator: "、"))"
      }
      return parts.joined(separator: "、") + "。"
    }
    let parts = facts.map { fact in
      if fact.isCount, fact.field.hasSuffix("s") { return "it has \(count(fact))" }
      let name = fieldName(fact.field, count: fact.values.count)
      return "its \(name) \(fact.values.count == 1 ? "is" : "are") \(list(fact.values))"
    }
    let sentence = list(parts, quoting: false) + "."
    return sentence.prefix(1).uppercased() + sentence.dropFirst()
  }

  /// A field of an item with what it says.
  struct Fact {
    var field: String
    var values: [String]
    /// A number of things, under their name: `strokes`.
    var isCount: Bool
  }

  /// `14 strokes`, `1 stroke`.
  private func count(_ fact: Fact) -> String {
    let name = words(fact.field)
    return "\(fact.values[0]) \(fact.values[0] == "1" ? singular(name) : name)"
  }

  /// Opens a list of what was found.
  func found(_ count: Int, about subject: String?) -> String {
    let about = subject.map { isJapanese ? "「\($0)」について、" : " for “\($0)”" } ?? ""
    if isJapanese { return "\(about)\(count)件見つかりました。" }
    return count == 1 ? "I found one entry\(about):" : "I found \(count) entries\(about):"
  }

  /// Opens a list of sentences.
  func examples(_ count: Int, of subject: String?) -> String {
    if isJapanese { return subject.map { "「\($0)」を使った文です。" } ?? "見つかった文です。" }
    let with = subject.map { " with **\($0)**" } ?? ""
    return count == 1 ? "Here is a sentence\(with):" : "Here are \(count) sentences\(with):"
  }

  func sources(_ sources: [String]) -> String {
    if isJapanese { return "出典：\(sources.joined(separator: "、"))" }
    return (sources.count == 1 ? "Source: " : "Sources: ") + sources.joined(separator: ", ")
  }

  /// What is said when nothing was found: that it is so, and what would help.
  func nothing(about subject: String?, hasLooked: Bool) -> String {
    if isJapanese {
      let about = subject.map { "「\($0)」について" } ?? ""
      return "\(about)\(hasLooked ? "調べましたが" : "")答えが見つかりませんでした。別の言い方でもう一度聞いていただけますか。"
    }
    let about = subject.map { " about “\($0)”" } ?? " to answer this with"
    let did =
      hasLooked
      ? "I looked it up, but found nothing\(about)." : "I do not know: I have nothing\(about)."
    return did + " Could you ask in other words, or name exactly what you are looking for?"
  }

  func failed(_ tool: String) -> String {
    isJapanese ? "「\(tool)」で調べられませんでした。" : "I could not look this up: \(tool) did not answer."
  }

  var greeting: String {
    isJapanese ? "こんにちは。質問をどうぞ。調べてお答えします。" : "Hello! Ask me a question, and I will look it up."
  }

  var thanks: String { isJapanese ? "どういたしまして。" : "You are welcome." }

  var identity: String {
    isJapanese
      ? "私は\(LocalModel.name)です。言語モデルの代わりに決まった手順で動き、道具と与えられた文からだけ答えます。"
      : "I am \(LocalModel.name), a deterministic stand-in for a language model. I answer only from tools and from texts that I am given."
  }

  /// What the tools say about themselves, up to the first sign; theirs are in English.
  func abilities(_ tools: [ToolOffer]) -> String {
    let lines = tools.compactMap { tool -> String? in
      let line = tool.description.prefix { !".:;\n".contains($0) }
      return line.isEmpty ? nil : "- \(line)"
    }
    guard !lines.isEmpty else { return identity }
    let opening = isJapanese ? "次の道具で調べてお答えします。" : "I answer with the help of these tools:"
    return opening + "\n\n" + lines.joined(separator: "\n")
  }

  // MARK: Pieces

  /// `on readings` for `onReadings`, in the singular for one value.
  private func fieldName(_ field: String, count: Int) -> String {
    if isJapanese, let known = Self.japanese[field.lowercased()] { return known }
    let words = words(field)
    return count == 1 ? singular(words) : words
  }

  private static let japanese = [
    "meaning": "意味", "meanings": "意味", "reading": "読み", "readings": "読み", "strokes": "画数",
    "level": "レベル", "word": "単語", "kanji": "漢字", "examples": "例文", "price": "値段", "date": "日付",
    "name": "名前", "title": "題名", "description": "説明", "onreadings": "音読み", "kunreadings": "訓読み",
  ]

  func words(_ field: String) -> String {
    field.reduce(into: "") { words, character in
      if character.isUppercase, !words.isEmpty { words += " " }
      words += character == "_" || character == "-" ? " " : character.lowercased()
    }
  }

  private func singular(_ words: String) -> String {
    if words.hasSuffix("ies") { return words.dropLast(3) + "y" }
    return words.hasSuffix("s") && !words.hasSuffix("ss") ? String(words.dropLast()) : words
  }

  /// `“to eat”, “to live on” and N5`: words that begin small stand in quotation marks.
  private func list(_ values: [String], quoting: Bool = true) -> String {
    let shown = values.map { value in
      quoting && value.first?.isLowercase == true && !value.containsJapanese ? "“\(value)”" : value
    }
    guard shown.count > 1, let last = shown.last else { return shown.first ?? "" }
    return shown.dropLast().joined(separator: ", ") + " and " + last
  }
}
