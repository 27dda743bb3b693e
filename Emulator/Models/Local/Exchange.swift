import JSON

/// A task read from its end: the newest question, and what was done about it so far.
struct Exchange {
  let question: Question
  /// What stands before the question in the same message: a given text.
  let preamble: String
  /// Rounds of tool calls since the question.
  let rounds: Int
  /// What the tools returned since the question.
  let results: [(name: String, content: String)]
  /// All messages of people, oldest first.
  let said: [String]
  private let made: [ToolWish]

  init(_ task: ModelTask) {
    let asked = task.messages.lastIndex { if case .user = $0 { true } else { false } } ?? 0
    var said: [String] = []
    for message in task.messages {
      if case .user(let text) = message { said.append(text) }
    }
    var made: [ToolWish] = []
    var results: [(String, String)] = []
    var rounds = 0
    for message in task.messages.dropFirst(asked) {
      switch message {
      case .user: break
      case .assistant(_, let calls):
        made += calls
        rounds += calls.isEmpty ? 0 : 1
      case .result(_, let name, let content): results.append((name, content))
      }
    }
    let (preamble, text) = Self.divided(said.last ?? "")
    self.preamble = preamble
    question = Question(text, after: Self.subjects(of: task.messages.prefix(asked)))
    self.said = said
    self.made = made
    self.results = results
    self.rounds = rounds
  }

  /// Answers further back are forgotten.
  private static let longestMemory = 6

  /// What was talked about before, newest first: of each question, and where it names nothing of the
  /// first thing that its answer marks (`**猫**`, `「猫」`).
  private static func subjects(of messages: ArraySlice<ModelTurn>) -> [[String]] {
    var subjects: [[String]] = []
    var answer: [String] = []
    for message in messages.reversed() where subjects.count < longestMemory {
      switch message {
      case .assistant(let text, _): if !text.isEmpty { answer = Array(marked(text).prefix(1)) }
      case .user(let text):
        let asked = Question(divided(text).question).terms
        if let found = [asked, answer].first(where: { !$0.isEmpty }) { subjects.append(found) }
        answer = []
      case .result: break
      }
    }
    return subjects
  }

  private static func marked(_ answer: String) -> [String] {
    let bold = answer.split(separator: "**", omittingEmptySubsequences: false)
    let parts = bold.count > 2 ? [String(bold[1])] : []
    return (parts + Question(answer).quoted).filter(\.containsJapanese)
  }

  /// A message that gives a text and then asks: `… Question: …`.
  private static func divided(_ message: String) -> (preamble: String, question: String) {
    for mark in ["\nQuestion:", "\nMessage:", "\nText:", "\n質問：", "\n質問:"] {
      var last: Range<String.Index>?
      while let next = message.place(of: mark, from: last?.upperBound) { last = next }
      if let place = last {
        return (
          String(message[..<place.lowerBound]).trimmed, String(message[place.upperBound...]).trimmed
        )
      }
    }
    return ("", message)
  }

  func wasMade(_ wish: ToolWish) -> Bool {
    made.contains { $0.name == wish.name && $0.arguments == wish.arguments }
  }

  /// True when a tool has returned something to answer from.
  var hasAnswer: Bool {
    results.contains { result in
      (try? JSONValue(parsing: result.content)).map { !ResultReading.isNothing($0) } ?? !result
        .content.trimmed.isEmpty
    }
  }

  enum SmallTalk {
    case greeting
    case thanks
    case identity
    case abilities
  }

  var isSmallTalk: Bool { smallTalk != nil }

  /// What a message is when it asks for nothing.
  var smallTalk: SmallTalk? {
    let words = Words.tokens(question.head.folded).map(\.text)
    guard let first = words.first, words.count <= 6 else { return nil }
    if ["こんにちは", "おはよう", "おはようございます", "こんばんは", "はじめまして"].contains(first) { return .greeting }
    if first.hasPrefix("ありがとう") { return .thanks }
    if ["thanks", "thank"].contains(first), question.stems.isEmpty { return .thanks }
    if ["hello", "hi", "hey"].contains(first), question.stems.isEmpty { return .greeting }
    let openings = [
      ["who", "are", "you"], ["what", "are", "you"], ["who", "made", "you"],
      ["who", "built", "you"], ["what", "model"], ["are", "you", "a", "bot"],
      ["are", "you", "human"], ["are", "you", "real"],
    ]
    let wishes = [["what", "can", "you", "do"], ["what", "can", "i", "ask"]]
    if words == ["help"] || wishes.contains(where: { words.starts(with: $0) })
      || ["何ができ", "なにができ"].contains(where: question.head.holds)
    {
      return .abilities
    }
    if openings.contains(where: { words.starts(with: $0) }) { return .identity }
    return ["あなたは誰", "あなたは何", "あなたはだれ", "人間ですか"].contains(where: question.head.holds)
      ? .identity : nil
  }
}

extension Phrases {
  func smallTalk(_ talk: Exchange.SmallTalk, _ tools: [ToolOffer]) -> String {
    switch talk {
    case .greeting: greeting
    case .thanks: thanks
    case .identity: identity
    case .abilities: abilities(tools)
    }
  }
}
