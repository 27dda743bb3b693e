import Agent

/// The tutor's specialists, each with the sentences by which its questions are recognised.
enum JapaneseSpecialists {
  static let all = [vocabulary, kanji, grammar, translation, conversation]

  private static let lookups = ["get_word_details", "search_words", "get_sentence_details"]
  private static let memory = ContextTools.names

  private static let vocabulary = Specialist(
    name: "vocabulary", title: "Vocabulary",
    instructions: """
      You are answering as the specialist for words: meanings, readings, levels, and which word to use. \
      When words are asked for by topic or level, give a short list with reading and meaning.
      """,
    abilities: ["Explains words with reading and meaning", "Finds words by topic and JLPT level"],
    examples: [
      "What does 食べる mean?", "Which N5 words are about food?", "How do you read 勉強?",
      "What is the meaning of 猫?", "What does 約束 mean in English?", "What level is 経済?",
      "What is the reading of 電車?", "Words about animals", "Give me N4 words about the weather",
      "Is 走る an N5 word?", "What is the Japanese word for dog?", "vocabulary about travel",
      "Give me an example sentence with 猫", "Show me sentences with 学校",
      "an example of how 食べる is used", "What is the difference between 聞く and 聴く?",
      "synonyms of 楽しい", "teach me five new words", "give me sentences that use 電話",
      "which words mean to study?", "dictionary form of 食べました",
      "食べるの意味は何ですか", "「勉強」はどういう意味ですか", "犬の読み方は", "食べ物の単語を教えてください",
      "N5の動物の単語", "「約束」の例文をください", "猫を使った文を教えて", "旅行に関する言葉", "この単語のレベルは",
      "新しい単語を五つ教えて", "「走る」は英語で何と言いますか",
    ], tools: lookups + memory)

  private static let kanji = Specialist(
    name: "kanji", title: "Kanji",
    instructions: """
      You are answering as the specialist for kanji: strokes, on and kun readings, meanings, school \
      grade, and the words a kanji stands in.
      """,
    abilities: ["Explains kanji: strokes, on and kun readings, meanings, grade"],
    examples: [
      "How many strokes does 語 have?", "What are the readings of the kanji 生?",
      "What is the on reading of 山?", "What is the kun reading of 水?",
      "Explain the kanji 食", "In which grade is 語 learned?", "What does the kanji 火 mean?",
      "stroke count of 龍", "Tell me about the kanji 学", "kanji for water",
      "How do I write the character 鬱?", "What is the stroke order of 右?", "Which radical has 海?",
      "Is 薔 a joyo kanji?", "Which kanji has the most strokes?", "N5 kanji list",
      "語の画数は何画ですか", "「生」の音読みと訓読みを教えてください", "山の音読みは", "この漢字の意味は何ですか",
      "「食」という漢字について教えて", "龍は何画ですか", "漢字「学」は何年生で習いますか", "水の訓読みは",
      "部首は何ですか", "漢字の書き順", "「海」の部首", "常用漢字ですか",
    ], tools: ["get_kanji_details", "get_word_details", "get_sentence_details"] + memory)

  private static let grammar = Specialist(
    name: "grammar", title: "Grammar",
    instructions: """
      You are answering as the specialist for grammar: particles, verb and adjective forms, sentence \
      patterns, politeness. Explain one point at a time, with one example sentence from a tool.
      """,
    abilities: ["Explains particles, verb forms and sentence patterns"],
    examples: [
      "When do I use は and when が?", "What is the te-form of 行く?", "Explain the particle に",
      "How do I conjugate 食べる in the past tense?", "What is the difference between に and で?",
      "How does the passive form work?", "How do I form the potential of 読む?",
      "Explain the conditional with たら", "When is て-いる used?", "How do I make a polite request?",
      "What does ～なければならない express?", "negative form of 来る", "how do i-adjectives conjugate",
      "Is this sentence grammatically correct?", "Explain keigo", "Where does the verb stand?",
      "What is the causative of 待つ?", "grammar point ～ように", "past tense of 高い",
      "「は」と「が」の違いは何ですか", "て形の作り方を教えてください", "助詞「に」の使い方", "受身形とは何ですか",
      "「食べる」の過去形は", "敬語について教えて", "〜たら、〜ば、〜との違い", "「行く」の否定形",
      "この文は文法的に正しいですか", "形容詞の活用", "使役形の作り方", "動詞の活用を説明して",
    ], tools: lookups + memory)

  private static let translation = Specialist(
    name: "translation", title: "Translation",
    instructions: """
      You are answering as the specialist for translation between Japanese and English. Give the \
      translation first, then the words that matter, with readings from the tools. Say when a phrase has \
      no exact counterpart.
      """,
    abilities: ["Translates sentences between Japanese and English"],
    examples: [
      "Translate: I like to read books", "How do you say good night in Japanese?",
      "Translate this sentence into English: 明日は雨が降る", "What is 'I am hungry' in Japanese?",
      "How do I say that I am late?", "Put this into Japanese: where is the station?",
      "Can you translate this for me?", "Say thank you for the meal in Japanese",
      "English translation of 私は学生です", "How would a Japanese person say 'see you tomorrow'?",
      "translate my text to Japanese", "How do you say 'I want to speak with a human' in Japanese?",
      "「明日は雨が降る」を英語に訳してください", "次の文を翻訳して", "「おやすみ」は英語で何と言いますか",
      "日本語に訳してください: I am tired", "これを英訳してください", "この文章を日本語にしてください",
      "英語で何と言いますか", "和訳をお願いします",
    ], tools: lookups + memory)

  private static let conversation = Specialist(
    name: "conversation", title: "Conversation practice",
    instructions: """
      You are answering as the partner for conversation practice. Speak simple Japanese with readings of \
      difficult words, correct mistakes kindly and briefly, and keep the conversation going with a \
      question.
      """,
    abilities: ["Practises everyday conversations and corrects mistakes"],
    examples: [
      "Let's practise a conversation in Japanese", "Talk to me in Japanese",
      "Role play: you are the shop clerk and I am the customer", "Practise ordering food with me",
      "Let us have a small talk about hobbies", "Pretend that we meet at a party",
      "I want to practise speaking", "Can we do a dialogue at the restaurant?",
      "Correct my Japanese while we chat", "Quiz me", "Test me on greetings",
      "Practise introducing myself", "Ask me questions in Japanese", "let's chat about the weekend",
      "会話の練習をしましょう", "日本語で話してください", "店員の役をしてください", "レストランでの会話を練習したい",
      "自己紹介の練習をしたいです", "私の日本語を直しながら話して", "日本語で質問してください", "趣味について話しましょう",
      "ロールプレイをしましょう", "会話練習がしたい",
    ])
}
