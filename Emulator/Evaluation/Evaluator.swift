/// Asks questions, several at a time.
package struct Evaluator: Sendable {
  /// A question and the version that it is put to; nil leaves the version to the stack.
  package struct Task: Sendable, Hashable {
    package let question: Question
    package let variant: String?

    package init(_ question: Question, variant: String?) {
      self.question = question
      self.variant = variant
    }

    package static func == (a: Task, b: Task) -> Bool {
      a.question.id == b.question.id && a.variant == b.variant
    }

    package func hash(into hasher: inout Hasher) {
      hasher.combine(question.id)
      hasher.combine(variant)
    }
  }

  private let concurrency: Int
  private let ask: @Sendable (Question, String?) async -> Answer

  package init(
    concurrency: Int, ask: @escaping @Sendable (Question, String?) async -> Answer
  ) {
    self.concurrency = max(1, concurrency)
    self.ask = ask
  }

  /// Every question for every version, side by side and the first version first by turns: what
  /// changes with time then changes for all of them.
  package static func tasks(_ questions: [Question], variants: [String?]) -> [Task] {
    questions.enumerated().flatMap { place, question in
      (place % 2 == 0 ? variants : variants.reversed()).map { Task(question, variant: $0) }
    }
  }

  /// Asks what is not in `known` yet. Each answer is handed to `record` as it comes, one at a time.
  /// Once `isEnough` is true nothing new is asked; what is on its way is waited for.
  package func run(
    _ tasks: [Task], known: [Task: Answer] = [:], until isEnough: () -> Bool = { false },
    record: (Task, Answer) async throws -> Void
  ) async throws -> [Task: Answer] {
    var answers = known
    var waiting = tasks.filter { known[$0] == nil }[...]
    try await withThrowingTaskGroup(of: (Task, Answer).self) { group in
      func next() {
        guard !isEnough(), let task = waiting.popFirst() else { return }
        group.addTask { (task, await self.ask(task.question, task.variant)) }
      }
      for _ in 0..<concurrency { next() }
      while let (task, answer) = try await group.next() {
        answers[task] = answer
        try await record(task, answer)
        next()
      }
    }
    return answers
  }
}
