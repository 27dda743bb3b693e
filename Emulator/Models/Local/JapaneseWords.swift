/// Japanese words with which people ask, and what they mean in the English of tool descriptions.
///
/// Without a morphological analyser this is what tells 食べるの意味は？ apart: what remains without
/// these words, particles and polite endings is what is asked about.
enum JapaneseWords {
  private static let asking: [(word: String, meanings: [String])] = [
    ("意味", ["mean"]), ("訳", ["translat"]), ("翻訳", ["translat"]), ("読み方", ["read"]),
    ("読み", ["read"]),
    ("発音", ["pronunc"]), ("例文", ["example", "sentence"]), ("文章", ["sentence"]), ("使い方", ["usage"]),
    ("画数", ["stroke"]), ("何画", ["stroke"]), ("書き順", ["stroke"]), ("漢字", ["kanji"]),
    ("単語", ["word"]),
    ("言葉", ["word"]), ("語彙", ["vocabulary"]), ("文法", ["grammar"]), ("違い", ["difference"]),
    ("検索", ["search"]), ("天気", ["weather"]), ("値段", ["price"]), ("価格", ["price"]),
    ("注文", ["order"]),
    ("残高", ["balance"]), ("口座", ["account"]), ("振込", ["transfer"]), ("予約", ["reservation"]),
    ("時間", ["time"]), ("日付", ["date"]), ("場所", ["place"]), ("住所", ["address"]), ("要約", ["summary"]),
    ("覚えて", ["remember"]), ("忘れて", ["forget"]),
  ].map { ($0.0, $0.1.map(Words.stem)) }

  /// Endings and fillers of questions, longest first.
  private static let fillers = [
    "を教えてください", "教えてください", "を教えて", "教えて", "について", "はどういう", "どういう", "を使った", "を使って",
    "を含む", "ください", "下さい", "何ですか", "なんですか", "でしょうか", "ですか", "ますか", "とは何", "とは", "って何", "って",
    "いくつ", "知りたい", "見せて", "欲しい", "ほしい", "説明して", "という", "です", "ます", "何", "はありますか",
  ].sorted { $0.count > $1.count }

  private static let particles: Set<Character> = [
    "の", "は", "が", "を", "に", "で", "と", "へ", "も", "や", "か",
  ]

  /// They point at something that was named before. What is left of その意味 is そ.
  private static let pointing: Set<String> = [
    "そ", "こ", "あ", "それ", "これ", "あれ", "その", "この", "あの", "では", "じゃあ", "それでは",
  ]

  /// English stems for the asking words in a run of Japanese.
  static func meanings(in run: String) -> [String] {
    var meanings: [String] = []
    for (word, english) in asking where run.holds(word) { meanings += english }
    return meanings
  }

  /// What a Japanese question is about: its words without asking words, fillers and particles.
  static func topics(in run: String) -> [String] {
    var rest = run
    for (word, _) in asking where rest != word { rest = rest.replacing(word, with: " ") }
    for filler in fillers { rest = rest.replacing(filler, with: " ") }
    return rest.split(separator: " ").flatMap { split(String($0)) }
      .filter { part in !part.allSatisfy(particles.contains) && !pointing.contains(part) }
  }

  /// Splits where a particle stands between words: behind something with kanji or katakana, before
  /// another such or the end.
  private static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    let characters = Array(text)
    for (index, character) in characters.enumerated() {
      let next = index + 1 < characters.count ? characters[index + 1] : nil
      let endsWord = next.map { !isHiragana($0) } ?? true
      if particles.contains(character), endsWord, !current.isEmpty,
        next == nil || current.contains(where: { !isHiragana($0) })
      {
        parts.append(current)
        current = ""
      } else if !(particles.contains(character) && current.isEmpty && characters.count > 1
        && endsWord)
      {
        current.append(character)
      }
    }
    return parts + [current]
  }

  private static func isHiragana(_ character: Character) -> Bool {
    character.unicodeScalars.allSatisfy(Writing.isHiragana)
  }
}
