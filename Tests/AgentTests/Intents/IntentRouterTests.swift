import Support
import Testing

@testable import Agent

extension Profile {
  /// An assistant with two specialists.
  static var zoo: Profile {
    Profile(
      name: "zoo", title: "Zoo", instructions: "Be kind.", languages: ["en", "ja"],
      tools: ["look", "write"],
      specialists: [
        Specialist(
          name: "birds", title: "Birds", instructions: "You know birds.",
          examples: [
            "which birds can fly?", "what do penguins eat?", "how high does an eagle fly?",
            "tell me about owls", "feathers of a parrot", "鳥について教えて", "ペンギンは何を食べますか",
          ], tools: ["look"]),
        Specialist(
          name: "fish", title: "Fish", instructions: "You know fish.",
          examples: [
            "how deep does a shark swim?", "what do salmon eat?", "which fish lives in a river?",
            "the gills of a trout", "how long does a carp live?", "魚について教えて", "サメは何を食べますか",
          ]),
      ])
  }
}

@Suite struct IntentRouterTests {
  private func find(
    _ text: String, _ model: ScriptedModel? = nil, named: String? = nil, current: String? = nil,
    patience: Duration = .seconds(60)
  ) async -> IntentRouter.Finding {
    let router = IntentRouter(.zoo, model: model, patience: patience)
    return await router.finding(
      text, named: named, current: current, before: current == nil ? nil : "before?",
      until: .now + .seconds(300))
  }

  @Test func `clear sentences need no model`() async {
    let model = ScriptedModel([.text("fish"), .finish()])
    for (text, name) in [
      ("What do penguins eat?", "birds"), ("the gills of a shark", "fish"),
      ("ペンギンは何を食べますか", "birds"),
    ] {
      let found = await find(text, model)
      #expect(found.intent.name == name, "\(text) \(found)")
      #expect(found.intent.source == .lexical)
      #expect(found.intent.confidence >= IntentRouter.sure)
    }
    #expect(model.requests.isEmpty)
  }

  @Test func `the model decides what they leave open, at temperature 0`() async throws {
    let usage = Usage(input: 40, output: 1)
    let model = ScriptedModel([
      .event(.model("small/1")), .text("\"Fi"), .text("sh\".\n"), .event(.usage(usage)), .finish(),
    ])
    let found = await find("Does a zebra <swim> & dive?", model, current: "birds")
    #expect(found.intent.name == "fish")
    #expect(found.intent.source == .model)
    #expect(found.intent.confidence < IntentRouter.sure)
    #expect(found.usage == usage)
    #expect(found.model == "small/1")
    let request = try #require(model.requests.first)
    #expect(request.settings.temperature == 0)
    #expect(request.tools.isEmpty)
    guard case .user(let asked)? = request.messages.first else {
      Issue.record("\(request.messages)")
      return
    }
    #expect(asked.hasSuffix("Message: Does a zebra &lt;swim&gt; &amp; dive?"))
    #expect(asked.contains("<before>before?</before>"))
    #expect(request.system.contains("answered by birds"))
  }

  @Test(arguments: [
    [ScriptedModel.Step.text("I think it is about fish, or birds."), .finish()], [.finish()],
    [.fail(.unavailable(status: 503, message: ""))], [.text("fi"), .fail(.incomplete)],
    [.text("ignore"), .finish()], [.text("continuation"), .finish()],
  ])
  func `a model that gives no label changes nothing`(_ steps: [ScriptedModel.Step]) async {
    let open = "Does a zebra swim?"
    let without = await find(open)
    let found = await find(open, ScriptedModel(steps))
    #expect(found == without)
    #expect(found.intent.source != .model)
  }

  @Test func `a model that is silent is not waited for`() async {
    let start = ContinuousClock.now
    let found = await find("Does a zebra swim?", PatientModel(), patience: .milliseconds(50))
    #expect(found.intent.source != .model)
    #expect(start.duration(to: .now) < .seconds(60))
  }

  /// `ScriptedModel` does not look at its deadline; real ones do.
  private func find(
    _ text: String, _ model: PatientModel, patience: Duration
  ) async -> IntentRouter.Finding {
    await IntentRouter(.zoo, model: model, patience: patience).finding(
      text, current: nil, before: nil, until: .now + .seconds(300))
  }

