import JSON

@testable import Models

/// Tools of a language tutor, declared as a client declares them.
enum TutorTools {
  static let all = [word, kanji, sentence, search]

  static let word = ToolOffer(
    name: "get_word_details",
    description:
      "Looks up one Japanese word in the dictionary: what it means in English, its reading in kana, "
      + "and its JLPT level.",
    parameters: object(
      [
        "word": text(
          "A Japanese word in dictionary form, in kanji or kana, such as 食べる.", longest: 40)
      ],
      required: ["word"]))

  static let kanji = ToolOffer(
    name: "get_kanji_details",
    description:
      "Looks up one kanji: its number of strokes, meanings, on and kun readings, JLPT level and school grade.",
    parameters: object(
      ["kanji": text("A single kanji, such as 語.", longest: 1)], required: ["kanji"]))

  static let sentence = ToolOffer(
    name: "get_sentence_details",
    description:
      "Finds example sentences in Japanese, with their English translation, that contain a given word or kanji.",
    parameters: object(
      [
        "word": text("The Japanese word or kanji to be in the sentence, such as 猫.", longest: 100),
        "limit": [
          "type": "integer", "minimum": 1, "maximum": 10, "default": 3,
          "description": "How many sentences at most.",
        ],
      ], required: ["word"]))

  static let search = ToolOffer(
    name: "search_words",
    description:
      "Searches the vocabulary list for Japanese words by English meaning, topic or reading, for questions "
      + "such as \"how do you say to swim\" or \"words about food\".",
    parameters: object(
      [
        "query": text("What the words are about, in English, or a reading in kana.", longest: 200),
        "level": [
          "type": "string", "enum": ["N5", "N4", "N3", "N2", "N1"],
          "description": "Only words of this JLPT level.",
        ],
        "limit": [
          "type": "integer", "minimum": 1, "maximum": 20, "default": 5,
          "description": "How many words at most.",
        ],
      ], required: ["query"]))

  static func object(_ properties: JSONValue, required: [String]) -> JSONValue {
    [
      "type": "object", "additionalProperties": false, "properties": properties,
      "required": .array(required.map(JSONValue.string)),
    ]
  }

  static func text(_ description: String, longest: Int) -> JSONValue {
    [
      "type": "string", "minLength": 1, "maxLength": .int(longest),
      "description": .string(description),
    ]
  }
}

extension ModelTask {
  /// A question, with tools, after some messages.
  init(
    _ question: String, tools: [ToolOffer] = [], instructions: String = "", before: [ModelTurn] = []
  ) {
    self.init(model: "m")
    self.instructions = instructions
    self.tools = tools
    messages = before + [.user(question)]
  }

  /// The same task after the calls were made with these results.
  func after(_ calls: [ToolWish], _ results: [JSONValue]) -> ModelTask {
    var task = self
    task.messages.append(.assistant("", calls: calls))
    for (call, result) in zip(calls, results) {
      task.messages.append(.result(call: call.id, name: call.name, content: result.description))
    }
    return task
  }
}
