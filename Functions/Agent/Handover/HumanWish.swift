/// The wishes that are granted without a question back: to speak with a person, and to have the
/// assistant back.
enum HumanWish {
  /// Unicode scalars: a longer message is a story, and answered first.
  private static let longest = 200
  /// From here on a person that is named is enough.
  private static let sure = 0.8

  /// True for a message that clearly asks for a person.
  ///
  /// A question about such a sentence, in an assistant for languages, is none: one in quotation marks, or
  /// about its meaning or translation.
  static func isClear(_ text: String, _ guess: IntentClassifier.Guess?) -> Bool {
    guard let guess, guess.intent == Intent.human, text.unicodeScalars.count <= longest else {
      return false
    }
    let folded = text.lowercased()
    let words = Set(folded.split { !$0.isLetter && $0 != "'" }.map(String.init))
    guard !aboutWords.contains(where: folded.contains),
      !persons.isDisjoint(with: words) || personsInJapanese.contains(where: folded.contains)
    else { return false }
    return guess.confidence >= sure || contacts.contains(where: folded.contains)
  }

  /// True for a message that asks for the assistant, in so many words.
  static func isBack(_ text: String) -> Bool {
    let plain = PlainWords(text)
    return english.contains(plain.text) || japanese.contains(plain.text)
  }

  private static let english: Set<String> = [
    "back to the assistant", "back to assistant", "back to the bot", "back to the tutor",
    "i want the assistant back", "return to the assistant", "go back to the assistant",
    "continue with the assistant", "let me talk to the assistant", "talk to the assistant",
    "cancel the handover", "never mind", "i do not need a person any more",
    "i don't need a human anymore", "i don't need a person any more",
  ]
  private static let japanese: Set<String> = [
    "アシスタントに戻る", "アシスタントに戻してください", "アシスタントに戻って", "アシスタントと話したい",
    "ボットに戻る", "ボットに戻してください", "担当者は不要です", "やっぱりアシスタントでいいです",
    "アシスタントに戻ります", "アシスタントに戻りたい", "アシスタントに戻りたいです",
  ]

  private static let persons: Set<String> = [
    "human", "humans", "person", "people", "someone", "somebody", "agent", "operator",
    "representative", "staff", "support", "colleague", "machine", "bot", "robot",
  ]
  private static let personsInJapanese = [
    "人", "ロボット", "オペレーター", "担当", "スタッフ",
  ]
  private static let contacts = [
    "speak", "talk", "chat", "connect", "transfer", "escalate", "reach", "contact", "get me",
    "call",
    "話", "つな", "繋", "代わ", "替わ", "呼", "対応", "相談",
  ]
  private static let aboutWords = [
    "mean", "translate", "translation", "how do you say", "how do i say", "how to say",
    "do you call", "in japanese", "in english", "kanji", "grammar", "sentence", "pronounce", "意味",
    "訳", "英語で",
    "日本語で", "読み方", "とは", "言いますか", "例文", "文法", "漢字", "「", "“", "\"",
  ]
}

/// A message without case, and without blanks and marks around it.
struct PlainWords: Equatable {
  let text: String

  init(_ message: String) {
    let folded = message.lowercased().replacing("’", with: "'")
    let inside = folded.drop { !Self.isWord($0) }
    let end = inside.lastIndex(where: Self.isWord).map(inside.index(after:)) ?? inside.startIndex
    text = inside[..<end].split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == "、" })
      .joined(separator: " ")
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }
}
