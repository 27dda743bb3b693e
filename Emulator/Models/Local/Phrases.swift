/// The sentences the local model can say, in the language of the question.
struct Phrases {
  let isJapanese: Bool

  /// `The meanings of **語** are “word” and “speech”.`, or `**語** has 14 strokes.` for a count.
  func fact(_ subject: String, _ field: String, _ values: [String], isCount: Bool) -> String {
    let name = fieldName(field, count: values.count)
    if isJapanese { return "「\(subject)」の\(name)は\(values.joined(separator: "、"))です。" }
    if isCount, values.count == 1, field.hasSuffix("s") {
      return
        "**\(subject)** has \(values[0]) \(values[0] == "1" ? singular(words(field)) : words(field))."
    }
    return "The \(name) of **\(subject)** \(values.count == 1 ? "is" : "are") \(list(values))."
  }

  /// `Its reading is たべる and its level is JLPT N5.`
  func more(_ facts: [(field: String, values: [String])]) -> String {
    if isJapanese {
      return facts.map {
        "\(fieldName($0.field, count: $0.values.count))：\($0.values.joined(separator: "、"))"
      }
      .joined(separator: "、") + "。"
    }
    let parts = facts.enumerated().map { place, fact in
      let name = fieldName(fact.field, count: fact.values.count)
      return
        "\(place == 0 ? "Its" : "its") \(name) \(fact.values.count == 1 ? "is" : "are") \(list(fact.values))"
    }
    return list(parts, quoting: false) + "."
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

  // MARK: Pieces

  /// `on readings` for `onReadings`, in the singular for one value.
  private func fieldName(_ field: String, count: Int) -> String {
    if isJapanese, let known = Self.japanese[Words.concept(Words.stems(ofName: field).last ?? "")] {
      return known
    }
    let words = words(field)
    return count == 1 ? singular(words) : words
  }

  private static let japanese = Dictionary(
    [
      ("meaning", "意味"), ("reading", "読み"), ("stroke", "画数"), ("level", "レベル"), ("example", "例文"),
      ("grade", "学年"),
    ]
    .map { (Words.stem($0.0), $0.1) },
    uniquingKeysWith: { first, _ in first })

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
