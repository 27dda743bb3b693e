/// Sentences of the intents that every assistant has.
enum IntentExamples {
  static let all =
    human.map { IntentClassifier.Example($0, intent: Intent.human) }
    + general.map { IntentClassifier.Example($0, intent: Intent.general) }
    + continuation.map { IntentClassifier.Example($0, intent: Intent.continuation) }

  private static let human = [
    "I want to speak with a human", "Can I talk to a real person?", "Let me speak to an agent",
    "Connect me to a human please", "I need to talk to someone from support",
    "transfer me to a representative", "get me a human", "speak with a human",
    "I would like to speak to a customer service representative", "talk to a person, not a bot",
    "Is there a human I can talk to?", "please escalate this to a colleague",
    "I don't want to talk to a machine", "call a human operator", "human agent please",
    "can somebody from your team help me?", "I want to talk to your staff",
    "人間と話したいです", "オペレーターにつないでください", "担当者と話がしたい", "人に代わってください",
    "有人対応をお願いします", "スタッフと直接話したい", "人と話したい", "担当の方に代わってもらえますか",
    "オペレーターと話したい", "ロボットではなく人と話したいです", "サポートの人に相談したい",
  ]

  private static let general = [
    "hello", "hi there", "good morning", "thank you very much", "thanks, that helped",
    "what can you do?", "who are you?", "how much does it cost?", "what is the weather today?",
    "what time is it?", "what is the capital of France?", "how is your day going?",
    "recommend a movie", "what is two plus two?", "no thanks", "goodbye", "who made you?",
    "remember that I like short answers", "please remember my name", "forget what I told you",
    "what do you know about me?", "who won the football match?", "tell me a joke",
    "book a flight to London", "what is my account balance?", "write a program in Python",
    "こんにちは", "ありがとう", "ありがとうございました", "あなたは誰ですか", "何ができますか",
    "今日の天気は", "今何時ですか", "私の名前を覚えてください", "私について知っていることを教えて",
    "さっき言ったことを忘れて", "さようなら", "おはようございます",
  ]

  private static let continuation = [
    "and another one?", "give me another one", "one more please", "more", "more of these",
    "tell me more about that", "can you explain this again?", "what do you mean by that?",
    "please continue", "go on", "I do not understand the answer", "why is that?", "and this one?",
    "what about the other one?", "and the second one?", "again please", "that is not right",
    "ok", "yes please", "are you sure?", "can you make it shorter?", "and then?",
    "show me three more", "next", "next one", "how about this one?", "what is the difference?",
    "もう一つ", "もう一つください", "もっと教えて", "もう一度説明してください", "続けてください", "他にも",
    "それはどういう意味ですか", "どうしてですか", "なぜですか", "じゃあこれは", "はい", "次をお願いします",
    "よく分かりません", "もう少し詳しく",
  ]
}
