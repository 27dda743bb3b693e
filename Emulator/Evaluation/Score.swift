/// How good an answer is, by what its question expects.
package struct Score: Sendable, Equatable {
  /// Expected facts that do not stand in the answer, by their first spelling.
  package var missing: [String] = []
  /// Forbidden claims that do.
  package var claimed: [String] = []
  package var isComplete: Bool
  /// Whether the answer says that it does not know.
  package var hasDeclined: Bool
  /// Whether it should.
  package var shouldDecline: Bool
  /// nil when the question expects no particular tool.
  package var isToolRight: Bool?
  /// Whether the question expects sources.
  package var expectsSource: Bool
  /// Whether the answer names an expected source.
  package var namesSource: Bool
  /// The place of the first expected source among the passages that are found for the question, from
  /// 1; nil when none of them is there.
  package var rank: Int?
  /// Whether it was seen what is found.
  package var isRetrieved: Bool

  package init(_ answer: Answer, to question: Question) {
    let wording = Wording(answer.text)
    missing = question.facts.compactMap { spellings in
      spellings.contains { wording.contains(Wording($0)) } ? nil : spellings.first
    }
    claimed = question.forbidden.filter { wording.contains(Wording($0)) }
    isComplete = answer.isComplete
    hasDeclined = Declining.isFound(in: wording)
    shouldDecline = question.declines
    isToolRight = question.tool.map { expected in
      switch expected {
      case .one(let names): names.contains(where: answer.tools.contains)
      case .none: answer.tools.isEmpty && answer.isComplete
      }
    }
    expectsSource = !question.sources.isEmpty
    namesSource = answer.sources.contains(where: question.sources.contains)
    isRetrieved = answer.retrieved != nil
    rank = answer.retrieved?.firstIndex(where: question.sources.contains).map { $0 + 1 }
  }

  /// The whole answer came, with every fact and without a forbidden claim, and says that it does not
  /// know where nobody can.
  package var isCorrect: Bool {
    isComplete && missing.isEmpty && claimed.isEmpty && (hasDeclined || !shouldDecline)
  }

  /// Says that it does not know what could be known.
  package var isNeedlesslyDeclined: Bool {
    isComplete && hasDeclined && !shouldDecline && !missing.isEmpty
  }

  /// Nothing at all is to be complained of.
  package var isFlawless: Bool {
    isCorrect && isToolRight != false && (!expectsSource || namesSource)
  }

  /// Whether an expected source is among the first `count` that are found; nil when none is expected
  /// or nobody saw.
  package func hit(at count: Int) -> Bool? {
    expectsSource && isRetrieved ? rank.map { $0 <= count } ?? false : nil
  }
}

/// A question, its answer and how good that is.
package struct Verdict: Sendable {
  package let question: Question
  package let answer: Answer
  package let score: Score

  package init(_ question: Question, _ answer: Answer) {
    self.question = question
    self.answer = answer
    score = Score(answer, to: question)
  }

  /// What is to be complained of, in words.
  package var complaints: [String] {
    var found: [String] = []
    if let failure = answer.failure {
      found.append("failed: \(failure)")
    } else if !answer.isComplete {
      found.append("the answer ended with \(answer.finish ?? "nothing")")
    }
    if !score.missing.isEmpty { found.append("missing: \(score.missing.joined(separator: ", "))") }
    if !score.claimed.isEmpty { found.append("claimed: \(score.claimed.joined(separator: ", "))") }
    if score.shouldDecline, !score.hasDeclined {
      found.append("does not say that it does not know")
    }
    if score.isToolRight == false {
      found.append("tools: \(answer.tools.isEmpty ? "none" : answer.tools.joined(separator: ", "))")
    }
    if score.expectsSource, !score.namesSource { found.append("names no expected source") }
    return found
  }
}
