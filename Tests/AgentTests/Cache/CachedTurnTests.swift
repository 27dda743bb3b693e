import Cloud
import JSON
import Synchronization
import Testing

@testable import Agent

/// Turns of people of one tenant with a cache between them.
@Suite struct CachedTurnTests {
  private struct Office: Sendable {
    let caches: TestCaches
    let store = MemoryStore()
    let remembered = Memories()
    let knowledge: Knowledge?
    var profile: Profile

    init(_ store: Store, knowledge: Knowledge? = nil) {
      caches = TestCaches(store: store)
      self.knowledge = knowledge
      profile = Profile(name: "p", title: "P", instructions: "Be exact.", tools: ["look"])
      profile.limits.duration = .seconds(300)
      profile.sharesAnswers = true
      if knowledge == nil { profile.limits.passages = 0 }
    }

    /// Each question comes to a sandbox of its own.
    @discardableResult
    func ask(
      _ user: String, _ model: ScriptedModel, _ text: String = "What is 語?",
      _ change: (inout Question) -> Void = { _ in }
    ) async throws -> (report: TurnReport, receiver: Receiver) {
      let caller = Caller(user: user, tenant: "acme")
      let agent = Agent(
        profile: profile, model: model, tools: [TestAgent.look], knowledge: knowledge,
        store: store, cache: caches.sandbox(),
        person: { [remembered] in remembered.entries(of: $0.user) }, now: { .now })
      let key = MessageKey(caller: caller, connection: "c", message: "\(store.turns.count)")
      var question = Question(caller: caller, key: key, text: try MessageText(text))
      change(&question)
      let receiver = Receiver()
      let report = await agent.answer(question, until: .now + .seconds(300)) {
        try await receiver.take($0)
      }
      return (report, receiver)
    }
  }

  /// What is remembered about whom.
  private final class Memories: Sendable {
    let users = Mutex<Set<String>>([])

    func entries(of user: String) -> [ContextEntry] {
      users.withLock { $0.contains(user) }
        ? [ContextEntry(kind: .fact, key: "name", value: user, updatedAt: .now)] : []
    }
  }

  private func model(_ text: String = "A word.") -> ScriptedModel {
    ScriptedModel([.text(text), .event(.usage(Usage(input: 9, output: 3))), .finish()])
  }

  @Test func `another person gets the answer without the model, as a turn of their own`()
    async throws
  {
    try await withTables { store in
      let office = Office(store)
      let first = try await office.ask("ana", model())
      #expect(first.report.cache == CacheLevel.none)
      #expect(first.receiver.completion?.isCached == false)
      let silent = ScriptedModel([.fail(.unreachable("not to be asked"))])
      let second = try await office.ask("bob", silent, " what is 語")
      #expect(silent.requests.isEmpty)
      #expect(second.report.cache == .table)
      #expect(second.report.outcome == .completed(.complete))
      #expect(second.report.usage == Usage())
      #expect(second.receiver.text == "A word.")
      #expect(second.receiver.completion?.isCached == true)
      #expect(second.receiver.completion?.model == "scripted/1")
      let turns = office.store.turns
      #expect(turns.count == 2)
      let turn = try #require(turns.first { $0.question == " what is 語" })
      #expect(turn.isCached && turn.answer == "A word." && turn.status == .complete)
      #expect(turn.usage == Usage())
      #expect(turn.cacheEntry != nil && Set(turns.map(\.cacheEntry)).count == 1)
    }
  }

  @Test func `what is personal is neither taken from the cache nor put into it`() async throws {
    try await withTables { store in
      let office = Office(store)
      office.remembered.users.withLock { $0 = ["ana"] }
      let personal = try await office.ask("ana", model("Dear Ana."))
      #expect(personal.report.cache == nil)
      let bob = try await office.ask("bob", model())
      #expect(bob.receiver.text == "A word.")
      #expect(try await office.ask("ana", model("Dear Ana.")).receiver.text == "Dear Ana.")
      // Not the first question of its conversation.
      let id = bob.report.conversation
      let later = try await office.ask("bob", model("Again.")) { $0.conversation = id }
      #expect(later.receiver.text == "Again." && later.report.cache == nil)
      #expect(try await office.ask("cid", model("?")).receiver.text == "A word.")
    }
  }

