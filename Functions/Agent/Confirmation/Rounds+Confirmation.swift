/// Where questions for a yes go, and what they say.
struct Consent: Sendable {
  let store: StoredConfirmations
  let conversation: ConversationID
  let specialist: String?
  let language: FixedLanguage
  let now: @Sendable () -> Timestamp
}

extension Rounds {
  /// Asks the person for a yes when calls of a round must have one: the others are made, these wait,
  /// and the turn ends. Nil when nothing has to wait.
  func hold(_ calls: [ToolCall]) async throws -> FinishReason? {
    guard let consent else { return nil }
    let allowed = Array(calls.prefix(profile.limits.callsPerRound))
    var held: [Confirmation.Call] = []
    var free: [ToolCall] = []
    for call in allowed {
      if let summary = tools.summary(ofHeld: call, for: caller, consent.language) {
        held.append(Confirmation.Call(call: call, number: 0, summary: summary))
      } else {
        free.append(call)
      }
    }
    guard !held.isEmpty else { return nil }
    if !free.isEmpty { _ = try await results(of: free) }
    for place in held.indices { held[place].number = wait(held[place].call) }
    let confirmation = Confirmation(
      id: StoredConfirmations.newID(), conversation: consent.conversation, turn: turn,
      assistant: profile.name, specialist: consent.specialist, variant: profile.variant,
      calls: held,
      validUntil: Timestamp(milliseconds: consent.now().milliseconds + Confirmation.life))
    try await consent.store.ask(confirmation, of: caller)
    draft.change { $0.confirmation = ConfirmationRequest(confirmation) }
    let words = FixedWords(language: consent.language).pleaseConfirm(held.map(\.summary))
    try await say(draft.current.text.isEmpty ? words : "\n\n" + words)
    return .stop
  }

  /// A step that waits; gives its number.
  private func wait(_ call: ToolCall) -> Int {
    let waiting = draft.change { content in
      let waiting = step(call, content.steps.count, .waiting)
      content.steps.append(waiting)
      return waiting
    }
    outbox.add(waiting)
    audit(
      ToolAudit(
        call: call, key: ToolAudit.key(turn, waiting.number), outcome: "confirmation_requested",
        duration: .zero))
    return waiting.number
  }

  /// Makes the calls that the person has agreed to, once, and gives the model their results.
  func settle(_ confirmation: Confirmation) async throws -> [ModelMessage] {
    let calls = confirmation.calls.map(\.call)
    var outcomes = confirmation.outcomes ?? []
    if outcomes.isEmpty {
      for held in confirmation.calls {
        outcomes.append(await carryOut(held, of: confirmation.turn))
      }
      try await consent?.store.keep(outcomes, of: confirmation, caller)
    }
    return [.assistant("", calls: calls)]
      + zip(calls, outcomes).map { call, outcome in
        .toolResult(call: call, content: outcome.content, isError: outcome.isError)
      }
  }

  private func carryOut(
    _ held: Confirmation.Call, of turn: String
  ) async -> Confirmation.Outcome {
    let number = draft.change { content in
      content.steps.append(step(held.call, content.steps.count, .running))
      return content.steps.count - 1
    }
    outbox.add(step(held.call, number, .running))
    let outcome = await tools.run(
      held.call, for: caller, key: ToolAudit.key(turn, held.number))
    note(outcome, number, key: ToolAudit.key(turn, held.number))
    draft.change { $0.sources += outcome.sources }
    return Confirmation.Outcome(content: outcome.content, isError: outcome.error != nil)
  }
}
