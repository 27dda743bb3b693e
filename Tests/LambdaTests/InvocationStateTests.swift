import Testing

@testable import Lambda

@Suite struct InvocationStateTests {
  private let one = InvocationID("one")
  private let two = InvocationID("two")

  @Test func `walks from start to the next event`() throws {
    var state = InvocationState()
    #expect(try state.asked() == .initialised)
    #expect(state.isWaiting)
    try state.hand(one)
    #expect(state.unanswered == one)
    try state.answers(one)
    try state.answered(one)
    #expect(state.unanswered == nil)
    #expect(state.current == one)
    #expect(try state.asked() == .finished(one))
    #expect(state.isWaiting)
  }

  @Test func `gives the same event again to a runtime that asks again`() throws {
    var state = try running(one)
    #expect(try state.asked() == .again(one))
    #expect(state.unanswered == one)
  }

  @Test func `refuses a second answer, and one to an unknown invocation`() throws {
    var state = try running(one)
    #expect(throws: InvocationState.Refusal.unknownInvocation) { try state.answers(two) }
    try state.answers(one)
    #expect(throws: InvocationState.Refusal.invalidTransition("a second answer")) {
      try state.answers(one)
    }
    try state.answered(one)
    #expect(throws: InvocationState.Refusal.invalidTransition("a second answer")) {
      try state.answers(one)
    }
  }

  @Test func `lets an answer that broke off be sent again`() throws {
    var state = try running(one)
    try state.answers(one)
    state.answerBroke(one)
    try state.answers(one)
    try state.answered(one)
    #expect(state.current == one)
  }

  @Test func `tells a late answer that it is late`() throws {
    var state = try running(one)
    try state.answers(one)
    let hadTime = state.expire()
    #expect(hadTime)
    #expect(throws: InvocationState.Refusal.tooLate) { try state.answered(one) }
    #expect(throws: InvocationState.Refusal.tooLate) { try state.asked() }
    let again = state.expire()
    #expect(!again)
  }

  @Test func `takes an init error only before the first event`() throws {
    var state = InvocationState()
    try state.failedToInitialise()
    #expect(throws: InvocationState.Refusal.self) { try state.asked() }
    var ready = try running(one)
    #expect(throws: InvocationState.Refusal.self) { try ready.failedToInitialise() }
  }

  @Test func `takes back a runtime whose connection closed while it waited`() throws {
    var state = InvocationState()
    _ = try state.asked()
    state.hungUp()
    #expect(!state.isWaiting)
    #expect(throws: InvocationState.Refusal.self) { try state.hand(one) }
    #expect(try state.asked() == .wait)
    #expect(state.isWaiting)
  }

  /// Whatever a runtime does: an event has one answer at most, and none is handed to a busy one.
  @Test(arguments: 0..<50) func `keeps its promises under random steps`(seed: UInt64) {
    var random = Steps(state: seed)
    var state = InvocationState()
    var handed: [InvocationID] = []
    var answered: Set<InvocationID> = []
    for step in 0..<400 {
      let known = handed.randomElement(using: &random) ?? one
      switch Int.random(in: 0..<8, using: &random) {
      case 0: _ = try? state.asked()
      case 1:
        let id = InvocationID("\(step)")
        let wasFree = state.isWaiting
        let isHanded = (try? state.hand(id)) != nil
        #expect(isHanded == wasFree)
        if isHanded { handed.append(id) }
      case 2: try? state.answers(known)
      case 3:
        if (try? state.answered(known)) != nil {
          let isFirst = answered.insert(known).inserted
          #expect(isFirst, "answered twice")
          #expect(known == handed.last)
        }
      case 4: state.answerBroke(known)
      case 5: state.hungUp()
      case 6 where step % 97 == 0: _ = state.expire()
      default: try? state.failedToInitialise()
      }
    }
  }

  private func running(_ id: InvocationID) throws -> InvocationState {
    var state = InvocationState()
    _ = try state.asked()
    try state.hand(id)
    return state
  }
}

/// A repeatable source of steps (SplitMix64).
private struct Steps: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
