import JSON

/// Answers as lines of a file, so that an evaluation that was broken off goes on where it was, and
/// answers can be judged again without asking.
package struct AnswerLine: Sendable {
  /// Which assistant of which stack answered: `japanese at http://127.0.0.1:3000`.
  private let origin: String

  package init(assistant: String, address: String) { origin = "\(assistant) at \(address)" }

  /// One line, with its end.
  package func text(_ task: Evaluator.Task, _ answer: Answer) -> [UInt8] {
    var line: JSONObject = [
      "origin": .string(origin),
      "question": .string(task.question.id), "digest": .string(task.question.digest),
      "asked": task.variant.map { .string($0) } ?? .null, "answer": .string(answer.text),
      "tools": .array(answer.tools.map(JSONValue.string)),
      "sources": .array(answer.sources.map(JSONValue.string)),
      "usage": answer.tokens.json, "variant": .string(answer.variant),
      "totalMs": .double(Figures.milliseconds(answer.total)),
    ]
    line["retrieved"] = answer.retrieved.map { .array($0.map(JSONValue.string)) }
    line["model"] = answer.model.map { .string($0) }
    line["finish"] = answer.finish.map { .string($0) }
    line["failure"] = answer.failure.map { .string($0) }
    line["firstChunkMs"] = answer.firstChunk.map { .double(Figures.milliseconds($0)) }
    return JSONValue.object(line).encoded() + [0x0A]
  }

  /// The answers to these tasks that a file holds. What failed is asked again, and so is a question
  /// that is worded otherwise now; what another stack or assistant answered does not count. The last
  /// line may be cut off; other lines must be whole.
  ///
  /// - Returns: the answers, and how many bytes of the file are whole lines.
  package func answers(
    in bytes: [UInt8], to tasks: [Evaluator.Task]
  ) throws(QuestionFile.Problem) -> (answers: [Evaluator.Task: Answer], whole: Int) {
    let known = Dictionary(tasks.map { (Key($0), $0) }) { first, _ in first }
    var answers: [Evaluator.Task: Answer] = [:]
    var number = 0
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      number += 1
      let line = Array(bytes[start..<end])
      start = end + 1
      guard let value = try? JSONValue(parsing: line), let key = Key(value) else {
        throw QuestionFile.Problem(line: number, text: "it is no answer of martlet evaluate")
      }
      guard value["origin"]?.string == origin, let task = known[key], let answer = Answer(value),
        answer.failure == nil
      else { continue }
      answers[task] = answer
    }
    return (answers, start)
  }

  private struct Key: Hashable {
    let question: String
    let digest: String
    let variant: String?

    init(_ task: Evaluator.Task) {
      question = task.question.id
      digest = task.question.digest
      variant = task.variant
    }

    init?(_ value: JSONValue) {
      guard let question = value["question"]?.string, let digest = value["digest"]?.string else {
        return nil
      }
      self.question = question
      self.digest = digest
      variant = value["asked"]?.string
    }
  }
}

extension Answer.Tokens {
  /// As frames and lines have them; what is no number counts as 0.
  init(_ usage: JSONValue?) {
    self.init(
      input: max(0, usage?["inputTokens"]?.int ?? 0),
      output: max(0, usage?["outputTokens"]?.int ?? 0),
      cached: max(0, usage?["cachedInputTokens"]?.int ?? 0))
  }

  var json: JSONValue {
    ["inputTokens": .int(input), "outputTokens": .int(output), "cachedInputTokens": .int(cached)]
  }
}

extension Answer {
  /// nil for what is no answer.
  fileprivate init?(_ value: JSONValue) {
    guard let text = value["answer"]?.string, let total = value["totalMs"]?.double,
      (0...1e9).contains(total)
    else { return nil }
    self.text = text
    self.total = .milliseconds(total)
    tools = (value["tools"]?.array ?? []).compactMap(\.string)
    sources = (value["sources"]?.array ?? []).compactMap(\.string)
    retrieved = value["retrieved"]?.array?.compactMap(\.string)
    tokens = Tokens(value["usage"])
    model = value["model"]?.string
    variant = value["variant"]?.string ?? Answer.standard
    finish = value["finish"]?.string
    failure = value["failure"]?.string
    if let first = value["firstChunkMs"]?.double, (0...1e9).contains(first) {
      firstChunk = .milliseconds(first)
    }
  }
}
