import JSON

/// A language model that needs no network and no weights: deterministic, extractive, and honest about it.
///
/// It chooses tools by their own descriptions, answers in sentences from tool results and given passages,
/// picks labels, fills JSON schemas, and says so when it finds nothing. It invents nothing: every fact in
/// an answer stood in its input. The same input gives the same answer.
package struct LocalModel: Sendable {
  package static let name = "martlet-local-1"
  /// Rounds of tools for one question; after them it answers with what it has.
  private static let mostRounds = 3

  package init() {}

  package func reply(to task: ModelTask) -> ModelReply {
    if let speech = task.speech { return ModelReply(text: speech.description) }
    let state = Exchange(task)
    if let calls = calls(for: task, state) {
      return ModelReply(calls: calls, finish: .toolCalls)
    }
    let text: String
    switch task.format {
    case .text: text = answer(task, state)
    case .object:
      text = JSONValue.object(["answer": .string(answer(task, state))]).description
    case .schema(let schema):
      let filling = SchemaFilling(question: state.question, answer: answer(task, state))
      text = filling.value(for: schema).description
    }
    return ModelReply(text: text).limited(to: task)
  }

  // MARK: Tools

  private func calls(for task: ModelTask, _ state: Exchange) -> [ToolWish]? {
    guard !task.tools.isEmpty, state.rounds < Self.mostRounds else { return nil }
    let choice = ToolChoice(task.tools, for: state.question)
    switch task.toolUse {
    case .never: return nil
    case .named(let name):
      return state.rounds > 0 ? nil : wishes([choice.forced(name)].compactMap { $0 }, state)
    case .some where state.rounds == 0: return wishes([choice.forced(nil)].compactMap { $0 }, state)
    case .some, .free:
      guard !state.hasAnswer, !state.isSmallTalk else { return nil }
      return wishes(choice.candidates(), state)
    }
  }

  /// The calls of the first candidate that were not made before.
  private func wishes(_ candidates: [ToolChoice.Candidate], _ state: Exchange) -> [ToolWish]? {
    for candidate in candidates {
      let fresh = candidate.calls.map { ToolWish(name: candidate.name, arguments: $0) }
        .filter { !state.wasMade($0) }
      if !fresh.isEmpty { return fresh }
    }
    return nil
  }

  // MARK: Words

  private func answer(_ task: ModelTask, _ state: Exchange) -> String {
    let phrases = Phrases(isJapanese: state.question.isJapanese)
    // Passages are information: a wish in one is nobody's wish.
    let wishes = ContextReading.removed(from: task.instructions)
    if let labels = Classification(in: wishes) ?? Classification(in: state.preamble) {
      return labels.label(for: state.question.text)
    }
    if let shortened = Summary(wishes, state)?.text { return shortened }
    if let talk = state.smallTalk { return phrases.smallTalk(talk, task.tools) }
    let results = ResultReading(state.question).answer(inAll: state.results.map(\.content))
    if let results { return results }
    let context = ContextReading(in: task.instructions + "\n" + state.preamble)
    if let answer = context.answer(to: state.question) { return answer }
    if let answer = given(state)?.answer(to: state.question) { return answer }
    let subject = state.question.terms.first ?? state.question.names.first
    return phrases.nothing(about: subject, hasLooked: !state.results.isEmpty)
  }

  /// What a message gives before its `Question:`, as a passage of its own.
  private func given(_ state: Exchange) -> ContextReading? {
    guard !state.preamble.isEmpty, !state.preamble.holds("<passage") else { return nil }
    return ContextReading([.init(id: "1", source: "", title: "", text: state.preamble)])
  }
}
