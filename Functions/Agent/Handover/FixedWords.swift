/// A language in which the engine itself can speak.
package enum FixedLanguage: String, Sendable, CaseIterable {
  case english = "en"
  case japanese = "ja"

  /// The language that most letters of a text belong to, of those that an assistant answers in.
  package init(of text: String, among languages: [String]) {
    var japanese = 0
    var other = 0
    for scalar in text.unicodeScalars where scalar.properties.isAlphabetic {
      if Self.isJapanese(scalar) { japanese += 1 } else { other += 1 }
    }
    self = japanese > other && languages.contains("ja") ? .japanese : .english
  }

  private static func isJapanese(_ scalar: Unicode.Scalar) -> Bool {
    (0x3005...0x30FF).contains(scalar.value) || (0x3400...0x9FFF).contains(scalar.value)
  }
}

/// What the engine says without asking a model.
struct FixedWords: Sendable {
  let language: FixedLanguage

  private func say(_ english: String, _ japanese: String) -> String {
    switch language {
    case .english: english
    case .japanese: japanese
    }
  }

  // MARK: A person takes over

  var handedOver: String {
    say(
      "I have asked a person to take over. They will read what we have talked about; you can go on "
        + "writing here, and everything you write is kept for them. If you would rather go on with "
        + "me, write “back to the assistant”.",
      "担当者に引き継ぎました。これまでの会話は担当者が確認します。このまま続けて書いていただければ、担当者に届きます。"
        + "アシスタントに戻るには「アシスタントに戻る」と書いてください。")
  }

  var stillWaiting: String {
    say(
      "Your message is kept for the person who takes over. To go on with me instead, write “back to "
        + "the assistant”.",
      "担当者への伝言としてお預かりしました。アシスタントに戻るには「アシスタントに戻る」と書いてください。")
  }

  var isBack: String {
    say(
      "I am back and will answer you myself again. What would you like to know?",
      "アシスタントに戻りました。ご質問をどうぞ。")
  }

  // MARK: Something is to be written

  func pleaseConfirm(_ summaries: [String]) -> String {
    let list = summaries.map { "- \($0)" }.joined(separator: "\n")
    return say(
      "Before I do this, please confirm it with yes or no:\n\n\(list)",
      "次のことを行う前に、「はい」か「いいえ」で確認をお願いします。\n\n\(list)")
  }

  var notDone: String {
    say("All right, nothing was changed.", "承知しました。何も変更していません。")
  }

  var tooLate: String {
    say(
      "The question for your yes has expired, so nothing was changed. Please ask for it once more.",
      "確認の期限が過ぎたため、何も変更していません。必要であれば、もう一度お申し付けください。")
  }

  /// What a person says by pressing a button.
  func decision(isApproved: Bool) -> String {
    isApproved ? say("Yes, please.", "はい、お願いします。") : say("No, thank you.", "いいえ、結構です。")
  }
}
