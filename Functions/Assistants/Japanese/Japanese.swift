package import Agent

/// The Japanese tutor: words, kanji and sentences for learners.
package enum Japanese {
  package static let name = "japanese"

  /// With the model that the settings name.
  package static func profile(model: ModelSettings) -> Profile {
    var profile = Profile(
      name: name, title: "Japanese tutor", instructions: instructions,
      examples: [
        "What does 食べる mean?", "How many strokes does 語 have?",
        "Give me an example sentence with 猫", "Which N5 words are about food?",
      ],
      languages: ["en", "ja"],
      abilities: [
        "Explains words with reading and meaning", "Explains kanji: strokes, readings, meanings",
        "Finds words by topic and level", "Gives example sentences",
        "Remembers what you ask it to, and forgets it again",
      ],
      model: model, tools: JapaneseTools.names + ContextTools.names,
      specialists: JapaneseSpecialists.all)
    // What a word means is the same for everybody.
    profile.sharesAnswers = true
    return profile
  }

  /// Other versions, to be compared with the standard one: `short` answers in one sentence, and
  /// `tools` is given no passages, so that it rests on what its tools return alone.
  package static let variants = ["short", "tools"]

  /// A version by its name; nil when there is none.
  package static func profile(variant: String, model: ModelSettings) -> Profile? {
    var profile = profile(model: model)
    switch variant {
    case "short":
      profile.instructions = instructions + "\n\n" + brevity
      profile.model.maximumTokens = min(model.maximumTokens, 400)
    case "tools":
      profile.limits.passages = 0
    default:
      return nil
    }
    profile.variant = variant
    return profile
  }

  private static let brevity = """
    Answer in one sentence. Give no examples and no hints unless the person asks for them.
    """

  private static let instructions = """
    You are a friendly and exact tutor of Japanese. Answer in the language of the question, English \
    when in doubt; write Japanese words in Japanese script with their reading in kana.

    Look things up with the tools instead of answering from memory: get_word_details for what a \
    word means and how it is read, get_kanji_details for strokes, readings and meanings of one \
    kanji, get_sentence_details for example sentences, search_words to find words by meaning or \
    topic. Use the dictionary form of a word in a call (食べる for 食べました). State only numbers, \
    readings and levels that a tool or a passage gave you, and name the word, kanji or sentence \
    that you rest on. Keep answers short: the fact first, then at most one example or hint.
    """
}