  private struct PatientModel: Model {
    let name = "patient"

    func stream(
      _ request: ModelRequest, until deadline: ContinuousClock.Instant,
      _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
    ) async throws {
      try await Task.sleep(until: deadline)
      throw ModelError.deadlineExceeded
    }
  }

  @Test func `a follow-up stays where the conversation is`() async {
    let model = ScriptedModel([.text("fish"), .finish()])
    for text in [
      "and another one?", "One more, please", "more", "Why?", "もう一つお願いします", "もっと詳しく教えてください",
      "can you explain that again?",
    ] {
      let found = await find(text, model, current: "birds")
      #expect(found.intent.name == "birds", "\(text) \(found)")
      #expect(found.intent.source == .conversation, "\(text)")
    }
    #expect(model.requests.isEmpty)
    // Another subject goes elsewhere, whoever answered before.
    #expect(await find("what do salmon eat?", current: "birds").intent.name == "fish")
    // Nothing to go on from.
    #expect(await find("and another one?", current: nil).intent.name == Intent.general)
  }

  @Test func `a client's choice is not guessed about, but for a wish for a person`() async {
    let model = ScriptedModel([.text("fish"), .finish()])
    let found = await find("what do salmon eat?", model, named: "birds")
    #expect(found.intent == Intent("birds", confidence: 1, source: .named))
    let wish = await find("I want to speak with a human", model, named: "birds")
    #expect(wish.intent.name == Intent.human)
    #expect(model.requests.isEmpty)
  }

  @Test(arguments: [
    "I want to speak with a human", "Can I talk to a real person please?",
    "Please connect me with an agent.", "let me talk to somebody from your staff",
    "transfer me to a human operator", "人と話したい", "人と話したいです。", "担当者につないでください",
    "オペレーターに代わってもらえますか", "SPEAK WITH A HUMAN!", "get me a human",
  ])
  func `a wish for a person is seen`(_ text: String) async {
    let found = await find(text)
    #expect(found.intent.name == Intent.human, "\(found)")
  }

  @Test(arguments: [
    "What does 人と話したい mean?", "How do you say 'I want to speak with a human' in Japanese?",
    "「担当者につないでください」はどういう意味ですか", "「人間と話したい」を英語に訳してください",
    "What is the word for human?", "人という漢字の読み方は",
    "hello", "thank you", "ありがとう",
  ])
  func `a sentence about such a wish is none`(_ text: String) async {
    let found = await find(text)
    #expect(found.intent.name != Intent.human, "\(found)")
  }

  @Test func `nothing else is taken for such a wish`() async throws {
    let router = IntentRouter(.zoo)
    let questions = try Project.text("Tests/AgentTests/Fixtures/clinc_oos_train_val.txt")
    for line in questions.split(separator: "\n").map(String.init) + ["Talk.", "call"] {
      let found = await router.finding(
        line, current: nil, before: nil, until: .now + .seconds(300))
      #expect(found.intent.name != Intent.human, "\(line) \(found.intent)")
    }
  }

  @Test func `the assistant is asked back in so many words`() {
    #expect(HumanWish.isBack("Back to the assistant!"))
    #expect(HumanWish.isBack("「アシスタントに戻る」"))
    #expect(!HumanWish.isBack("I am back, is the assistant there?"))
    #expect(!HumanWish.isBack(""))
  }

  @Test func `names of agents are found within their assistant first`() throws {
    var other = Profile.zoo
    other.name = "aquarium"
    let all = [Profile.zoo, other]
    #expect(AgentName("aquarium.fish", among: all)?.assistant == "aquarium")
    #expect(AgentName("fish", among: all)?.assistant == "zoo")
    #expect(AgentName("fish", among: all, standing: "aquarium")?.assistant == "aquarium")
    #expect(AgentName("fish", among: all)?.specialist == "fish")
    #expect(try #require(AgentName("zoo", among: all)).specialist == nil)
    for wrong in ["", ".", "zoo.", "zoo.lions", ".fish", "lions", "zoo.fish.x", "general"] {
      #expect(AgentName(wrong, among: all) == nil, "\(wrong)")
    }
  }
}
