import Testing

@testable import Agent

@Suite struct RecentlyUsedTests {
  private let now = Timestamp(milliseconds: 1_000)
  private let later = Timestamp(milliseconds: 9_000)

  private func filled(
    _ keys: [String], mostEntries: Int = 3, mostBytes: Int = 100
  )
    -> RecentlyUsed<Int>
  {
    var kept = RecentlyUsed<Int>(mostEntries: mostEntries, mostBytes: mostBytes)
    for (number, key) in keys.enumerated() {
      kept.set(key, number, size: 10, expiresAt: later)
    }
    return kept
  }

  @Test func `what was not asked for the longest goes first`() {
    var kept = filled(["a", "b", "c"])
    #expect(kept.value("a", at: now) == 0)
    kept.set("d", 3, size: 10, expiresAt: later)
    #expect(kept.value("b", at: now) == nil)
    #expect(kept.value("a", at: now) == 0)
    #expect(kept.value("c", at: now) == 2)
    #expect(kept.count == 3)
  }

  @Test func `its bytes are bounded too`() {
    var kept = filled(["a", "b", "c"], mostBytes: 35)
    kept.set("d", 3, size: 25, expiresAt: later)
    #expect(kept.bytes == 35)
    #expect(kept.value("c", at: now) == 2)
    #expect(kept.value("b", at: now) == nil)
    kept.set("huge", 4, size: 36, expiresAt: later)
    #expect(kept.value("huge", at: now) == nil)
    #expect(kept.count == 2)
  }

  @Test func `what has expired is gone, to the millisecond`() {
    var kept = filled(["a"])
    #expect(kept.value("a", at: Timestamp(milliseconds: 8_999)) == 0)
    #expect(kept.value("a", at: later) == nil)
    #expect(kept.bytes == 0)
  }

  @Test func `does the same as a list that is searched, whatever happens`() {
    var random = SystemRandomNumberGenerator()
    var kept = RecentlyUsed<Int>(mostEntries: 8, mostBytes: 60)
    var list: [(key: String, value: Int, size: Int)] = []
    for step in 0..<5_000 {
      let key = "k\(Int.random(in: 0..<12, using: &random))"
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        kept.remove(key)
        list.removeAll { $0.key == key }
      case 1:
        let known = list.firstIndex { $0.key == key }
        #expect(kept.value(key, at: now) == known.map { list[$0].value })
        if let known { list.append(list.remove(at: known)) }
      default:
        let size = Int.random(in: 0...20, using: &random)
        kept.set(key, step, size: size, expiresAt: later)
        list.removeAll { $0.key == key }
        while list.count >= 8 || list.reduce(size, { $0 + $1.size }) > 60 { list.removeFirst() }
        list.append((key, step, size))
      }
      #expect(kept.count == list.count)
      #expect(kept.bytes == list.reduce(0) { $0 + $1.size })
    }
    for entry in list { #expect(kept.value(entry.key, at: now) == entry.value) }
  }

  @Test func `a thousand entries of a sandbox are its limit`() {
    let memory = MemoryCache()
    for number in 0..<1_200 {
      memory.set("\(number)", .vector([1]), size: 4, expiresAt: later)
    }
    #expect(memory.count == 1_000)
    #expect(memory["199", at: now] == nil)
    #expect(memory["200", at: now] != nil)
  }
}

@Suite struct AnswerSubjectTests {
  @Test(arguments: [
    ("  What is 語?", "what is 語"), ("What\nis \t語 ？", "what is 語"), ("ＷＨＡＴ is 語。", "what is 語"),
    ("か\u{3099}っこう", "がっこう"), ("ｶﾞｯｺｳ", "ガッコウ"), ("?", "?"), ("Was ist Größe?!", "was ist größe"),
    ("résumé", "résumé"),
  ])
  func `spellings of one question are one`(written: String, expected: String) {
    #expect(AnswerSubject.normalized(written) == expected)
  }

  @Test func `other words, numbers and marks within are other questions`() {
    let questions = [
      "is 1.5 more than 1", "is 15 more than 1", "is -1.5 more than 1", "resume", "résumé",
      "what is a?b", "what is ab",
    ]
    #expect(Set(questions.map(AnswerSubject.normalized)).count == questions.count)
  }

  @Test func `another prompt, model setting or tool is another fingerprint`() {
    let profile = Profile(name: "p", title: "P", instructions: "Be exact.", tools: ["look"])
    var others = [profile]
    for change: (inout Profile) -> Void in [
      { $0.instructions += " Be brief." }, { $0.model.temperature = 0 }, { $0.tools = [] },
      { $0.limits.passages = 2 }, { $0.variant = "short" }, { $0.passageTypes = ["word"] },
      { $0.model.maximumTokens = 9 }, { $0.model.name = "other" },
    ] {
      var other = profile
      change(&other)
      others.append(other)
    }
    #expect(Set(others.map(\.fingerprint)).count == others.count)
  }
}
