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
    question = Question(text, after: said.dropLast().last)
    self.said = said
    self.made = made
    self.results = results
    self.rounds = rounds
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
    let asksWho =
      words.starts(with: ["who", "are", "you"]) || words.starts(with: ["what", "are", "you"])
    return asksWho || words.starts(with: ["what", "model"]) ? .identity : nil
  }
}

extension Phrases {
  func smallTalk(_ talk: Exchange.SmallTalk) -> String {
    switch talk {
    case .greeting: greeting
    case .thanks: thanks
    case .identity: identity
    }
  }
}
