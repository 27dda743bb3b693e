import JSON
import Synchronization

/// Lets a model answer: asks it, runs the tools it wants, asks again, until it has answered.
///
/// The last round offers no tools any more, so that it has to end in words.
struct Rounds: Sendable {
  let model: any Model
  let tools: ToolTable
  let profile: Profile
  let caller: Caller
  let turn: String
  let deadline: ContinuousClock.Instant
  let draft: Draft
  let outbox: Outbox
  /// Nil: no call waits for a yes.
  var consent: Consent?
  /// Calls that the person has agreed to.
  var agreed: Confirmation?
  var audit: @Sendable (ToolAudit) -> Void = { _ in }

  private static let mostBroken = 1

  /// The answer has reached its longest length: ends the provider's stream.
  private struct LimitReached: Error {}

  func run(system: String, messages: [ModelMessage]) async throws -> FinishReason {
    var messages = messages
    var broken = 0
    if let agreed { messages += try await settle(agreed) }
    let definitions = tools.definitions(for: caller)
    for round in 1...max(1, profile.limits.rounds) {
      let request = ModelRequest(
        settings: profile.model, system: system, messages: messages, tools: definitions,
        mayCallTools: round < profile.limits.rounds, user: MessageKey.pseudonym(of: caller))
      let answer = Answer()
      guard try await stream(request, into: answer) else { return .length }
      let (text, calls, finish) = answer.content
      guard !calls.isEmpty, request.mayCallTools else { return finish }
      if calls.contains(where: \.isBroken) { broken += 1 }
      guard broken <= Self.mostBroken else {
        throw ModelError.malformed("tool arguments are not JSON, again")
      }
      messages.append(.assistant(text, calls: calls))
      if let finish = try await hold(calls) { return finish }
      messages += try await results(of: calls)
    }
    return .stop
  }

  /// What one round brought.
  private final class Answer: Sendable {
    private let state = Mutex((text: "", calls: [ToolCall](), finish: FinishReason.stop))
    var content: (text: String, calls: [ToolCall], finish: FinishReason) { state.withLock { $0 } }

    func add(_ event: ModelEvent) {
      state.withLock { state in
        switch event {
        case .text(let text): state.text += text
        case .toolCall(let call): state.calls.append(call)
        case .finish(let finish): state.finish = finish
        case .usage, .source, .model: break
        }
      }
    }
  }

  /// False when the answer was cut at its longest length.
  private func stream(_ request: ModelRequest, into answer: Answer) async throws -> Bool {
    let before = draft.change { content in
      content.rounds += 1
      return content.usage
    }
    let separate = !draft.current.text.isEmpty
    let isFirst = Mutex(separate)
    do {
      try await model.stream(request, until: deadline) { event in
        answer.add(event)
        switch event {
        case .text(let text):
          let gap = isFirst.withLock { first in
            defer { first = false }
            return first
          }
          try await say(gap ? "\n\n" + text : text)
        case .usage(let usage): draft.change { $0.usage = before + usage }
        case .source(let source): draft.change { $0.grounding.append(source) }
        case .model(let name): draft.change { $0.model = name }
        case .toolCall, .finish: break
        }
      }
      return true
    } catch is LimitReached {
      return false
    }
  }

  func say(_ text: String) async throws {
    let (taken, isFull) = draft.append(text, limit: profile.limits.answer)
    try await outbox.add(taken)
    if isFull { throw LimitReached() }
  }

  /// Each call gets a result: those over the limit a refusal.
  func results(of calls: [ToolCall]) async throws -> [ModelMessage] {
    let allowed = Array(calls.prefix(profile.limits.callsPerRound))
    let first = draft.change { content in
      let first = content.steps.count
      for (offset, call) in allowed.enumerated() {
        content.steps.append(step(call, first + offset, .running))
      }
      return first
    }
    for (offset, call) in allowed.enumerated() { outbox.add(step(call, first + offset, .running)) }
    let outcomes = await tools.run(allowed, for: caller, turn: turn, first: first) {
      number, outcome in
      note(outcome, number, key: ToolAudit.key(turn, number))
    }
    try Task.checkCancellation()
    draft.change { content in
      content.sources += outcomes.flatMap(\.sources)
      content.usage = outcomes.reduce(content.usage) { $0 + $1.usage }
    }
    let refusal = ToolError(.tooManyCalls, "too many calls at once").content.description
    return outcomes.map { outcome in
      .toolResult(call: outcome.call, content: outcome.content, isError: outcome.error != nil)
    }
      + calls.dropFirst(allowed.count).map {
        .toolResult(call: $0, content: refusal, isError: true)
      }
  }

  /// A call is over: shows it, counts it, and writes it down.
  func note(_ outcome: ToolTable.Outcome, _ number: Int, key: String) {
    let step = step(outcome.call, number, outcome.error == nil ? .done : .failed)
    let error = outcome.error?.code.rawValue
    draft.change { content in
      content.steps[number] = step
      content.toolTimes.append(
        TurnReport.ToolTime(name: outcome.call.name, error: error, duration: outcome.duration))
    }
    outbox.add(step)
    audit(
      ToolAudit(
        call: outcome.call, key: key, outcome: error ?? "ok", duration: outcome.duration))
  }

  func step(_ call: ToolCall, _ number: Int, _ status: ToolStep.Status) -> ToolStep {
    ToolStep(
      number: number, name: call.name.prefix(utf8: 64),
      arguments: call.arguments.prefix(utf8: ToolStep.longestArguments), status: status)
  }
}