  @Test func `a person who wants another answer gets one`() async throws {
    try await withTables { store in
      let office = Office(store)
      try await office.ask("ana", model())
      let fresh = try await office.ask("bob", model("Fresh.")) { $0.isFresh = true }
      #expect(fresh.receiver.text == "Fresh.")
      #expect(try await office.ask("cid", model("?")).receiver.text == "A word.")
    }
  }

  @Test func `answers with tools, cut ones and failed ones are not for others`() async throws {
    let unfit: [ScriptedModel] = [
      ScriptedModel(
        [.call("look", #"{"n":1}"#), .finish(.toolCalls)], [.text("語 has 1."), .finish()]),
      ScriptedModel([.text("Cut"), .finish(.length)]),
      ScriptedModel([.text("Bad"), .finish(.contentFilter)]),
      ScriptedModel([.text("Half"), .fail(.unreachable("gone"))]),
      ScriptedModel([
        .text("From a page."), .event(.source(Source(source: "w", title: "w", type: "web"))),
        .finish(),
      ]),
    ]
    try await withTables { store in
      let office = Office(store)
      for model in unfit {
        try await office.ask("ana", model)
        #expect(office.store.turns.allSatisfy { $0.cacheEntry == nil })
      }
      #expect(try await office.ask("bob", model()).receiver.text == "A word.")
    }
  }

  @Test func `an assistant that does not share keeps nothing`() async throws {
    try await withTables { store in
      var office = Office(store)
      office.profile.sharesAnswers = false
      try await office.ask("ana", model())
      #expect(try await office.ask("bob", model("Own.")).receiver.text == "Own.")
      #expect(try await store.scan(Scan(TestCaches.name)).items.isEmpty)
    }
  }

  @Test func `new knowledge makes new answers, and own knowledge own ones`() async throws {
    let files = Mutex((tag: "1", passages: [Passage.test("1", "語 is a word")]))
    let knowledge = Knowledge(checkEvery: .zero) { tag in
      let (now, passages) = files.withLock { ($0.tag, $0.passages) }
      guard tag != now else { return nil }
      var builder = SegmentBuilder()
      for passage in passages { try builder.add(passage, vector: nil) }
      return Knowledge.File(bytes: try builder.file(), tag: now)
    }
    try await withTables { store in
      let office = Office(store, knowledge: knowledge)
      let first = try await office.ask("ana", model("See [1]."))
      #expect(first.receiver.completion?.sources.map(\.source) == ["src/1"])
      let cached = try await office.ask("bob", model("?"))
      #expect(cached.receiver.text == "See [1].")
      #expect(cached.receiver.completion?.sources.map(\.source) == ["src/1"])
      files.withLock { $0.tag = "2" }
      #expect(try await office.ask("bob", model("New [1].")).receiver.text == "New [1].")
      files.withLock {
        var own = Passage.test("2", "語 is my word")
        own.tenant = "acme"
        own.owner = Caller.owner(user: "cid", tenant: "acme")
        $0 = ("3", $0.passages + [own])
      }
      #expect(try await office.ask("cid", model("Mine [1].")).receiver.text == "Mine [1].")
      #expect(try await office.ask("bob", model("Ours [1].")).receiver.text == "Ours [1].")
      #expect(try await office.ask("ana", model("?")).receiver.text == "Ours [1].")
    }
  }
}

extension Passage {
  fileprivate static func test(_ id: String, _ text: String) -> Passage {
    Passage(id: id, source: "src/\(id)", title: "T\(id)", text: text)
  }
}
