import Testing

@testable import Agent
@testable import Assistants

@Suite struct JapaneseSpecialistsTests {
  private let profile = Japanese.profile(model: ModelSettings())

  @Test func `specialists use tools that there are, and have examples in both languages`() {
    #expect(
      profile.specialists.map(\.name) == [
        "vocabulary", "kanji", "grammar", "translation", "conversation",
      ])
    for specialist in profile.specialists {
      #expect(specialist.tools.map { $0.allSatisfy(profile.tools.contains) } ?? true)
      #expect(specialist.examples.count >= 20)
      let japanese = specialist.examples.count { FixedLanguage(of: $0, among: ["ja"]) == .japanese }
      #expect(japanese >= 8 && japanese <= specialist.examples.count - 8)
      #expect(Set(specialist.examples).count == specialist.examples.count)
    }
    let names = Set(profile.tools)
    #expect(names.isSuperset(of: JapaneseTools.names) && names.isSuperset(of: ContextTools.names))
  }

  /// Questions in other words than the examples'.
  @Test(arguments: [
    ("What does 飲む mean?", "vocabulary"), ("what's the meaning of 経験", "vocabulary"),
    ("Which N3 words are about work?", "vocabulary"),
    ("Give me an example sentence with 学校", "vocabulary"), ("「飲む」の意味を教えて", "vocabulary"),
    ("How many strokes does 猫 have?", "kanji"), ("the kun reading of 川", "kanji"),
    ("「川」は何画ですか", "kanji"), ("火の音読みを教えて", "kanji"),
    ("When should I use の instead of が?", "grammar"), ("te-form of 読む", "grammar"),
    ("助詞「を」の使い方を教えて", "grammar"), ("受身形の作り方", "grammar"),
    ("Translate this: the weather is nice", "translation"),
    ("How do you say I am tired in Japanese?", "translation"),
    ("「雨が降る」を英語に訳して", "translation"), ("Let's practise talking at a shop", "conversation"),
    ("レストランの会話を練習しましょう", "conversation"),
  ])
  func `questions go to whom they are for`(_ text: String, _ name: String) async {
    let router = IntentRouter(profile)
    let found = await router.finding(
      text, current: nil, before: nil, until: .now + .seconds(300))
    #expect(found.intent.name == name, "\(found.intent)")
  }
}
